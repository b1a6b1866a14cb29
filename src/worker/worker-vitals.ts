/** How a worker is, as it tells the store. */
import { type RunningJob, type TaskSlots, type WorkerState, writeVitals } from "../core/observe/vitals.js";
import type { Lane } from "./lane.js";
import type { ProcessVitals } from "./process-vitals.js";

/** What a worker knows of itself. */
export interface WorkerPicture {
  readonly state: WorkerState;
  readonly lanes: Iterable<Pick<Lane, "task" | "slots" | "concurrency" | "isRetired">>;
  readonly process: ProcessVitals;
  readonly versions: { readonly node?: string; readonly taskora: string };
  readonly release: string | undefined;
  /** By the monotonic clock. */
  readonly now: number;
}

/** As it is stored. */
export function vitalsText({ state, lanes, process, versions, release, now }: WorkerPicture): string {
  const jobs: RunningJob[] = [];
  const tasks: TaskSlots[] = [];
  for (const { task, slots, concurrency, isRetired } of lanes) {
    const { taken, runs } = slots;
    if (!isRetired || taken > 0) tasks.push({ task: task.name, slots: concurrency, running: taken });
    for (const { job, begunAt } of runs)
      jobs.push({ task: task.name, id: job.id, forMs: Math.max(0, Math.round(now - begunAt)) });
  }
  jobs.sort((a, b) => b.forMs - a.forMs);
  return writeVitals({
    ...{ state, running: jobs.length, jobs, tasks },
    ...process,
    ...versions,
    ...(release === undefined ? {} : { release }),
  });
}
