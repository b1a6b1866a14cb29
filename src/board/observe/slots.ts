/** What stands in the slots of workers. */
import type { WorkerInfo } from "../../app/operate/workers.js";
import type { SlotJob, WorkerGlance } from "../api.js";

/** A store with so many slots at most shows what is in each of them. */
export const SLOTS_SHOWN = 24;

/** A job at work as the list of active jobs has it. */
export interface ActiveJob {
  readonly task: string;
  readonly id: string;
  /** When it was claimed, ms since the epoch on the store's clock. */
  readonly startedAt: number;
  /** The lease it runs under. */
  readonly worker: string;
}

/** Jobs that a worker may run at once, of all its tasks. */
export function slotsOfWorker({ tasks }: Pick<WorkerInfo, "tasks">): number {
  const slots = new Map(tasks.map(({ task, slots: each = 0 }) => [task, each]));
  return [...slots.values()].reduce((sum, each) => sum + each, 0);
}

/**
 * A worker as it is shown.
 *
 * @param active jobs at work in the whole store; undefined: what the worker said last is shown
 */
export function workerGlance(worker: WorkerInfo, active: readonly ActiveJob[] | undefined): WorkerGlance {
  const { id, host, pid, state, startedAt, silentMs, tasks, vitals } = worker;
  const slots = slotsOfWorker(worker);
  const jobs = active === undefined || slots === 0 ? vitals?.jobs : jobsIn(worker, active, slots);
  const names = [...new Set(tasks.map(({ task }) => task))];
  return {
    ...{ id, host, pid, state, startedAt, silentMs, tasks: names },
    ...(vitals === undefined ? {} : { slots }),
    running: active === undefined ? (vitals?.running ?? 0) : (jobs?.length ?? 0),
    jobs: jobs ?? [],
    ...(vitals?.rssBytes === undefined ? {} : { rssBytes: vitals.rssBytes }),
    ...(vitals?.lagMs === undefined ? {} : { lagMs: vitals.lagMs }),
    ...(vitals?.release === undefined ? {} : { release: vitals.release }),
  };
}

/** Those that were claimed first: what a worker has claimed beyond its slots waits there for its turn. */
function jobsIn({ id, vitals }: WorkerInfo, active: readonly ActiveJob[], slots: number): readonly SlotJob[] {
  const said = new Map(vitals?.jobs.map((job) => [`${job.task}\n${job.id}`, job.since]));
  return active
    .filter(({ worker }) => worker.slice(0, worker.lastIndexOf(".")) === id)
    .map(({ task, id: job, startedAt }) => ({
      task,
      id: job,
      since: said.get(`${task}\n${job}`) ?? startedAt,
    }))
    .toSorted((a, b) => a.since - b.since)
    .slice(0, slots);
}
