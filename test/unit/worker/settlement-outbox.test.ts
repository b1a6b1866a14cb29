import { describe, expect, it } from "vitest";
import type { Settlement } from "../../../src/core/adapter.js";
import { MAX_PER_CALL } from "../../../src/worker/prefetch.js";
import { SettlementOutbox } from "../../../src/worker/settlement-outbox.js";

const ended = (id: string): Settlement => ({ id, fence: 1, event: "complete" });
const idsOf = (settlements: readonly { readonly id: string }[]) => settlements.map(({ id }) => id);

function anOutbox(...ids: readonly string[]): SettlementOutbox {
  const outbox = new SettlementOutbox();
  for (const id of ids) outbox.add(ended(id));
  return outbox;
}

describe("an outbox of settlements", () => {
  it("holds a settlement until it is answered", () => {
    const outbox = anOutbox("a", "b");
    const sent = outbox.take();
    expect([idsOf(sent), outbox.isEmpty, outbox.size]).toEqual([["a", "b"], true, 2]);
    outbox.answered(sent);
    expect(outbox.size).toBe(0);
  });

  it("sends what failed again, before what came since", () => {
    const outbox = anOutbox("a", "b");
    const sent = outbox.take();
    outbox.add(ended("c"));
    outbox.failed(sent);
    expect([outbox.size, idsOf(outbox.take())]).toEqual([3, ["a", "b", "c"]]);
  });

  it("sends a bounded number in one call", () => {
    const outbox = anOutbox(...Array.from({ length: MAX_PER_CALL + 1 }, (_, index) => `job-${index}`));
    expect([outbox.take().length, outbox.take().length]).toEqual([MAX_PER_CALL, 1]);
  });

  it("holds a job whose progress is on its way, and sends its end after that", () => {
    const outbox = anOutbox();
    const claim = { id: "a", fence: 1 };
    outbox.holdBack(claim);
    expect([outbox.size, outbox.isEmpty, outbox.claims]).toEqual([1, true, [claim]]);
    outbox.addHeldBack(claim, ended("a"));
    expect([outbox.size, idsOf(outbox.take())]).toEqual([1, ["a"]]);
  });

  it("knows the claims that are to be settled, but for those in a call", () => {
    const outbox = anOutbox("sent");
    outbox.take();
    outbox.add(ended("next"));
    expect(idsOf(outbox.claims)).toEqual(["next"]);
  });

  it("forgets with a lost lease what was not sent, and says what that was", () => {
    const outbox = anOutbox("sent");
    const sent = outbox.take();
    outbox.add(ended("next"));
    expect(idsOf(outbox.forget())).toEqual(["next"]);
    expect(outbox.size).toBe(1);
    outbox.answered(sent);
    expect(outbox.size).toBe(0);
  });

  it("forgets jobs that are stored no more", () => {
    const outbox = anOutbox("a", "b", "c");
    outbox.drop(new Set(["b"]));
    expect(idsOf(outbox.take())).toEqual(["a", "c"]);
  });
});
