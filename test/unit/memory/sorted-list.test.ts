import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SortedList } from "../../../src/memory/sorted-list.js";

describe("a sorted list", () => {
  it("keeps the order of its items, whatever comes and goes", () => {
    const changes = fc.array(fc.record({ item: fc.nat(20), comes: fc.boolean() }));
    fc.assert(
      fc.property(changes, fc.nat(20), (steps, limit) => {
        const list = new SortedList<number>((left, right) => left - right);
        const expected = new Set<number>();
        for (const { item, comes } of steps) {
          if (!comes) list.remove(item);
          else if (!expected.has(item)) list.add(item);
          if (comes) expected.add(item);
          else expected.delete(item);
        }
        const sorted = [...expected].sort((left, right) => left - right);
        expect(list.slice(0, list.size)).toEqual(sorted);
        expect(list.countBefore((item) => item <= limit)).toBe(sorted.filter((item) => item <= limit).length);
      }),
    );
  });

  it("looks at a few of 10 000 items to find a place", () => {
    let looks = 0;
    const list = new SortedList<number>((left, right) => {
      looks += 1;
      return left - right;
    });
    for (let item = 0; item < 10_000; item++) list.add(item);
    looks = 0;
    list.remove(5000);
    list.add(5000);
    list.countBefore((item) => {
      looks += 1;
      return item <= 7000;
    });
    expect(looks).toBeLessThan(50);
  });
});
