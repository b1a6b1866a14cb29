/** What this store keeps of a task, read from its indexes and not from the states of its jobs. */
import type { JobState } from "../../core/lifecycle.js";
import type { PlacedJobs } from "../../core/limits/gates.js";
import type { TaskEntries } from "../../core/observe/task-entries.js";
import type { JobRecord } from "../job-record.js";
import type { TaskStore } from "../task-store.js";

/** Everything that a task has; it takes time by the number of its jobs. */
export function entriesOf(task: TaskStore): TaskEntries {
  const records = [...task.jobs.values()];
  const { limits } = task;
  return {
    jobs: [...task.jobs.keys()],
    limits: new Map(records.flatMap((record) => (record.limits ? [[record.id, record.limits]] : []))),
    indexes: indexesOf(task),
    gates: [...limits.gates()].map(({ name: gate, running, admitted, blocked, due }) => ({
      name: gate,
      running: idsOf(running),
      admitted: placed(admitted, records),
      blocked: placed(blocked, records),
      isDue: due !== undefined,
    })),
    keys: [...limits.keys.entries()],
    leases: new Map(leasesOf(task).flatMap(({ name: lease, jobs }) => idsOf(jobs).map((id) => [id, lease]))),
    suspects: [...limits.suspects.after()].map(({ record }) => record.id),
    cancels: idsOf(records.filter(({ cancelAsked }) => cancelAsked !== undefined)),
    expiring: idsOf(task.ttl.values()),
    groups: new Map(limits.turns.queues()),
    collected: new Map(
      limits.collectors.list(undefined, 1000).map(({ key, jobs }) => [key, idsOf(jobs.after())]),
    ),
    belongings: [],
  };
}

function indexesOf(task: TaskStore): Record<JobState, readonly string[]> {
  const due = [...task.due.values()];
  const of = (state: JobState) => idsOf(due.filter((record) => record.state === state));
  const { completed, failed, cancelled, expired } = task.finals;
  return {
    waiting: [...idsOf(task.waiting.after()), ...idsOf(task.limits.after())],
    delayed: of("delayed"),
    retrying: of("retrying"),
    active: leasesOf(task).flatMap(({ jobs }) => idsOf(jobs)),
    completed: idsOf(completed.after()),
    failed: idsOf(failed.after()),
    cancelled: idsOf(cancelled.after()),
    expired: idsOf(expired.values()),
  };
}

function leasesOf(task: TaskStore) {
  return [...task.leases.values(), ...task.lostLeases.values()];
}

function idsOf(records: Iterable<JobRecord>): string[] {
  return [...records].map(({ id }) => id);
}

/** By place. */
function placed(jobs: PlacedJobs<JobRecord>, records: readonly JobRecord[]): readonly string[] {
  return records
    .flatMap((record) => {
      const place = jobs.placeOf(record);
      return place === undefined ? [] : [{ id: record.id, place }];
    })
    .sort((a, b) => a.place - b.place)
    .map(({ id }) => id);
}
