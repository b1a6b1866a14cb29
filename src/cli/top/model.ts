/** What the screen shows of a store: numbers of tasks, and what is wrong with them. No clock and no store in here. */
import type { TaskInfo, WorkerInfo } from "taskora";
import type { Measured } from "../operate/doctor/measured.js";
import type { Symptom } from "../operate/doctor/symptom.js";
import { taskSymptoms } from "../operate/doctor/task-rules.js";
import type { Rates, TotalsHistory } from "./history.js";

/** One reading of a store. */
export interface Sample {
  /** The store's clock, ms since the epoch. */
  readonly at: number;
  readonly tasks: readonly TaskInfo[];
  /** Undefined: the store keeps no list of them. */
  readonly workers?: readonly WorkerInfo[];
  readonly measured: ReadonlyMap<string, Measured>;
  readonly history: ReadonlyMap<string, TotalsHistory>;
}

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
  readonly bars: readonly (number | undefined)[];
  readonly isPaused: boolean;
  /** Live workers that have a handler for it. */
  readonly workers?: number;
  /** The worst of what is wrong with it. */
  readonly severity?: Symptom["severity"];
}

/** Everything that the screen shows of the store. */
export interface TopModel {
  readonly at: number;
  readonly rows: readonly TaskRow[];
  readonly workers?: readonly WorkerInfo[];
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
  readonly symptoms: readonly Symptom[];
}

/** Makes the model of a reading. */
export function modelOf(sample: Sample): TopModel {
  const { at, tasks, measured, workers } = sample;
  const examined = tasks.map((task) => ({ ...task, ...measured.get(task.name) }));
  const symptoms = taskSymptoms({ now: at, tasks: examined }).toSorted((a, b) => rankOf(a) - rankOf(b));
  const worst = new Map(symptoms.toReversed().map(({ task, severity }) => [task, severity]));
  const rows = tasks.map((task) => rowOf(task, sample, worst.get(task.name)));
  const oldest = rows
    .filter(({ oldestMs, isPaused }) => oldestMs !== undefined && !isPaused)
    .toSorted((a, b) => (b.oldestMs ?? 0) - (a.oldestMs ?? 0))[0];
  return {
    ...{ at, rows, symptoms },
    ...(workers === undefined ? {} : { workers, ...slotsOf(workers) }),
    sum: sumOf(rows, tasks),
    ...(oldest?.oldestMs === undefined ? {} : { oldest: { task: oldest.name, ms: oldest.oldestMs } }),
  };
}

/** Those of lost workers are no slots any more. */
function slotsOf(workers: readonly WorkerInfo[]): Pick<TopModel, "slots"> {
  const live = workers.filter(({ state, vitals }) => state !== "lost" && vitals !== undefined);
  if (live.length === 0) return {};
  const taken = live.reduce((sum, { vitals }) => sum + (vitals?.running ?? 0), 0);
  return { slots: { taken, all: live.reduce((sum, worker) => sum + slotsOfWorker(worker), 0) } };
}

/** Jobs that a worker may run at once, of all its tasks. */
export function slotsOfWorker({ tasks }: Pick<WorkerInfo, "tasks">): number {
  const slots = new Map(tasks.map(({ task, slots: each = 0 }) => [task, each]));
  return [...slots.values()].reduce((sum, each) => sum + each, 0);
}

function rankOf({ severity }: Symptom): number {
  return severity === "critical" ? 0 : 1;
}

function rowOf(task: TaskInfo, { at, measured, history }: Sample, severity?: Symptom["severity"]): TaskRow {
  const { name, counts, pausedAt, oldestWaitingSince, workers } = task;
  const { waiting, active, delayed, retrying, failed, completed } = counts;
  const rates = history.get(name)?.rates();
  const lately = measured.get(name)?.lately;
  return {
    ...{ name, waiting, active, delayed, retrying, failed, completed },
    ...(rates === undefined ? {} : { rates }),
    ...(oldestWaitingSince === undefined ? {} : { oldestMs: Math.max(0, at - oldestWaitingSince) }),
    ...(lately?.wait.p95 === undefined ? {} : { waitP95Ms: lately.wait.p95 }),
    ...(lately?.run.p95 === undefined ? {} : { runP95Ms: lately.run.p95 }),
    bars: history.get(name)?.bars() ?? [],
    isPaused: pausedAt !== undefined,
    ...(workers === undefined ? {} : { workers }),
    ...(severity === undefined ? {} : { severity }),
  };
}

function sumOf(rows: readonly TaskRow[], tasks: readonly TaskInfo[]): TopModel["sum"] {
  const of = (key: "waiting" | "active" | "delayed" | "retrying" | "failed") =>
    rows.reduce((sum, row) => sum + row[key], 0);
  const known = rows.flatMap(({ rates }) => (rates === undefined ? [] : [rates]));
  const rate = (key: keyof Rates) => known.reduce((sum, rates) => sum + rates[key], 0);
  const done = tasks.reduce(
    (sum, { totals }) => sum + Object.values(totals?.out ?? {}).reduce((all, count) => all + count, 0),
    0,
  );
  return {
    ...{ waiting: of("waiting"), active: of("active"), delayed: of("delayed") },
    ...{ retrying: of("retrying"), failed: of("failed"), done },
    ...(known.length === 0 ? {} : { rates: { in: rate("in"), out: rate("out"), failed: rate("failed") } }),
  };
}
