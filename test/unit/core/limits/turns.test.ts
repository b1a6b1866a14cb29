import { describe, expect, it } from "vitest";
import { compareTurns, TURN, type Turn, takeTurn } from "../../../../src/core/limits/turns.js";

/** Who is next `count` times, of groups that always have jobs. */
function order(groups: readonly Pick<Turn, "name" | "weight">[], count: number): string {
  let ring: Turn[] = groups.map((group) => ({ ...group, at: 0 }));
  const names: string[] = [];
  while (names.length < count) {
    const [first, ...rest] = ring.sort(compareTurns);
    if (first === undefined) break;
    names.push(first.name);
    ring = [...rest, { ...first, at: takeTurn(first, { now: 0, hasJobs: true }).at ?? 0 }];
  }
  return names.join("");
}

describe("the turns of groups", () => {
  it.each([
    { groups: { a: 1, b: 1 }, count: 4, expected: "abab" },
    { groups: { b: 1, a: 1, c: 1 }, count: 6, expected: "abcabc" },
    { groups: { a: 3, b: 1 }, count: 8, expected: "abaaaba" },
    { groups: { a: 1 }, count: 3, expected: "aaa" },
  ])("of $groups go $expected", ({ groups, count, expected }) => {
    const weighted = Object.entries(groups).map(([name, weight]) => ({ name, weight }));
    expect(order(weighted, count).slice(0, expected.length)).toBe(expected);
  });

  it.each([
    { what: "costs a heavier group less", first: { at: 5, weight: 4 }, at: 5 + TURN / 4 },
    { what: "rounds down", first: { at: 0, weight: 3 }, at: 333_333 },
  ])("$what", ({ first, at }) => {
    expect(takeTurn(first, { now: 0, hasJobs: true }).at).toBe(at);
  });

  it("move the present on, never back", () => {
    expect(takeTurn({ at: 9, weight: 1 }, { now: 3, hasJobs: true }).now).toBe(9);
    expect(takeTurn({ at: 2, weight: 1 }, { now: 3, hasJobs: true }).now).toBe(3);
  });

  it("pass a group whose queue is empty, which leaves", () => {
    expect(takeTurn({ at: 9, weight: 1 }, { now: 3, hasJobs: false })).toEqual({ now: 9, at: undefined });
  });
});
