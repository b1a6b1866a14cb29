import { describe, expect, it } from "vitest";
import {
  addCounts,
  ERROR_DAY_MS,
  errorDays,
  MOST_POINTS,
  mergeErrorGroups,
  SPANS,
  spanStart,
  spanStarts,
} from "../../../../src/core/observe/measure-store.js";
import { mergeMeasures, readCounts, stepsOf, toCounts } from "../../../../src/core/observe/measures.js";

const NONE = { completed: 0, failed: 0, retried: 0, cancelled: 0, released: 0, stalled: 0 };
const empty = { bins: [], sumUs: 0 };
const measures = {
  outcomes: { ...NONE, completed: 3, stalled: 1 },
  wait: { bins: [9, 1, 10, 2], sumUs: 30 },
  run: { bins: [2, 1, 100, 2], sumUs: 500 },
};

describe("what workers measure", () => {
  it("is kept by short names, without what is nothing, and read as it was, bins by their numbers", () => {
    const counts = toCounts(measures);
    expect(counts).toEqual({ completed: 3, stalled: 1, w9: 1, w10: 2, w: 30, r2: 1, r100: 2, r: 500 });
    expect(readCounts({ w10: 2, w9: 1, ...counts })).toEqual(measures);
    expect(readCounts({})).toEqual({ outcomes: NONE, wait: empty, run: empty });
  });

  it("passes over names that another release counts by", () => {
    expect(readCounts({ ...toCounts(measures), wx: 1, waited: 2, r1000: 3, q: 4 })).toEqual(measures);
  });

  it("adds up, by name and by bin", () => {
    expect(addCounts([{ a: 1, b: 2 }, { b: 3 }, {}])).toEqual({ a: 1, b: 5 });
    expect(mergeMeasures([measures, measures])).toEqual({
      outcomes: { ...NONE, completed: 6, stalled: 2 },
      wait: { bins: [9, 2, 10, 4], sumUs: 60 },
      run: { bins: [2, 2, 100, 4], sumUs: 1000 },
    });
  });

  it("falls into steps, those without anything too", () => {
    const points = [0, 9, 20].map((at) => ({ at: 100 + at, counts: { completed: 1 } }));
    const steps = stepsOf([{ at: 99, counts: { failed: 1 } }, ...points], { from: 100, to: 125, stepMs: 10 });
    expect(steps.map(({ at, outcomes }) => [at, outcomes.completed, outcomes.failed])).toEqual([
      [100, 2, 0],
      [110, 0, 0],
      [120, 1, 0],
    ]);
    expect(stepsOf(points, { from: 100, to: 100, stepMs: 10 })).toEqual([]);
    expect(stepsOf(points, { from: 100, to: 90, stepMs: 10 })).toEqual([]);
  });
});

describe("the spans of a query", () => {
  const now = 1_000 * 86_400_000 + 1;

  it.each(Object.keys(SPANS) as (keyof typeof SPANS)[])("begin where %ss begin, up to now", (span) => {
    const { lengthMs } = SPANS[span];
    const current = spanStart(span, now);
    expect(spanStart(span, current)).toBe(current);
    expect(spanStart(span, current - 1)).toBe(current - lengthMs);
    const last = (from: number, to: number) => spanStarts({ task: "a", span, from, to }, now);
    expect(last(current - 2 * lengthMs, now + 5 * lengthMs)).toEqual([
      current - 2 * lengthMs,
      current - lengthMs,
      current,
    ]);
    expect(last(current - lengthMs, current)).toEqual([current - lengthMs]);
    expect(last(current - lengthMs + 1, current + 1)).toEqual([current]);
    expect(last(current + lengthMs, now + 5 * lengthMs)).toEqual([]);
  });

  it.each(Object.keys(SPANS) as (keyof typeof SPANS)[])(
    "are those that are kept, and not too many: %s",
    (span) => {
      const { lengthMs, keptMs } = SPANS[span];
      const starts = spanStarts({ task: "a", span, from: 0, to: now }, now);
      expect(starts.at(-1)).toBe(spanStart(span, now));
      expect(starts.length).toBeLessThanOrEqual(MOST_POINTS);
      expect(starts[0]).toBeGreaterThanOrEqual(now - keptMs);
      const kept = Math.floor(keptMs / lengthMs);
      expect(starts.length).toBeGreaterThanOrEqual(Math.min(MOST_POINTS, kept));
    },
  );
});

describe("the days of errors", () => {
  const now = 100 * ERROR_DAY_MS + 5;

  it("are from the one that is asked for to today, a week back at most", () => {
    expect(errorDays(98 * ERROR_DAY_MS + 1, now)).toEqual([98, 99, 100]);
    expect(errorDays(now, now)).toEqual([100]);
    expect(errorDays(0, now)).toEqual([93, 94, 95, 96, 97, 98, 99, 100]);
    expect(errorDays(now + ERROR_DAY_MS, now)).toEqual([]);
  });

  it("become one group for each task and kind, with the first and the last of them", () => {
    const of = (day: number, rest: object) => ({
      ...{ task: "a", fingerprint: "f", name: "Error", message: "m", count: 1 },
      ...{ firstAt: day * ERROR_DAY_MS + 1, lastAt: day * ERROR_DAY_MS + 2, first: `${day}`, last: `${day}` },
      ...rest,
    });
    const days = [of(1, {}), of(1, { task: "b" }), of(1, { fingerprint: "g" }), of(3, { count: 4 })];
    const merged = mergeErrorGroups(days as never);
    expect(merged.map(({ task, fingerprint, count }) => [task, fingerprint, count])).toEqual([
      ["a", "f", 5],
      ["b", "f", 1],
      ["a", "g", 1],
    ]);
    expect(merged[0]).toMatchObject({
      firstAt: ERROR_DAY_MS + 1,
      lastAt: 3 * ERROR_DAY_MS + 2,
      first: "1",
      last: "3",
      days: [
        { at: ERROR_DAY_MS, count: 1 },
        { at: 3 * ERROR_DAY_MS, count: 4 },
      ],
    });
  });
});
