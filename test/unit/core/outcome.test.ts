import { describe, expect, it } from "vitest";
import { RetryRequest, SnoozeRequest } from "../../../src/core/job-errors.js";
import { type Outcome, type SettledRun, settlementOf } from "../../../src/core/outcome.js";
import { resolveRetry } from "../../../src/core/retry-policy.js";

const run: SettledRun = {
  id: "j1",
  fence: 7,
  attempt: 1,
  maxAttempts: 3,
  policy: resolveRetry({ attempts: 3, delay: 100 }),
  random: 0,
  reportPolicyError: () => undefined,
};

const settle = (outcome: Outcome, changed: Partial<SettledRun> = {}) =>
  settlementOf(outcome, { ...run, ...changed });

describe("settlementOf", () => {
  it("completes, with the result when there is one", () => {
    expect(settle({ kind: "completed", result: "1" })).toEqual({
      id: "j1",
      fence: 7,
      event: "complete",
      result: "1",
    });
    expect(settle({ kind: "completed", result: undefined })).toEqual({
      id: "j1",
      fence: 7,
      event: "complete",
    });
    expect(settle({ kind: "completed", result: "" })).toMatchObject({ result: "" });
  });

  it("retries an error while attempts are left, after the backoff of that attempt", () => {
    const outcome: Outcome = { kind: "threw", error: new RangeError("no") };
    expect(settle(outcome)).toMatchObject({ event: "retry", delayMs: 100, error: { name: "RangeError" } });
    expect(settle(outcome, { attempt: 2 })).toMatchObject({ event: "retry", delayMs: 200 });
    expect(settle(outcome, { attempt: 3 })).toMatchObject({ event: "fail", error: { message: "no" } });
    expect(settle(outcome, { attempt: 4 })).toMatchObject({ event: "fail" });
  });

  it("fails at once what the filters exclude", () => {
    const policy = resolveRetry({ attempts: 3, noRetryOn: [RangeError] });
    expect(settle({ kind: "threw", error: new RangeError() }, { policy })).toMatchObject({ event: "fail" });
  });

  it("reports a filter that throws and fails the job", () => {
    const boom = new Error("filter");
    const throwing = () => {
      throw boom;
    };
    for (const key of ["retryOn", "noRetryOn"] as const) {
      const reported: unknown[] = [];
      const policy = resolveRetry({ attempts: 3, [key]: [throwing] });
      const outcome: Outcome = { kind: "threw", error: new Error("handler") };
      const settlement = settle(outcome, { policy, reportPolicyError: (error) => reported.push(error) });
      expect(settlement).toMatchObject({ event: "fail", error: { message: "handler" } });
      expect(reported).toEqual([boom]);
    }
  });

  it("reports a backoff function that throws and takes the plain delay", () => {
    const boom = new Error("backoff");
    const reported: unknown[] = [];
    const backoff = () => {
      throw boom;
    };
    const policy = resolveRetry({ attempts: 3, delay: 250, backoff });
    const outcome: Outcome = { kind: "threw", error: new Error("handler") };
    const settlement = settle(outcome, { policy, reportPolicyError: (error) => reported.push(error) });
    expect(settlement).toMatchObject({ event: "retry", delayMs: 250, error: { message: "handler" } });
    expect(reported).toEqual([boom]);
  });

  it("obeys a wish to retry past the filters, but not past the attempts", () => {
    const policy = resolveRetry({ attempts: 3, delay: 100, noRetryOn: [Error] });
    const wish = (delayMs?: number): Outcome => ({
      kind: "threw",
      error: new RetryRequest(delayMs, "later"),
    });
    expect(settle(wish(5), { policy })).toMatchObject({
      event: "retry",
      delayMs: 5,
      error: { message: "later" },
    });
    expect(settle(wish(0), { policy })).toMatchObject({ event: "retry", delayMs: 0 });
    expect(settle(wish(), { policy })).toMatchObject({ event: "retry", delayMs: 100 });
    expect(settle(wish(5), { policy, attempt: 3 })).toMatchObject({ event: "fail" });
  });

  it("releases on snooze, also at the last attempt", () => {
    const nap: Outcome = { kind: "threw", error: new SnoozeRequest(50) };
    expect(settle(nap, { attempt: 3 })).toEqual({ id: "j1", fence: 7, event: "release", delayMs: 50 });
  });

  it("passes cancels and releases on, and settles nothing when the lease is lost", () => {
    expect(settle({ kind: "cancelled", reason: "r" })).toEqual({
      id: "j1",
      fence: 7,
      event: "cancel",
      reason: "r",
    });
    expect(settle({ kind: "released", delayMs: 9 })).toEqual({
      id: "j1",
      fence: 7,
      event: "release",
      delayMs: 9,
    });
    expect(settle({ kind: "lost" })).toBeUndefined();
  });

  it("keeps the trace of an attempt with its error, where somebody traces it", () => {
    const outcome: Outcome = { kind: "threw", error: new Error("no") };
    expect(settle(outcome, { trace: "00-1" })).toMatchObject({ error: { message: "no", trace: "00-1" } });
    expect(Object.keys((settle(outcome) as { error: object }).error)).not.toContain("trace");
  });

  it("says for which newer worker a job was given back", () => {
    const newer = { version: 3 } as never;
    expect(settle({ kind: "released", delayMs: 5, newer })).toEqual({
      id: "j1",
      fence: 7,
      event: "release",
      delayMs: 5,
      newer,
    });
    expect(Object.keys(settle({ kind: "released", delayMs: 5 }) ?? {})).not.toContain("newer");
  });
});
