import { describe, expect, it } from "vitest";
import { frontNumberAt, isBeforeGroups, numberAt, placeOf } from "../../../../src/core/limits/places.js";

describe("a place", () => {
  it.each([
    {
      of: "a higher priority before a lower one",
      before: placeOf(1_000_000, 1),
      after: placeOf(-1_000_000, 0),
    },
    { of: "an earlier number before a later one", before: placeOf(4, -1000), after: placeOf(5, -1000) },
    {
      of: "one that came back before the front of its priority",
      before: placeOf(frontNumberAt(placeOf(9, 3), 3), 3),
      after: placeOf(-1_000_000, 3),
    },
    {
      of: "one that came back behind a higher priority",
      before: placeOf(1_000_000, 4),
      after: placeOf(frontNumberAt(placeOf(9, 3), 3), 3),
    },
  ])("stands for $of", ({ before, after }) => {
    expect(before).toBeLessThan(after);
  });

  it("gives back the number", () => {
    expect(numberAt(placeOf(-17, 1000), 1000)).toBe(-17);
  });

  it.each([
    { priority: 1, place: 5, isBefore: true },
    { priority: 0, place: 5, isBefore: false },
    { priority: 0, place: -5, isBefore: false },
    { priority: 0, place: frontNumberAt(5, 0), isBefore: true },
    { priority: -1, place: frontNumberAt(placeOf(5, -1), -1), isBefore: false },
  ])("$place of priority $priority is before the groups: $isBefore", ({ isBefore, ...job }) => {
    expect(isBeforeGroups(job)).toBe(isBefore);
  });
});
