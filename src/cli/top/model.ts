/** What the screen shows of a store: its overview in flat rows. No clock, no store and no rule in here. */
import type { Note, Overview, Rates, TaskGlance, WorkerGlance } from "taskora/board";

/** A task on the screen. */
export interface TaskRow {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly retrying: number;
  readonly failed: number;
  readonly completed: number;
  /** Undefined until it is known. */
  readonly rates?: Rates;
  /** How long the job has waited that has waited longest. */
  readonly oldestMs?: number;
  readonly waitP95Ms?: number;
  readonly runP95Ms?: number;
  readonly bars: readonly (number | null)[];
  readonly isPaused: boolean;
  /** Live workers that have a handler for it. */
  readonly workers?: number;
  /** The worst of what is wrong with it. */
  readonly severity?: Note["severity"];
}

/** Everything that the screen shows of the store. */
export interface TopModel {
  readonly at: number;
  readonly rows: readonly TaskRow[];
  readonly workers?: readonly WorkerGlance[];
  /** Jobs that live workers run, and may run at once, as they said last; undefined: none said it. */
  readonly slots?: { readonly taken: number; readonly all: number };
  /** Sums of all tasks. */
  readonly sum: {
    readonly waiting: number;
    readonly active: number;
    readonly delayed: number;
    readonly retrying: number;
    readonly failed: number;
    /** Jobs that ended ever since, completed ones and others. */
    readonly done: number;
    readonly rates?: Rates;
  };
  /** The job that has waited longest. */
  readonly oldest?: { readonly task: string; readonly ms: number };
  /** What is wrong, the worst first. */
  readonly notes: readonly Note[];
}

/** Makes the model of a reading. */
export function modelOf({ at, tasks, workers, sum, oldest, notes }: Overview): TopModel {
  const { waiting, active, delayed, retrying, failed } = sum.counts;
  const done = Object.values(sum.done).reduce((all, count) => all + count, 0);
  const { slots, rates } = sum;
  return {
    ...{ at, notes, rows: tasks.map((task) => rowOf(task, at)) },
    ...(workers === undefined ? {} : { workers }),
    ...(slots === undefined ? {} : { slots: { taken: slots.running, all: slots.size } }),
    sum: {
      ...{ waiting, active, delayed, retrying, failed, done },
      ...(rates === undefined ? {} : { rates }),
    },
    ...(oldest === undefined ? {} : { oldest }),
  };
}

function rowOf(task: TaskGlance, at: number): TaskRow {
  const { name, counts, rates, pausedAt, oldestWaitingSince, workers, bars, severity, wait, run } = task;
  const { waiting, active, delayed, retrying, failed, completed } = counts;
  return {
    ...{ name, waiting, active, delayed, retrying, failed, completed },
    ...(rates === undefined ? {} : { rates }),
    ...(oldestWaitingSince === undefined ? {} : { oldestMs: Math.max(0, at - oldestWaitingSince) }),
    ...(wait?.p95 === undefined ? {} : { waitP95Ms: wait.p95 }),
    ...(run?.p95 === undefined ? {} : { runP95Ms: run.p95 }),
    ...{ bars, isPaused: pausedAt !== undefined },
    ...(workers === undefined ? {} : { workers }),
    ...(severity === undefined ? {} : { severity }),
  };
}
