import { describe, expect, it } from "vitest";
import { type CollectOptions, jobCollect, resolveCollect } from "../../../../src/core/limits/collect.js";

const collected = (options: CollectOptions, payload: unknown) =>
  jobCollect(resolveCollect(options), payload, "email.send");

describe("what is collected", () => {
  it("is all of a task, a hundred at most, where nothing else is said", () => {
    expect(collected({ delay: "1s" }, { to: "a" })).toEqual({ key: "all", delayMs: 1000, maxSize: 100 });
  });

  it("is what has one value at a path, with the bounds of the contract", () => {
    const options = { by: "to.id", delay: "1s", maxSize: 3, maxWait: "1s" } as const;
    expect(collected(options, { to: { id: "a" } })).toEqual({
      key: "a",
      delayMs: 1000,
      maxSize: 3,
      maxWaitMs: 1000,
    });
    expect(collected(options, { to: { id: 7 } }).key).toBe("7");
  });

  it("needs a value at the path, and a longest wait that is none too short", () => {
    expect(() => collected({ by: "to.id", delay: "1s" }, { to: "a" })).toThrow(
      "collect.by of email.send, the payload's to.id,",
    );
    expect(() => collected({ delay: "2s", maxWait: "1s" }, {})).toThrow(
      "expected collect.maxWait to be at least collect.delay",
    );
  });
});
