import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OrderedRing } from "../../../src/memory/ordered-ring.js";

describe("the ordered ring", () => {
  it("takes from the front what was added at either end", () => {
    const ring = new OrderedRing<string>();
    ring.pushBack("b");
    ring.pushBack("c");
    ring.pushFront("a");
    expect(ring.size).toBe(3);
    expect([ring.shift(), ring.shift(), ring.shift(), ring.shift()]).toEqual(["a", "b", "c", undefined]);
  });

  it("lists behind and in front of a number, also one that is gone", () => {
    const ring = new OrderedRing<string>();
    const numbers = ["a", "b", "c", "d"].map((item) => ring.pushBack(item));
    ring.remove(numbers[1] ?? 0);
    expect([...ring.after(numbers[1])]).toEqual(["c", "d"]);
    expect([...ring.before(numbers[1])]).toEqual(["a"]);
    expect([...ring.before()]).toEqual(["d", "c", "a"]);
  });

  it("ignores a number that is not there", () => {
    const ring = new OrderedRing<string>();
    const number = ring.pushBack("a");
    ring.remove(number + 1);
    ring.remove(number);
    ring.remove(number);
    expect(ring.size).toBe(0);
    expect(ring.front).toBeUndefined();
  });

  it("keeps what comes to the front behind numbers that were put in front of it", () => {
    const ring = new OrderedRing<string>();
    ring.pushBack("c");
    ring.insert("a", -100);
    const number = ring.pushFront("b");
    expect([...ring.after()]).toEqual(["a", "b", "c"]);
    ring.remove(number);
    expect([...ring.after()]).toEqual(["a", "c"]);
  });

  it("does not grow when items in the middle keep leaving", () => {
    const ring = new OrderedRing<number>();
    ring.pushBack(-1);
    for (let item = 0; item < 10_000; item++) ring.remove(ring.pushBack(item));
    expect([...ring.after()]).toEqual([-1]);
  });

  it("agrees with a plain list whatever is done to it", () => {
    const step = fc.record({
      what: fc.constantFrom("back", "back", "front", "insert", "shift", "remove"),
      pick: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const ring = new OrderedRing<number>();
        let model: { readonly item: number; readonly number: number }[] = [];
        for (const [item, { what, pick }] of steps.entries()) {
          if (what === "back") model.push({ item, number: ring.pushBack(item) });
          else if (what === "front") model.push({ item, number: ring.pushFront(item) });
          else if (what === "insert") {
            const number = -1000 * (pick + 1) - item;
            ring.insert(item, number);
            model.push({ item, number });
          } else if (what === "shift") expect(ring.shift()).toBe(model.shift()?.item);
          else {
            const gone = model[pick % Math.max(model.length, 1)];
            if (gone !== undefined) ring.remove(gone.number);
            model = model.filter((entry) => entry !== gone);
          }
          model.sort((one, other) => one.number - other.number);
          expect(ring.size).toBe(model.length);
          expect(ring.front).toBe(model[0]?.item);
        }
        const items = model.map((entry) => entry.item);
        expect([...ring.after()]).toEqual(items);
        expect([...ring.before()]).toEqual([...items].reverse());
        const middle = model[Math.floor(model.length / 2)];
        if (middle === undefined) return;
        const at = model.indexOf(middle);
        expect([...ring.after(middle.number)]).toEqual(items.slice(at + 1));
        expect([...ring.before(middle.number)]).toEqual(items.slice(0, at).reverse());
      }),
    );
  });
});
