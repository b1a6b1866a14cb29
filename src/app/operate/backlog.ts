/** How long a task needs for what waits, for whoever decides how many workers there are. */
import type { LiveWorker } from "../../core/contract-store.js";
import { readVitals } from "../../core/observe/vitals.js";
import { type MeasuringHost, oldestKept, readMeasures } from "./measures.js";
import { LOST_AFTER_MS } from "./workers.js";

/**
 * What waits of a task, as time. Runs are reckoned by their mean, since it is their sum that has to be worked off: a few long ones
 * weigh as much as they last. A rate limit, a pause and jobs to come are not reckoned with.
 */
export interface TaskBacklog {
  /** Jobs that wait. */
  readonly waiting: number;
  /** The mean of its runs in the last hour, or else in the last three days, in ms; undefined: nothing waits, or none is known. */
  readonly runMs?: number;
  /**
   * `waiting` × `runMs`: how long one slot would need for all that waits, in ms. It does not change with the number of workers, so
   * it is what an autoscaler divides by what one worker should have. Undefined: jobs wait, and no run of the task is known.
   */
  readonly workMs?: number;
  /** Slots for it of all workers that begin jobs; each as it said last. Other tasks of a pool may take some of them. */
  readonly slots: number;
  /** `workMs` ÷ `slots`: how long it takes until nothing waits, in ms. Undefined as `workMs`, or when nobody has a slot. */
  readonly drainMs?: number;
}

/** Reads a backlog; runs are read only when something waits. */
export async function readBacklog(host: MeasuringHost, task: string, waiting: number): Promise<TaskBacklog> {
  const [workers = [], runMs] = await Promise.all([
    host.adapter.contracts?.workers(),
    waiting > 0 ? meanRunMs(host, task) : undefined,
  ]);
  const slots = workers.reduce((sum, worker) => sum + slotsOf(worker, task), 0);
  if (waiting === 0) return { waiting, slots, workMs: 0, drainMs: 0 };
  if (runMs === undefined) return { waiting, slots };
  const workMs = Math.round(waiting * runMs);
  return {
    ...{ waiting, slots, runMs, workMs },
    ...(slots > 0 ? { drainMs: Math.round(workMs / slots) } : {}),
  };
}

async function meanRunMs(host: MeasuringHost, task: string): Promise<number | undefined> {
  const { run } = await readMeasures(host, task, {});
  if (run.mean !== undefined) return run.mean;
  return (await readMeasures(host, task, { from: oldestKept(host) })).run.mean;
}

function slotsOf({ silentMs, vitals }: LiveWorker, task: string): number {
  const said = vitals && readVitals(vitals.text);
  if (said?.state !== "running" || silentMs > LOST_AFTER_MS) return 0;
  return said.tasks.find((slot) => slot.task === task)?.slots ?? 0;
}
