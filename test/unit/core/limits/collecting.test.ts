import { describe, expect, it } from "vitest";
import { batchSize, batchTaken, joinBatch, newCollecting } from "../../../../src/core/limits/collecting.js";

const collect = { key: "k", delayMs: 50, maxSize: 3 };
const joining = { collect, size: 1, isGivenBack: false, now: 1000 };

describe("a batch that a job comes to", () => {
  const state = { firstAt: 900, dueAt: 950, isReady: false };
  it.each([
    { when: "it waits on", by: joining, is: { firstAt: 900, dueAt: 1050, isReady: false } },
    { when: "it is full", by: { ...joining, size: 3 }, is: { firstAt: 900, dueAt: 1050, isReady: true } },
    {
      when: "the job ran before",
      by: { ...joining, isGivenBack: true },
      is: { firstAt: 900, dueAt: 1050, isReady: true },
    },
    {
      when: "the longest wait of the first is near",
      by: { ...joining, collect: { ...collect, maxWaitMs: 120 } },
      is: { firstAt: 900, dueAt: 1020, isReady: false },
    },
    {
      when: "the longest wait of the first is past",
      by: { ...joining, collect: { ...collect, maxWaitMs: 100 } },
      is: { firstAt: 900, dueAt: 1000, isReady: true },
    },
  ])("when $when", ({ by, is }) => {
    expect(joinBatch(state, by)).toEqual(is);
  });

  it("stays ready", () => {
    expect(joinBatch({ ...state, isReady: true }, joining).isReady).toBe(true);
  });

  it("begins with its first job", () => {
    expect(newCollecting(7)).toEqual({ firstAt: 7, dueAt: 7, isReady: false });
  });
});

describe("what stays behind a batch", () => {
  const state = { firstAt: 900, dueAt: 1010, isReady: true };
  it.each([
    { when: "it waits for its time", by: { left: 2, maxSize: 3, now: 1000 }, isReady: false },
    { when: "it is a batch itself", by: { left: 3, maxSize: 3, now: 1000 }, isReady: true },
    { when: "its time has come", by: { left: 1, maxSize: 3, now: 1010 }, isReady: true },
  ])("when $when", ({ by, isReady }) => {
    expect(batchTaken(state, by)).toEqual({ firstAt: by.now, dueAt: 1010, isReady });
  });

  it("is as large as the first job says", () => {
    expect([batchSize(collect), batchSize(undefined)]).toEqual([3, 1]);
  });
});
