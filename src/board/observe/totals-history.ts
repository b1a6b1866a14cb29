/** What came and ended in the last minutes, from readings of exact counters: rates, and the small picture of five minutes. */
import type { TaskTotals } from "../../app/operate/tasks.js";
import type { Rates } from "../api.js";

/** So long is kept. */
export const KEPT_MS = 300_000;
/** Rates are those of so long, so that they do not flicker. */
const RATE_MS = 5000;
/** Bars of the picture. */
export const BARS = 10;
const BAR_MS = KEPT_MS / BARS;
const NO_BARS: readonly null[] = Array.from({ length: BARS }, () => null);

/** What was read from one moment to another, without a change between. */
interface Reading {
  readonly since: number;
  readonly at: number;
  readonly in: number;
  readonly out: number;
  readonly failed: number;
}

/** Runs that ended in the minute from `at` on. */
export interface EndedMinute {
  readonly at: number;
  readonly completed: number;
  readonly failed: number;
}

/** Remembers the readings of one task. */
export class TotalsHistory {
  readonly #readings: Reading[] = [];
  #before: readonly EndedMinute[] = [];
  #isSeeded = false;

  /** Whether it was told what was before. */
  get isSeeded(): boolean {
    return this.#isSeeded;
  }

  /** Takes a reading. One that goes back begins anew: somebody has emptied the store. */
  add({ at, in: came, out }: TaskTotals): void {
    const ended = Object.values(out).reduce((sum, count) => sum + count, 0);
    const last = this.#readings.at(-1);
    if (last !== undefined && (ended < last.out || came < last.in || at < last.at)) this.#readings.length = 0;
    else if (last !== undefined && at === last.at) return;
    const same =
      last?.in === came && last.out === ended && last.failed === out.failed
        ? this.#readings.pop()
        : undefined;
    this.#readings.push({ since: same?.since ?? at, at, in: came, out: ended, failed: out.failed });
    while ((this.#readings[1]?.since ?? at) <= at - KEPT_MS) this.#readings.shift();
  }

  /** What workers measured before the first reading, by the minute. */
  seed(steps: readonly EndedMinute[]): void {
    this.#before = steps;
    this.#isSeeded = true;
  }

  /** Undefined until there are two readings. */
  rates(): Rates | undefined {
    const last = this.#readings.at(-1);
    if (last === undefined) return undefined;
    const first =
      this.#readings.findLast(({ since }) => since <= last.at - RATE_MS) ?? (this.#readings[0] as Reading);
    const from = Math.min(first.at, Math.max(first.since, last.at - RATE_MS));
    const seconds = (last.at - from) / 1000;
    if (seconds <= 0) return undefined;
    const per = (key: "in" | "out" | "failed") => (last[key] - first[key]) / seconds;
    return { in: per("in"), out: per("out"), failed: per("failed") };
  }

  /** How many ended per second in each part of the last five minutes, the oldest first; `null`: not known. */
  bars(): readonly (number | null)[] {
    return this.#bars("out");
  }

  /** As {@link bars}, how many came; nobody measures that, so it is known since the first reading. */
  barsIn(): readonly (number | null)[] {
    return this.#bars("in");
  }

  #bars(key: "in" | "out"): readonly (number | null)[] {
    const last = this.#readings.at(-1);
    if (last === undefined) return NO_BARS;
    return NO_BARS.map((_, bar) => {
      const to = last.at - (BARS - 1 - bar) * BAR_MS;
      const measured = key === "out" ? this.#measured(to - BAR_MS / 2) : null;
      return this.#between(key, to - BAR_MS, to) ?? measured;
    });
  }

  #between(key: "in" | "out", from: number, to: number): number | undefined {
    const end = this.#readings.findLast(({ since }) => since <= to);
    const start = this.#readings.findLast(({ since }) => since <= from) ?? this.#readings[0];
    if (end === undefined || start === undefined) return undefined;
    const [began, ended] = [Math.max(start.since, Math.min(from, start.at)), Math.min(to, end.at)];
    return ended <= began ? undefined : ((end[key] - start[key]) * 1000) / (ended - began);
  }

  #measured(at: number): number | null {
    const step = this.#before.findLast((each) => each.at <= at);
    return step === undefined ? null : (step.completed + step.failed) / 60;
  }
}
