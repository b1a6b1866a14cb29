/**
 * The numbers of a whole store, whoever worked on it. What came and ended is counted by the store ever since it was made. What
 * workers measured is kept by ten minutes for some days, so it is told since the day of the store's clock began, in UTC: every
 * exporter tells the same, and begins anew at midnight, as the counters of a process that has started again do.
 */
import type { AppInternals } from "../app/app-internals.js";
import { readStanding, type StandingTask, type StoreStanding } from "../app/telemetry/store-standing.js";
import { FINAL_STATES, JOB_STATES } from "../core/lifecycle.js";
import { SPANS } from "../core/observe/measure-store.js";
import { MEASURED_OUTCOMES, type Measures, mergeMeasures, readCounts } from "../core/observe/measures.js";
import type { FamilyKey, Sample } from "./families.js";
import { histogramSamples } from "./histogram-samples.js";
import { push } from "./process-counts.js";
import { TaskLabels } from "./task-labels.js";

const DAY_MS = 86_400_000;
/** Series that are asked for at once. */
const TASKS_AT_ONCE = 25;
/** What a worker has counted may be told this long after its span has ended: then the span is read no more. */
const LATE_MS = 60_000;

/** What was measured of a task in the spans that have ended, and where the others begin. */
interface Ended {
  readonly day: number;
  readonly from: number;
  readonly measures: readonly Measures[];
}

/** What is told under one label. */
interface Told {
  readonly gauges: StandingTask["gauges"][];
  readonly measures: Measures[];
  dayStart: number;
}

export class StoreCounts {
  readonly #observed: AppInternals["observed"];
  readonly #labels = new TaskLabels();
  readonly #ended = new Map<string, Ended>();

  constructor(observed: AppInternals["observed"]) {
    this.#observed = observed;
  }

  /** Samples of each metric; of a store that does not answer that alone. */
  async read(): Promise<ReadonlyMap<FamilyKey, readonly Sample[]>> {
    const found = new Map<FamilyKey, Sample[]>();
    try {
      const standing = await readStanding(this.#observed);
      const { contracts } = this.#observed.adapter;
      const [told, workers] = await Promise.all([this.#toldOf(standing), contracts?.workers()]);
      for (const [task, of] of told) tellTask(found, task, of);
      tellRest(found, standing, workers?.length);
      push(found, "up", [{ suffix: "", labels: {}, value: 1 }]);
    } catch {
      // That it does not answer is what is told; why is told where it is worked with.
      return new Map([["up", [{ suffix: "", labels: {}, value: 0 }]]]);
    }
    return found;
  }

  async #toldOf({ tasks }: StoreStanding): Promise<ReadonlyMap<string, Told>> {
    const told = new Map<string, Told>();
    for (let at = 0; at < tasks.length; at += TASKS_AT_ONCE) {
      const some = tasks.slice(at, at + TASKS_AT_ONCE);
      const measures = await Promise.all(some.map((task) => this.#measuresOf(task)));
      for (const [index, { name, gauges }] of some.entries()) {
        const label = this.#labels.of(name);
        const known = told.get(label) ?? { gauges: [], measures: [], dayStart: startOfDay(gauges.now) };
        known.gauges.push(gauges);
        known.measures.push(...(measures[index] as readonly Measures[]));
        told.set(label, known);
      }
    }
    return told;
  }

  /** Of today; spans that can change no more are read once. */
  async #measuresOf({ name, gauges: { now } }: StandingTask): Promise<readonly Measures[]> {
    const { observe } = this.#observed.adapter;
    if (observe === undefined) return [];
    const day = startOfDay(now);
    const known = this.#ended.get(name);
    const ended: Ended = known?.day === day ? known : { day, from: day, measures: [] };
    const points = await observe.series({ task: name, span: "tenMinutes", from: ended.from, to: now + 1 });
    const { lengthMs } = SPANS.tenMinutes;
    const last = Math.floor((now - LATE_MS) / lengthMs) * lengthMs;
    const over = points.filter(({ at }) => at < last).map(({ counts }) => readCounts(counts));
    const rest = points.filter(({ at }) => at >= last).map(({ counts }) => readCounts(counts));
    const measures = over.length === 0 ? ended.measures : [mergeMeasures([...ended.measures, ...over])];
    this.#ended.set(name, { day, from: Math.max(ended.from, last), measures });
    return [...measures, ...rest];
  }
}

function startOfDay(now: number): number {
  return Math.floor(now / DAY_MS) * DAY_MS;
}

function tellTask(found: Map<FamilyKey, Sample[]>, task: string, { gauges, measures, dayStart }: Told): void {
  const sum = (of: (one: StandingTask["gauges"]) => number) => gauges.reduce((all, one) => all + of(one), 0);
  const most = (of: (one: StandingTask["gauges"]) => number) => Math.max(0, ...gauges.map(of));
  const total = (key: FamilyKey, value: number, outcome?: string) =>
    push(found, key, [
      { suffix: "_total", labels: outcome === undefined ? { task } : { task, outcome }, value },
    ]);
  for (const state of FINAL_STATES)
    total(
      "jobs",
      sum(({ out }) => out[state]),
      state,
    );
  total(
    "dispatched",
    sum((one) => one.in),
  );
  for (const state of JOB_STATES) {
    const value = sum(({ counts }) => counts[state]);
    push(found, "queue", [{ suffix: "", labels: { task, state }, value }]);
  }
  const oldest = most(({ now, oldestWaitingSince = now }) => now - oldestWaitingSince) / 1000;
  push(found, "oldest", [{ suffix: "", labels: { task }, value: oldest }]);
  const paused = most(({ pausedAt }) => (pausedAt === undefined ? 0 : 1));
  push(found, "paused", [{ suffix: "", labels: { task }, value: paused }]);
  const { outcomes, run, wait } = mergeMeasures(measures);
  for (const outcome of MEASURED_OUTCOMES) total("runs", outcomes[outcome], outcome);
  push(found, "run", histogramSamples(run, { task }, dayStart / 1000));
  push(found, "wait", histogramSamples(wait, { task }, dayStart / 1000));
}

/** @param workers undefined: the adapter keeps no list of them */
function tellRest(
  found: Map<FamilyKey, Sample[]>,
  { schedules }: StoreStanding,
  workers: number | undefined,
): void {
  if (workers !== undefined) push(found, "workers", [{ suffix: "", labels: {}, value: workers }]);
  for (const { name, lateMs } of schedules)
    push(found, "late", [{ suffix: "", labels: { schedule: name }, value: lateMs / 1000 }]);
}
