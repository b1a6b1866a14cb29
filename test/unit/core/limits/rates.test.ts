import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addStart,
  noStarts,
  roomAgainAt,
  startCount,
  startsWithin,
} from "../../../../src/core/limits/rates.js";

function startsAt(...times: readonly number[]) {
  const starts = noStarts();
  for (const at of times) addStart(starts, at);
  return starts;
}

describe("starts in a sliding window", () => {
  it.each([
    { times: [], now: 100, within: 0 },
    { times: [0], now: 99, within: 1 },
    { times: [0], now: 100, within: 0 },
    { times: [0, 50, 60], now: 149, within: 2 },
    { times: [0, 50, 50], now: 150, within: 0 },
  ])("$times are $within at $now when it is 100 ms long", ({ times, now, within }) => {
    const starts = startsAt(...times);
    expect(startsWithin(starts, 100, now)).toBe(within);
    expect(startCount(starts)).toBe(within);
  });

  it.each([
    { times: [10, 20, 30], excess: 0, at: 110 },
    { times: [10, 20, 30], excess: 2, at: 130 },
    { times: [10, 20, 30], excess: -5, at: 110 },
    { times: [10], excess: 1, at: undefined },
    { times: [], excess: 0, at: undefined },
  ])("$times leave room at $at when $excess too many", ({ times, excess, at }) => {
    expect(roomAgainAt(startsAt(...times), 100, excess)).toBe(at);
  });

  it("take no room for long once they have left it, in a store that counts for months", () => {
    const starts = noStarts();
    let most = 0;
    for (let now = 0; now < 100_000; now += 10) {
      addStart(starts, now);
      startsWithin(starts, 100, now);
      most = Math.max(most, starts.times.length);
    }
    expect(most).toBeLessThan(2000);
    startsWithin(starts, 100, 200_000);
    expect(starts).toEqual(noStarts());
  });

  it("are counted as a list that is filtered counts them, however many leave", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 4000 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 2000 }), (steps, windowMs) => {
        const starts = noStarts();
        const all: number[] = [];
        let now = 1;
        for (const step of steps) {
          now += step;
          addStart(starts, now);
          all.push(now);
          if (step % 7 !== 0) continue;
          const left = all.filter((at) => at > now - windowMs);
          expect(startsWithin(starts, windowMs, now)).toBe(left.length);
          expect(roomAgainAt(starts, windowMs, 1)).toBe(left[1] && left[1] + windowMs);
        }
      }),
      { numRuns: 30, seed: 1 },
    );
  });
});
