/** Histograms whose bounds are powers of two: eight bins of those that are counted lie between two of them, so sums are exact. */
import { type HistogramCounts, pairsOf, upperBoundOf } from "../core/observe/histogram.js";
import type { Sample } from "./families.js";

const LOWEST_EXPONENT = -10;
const HIGHEST_EXPONENT = 14;

/** From 1/1024 s to 16 384 s. */
export const BOUNDS: readonly number[] = Array.from(
  { length: HIGHEST_EXPONENT - LOWEST_EXPONENT + 1 },
  (_, index) => 2 ** (LOWEST_EXPONENT + index),
);

/** @param created when counting began, s since the epoch; undefined: it is not known */
export function histogramSamples(
  { bins, sumUs }: HistogramCounts,
  labels: Readonly<Record<string, string>>,
  created?: number,
): readonly Sample[] {
  const counts = new Array<number>(BOUNDS.length + 1).fill(0);
  for (const [bin, count] of pairsOf(bins)) {
    const at = boundOf(upperBoundOf(bin));
    counts[at] = (counts[at] as number) + count;
  }
  let sum = 0;
  const samples: Sample[] = counts.map((count, index) => {
    sum += count;
    return { suffix: "_bucket", labels: { ...labels, le: leText(BOUNDS[index]) }, value: sum };
  });
  samples.push({ suffix: "_sum", labels, value: sumUs / 1e6 }, { suffix: "_count", labels, value: sum });
  if (created !== undefined) samples.push({ suffix: "_created", labels, value: created });
  return samples;
}

/** The first bound that a bin does not exceed. */
function boundOf(upperBound: number): number {
  const exponent = Math.ceil(Math.log2(upperBound) - 1e-9);
  return Math.min(Math.max(exponent - LOWEST_EXPONENT, 0), BOUNDS.length);
}

/** OpenMetrics writes whole numbers with a fraction. */
function leText(bound: number | undefined): string {
  if (bound === undefined) return "+Inf";
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}
