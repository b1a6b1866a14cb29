import { describe, expect, it } from "vitest";
import { Slots } from "../../../src/worker/slots.js";

const aRun = (id: string) => ({ job: { id } });

/** A slot that so many runs share. */
function shared(parts: number) {
  const left = Array.from({ length: parts });
  return {
    partFreed: () => {
      left.pop();
      return left.length === 0;
    },
  };
}

describe("slots", () => {
  it("are taken by runs until they leave", () => {
    const slots = new Slots();
    const [a, b] = [aRun("a"), aRun("b")];
    slots.enter(a);
    slots.enter(b);
    expect([slots.taken, slots.isEmpty, slots.find("a")]).toEqual([2, false, a]);
    slots.leave(a);
    slots.leave(a);
    expect([slots.taken, slots.running]).toEqual([1, [b]]);
    slots.leave(b);
    expect([slots.taken, slots.isEmpty]).toEqual([0, true]);
  });

  it("are kept by a handler whose job was lost and runs here again", () => {
    const slots = new Slots();
    const [lost, again] = [aRun("a"), aRun("a")];
    slots.enter(lost);
    slots.enter(again);
    expect([slots.taken, slots.running, slots.all]).toEqual([2, [again], [again, lost]]);
    slots.leave(lost);
    expect([slots.taken, slots.find("a")]).toEqual([1, again]);
    slots.leave(again);
    expect(slots.isEmpty).toBe(true);
  });

  it("are one for a batch, until its last job gives it up", () => {
    const slots = new Slots();
    const runs = [aRun("a"), aRun("b"), aRun("c")];
    slots.enterTogether(runs, shared(3));
    slots.enter(aRun("alone"));
    expect(slots.taken).toBe(2);
    for (const run of runs.slice(0, 2)) slots.leave(run);
    expect(slots.taken).toBe(2);
    slots.leave(runs[2] as (typeof runs)[number]);
    expect(slots.taken).toBe(1);
  });
});
