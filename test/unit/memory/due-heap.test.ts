import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DueEntry, DueHeap } from "../../../src/memory/due-heap.js";

describe("the due heap", () => {
  it("gives values in order of time, equal times in the order they came", () => {
    const heap = new DueHeap<string>();
    for (const [at, value] of [
      [30, "d"],
      [10, "a"],
      [20, "b"],
      [20, "c"],
    ] as const) {
      heap.add(at, value);
    }
    expect(heap.sorted().map((entry) => entry.value)).toEqual(["a", "b", "c", "d"]);
    expect(drain(heap)).toEqual(["a", "b", "c", "d"]);
  });

  it("forgets a removed entry, and removing it again changes nothing", () => {
    const heap = new DueHeap<string>();
    const first = heap.add(1, "first");
    heap.add(2, "second");
    heap.remove(first);
    heap.remove(first);
    expect(heap.first?.value).toBe("second");
    expect(heap.size).toBe(1);
  });

  it("counts a moved entry as added last", () => {
    const heap = new DueHeap<string>();
    const moved = heap.add(5, "moved");
    heap.add(5, "other");
    heap.move(moved, 5);
    expect(drain(heap)).toEqual(["other", "moved"]);
  });

  it("agrees with a sorted list whatever is added, moved and removed", () => {
    const step = fc.record({
      what: fc.constantFrom("add", "add", "move", "remove", "take"),
      at: fc.integer({ min: 0, max: 20 }),
      pick: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const heap = new DueHeap<number>();
        const model: DueEntry<number>[] = [];
        for (const [index, { what, at, pick }] of steps.entries()) {
          const entry = model[pick % Math.max(model.length, 1)];
          if (what === "add") model.push(heap.add(at, index));
          else if (what === "move" && entry !== undefined) heap.move(entry, at);
          else if (what === "remove" && entry !== undefined) {
            heap.remove(entry);
            model.splice(model.indexOf(entry), 1);
          } else if (what === "take" && heap.first !== undefined) {
            const { first } = heap;
            heap.remove(first);
            model.splice(model.indexOf(first), 1);
          }
          model.sort((a, b) => a.at - b.at || a.order - b.order);
          expect(heap.first).toBe(model[0]);
          expect(heap.size).toBe(model.length);
        }
        expect(drain(heap)).toEqual(model.map((entry) => entry.value));
      }),
    );
  });
});

function drain<T>(heap: DueHeap<T>): T[] {
  const values: T[] = [];
  for (let { first } = heap; first !== undefined; { first } = heap) {
    heap.remove(first);
    values.push(first.value);
  }
  return values;
}
