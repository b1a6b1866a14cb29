/** A reading of a store at a glance: sums, rates, and what is wrong. No clock and no store in here. */
import { toMeasures } from "../../app/operate/measures.js";
import type { StoreServer } from "../../app/operate/store-info.js";
import type { TaskInfo } from "../../app/operate/tasks.js";
import type { WorkerInfo } from "../../app/operate/workers.js";
import { JOB_STATES, type JobState } from "../../core/lifecycle.js";
import { type Measures, mergeMeasures } from "../../core/observe/measures.js";
import type { Note, Overview, Rates, TaskGlance, WorkerGlance } from "../api.js";
import type { ExaminedSchedule } from "./examined.js";
import type { Measured } from "./measured.js";
import { notesOf, worstFirst } from "./rules.js";
import { type ActiveJob, workerGlance } from "./slots.js";
import { BARS, type TotalsHistory } from "./totals-history.js";

/** How the runs of a task went, with what sums are made of. */
export interface MeasuredTask extends Measured {
  /** Of the last ten minutes. */
  readonly latelyCounts?: Measures;
  /** Jobs that failed for good in the last 24 hours. */
  readonly failedLately?: number;
}

/** One reading of a store. */
export interface Sample {
  /** The store's clock, ms since the epoch. */
  readonly at: number;
  readonly tasks: readonly TaskInfo[];
  /** Undefined: the store keeps no list of them. */
  readonly workers?: readonly WorkerInfo[];
  /** Jobs at work; undefined: there are too many slots to show each. */
  readonly active?: readonly ActiveJob[];
  readonly measured: ReadonlyMap<string, MeasuredTask>;
  readonly history: ReadonlyMap<string, TotalsHistory>;
  readonly kind?: string;
  readonly servers?: readonly StoreServer[];
  readonly schedules?: readonly ExaminedSchedule[];
}

/** Makes what is shown of a reading. */
export function overviewOf(sample: Sample): Overview {
  const { at, tasks, workers, active } = sample;
  const notes = worstFirst(notesOf(examinedOf(sample)));
  const worst = new Map(notes.toReversed().map(({ task, severity }) => [task, severity]));
  const glances = tasks.map((task) => glanceOf(task, sample, worst.get(task.name)));
  const oldest = tasks
    .filter(({ oldestWaitingSince, pausedAt }) => oldestWaitingSince !== undefined && pausedAt === undefined)
    .toSorted((a, b) => (a.oldestWaitingSince ?? 0) - (b.oldestWaitingSince ?? 0))[0];
  const working = workers?.map((worker) => workerGlance(worker, active));
  return {
    ...{ at, tasks: glances },
    ...(working === undefined ? {} : { workers: working }),
    sum: { ...sumOf(glances, sample), ...(working === undefined ? {} : slotsOf(working)) },
    ...(oldest?.oldestWaitingSince === undefined
      ? {}
      : { oldest: { task: oldest.name, ms: Math.max(0, at - oldest.oldestWaitingSince) } }),
    notes,
  };
}

/** The part of a reading that is about some tasks. */
export function partOf(sample: Sample, isWanted: (task: string) => boolean): Sample {
  const { tasks, workers, active, schedules } = sample;
  return {
    ...sample,
    tasks: tasks.filter(({ name }) => isWanted(name)),
    ...(workers === undefined
      ? {}
      : { workers: workers.flatMap((worker) => partOfWorker(worker, isWanted)) }),
    ...(active === undefined ? {} : { active: active.filter(({ task }) => isWanted(task)) }),
    ...(schedules === undefined ? {} : { schedules: schedules.filter(({ task }) => isWanted(task)) }),
  };
}

/** A worker with other tasks alone is left out. */
export function partOfWorker(worker: WorkerInfo, isWanted: (task: string) => boolean): readonly WorkerInfo[] {
  const tasks = worker.tasks.filter(({ task }) => isWanted(task));
  if (tasks.length === worker.tasks.length) return [worker];
  if (tasks.length === 0) return [];
  const { vitals } = worker;
  if (vitals === undefined) return [{ ...worker, tasks }];
  const taken = new Map(tasks.map(({ task, running = 0 }) => [task, running]));
  const running = [...taken.values()].reduce((sum, each) => sum + each, 0);
  return [
    {
      ...worker,
      tasks,
      vitals: { ...vitals, running, jobs: vitals.jobs.filter(({ task }) => isWanted(task)) },
    },
  ];
}

function examinedOf({ at, tasks, measured, workers = [], ...sample }: Sample) {
  const { kind = "", servers = [], schedules = [] } = sample;
  const implemented = new Map<string, WorkerInfo["tasks"][number][]>();
  for (const own of workers.flatMap((worker) => worker.tasks))
    implemented.set(own.task, [...(implemented.get(own.task) ?? []), own]);
  const examined = tasks.map((task) => ({
    ...{ ...task, ...measured.get(task.name) },
    implemented: implemented.get(task.name) ?? [],
  }));
  return { now: at, kind, servers, callsMs: [], tasks: examined, schedules, workers };
}

function glanceOf(task: TaskInfo, { measured, history }: Sample, severity?: Note["severity"]): TaskGlance {
  const { name, counts, pausedAt, workers, oldestWaitingSince, nextDueAt } = task;
  const rates = history.get(name)?.rates();
  const { lately, failedLately } = measured.get(name) ?? {};
  return {
    ...{ name, counts },
    ...(pausedAt === undefined ? {} : { pausedAt }),
    ...(workers === undefined ? {} : { workers }),
    ...(oldestWaitingSince === undefined ? {} : { oldestWaitingSince }),
    ...(nextDueAt === undefined ? {} : { nextDueAt }),
    ...(rates === undefined ? {} : { rates }),
    ...(failedLately === undefined ? {} : { failedLately }),
    ...(lately === undefined ? {} : { wait: lately.wait, run: lately.run }),
    bars: history.get(name)?.bars() ?? [],
    ...(severity === undefined ? {} : { severity }),
  };
}

function sumOf(glances: readonly TaskGlance[], { tasks, measured, history }: Sample): Overview["sum"] {
  const counts = Object.fromEntries(
    JOB_STATES.map((state) => [state, glances.reduce((sum, task) => sum + task.counts[state], 0)]),
  ) as Record<JobState, number>;
  const done = { completed: 0, failed: 0, cancelled: 0, expired: 0 };
  for (const { totals } of tasks)
    for (const [state, count] of Object.entries(totals?.out ?? {})) done[state as keyof typeof done] += count;
  const rates = sumOfRates(glances);
  const parts = tasks.flatMap(({ name }) => measured.get(name)?.latelyCounts ?? []);
  const lately = parts.length === 0 ? undefined : toMeasures(mergeMeasures(parts));
  const histories = tasks.flatMap(({ name }) => history.get(name) ?? []);
  return {
    ...{ counts, done },
    ...(rates === undefined ? {} : { rates }),
    ...(lately === undefined ? {} : { wait: lately.wait, run: lately.run }),
    ...(rates === undefined || rates.out <= 0 || counts.waiting === 0
      ? {}
      : { drainsInMs: Math.round((counts.waiting / rates.out) * 1000) }),
    bars: sumOfBars(histories.map((each) => each.bars())),
    barsIn: sumOfBars(histories.map((each) => each.barsIn())),
  };
}

function sumOfRates(glances: readonly TaskGlance[]): Rates | undefined {
  const known = glances.flatMap(({ rates }) => (rates === undefined ? [] : [rates]));
  if (known.length === 0) return undefined;
  const of = (key: keyof Rates) => known.reduce((sum, rates) => sum + rates[key], 0);
  return { in: of("in"), out: of("out"), failed: of("failed") };
}

function sumOfBars(bars: readonly (readonly (number | null)[])[]): readonly (number | null)[] {
  return Array.from({ length: BARS }, (_, index) => {
    const known = bars.flatMap((each) => each[index] ?? []);
    return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
  });
}

/** Those of lost workers are no slots any more. */
function slotsOf(workers: readonly WorkerGlance[]): Pick<Overview["sum"], "slots"> {
  const live = workers.filter(({ state, slots }) => state !== "lost" && slots !== undefined);
  if (live.length === 0) return {};
  const running = live.reduce((sum, worker) => sum + worker.running, 0);
  return { slots: { running, size: live.reduce((sum, { slots = 0 }) => sum + slots, 0) } };
}
