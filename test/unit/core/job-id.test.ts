import { describe, expect, it } from "vitest";
import { createJobIdSource } from "../../../src/core/job-id.js";

const START = Date.UTC(2026, 0, 1);

describe("createJobIdSource", () => {
  it("makes ids of 14 characters, each greater than the one before", () => {
    let now = START;
    const next = createJobIdSource({ now: () => now, random: () => 0.5 });
    let last = "";
    for (let index = 0; index < 100_000; index++) {
      const id = next();
      expect(id.length === 14 && id > last && /^[-\w]+$/.test(id)).toBe(true);
      last = id;
      if (index % 7 === 0) now += 3;
    }
  });

  it("goes on rising when a burst uses up its unit and when the clock goes back", () => {
    let now = START;
    const next = createJobIdSource({ now: () => now, random: () => 0.999_999_999 });
    const ids = Array.from({ length: 40_000 }, () => next());
    now -= 3_600_000;
    ids.push(next(), next());
    expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? ""))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("sorts ids of different sources by time", () => {
    let now = START;
    const sources = [0, 0.3, 0.999_999].map((random) =>
      createJobIdSource({ now: () => now, random: () => random }),
    );
    const early = sources.map((next) => next());
    now += 1000;
    const late = sources.map((next) => next());
    for (const a of early) for (const b of late) expect(a < b).toBe(true);
  });

  it("never gives one id from two sources", () => {
    const sources = Array.from({ length: 50 }, (_, index) =>
      createJobIdSource({ now: () => START, random: () => index / 50 }),
    );
    const ids = sources.flatMap((next) => Array.from({ length: 1000 }, () => next()));
    expect(new Set(ids).size).toBe(50_000);
  });

  it.each([0, -1, Date.UTC(1970, 0, 1), Date.UTC(2000, 0, 1), Date.UTC(2138, 0, 1)])(
    "keeps its length at the time %d",
    (at) => {
      const next = createJobIdSource({ now: () => at, random: () => 0.5 });
      const [first, second] = [next(), next()];
      expect([first.length, second.length]).toEqual([14, 14]);
      expect(second > first).toBe(true);
    },
  );
});
