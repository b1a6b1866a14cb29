import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { age, bytes, count, rate, shortCount, span } from "../../board-ui/src/core/format.js";
import { jobTopic, pollingPath, taskTopic } from "../../board-ui/src/core/live-topics.js";
import { mergePatch } from "../../board-ui/src/core/merge-patch.js";
import { linearScale, momentTicks, TOP, timeScale } from "../../board-ui/src/plots/scales.js";

describe("numbers of the board", () => {
  it.each([
    [0, "0 ms"],
    [0.4, "0.4 ms"],
    [80, "80 ms"],
    [1_240, "1.2 s"],
    [59_400, "59 s"],
    [60_000, "1 m"],
    [250_000, "4 m 10 s"],
    [3_600_000, "1 h"],
    [11_520_000, "3 h 12 m"],
    [187_200_000, "2 d 4 h"],
    [-2_000, "-2.0 s"],
  ])("says %d ms as %s", (ms, text) => {
    expect(span(ms)).toBe(text);
  });

  it("has a dash for what is not known", () => {
    expect([span(undefined), rate(undefined), span(Number.POSITIVE_INFINITY)]).toEqual(["–", "–", "–"]);
  });

  it("counts ages in whole seconds, never below none", () => {
    expect([age(-5), age(999), age(61_000)]).toEqual(["0 s", "1 s", "1 m 1 s"]);
  });

  it("groups what is long, and shortens where there is no room", () => {
    expect(count(1_234_567)).toBe("1\u202f234\u202f567");
    expect([shortCount(9_999), shortCount(12_340), shortCount(2_500_000)]).toEqual([
      "9\u202f999",
      "12.3k",
      "2.5M",
    ]);
  });

  it("gives rates the digits that matter", () => {
    expect([rate(0), rate(0.02), rate(3.44), rate(12.4), rate(1_234)]).toEqual([
      "0",
      "0.02",
      "3.4",
      "12",
      "1\u202f234",
    ]);
  });

  it("says sizes", () => {
    expect([bytes(512), bytes(13_002_342)]).toEqual(["512 B", "12.4 MiB"]);
  });
});

describe("topics", () => {
  it("carry names of any characters, and are asked for where there is no stream", () => {
    expect(pollingPath(taskTopic("a,b/c"))).toBe("/tasks/a%2Cb%2Fc");
    expect(pollingPath(jobTopic("email.send", "x/y"))).toBe("/jobs/email.send/x%2Fy");
    expect([pollingPath("home"), pollingPath("op:3"), pollingPath("nothing")]).toEqual([
      "/overview",
      "/operations/3",
      undefined,
    ]);
  });
});

describe("mergePatch", () => {
  // Appendix A of RFC 7396.
  it.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("takes %j and %j to %j", (target, patch, merged) => {
    expect(mergePatch(target, patch)).toEqual(merged);
  });

  it("leaves the value before as it was: others look at it", () => {
    const before = { a: { b: 1 } };
    mergePatch(before, { a: { b: 2 } });
    expect(before).toEqual({ a: { b: 1 } });
  });
});

describe("scales of plots", () => {
  it("hold every value within the plot, and begin and end on a mark", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.05, max: 1e8, noNaN: true }), { maxLength: 20 }), (values) => {
        for (const scale of [timeScale(values, 100), linearScale(Math.max(0, ...values), 100)]) {
          expect(scale.ticks.length).toBeGreaterThan(1);
          for (const value of [...values, ...scale.ticks]) {
            const y = scale.y(value);
            expect(y).toBeGreaterThanOrEqual(TOP - 0.001);
            expect(y).toBeLessThanOrEqual(TOP + 100.001);
          }
        }
      }),
    );
  });

  it("mark few moments, whatever the range", () => {
    for (const [steps, stepMs] of [
      [60, 60_000],
      [180, 60_000],
      [144, 600_000],
      [432, 600_000],
    ] as const) {
      const from = 1_764_547_200_000;
      const at = Array.from({ length: steps }, (_, nth) => from + nth * stepMs);
      expect(momentTicks(at, stepMs, "UTC").length).toBeLessThanOrEqual(8);
      expect(momentTicks(at, stepMs, "UTC").length).toBeGreaterThan(1);
    }
  });
});
