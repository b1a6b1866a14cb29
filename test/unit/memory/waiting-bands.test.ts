import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Banded, WaitingBands } from "../../../src/memory/waiting-bands.js";

interface Item extends Banded {
  readonly name: string;
}

function item(name: string, priority = 0): Item {
  return { name, priority, place: 0 };
}

function names(items: Iterable<Item>): string[] {
  return [...items].map(({ name }) => name);
}

describe("the waiting bands", () => {
  it("orders by priority, then by place", () => {
    const bands = new WaitingBands<Item>();
    for (const [name, priority] of [
      ["c", 0],
      ["e", -3],
      ["a", 7],
      ["d", 0],
    ] as const) {
      bands.pushBack(item(name, priority));
    }
    bands.pushFront(item("b", 0));
    expect(names(bands.after())).toEqual(["a", "b", "c", "d", "e"]);
    expect(bands.first?.name).toBe("a");
    expect(bands.size).toBe(5);
  });

  it("keeps a position valid when its band was dropped and made again", () => {
    const bands = new WaitingBands<Item>();
    const gone = item("gone", 5);
    bands.pushBack(gone);
    const position = { priority: gone.priority, place: gone.place };
    bands.remove(gone);
    bands.pushBack(item("later", 5));
    expect(names(bands.after(position))).toEqual(["later"]);
  });

  it("agrees with a sorted list whatever comes and goes", () => {
    const step = fc.record({
      what: fc.constantFrom("back", "back", "front", "remove", "take"),
      priority: fc.integer({ min: -3, max: 3 }),
      pick: fc.nat(40),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const bands = new WaitingBands<Item>();
        let model: Item[] = [];
        for (const [index, { what, priority, pick }] of steps.entries()) {
          const added = item(String(index), priority);
          if (what === "back") {
            bands.pushBack(added);
            model.push(added);
          } else if (what === "front") {
            bands.pushFront(added);
            model.unshift(added);
          } else {
            const gone = what === "take" ? bands.first : model[pick % Math.max(model.length, 1)];
            if (gone !== undefined) bands.remove(gone);
            model = model.filter((other) => other !== gone);
          }
          const sorted = [...model].sort((a, b) => b.priority - a.priority);
          expect(bands.first).toBe(sorted[0]);
          expect(bands.size).toBe(model.length);
          expect(names(bands.after())).toEqual(names(sorted));
        }
      }),
    );
  });
});
