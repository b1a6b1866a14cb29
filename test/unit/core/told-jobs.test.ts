import { describe, expect, it } from "vitest";
import { endBy, type JobMove, toldOf } from "../../../src/core/job-moves.js";
import { FINAL_STATES, JOB_STATES } from "../../../src/core/lifecycle.js";
import {
  claimedJobOf,
  eventOf,
  newStoredJob,
  outcomeOf,
  readingOf,
  type StoredJob,
  snapshotOf,
} from "../../../src/core/stored-job.js";

const NEW = { id: "a", task: "mail", payload: "1", version: 1, fingerprint: "f", priority: 0 };
const ERROR = { name: "Error", message: "no" };

const aJob = (more: Partial<StoredJob> = {}): StoredJob => ({ ...newStoredJob(NEW, 5), ...more });

/** All that may be known of a job, beside what every job has. */
const KNOWN = {
  maxAttempts: 3,
  dueAt: 10,
  expiresAt: 11,
  startedAt: 12,
  finishedAt: 13,
  worker: "worker.1",
  result: "2",
  error: ERROR,
  reason: "late",
  replacedBy: "b",
  progress: "3",
  corrupt: "damaged",
};

const EVERY = { id: "a", task: "mail", payload: "1", version: 1, fingerprint: "f", headers: {}, priority: 0 };
const FRESH = { attempt: 0, stalls: 0, enqueuedAt: 5 };

// A field that is lost on the way is one that the board, filters and listeners never see.
describe("a stored job", () => {
  it("is shown with all that is known of it, and with nothing that is not", () => {
    expect(snapshotOf("mail", aJob({ ...KNOWN, state: "failed" }))).toStrictEqual({
      ...EVERY,
      ...FRESH,
      ...KNOWN,
      state: "failed",
    });
    expect(snapshotOf("mail", aJob({ state: "failed" }))).toStrictEqual({
      ...EVERY,
      ...FRESH,
      state: "failed",
    });
  });

  it("is shown in its group, and since when it waits while it does", () => {
    expect(snapshotOf("mail", aJob({ limits: { group: { key: "g" } } }))).toMatchObject({
      group: "g",
      waitingSince: 5,
    });
    for (const state of JOB_STATES) {
      const waits = state === "waiting" || state === "active";
      expect(snapshotOf("mail", aJob({ state, waitingSince: 7 })).waitingSince).toBe(waits ? 7 : undefined);
    }
  });

  it("is shown with its past runs and lines where they are asked for", () => {
    const line = { level: "info", message: "m", at: 1 } as const;
    const run = { attempt: 1, startedAt: 1, endedAt: 2, worker: "w", outcome: "failed" } as const;
    const job = aJob({ history: [run], logs: [line] });
    expect(readingOf("mail", job, { now: 6, details: true })).toMatchObject({ history: [run], logs: [line] });
    expect(readingOf("mail", aJob(), { now: 6, details: true })).toMatchObject({ history: [], logs: [] });
    expect(Object.keys(readingOf("mail", job, { now: 6 }) ?? {})).not.toContain("history");
    expect(readingOf("mail", undefined, { now: 6, details: true })).toBeUndefined();
    expect(readingOf("mail", aJob({ expiresAt: 6, onExpire: "discard" }), { now: 6 })).toBeUndefined();
  });

  it("is given to a worker with what it needs to run it", () => {
    const claimed = { ...EVERY, ...FRESH, waitingSince: 5, fence: 4, lease: "worker.1" };
    expect(claimedJobOf("mail", aJob({ fence: 4, worker: "worker.1" }))).toStrictEqual(claimed);
    expect(claimedJobOf("mail", aJob({ ...KNOWN, fence: 4, waitingSince: 7 }))).toStrictEqual({
      ...claimed,
      waitingSince: 7,
      maxAttempts: 3,
      corrupt: "damaged",
    });
  });

  it.each([
    ["completed", KNOWN, { result: "2" }],
    ["completed", {}, {}],
    ["failed", KNOWN, { error: ERROR }],
    ["failed", {}, {}],
    ["cancelled", KNOWN, { reason: "late", replacedBy: "b" }],
    ["cancelled", { reason: "late" }, { reason: "late" }],
    ["cancelled", { replacedBy: "b" }, {}],
    ["expired", KNOWN, {}],
  ] as const)("that is %s with %j tells who waits for it %j", (state, known, told) => {
    expect(outcomeOf("mail", aJob(known), state)).toStrictEqual({
      task: "mail",
      id: "a",
      state,
      attempt: 0,
      ...told,
    });
  });
});

describe("what listeners are told of a move", () => {
  const DETAILS = { worker: "w", error: ERROR, result: "2", reason: "late", replacedBy: "b", delayMs: 7 };
  const move = (more: Partial<JobMove>): JobMove => ({ event: "cancel", to: "cancelled", at: 9, ...more });

  it("is all that came with it, and nothing else", () => {
    expect(toldOf(move(DETAILS))).toStrictEqual(["cancelled", { at: 9, ...DETAILS }]);
    expect(toldOf(move({}))).toStrictEqual(["cancelled", { at: 9 }]);
    for (const [name, value] of Object.entries(DETAILS)) {
      expect(toldOf(move({ [name]: value }))).toStrictEqual(["cancelled", { at: 9, [name]: value }]);
    }
  });

  it("calls a job that is gone removed or expired", () => {
    expect(toldOf(move({ event: "remove", to: "none", reason: "removed" }))).toStrictEqual([
      "removed",
      { at: 9 },
    ]);
    expect(toldOf(move({ event: "expire", to: "none" }))).toStrictEqual(["expired", { at: 9 }]);
  });

  it("names the job and its attempt", () => {
    expect(eventOf({ task: "mail", id: "a", attempt: 2 }, "failed", { at: 9, error: ERROR })).toStrictEqual({
      task: "mail",
      id: "a",
      attempt: 2,
      type: "failed",
      at: 9,
      error: ERROR,
    });
  });

  it("is an end for who waits for it, once", () => {
    expect(endBy({ state: "active" }, move({}))).toBe("cancelled");
    expect(endBy({ state: "active" }, move({ event: "retry", to: "retrying" }))).toBeUndefined();
    expect(endBy({ state: "waiting" }, move({ event: "expire", to: "none" }))).toBe("expired");
    expect(endBy({ state: "waiting" }, move({ event: "remove", to: "none" }))).toBe("cancelled");
    for (const state of FINAL_STATES) {
      expect(endBy({ state }, move({ event: "remove", to: "none" }))).toBeUndefined();
    }
  });
});
