import type { Adapter } from "../../core/adapter.js";
import type { JobSnapshot } from "../../core/job.js";
import { isFinalState, JOB_STATES, type JobState } from "../../core/lifecycle.js";
import { contradictionsIn } from "../../core/observe/contradictions.js";
import type { TaskEntries } from "../../core/observe/task-entries.js";

export type { GateEntries, KeyEntry, TaskEntries } from "../../core/observe/task-entries.js";

/** What is looked at by {@link findContradictions}. */
export interface Inspected {
  readonly task: string;
  /** What the store keeps beneath the port. Left out: only what the port shows is looked at. */
  readonly entries?: TaskEntries | undefined;
}

/**
 * What a store says of a task that cannot all be true, each as a sentence; empty when nothing contradicts. It holds at
 * any moment when no call is under way: counts add up, each job is in one state and in the index of that, nothing is
 * held by nobody. For tests of an adapter, after whatever they have done to it; it reads every job of the task.
 */
export async function findContradictions(
  adapter: Adapter,
  { task, entries }: Inspected,
): Promise<readonly string[]> {
  const [counts] = await adapter.count([task]);
  const faults: string[] = [];
  const seen = new Map<string, JobState>();
  for (const state of JOB_STATES) {
    const jobs = await listAll(adapter, task, state);
    if (jobs.length !== counts?.[state])
      faults.push(`${counts?.[state]} jobs are counted as ${state}, ${jobs.length} are listed`);
    for (const job of jobs) {
      const other = seen.get(job.id);
      if (other !== undefined) faults.push(`${job.id} is listed as ${other} and as ${state}`);
      seen.set(job.id, state);
      faults.push(...snapshotFaults(job, state));
    }
    faults.push(...orderFaults(jobs, state));
  }
  if (entries !== undefined) faults.push(...contradictionsIn(entries), ...notListed(entries, seen));
  return faults;
}

async function listAll(adapter: Adapter, task: string, state: JobState): Promise<readonly JobSnapshot[]> {
  const jobs: JobSnapshot[] = [];
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? {} : { cursor };
    const page = await adapter.list({ task, state, limit: 1000, ...from });
    jobs.push(...page.jobs);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return jobs;
}

/** Fields that are there in some states and in no others. */
function snapshotFaults(job: JobSnapshot, state: JobState): readonly string[] {
  const { id, attempt, dueAt, expiresAt, startedAt, finishedAt, worker, replacedBy, reason } = job;
  const isDue = state === "delayed" || state === "retrying";
  const rules: readonly (readonly [string, boolean])[] = [
    [`is read as ${job.state}`, job.state === state],
    ["is due at a time", (dueAt !== undefined) === isDue],
    ["has ended at a time", (finishedAt !== undefined) === isFinalState(state)],
    ["has a worker", (worker !== undefined) === (state === "active")],
    ["has started at a time", state !== "active" || startedAt !== undefined],
    ["has an attempt", state !== "active" || attempt > 0],
    ["expires at a time", expiresAt === undefined || state === "waiting" || state === "delayed"],
    ["was replaced", replacedBy === undefined || state === "cancelled"],
    ["was cancelled for a reason", state !== "cancelled" || reason !== undefined],
    ["ended before it started", (finishedAt ?? Number.POSITIVE_INFINITY) >= (startedAt ?? 0)],
  ];
  return rules
    .filter(([, holds]) => !holds)
    .map(([what]) => `${id} is listed as ${state}: «${what}» is wrong`);
}

/** What is due next comes first, what ended last comes first. */
function orderFaults(jobs: readonly JobSnapshot[], state: JobState): readonly string[] {
  const times = jobs.map(({ dueAt = 0, finishedAt = 0 }) => (isFinalState(state) ? -finishedAt : dueAt));
  const isOrdered = times.every((at, index) => index === 0 || at >= (times[index - 1] ?? at));
  return isOrdered ? [] : [`${state} jobs are listed out of order: ${jobs.map(({ id }) => id).join(", ")}`];
}

function notListed(entries: TaskEntries, seen: ReadonlyMap<string, JobState>): readonly string[] {
  return [
    ...entries.jobs.filter((id) => !seen.has(id)).map((id) => `${id} is stored and listed nowhere`),
    ...[...seen.keys()]
      .filter((id) => !entries.jobs.includes(id))
      .map((id) => `${id} is listed and not stored`),
  ];
}
