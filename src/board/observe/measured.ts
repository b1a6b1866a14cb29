/** How the runs of a task went, read as seldom as it can be. */
import { type TaskMeasures, toMeasures } from "../../app/operate/measures.js";
import type { TaskTotals } from "../../app/operate/tasks.js";
import { type MeasurePoint, type MeasureStore, spanStart } from "../../core/observe/measure-store.js";
import { type Measures, mergeMeasures, readCounts } from "../../core/observe/measures.js";
import type { EndedMinute } from "./totals-history.js";

/** How the runs of a task went, as far back as its rules look. */
export interface Measured {
  /** In the last hour. */
  readonly hour: TaskMeasures;
  /** In the last ten minutes. */
  readonly lately: TaskMeasures;
}

/** Workers tell what they measured so often. */
const MEASURED_EVERY_MS = 10_000;
/** Where many workers are they tell it every 30 s: so long after its last change a task is still asked for more. */
const TOLD_WITHIN_MS = 40_000;
/** Older failures are counted again so often; between, those that come are known exactly. */
const DAY_READ_EVERY_MS = 600_000;
/** What failed just before the first reading is told after it: so many readings count the day anew. */
const FIRST_READINGS = 4;
const HOUR_MS = 3_600_000;
const LATELY_MS = 600_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** How a task stands, as far as it tells whether its runs must be read again. */
export interface RunningTask {
  readonly name: string;
  readonly counts: { readonly active: number; readonly retrying: number };
  readonly totals?: TaskTotals;
}

interface Window {
  /** For which moment it was made, in steps of ten seconds. */
  readonly step: number;
  readonly measured: Measured;
  readonly lately: Measures;
}

/** The runs of one task in the last hour, and the failures of the last day. */
export class RunsOfTask {
  #minutes: readonly MeasurePoint[] = [];
  #day: { readonly failed: number; readonly totals: number } | undefined;
  #readAtMs = -Infinity;
  #changedAtMs = -Infinity;
  #dayReadAtMs = -Infinity;
  #dayReadings = 0;
  #ended = -1;
  #window: Window | undefined;

  /** When it was read last, on the clock that {@link isDue} is asked by. */
  get readAtMs(): number {
    return this.#readAtMs;
  }

  /** Whether more may have been told than was read; asks nobody. */
  isDue(task: RunningTask, monotonicMs: number): boolean {
    const ended = endedOf(task);
    const { active, retrying } = task.counts;
    if (ended !== this.#ended || active + retrying > 0) this.#changedAtMs = monotonicMs;
    this.#ended = ended;
    const isOld = monotonicMs - this.#readAtMs >= MEASURED_EVERY_MS;
    return isOld && monotonicMs - this.#changedAtMs <= TOLD_WITHIN_MS;
  }

  /**
   * Reads it.
   *
   * @param at the store's clock, ms since the epoch
   */
  async read(
    store: Pick<MeasureStore, "series">,
    task: RunningTask,
    { at, monotonicMs }: { readonly at: number; readonly monotonicMs: number },
  ): Promise<void> {
    const { name, totals } = task;
    this.#readAtMs = monotonicMs;
    const from = spanStart("minute", at - HOUR_MS);
    const failed = totals?.out.failed ?? 0;
    const isOld = monotonicMs - this.#dayReadAtMs >= DAY_READ_EVERY_MS;
    const isDayDue = failed > 0 && (isOld || this.#dayReadings < FIRST_READINGS);
    const [minutes, days] = await Promise.all([
      store.series({ task: name, span: "minute", from, to: at + 1 }),
      isDayDue
        ? store.series({ task: name, span: "tenMinutes", from: at - DAY_MS, to: at + 1 })
        : Promise.resolve(undefined),
    ]);
    this.#minutes = minutes;
    this.#window = undefined;
    if (days === undefined) return;
    this.#dayReadAtMs = monotonicMs;
    this.#dayReadings += 1;
    const told = days.reduce((sum, { counts }) => sum + (counts.failed ?? 0), 0);
    // What was counted exactly meanwhile may not be told yet.
    const counted = isOld ? 0 : (this.failedLately(task) ?? 0);
    this.#day = { failed: Math.max(told, counted), totals: failed };
  }

  /** In the windows that end at a moment of the store's clock. */
  measured(at: number): Measured {
    return this.#at(at).measured;
  }

  /** In the last ten minutes, as counts that can be added up. */
  lately(at: number): Measures {
    return this.#at(at).lately;
  }

  /** Jobs that failed for good in the last 24 hours; undefined: it was not read yet. */
  failedLately({ totals }: RunningTask): number | undefined {
    if (totals === undefined) return undefined;
    const { failed } = totals.out;
    if (failed === 0) return 0;
    return this.#day && this.#day.failed + Math.max(0, failed - this.#day.totals);
  }

  /** What was measured in the last minutes, those without a run as well. */
  ended(at: number, minutes: number): readonly EndedMinute[] {
    const known = new Map(this.#minutes.map((point) => [point.at, point.counts]));
    const last = spanStart("minute", at);
    return Array.from({ length: minutes }, (_, index) => {
      const start = last - (minutes - 1 - index) * MINUTE_MS;
      const { completed = 0, failed = 0 } = known.get(start) ?? {};
      return { at: start, completed, failed };
    });
  }

  #at(at: number): Window {
    const step = Math.floor(at / MEASURED_EVERY_MS);
    if (this.#window?.step === step) return this.#window;
    const since = (ms: number) => {
      const from = spanStart("minute", at - ms);
      return mergeMeasures(
        this.#minutes.filter((point) => point.at >= from).map(({ counts }) => readCounts(counts)),
      );
    };
    const lately = since(LATELY_MS);
    this.#window = {
      step,
      lately,
      measured: { hour: toMeasures(since(HOUR_MS)), lately: toMeasures(lately) },
    };
    return this.#window;
  }
}

function endedOf({ totals }: RunningTask): number {
  return Object.values(totals?.out ?? {}).reduce((sum, count) => sum + count, 0);
}
