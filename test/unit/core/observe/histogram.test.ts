import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BIN_COUNT,
  binOf,
  countOf,
  FIRST_INDEX,
  Histogram,
  mergeCounts,
  NO_COUNTS,
  percentileMs,
  upperBoundOf,
} from "../../../../src/core/observe/histogram.js";

const LOWEST = 2 ** -14;
const HIGHEST = 2 ** 20;
/** What a percentile may be off by: half a bin. */
const ERROR = 2 ** (1 / 16) - 1;

const secondsIn = (min: number, max: number) =>
  fc.double({ min: Math.log2(min), max: Math.log2(max), noNaN: true }).map((log) => 2 ** log);

function countsOf(values: readonly number[]) {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram.take();
}

describe("the bin of a length of time", () => {
  it("is that of OpenTelemetry's scale 3, away from boundaries", () => {
    fc.assert(
      fc.property(secondsIn(LOWEST, HIGHEST), (seconds) => {
        const exact = Math.log2(seconds) * 8;
        fc.pre(Math.abs(exact - Math.round(exact)) > 1e-9);
        expect(binOf(seconds) + FIRST_INDEX).toBe(Math.ceil(exact) - 1);
      }),
      { numRuns: 1000 },
    );
  });

  it("holds its upper boundary and not its lower one", () => {
    for (let bin = 0; bin < BIN_COUNT; bin++) {
      const bound = upperBoundOf(bin);
      expect(binOf(bound)).toBe(bin);
      expect(binOf(bound * (1 + 2 ** -50))).toBe(Math.min(bin + 1, BIN_COUNT - 1));
    }
  });

  it("has every power of two of a second as a boundary", () => {
    for (let exponent = -13; exponent <= 20; exponent++) {
      expect(upperBoundOf(binOf(2 ** exponent))).toBe(2 ** exponent);
    }
  });

  it.each([0, -1, Number.NaN, 1e-300, LOWEST, Number.NEGATIVE_INFINITY])(
    "is the first one for %d",
    (seconds) => {
      expect(binOf(seconds)).toBe(0);
    },
  );

  it.each([HIGHEST, HIGHEST * 2, Number.MAX_VALUE, Number.POSITIVE_INFINITY])(
    "is the last one for %d",
    (seconds) => {
      expect(binOf(seconds)).toBe(BIN_COUNT - 1);
    },
  );

  it("leaves at most 272 bins", () => {
    expect(BIN_COUNT).toBe(272);
  });
});

describe("a histogram", () => {
  it("gives percentiles that are off by 4.4 % at most", () => {
    const fractions = fc.constantFrom(0.01, 0.5, 0.9, 0.95, 0.99, 1);
    fc.assert(
      fc.property(
        fc.array(secondsIn(0.0001, 1e6), { minLength: 1, maxLength: 300 }),
        fractions,
        (values, fraction) => {
          const sorted = values.toSorted((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(values.length * fraction)) - 1] as number;
          const told = (percentileMs(countsOf(values), fraction) as number) / 1000;
          expect(Math.abs(told / exact - 1)).toBeLessThanOrEqual(ERROR + 1e-9);
          expect(ERROR).toBeLessThan(0.0444);
        },
      ),
    );
  });

  it("merges as if all values had been counted together", () => {
    const lists = fc.array(fc.array(secondsIn(LOWEST, HIGHEST), { maxLength: 20 }), { maxLength: 5 });
    fc.assert(
      fc.property(lists, (parts) => {
        const merged = mergeCounts(parts.map(countsOf));
        const together = countsOf(parts.flat());
        expect(merged.bins).toEqual(together.bins);
        expect(countOf(merged)).toBe(parts.flat().length);
        expect(Math.abs(merged.sumUs - together.sumUs)).toBeLessThanOrEqual(parts.length);
      }),
    );
  });

  it("tells only bins that hold something, in order, and the sum", () => {
    expect(countsOf([2, 0.5, 2])).toEqual({ bins: [binOf(0.5), 1, binOf(2), 2], sumUs: 4_500_000 });
  });

  it("begins anew when its counts were taken", () => {
    const histogram = new Histogram();
    histogram.record(1);
    histogram.take();
    expect(histogram.count).toBe(0);
    expect(histogram.take()).toEqual(NO_COUNTS);
  });

  it("counts a time of less than nothing as nothing", () => {
    expect(countsOf([-3])).toEqual({ bins: [0, 1], sumUs: 0 });
  });

  it("has no percentile of nothing", () => {
    expect(percentileMs(NO_COUNTS, 0.5)).toBeUndefined();
  });
});
