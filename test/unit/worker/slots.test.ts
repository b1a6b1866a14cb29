import { describe, expect, it } from "vitest";
import { Slots, type SlotUser } from "../../../src/worker/slots.js";

const aRun = (id: string): SlotUser => ({ job: { id }, place: -1, sharedSlot: undefined });

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
    expect([slots.taken, slots.isEmpty, slots.of("a")]).toEqual([2, false, [a]]);
    slots.leave(a);
    slots.leave(a);
    expect([slots.taken, slots.runs]).toEqual([1, [b]]);
    slots.leave(b);
    expect([slots.taken, slots.isEmpty]).toEqual([0, true]);
  });

  it("are kept by a handler whose job was lost and runs here again", () => {
    const slots = new Slots();
    const [lost, again] = [aRun("a"), aRun("a")];
    slots.enter(lost);
    slots.enter(again);
    expect([slots.taken, slots.of("a")]).toEqual([2, [lost, again]]);
    slots.leave(lost);
    expect([slots.taken, slots.of("a")]).toEqual([1, [again]]);
    slots.leave(again);
    expect(slots.isEmpty).toBe(true);
  });

  it("are found again whatever has left before", () => {
    const slots = new Slots();
    const runs = Array.from({ length: 50 }, (_, index) => aRun(`${index}`));
    for (const run of runs) slots.enter(run);
    const left = runs.filter((_, index) => index % 3 !== 1);
    for (const run of left) slots.leave(run);
    expect(runs.filter(({ job }) => slots.of(job.id).length === 1)).toEqual(
      runs.filter((run) => !left.includes(run)),
    );
    expect(slots.taken).toBe(runs.length - left.length);
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
