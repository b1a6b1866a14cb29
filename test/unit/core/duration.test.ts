import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, MAX_DURATION_MS, parseDuration } from "../../../src/core/duration.js";

describe("parseDuration", () => {
  it.each([
    [0, 0],
    [1500, 1500],
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5h", 5_400_000],
    ["2 m", 120_000],
    [" 1d ", 86_400_000],
    ["1w", 604_800_000],
    ["0.4s", 400],
    [0.4, 0],
    [1.6, 2],
    [MAX_DURATION_MS, MAX_DURATION_MS],
  ])("reads %j as %d ms", (given, ms) => {
    expect(parseDuration(given as never)).toBe(ms);
  });

  it.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    MAX_DURATION_MS + 1,
    "",
    "5",
    "s",
    "-5s",
    "1e3ms",
    "1,5s",
    "5 parsecs",
    "5S",
    "5  s",
    "1s 5ms",
    "200y",
    null,
    undefined,
    {},
    [],
    true,
    5n,
  ])("refuses %s", (given) => {
    expect(() => parseDuration(given as never, "retry.delay")).toThrow(
      expect.objectContaining({
        code: "DURATION_INVALID",
        message: expect.stringContaining("expected retry.delay to be milliseconds or text"),
      }),
    );
  });

  it("reads back what formatDuration writes, within its rounding", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (ms) => {
        const back = parseDuration(formatDuration(ms) as never);
        expect(Math.abs(back - ms)).toBeLessThanOrEqual(Math.max(1, ms * 0.006));
      }),
    );
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0ms"],
    [250, "250ms"],
    [1500, "1.5s"],
    [180_000, "3m"],
    [5_400_000, "1.5h"],
    [86_400_000, "1d"],
    [604_800_000, "1w"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
