/** How jobs of a task went, and the names under which a store keeps the numbers of it. */
import { type HistogramCounts, mergeCounts, pairsOf, percentileMs } from "./histogram.js";
import type { MeasureCounts, MeasurePoint } from "./measure-store.js";

/**
 * How an attempt, or a claim, ended: `retried` runs again, `released` was given back by its handler or its worker, of `stalled`
 * the worker was lost.
 */
export const MEASURED_OUTCOMES = [
  "completed",
  "failed",
  "retried",
  "cancelled",
  "released",
  "stalled",
] as const;

export type MeasuredOutcome = (typeof MEASURED_OUTCOMES)[number];

/** What is counted of a task over some length of time. */
export interface Measures {
  readonly outcomes: Readonly<Record<MeasuredOutcome, number>>;
  /** How long jobs waited for their start, in seconds. */
  readonly wait: HistogramCounts;
  /** How long attempts ran, in seconds. */
  readonly run: HistogramCounts;
}

/** Names of bins are a letter and the number of the bin, that of the sum in µs is the letter alone. */
const LETTERS = { wait: "w", run: "r" } as const;

/** The numbers as a store keeps them; what is 0 is left out. */
export function toCounts({ outcomes, wait, run }: Measures): MeasureCounts {
  const counts: Record<string, number> = {};
  for (const outcome of MEASURED_OUTCOMES) if (outcomes[outcome] > 0) counts[outcome] = outcomes[outcome];
  addHistogram(counts, LETTERS.wait, wait);
  addHistogram(counts, LETTERS.run, run);
  return counts;
}

function addHistogram(
  counts: Record<string, number>,
  letter: string,
  { bins, sumUs }: HistogramCounts,
): void {
  for (const [bin, count] of pairsOf(bins)) counts[letter + bin] = count;
  if (sumUs > 0) counts[letter] = sumUs;
}

/** Reads what {@link toCounts} made. Names that it does not know are passed over: another release may count more. */
export function readCounts(counts: MeasureCounts): Measures {
  const outcomes = Object.fromEntries(MEASURED_OUTCOMES.map((outcome) => [outcome, counts[outcome] ?? 0]));
  return {
    outcomes: outcomes as Measures["outcomes"],
    wait: readHistogram(counts, LETTERS.wait),
    run: readHistogram(counts, LETTERS.run),
  };
}

const BIN = /^[wr](\d{1,3})$/;

function readHistogram(counts: MeasureCounts, letter: string): HistogramCounts {
  const bins: [number, number][] = [];
  for (const [name, count] of Object.entries(counts)) {
    const [, bin] = name.startsWith(letter) ? (BIN.exec(name) ?? []) : [];
    if (bin !== undefined) bins.push([Number(bin), count]);
  }
  return { bins: bins.sort(([a], [b]) => a - b).flat(), sumUs: counts[letter] ?? 0 };
}

/** Several lengths of time as one. */
export function mergeMeasures(parts: readonly Measures[]): Measures {
  const outcomes = Object.fromEntries(
    MEASURED_OUTCOMES.map((outcome) => [
      outcome,
      parts.reduce((sum, part) => sum + part.outcomes[outcome], 0),
    ]),
  );
  return {
    outcomes: outcomes as Measures["outcomes"],
    wait: mergeCounts(parts.map(({ wait }) => wait)),
    run: mergeCounts(parts.map(({ run }) => run)),
  };
}

/** What was measured in each step from `from` on, empty ones too, the oldest first. */
export function stepsOf(
  points: readonly MeasurePoint[],
  { from, to, stepMs }: { readonly from: number; readonly to: number; readonly stepMs: number },
): readonly (Measures & { readonly at: number })[] {
  const count = Math.max(0, Math.ceil((to - from) / stepMs));
  const parts = Array.from({ length: count }, (): Measures[] => []);
  for (const { at, counts } of points) parts[Math.floor((at - from) / stepMs)]?.push(readCounts(counts));
  return parts.map((measures, index) => ({ ...mergeMeasures(measures), at: from + index * stepMs }));
}

/** Lengths of time that so many of a hundred values do not exceed, in ms, off by 4.4 % at most; undefined: there are none. */
export interface Percentiles {
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

/** Reads the usual ones. */
export function percentilesOf(counts: HistogramCounts): Percentiles {
  return { p50: percentileMs(counts, 0.5), p95: percentileMs(counts, 0.95), p99: percentileMs(counts, 0.99) };
}
