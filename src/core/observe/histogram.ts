/**
 * Lengths of time, counted in bins. The bins are those of OpenTelemetry's exponential histogram of scale 3 over seconds: bin
 * boundaries are powers of 2^(1/8), the upper one belongs to the bin. A value is told from its neighbours by 9 % at most, so a
 * percentile that is read from the middle of its bin is off by 4.4 %. Merging is adding, and every power of two of a second is
 * a boundary.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */

/** Bins per power of two. */
const PER_OCTAVE = 8;
const LOWEST_EXPONENT = -14;
const HIGHEST_EXPONENT = 20;

/** How many bins there are: from 2^-14 s (61 µs) to 2^20 s (12 days). What lies beyond counts in the first or last one. */
export const BIN_COUNT = (HIGHEST_EXPONENT - LOWEST_EXPONENT) * PER_OCTAVE;

/** OpenTelemetry's index of bin 0. */
export const FIRST_INDEX = LOWEST_EXPONENT * PER_OCTAVE;

/** Bins that hold something, as number of the bin and count, one after the other, in the order of bins. */
export type SparseBins = readonly number[];

/** What a histogram holds, as it travels and is stored. */
export interface HistogramCounts {
  readonly bins: SparseBins;
  /** Of all values, in µs. */
  readonly sumUs: number;
}

/** 2^(k/8): where the bins of one octave begin. */
const THRESHOLDS = Float64Array.from({ length: PER_OCTAVE }, (_, k) => 2 ** (k / PER_OCTAVE));

/** Longer times are looked at in a coarser unit, so that their exponent is that of a number of 31 bits. */
const LONG_EXPONENT = 17;

// Written out once: a power that is worked out for each value takes longer than all the rest.
const SHORTEST = 2 ** LOWEST_EXPONENT;
const LONGEST = 2 ** HIGHEST_EXPONENT;
const LONG = 2 ** LONG_EXPONENT;
const UNITS = 2 ** -LOWEST_EXPONENT;
const LONG_UNITS = 2 ** (-LOWEST_EXPONENT - LONG_EXPONENT);

/** The bin of a length of time; by counting bits, since a logarithm takes five times as long. */
export function binOf(seconds: number): number {
  if (!(seconds > SHORTEST)) return 0;
  if (seconds > LONGEST) return BIN_COUNT - 1;
  const isLong = seconds >= LONG;
  // In units of the shortest time: both steps only move the exponent, so nothing is rounded.
  const units = seconds * (isLong ? LONG_UNITS : UNITS);
  const exponent = 31 - Math.clz32(units);
  return ((isLong ? LONG_EXPONENT : 0) + exponent) * PER_OCTAVE + stepOf(units / (1 << exponent));
}

/** How many thresholds lie below a number from 1 to 2, less one: −1 for 1 itself, which ends the octave before. */
function stepOf(mantissa: number): number {
  let step = mantissa > (THRESHOLDS[4] as number) ? 4 : 0;
  if (mantissa > (THRESHOLDS[step + 2] as number)) step += 2;
  if (mantissa > (THRESHOLDS[step + 1] as number)) step += 1;
  return step === 0 && mantissa === 1 ? -1 : step;
}

/** Where a bin ends, in seconds; the boundary belongs to it. */
export function upperBoundOf(bin: number): number {
  return 2 ** ((bin + 1) / PER_OCTAVE + LOWEST_EXPONENT);
}

/** The middle of a bin, in seconds: no value of it is further from it than 4.4 %. */
function middleOf(bin: number): number {
  return 2 ** ((bin + 0.5) / PER_OCTAVE + LOWEST_EXPONENT);
}

/** Counts lengths of time. */
export class Histogram {
  readonly #counts = new Uint32Array(BIN_COUNT);
  #count = 0;
  #sumSeconds = 0;

  /** Of values. */
  get count(): number {
    return this.#count;
  }

  /** Less than nothing, which two clocks may make of a short time, counts as nothing. */
  record(seconds: number): void {
    const bin = binOf(seconds);
    this.#counts[bin] = (this.#counts[bin] as number) + 1;
    this.#count += 1;
    if (seconds > 0) this.#sumSeconds += seconds;
  }

  /** Gives what was counted, and begins anew. */
  take(): HistogramCounts {
    const bins: number[] = [];
    for (let bin = 0; bin < BIN_COUNT; bin++) {
      const count = this.#counts[bin] as number;
      if (count > 0) bins.push(bin, count);
    }
    const sumUs = Math.round(this.#sumSeconds * 1e6);
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumSeconds = 0;
    return { bins, sumUs };
  }
}

/** Nothing was counted. */
export const NO_COUNTS: HistogramCounts = { bins: [], sumUs: 0 };

/** Several histograms as one. */
export function mergeCounts(parts: readonly HistogramCounts[]): HistogramCounts {
  if (parts.length === 1) return parts[0] as HistogramCounts;
  const counts = new Map<number, number>();
  let sumUs = 0;
  for (const part of parts) {
    for (const [bin, count] of pairsOf(part.bins)) counts.set(bin, (counts.get(bin) ?? 0) + count);
    sumUs += part.sumUs;
  }
  return { bins: [...counts].sort(([a], [b]) => a - b).flat(), sumUs };
}

/** How many values were counted. */
export function countOf({ bins }: HistogramCounts): number {
  let count = 0;
  for (let at = 1; at < bins.length; at += 2) count += bins[at] as number;
  return count;
}

/**
 * The length of time, in ms, that a fraction of the values does not exceed; off by 4.4 % at most. Undefined: there is none.
 *
 * @param fraction 0.95 is the 95th percentile
 */
export function percentileMs(counts: HistogramCounts, fraction: number): number | undefined {
  const rank = Math.max(1, Math.ceil(countOf(counts) * fraction));
  let passed = 0;
  for (const [bin, count] of pairsOf(counts.bins)) {
    passed += count;
    if (passed >= rank) return middleOf(bin) * 1000;
  }
  return undefined;
}

/** Number and count of each bin that holds something. */
export function* pairsOf(bins: SparseBins): Generator<readonly [bin: number, count: number]> {
  for (let at = 0; at + 1 < bins.length; at += 2) yield [bins[at] as number, bins[at + 1] as number];
}
