/** What came and ended in the last minutes, from readings of exact counters: rates, and the small picture of five minutes. */
import type { TaskMeasuresStep, TaskTotals } from "taskora";

/** So long is kept. */
export const KEPT_MS = 300_000;
/** Rates are those of so long, so that they do not flicker. */
const RATE_MS = 5000;
/** Bars of the picture. */
export const BARS = 10;
const BAR_MS = KEPT_MS / BARS;

/** Per second, in the last seconds. */
export interface Rates {
  readonly in: number;
  readonly out: number;
  readonly failed: number;
}

interface Reading {
  readonly at: number;
  readonly in: number;
  readonly out: number;
  readonly failed: number;
}

/** Remembers the readings of one task. */
export class TotalsHistory {
  readonly #readings: Reading[] = [];
  #before: readonly TaskMeasuresStep[] = [];

  /** Takes a reading. One that goes back begins anew: somebody has emptied the store. */
  add({ at, in: came, out }: TaskTotals): void {
    const ended = Object.values(out).reduce((sum, count) => sum + count, 0);
    const last = this.#readings.at(-1);
    if (last !== undefined && (ended < last.out || came < last.in || at < last.at)) this.#readings.length = 0;
    else if (last !== undefined && at === last.at) return;
    this.#readings.push({ at, in: came, out: ended, failed: out.failed });
    while ((this.#readings[1]?.at ?? at) <= at - KEPT_MS) this.#readings.shift();
  }

  /** What workers measured before the first reading, by the minute. */
  seed(steps: readonly TaskMeasuresStep[]): void {
    this.#before = steps;
  }

  /** Undefined until there are two readings. */
  rates(): Rates | undefined {
    const last = this.#readings.at(-1);
    if (last === undefined) return undefined;
    const first =
      this.#readings.findLast(({ at }) => at <= last.at - RATE_MS) ?? (this.#readings[0] as Reading);
    const seconds = (last.at - first.at) / 1000;
    if (seconds <= 0) return undefined;
    const per = (key: "in" | "out" | "failed") => (last[key] - first[key]) / seconds;
    return { in: per("in"), out: per("out"), failed: per("failed") };
  }

  /** How many ended per second in each part of the last five minutes, the oldest first; undefined: not known. */
  bars(): readonly (number | undefined)[] {
    const last = this.#readings.at(-1);
    if (last === undefined) return [];
    return Array.from({ length: BARS }, (_, bar) => {
      const to = last.at - (BARS - 1 - bar) * BAR_MS;
      return this.#between(to - BAR_MS, to) ?? this.#measured(to - BAR_MS / 2);
    });
  }

  #between(from: number, to: number): number | undefined {
    const end = this.#readings.findLast(({ at }) => at <= to);
    const start = this.#readings.findLast(({ at }) => at <= from) ?? this.#readings[0];
    if (end === undefined || start === undefined || end.at <= start.at) return undefined;
    return ((end.out - start.out) * 1000) / (end.at - start.at);
  }

  #measured(at: number): number | undefined {
    const step = this.#before.findLast((each) => each.at <= at);
    return step === undefined ? undefined : (step.completed + step.failed) / 60;
  }
}

const BLOCKS = "▁▂▃▄▅▆▇█";

/** The picture, in the last `width` bars. What is not known is a blank. */
export function barsText(bars: readonly (number | undefined)[], width: number = BARS): string {
  const most = Math.max(0, ...bars.map((bar) => bar ?? 0));
  const text = bars.slice(-width).map((bar) => {
    if (bar === undefined) return " ";
    return BLOCKS[
      most === 0 ? 0 : Math.min(BLOCKS.length - 1, Math.ceil((bar / most) * (BLOCKS.length - 1)))
    ];
  });
  return text.join("").padStart(width);
}
