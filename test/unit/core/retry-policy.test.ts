import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { TaskoraError, ValidationError } from "../../../src/core/errors.js";
import { backoffMs, isRetryable, type RetryOptions, resolveRetry } from "../../../src/core/retry-policy.js";

const waits = (options: RetryOptions, count: number, random = 0) =>
  Array.from({ length: count }, (_, index) => backoffMs(resolveRetry(options), index + 1, random));

describe("resolveRetry", () => {
  it("fills in the defaults", () => {
    expect(resolveRetry(undefined)).toEqual({
      attempts: 1,
      backoff: "exponential",
      delayMs: 1000,
      maxDelayMs: 3_600_000,
      jitter: 0,
      retryOn: undefined,
      noRetryOn: [],
    });
  });

  it("lets later layers win field by field", () => {
    const policy = resolveRetry({ attempts: 3, delay: "2s" }, undefined, { delay: 5, jitter: 0.5 });
    expect(policy).toMatchObject({ attempts: 3, delayMs: 5, jitter: 0.5 });
  });

  it.each([
    [{ attempts: 0 }, "retry.attempts"],
    [{ attempts: 10_001 }, "retry.attempts"],
    [{ attempts: 1.5 }, "retry.attempts"],
    [{ attempts: "3" }, "retry.attempts"],
    [{ backoff: "quadratic" }, "retry.backoff"],
    [{ jitter: true }, "retry.jitter to be a number from 0 to 1, got true"],
    [{ jitter: -0.1 }, "retry.jitter"],
    [{ jitter: Number.NaN }, "retry.jitter"],
    [{ delay: "soon" }, "retry.delay"],
    [{ maxDelay: -1 }, "retry.maxDelay"],
    [{ maxDealy: 1 }, 'Did you mean "maxDelay"'],
  ])("refuses %j", (options, part) => {
    expect(() => resolveRetry(options as never)).toThrow(part);
  });
});

describe("backoffMs", () => {
  it("doubles, adds or stays", () => {
    expect(waits({ delay: 100 }, 5)).toEqual([100, 200, 400, 800, 1600]);
    expect(waits({ delay: 100, backoff: "linear" }, 4)).toEqual([100, 200, 300, 400]);
    expect(waits({ delay: 100, backoff: "fixed" }, 3)).toEqual([100, 100, 100]);
  });

  it("asks a function, and takes the plain delay when its answer is useless", () => {
    const backoff = (attempt: number) => [7, Number.NaN, -1, Number.POSITIVE_INFINITY][attempt - 1] ?? 0;
    expect(waits({ delay: 100, backoff }, 5)).toEqual([7, 100, 100, 100, 0]);
  });

  it("never exceeds maxDelay nor goes below what jitter leaves, whatever the attempt", () => {
    const options = fc.record({
      backoff: fc.constantFrom("exponential", "linear", "fixed"),
      delay: fc.integer({ min: 0, max: 10_000_000 }),
      maxDelay: fc.integer({ min: 0, max: 10_000_000 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 10_000 }), random, (given, attempt, dice) => {
        const policy = resolveRetry(given as RetryOptions);
        const full = backoffMs({ ...policy, jitter: 0 }, attempt, dice);
        const wait = backoffMs(policy, attempt, dice);
        expect(wait).toBeLessThanOrEqual(policy.maxDelayMs);
        expect(wait).toBeLessThanOrEqual(full);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(full * (1 - policy.jitter)));
        expect(Number.isInteger(wait)).toBe(true);
      }),
    );
  });
});

describe("isRetryable", () => {
  class Temporary extends Error {
    override name = "Temporary";
  }
  const may = (options: RetryOptions, error: Error) => isRetryable(resolveRetry(options), error);

  it("is true by default, but for errors another attempt cannot cure", () => {
    expect(may({}, new Error("any"))).toBe(true);
    expect(may({}, new ValidationError({ task: "a", side: "input", issues: [] }))).toBe(false);
    expect(may({}, new TaskoraError("NOT_IMPLEMENTED", "stub"))).toBe(false);
    expect(may({}, new TaskoraError("STORE_UNAVAILABLE", "away"))).toBe(true);
  });

  it("follows retryOn by class, subclass, name, code and predicate", () => {
    expect(may({ retryOn: [Temporary] }, new Temporary())).toBe(true);
    expect(may({ retryOn: [Error] }, new Temporary())).toBe(true);
    expect(may({ retryOn: [Temporary] }, new Error())).toBe(false);
    expect(may({ retryOn: ["Temporary"] }, new Temporary())).toBe(true);
    expect(
      may({ retryOn: ["VALIDATION_FAILED"] }, new ValidationError({ task: "a", side: "input", issues: [] })),
    ).toBe(true);
    expect(may({ retryOn: [({ message }) => message === "x"] }, new Error("x"))).toBe(true);
    expect(may({ retryOn: [] }, new Error())).toBe(false);
  });

  it("lets noRetryOn win", () => {
    expect(may({ retryOn: [Error], noRetryOn: [Temporary] }, new Temporary())).toBe(false);
    expect(may({ noRetryOn: ["Temporary"] }, new Error())).toBe(true);
  });

  it.each([
    "VALIDATION_FAILED",
    "CONTRACT_INVALID",
    "CONTRACT_CONFLICT",
    "JOB_VERSION_UNSUPPORTED",
    "RECORD_CORRUPT",
    "PAYLOAD_TOO_LARGE",
    "PAYLOAD_UNSERIALIZABLE",
    "NOT_IMPLEMENTED",
  ] as const)("does not repeat in vain what ended with %s, unless it is listed", (code) => {
    const error = new TaskoraError(code, "as before");
    expect(may({}, error)).toBe(false);
    expect(may({ retryOn: [code] }, error)).toBe(true);
  });

  describe("of errors that have others behind them", () => {
    const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const failed = new TypeError("fetch failed", { cause: refused });
    const wrapped = new Error("mirror", { cause: failed });
    const gathered = new AggregateError([new Error("one"), wrapped], "all mirrors");
    const status = new Error("outer", { cause: Object.assign(new Error("inner"), { code: 503 }) });

    it("looks through causes and gathered errors by class, name and code", () => {
      for (const error of [refused, failed, wrapped, gathered]) {
        expect(may({ retryOn: ["ECONNREFUSED"] }, error)).toBe(true);
        expect(may({ noRetryOn: ["ECONNREFUSED"] }, error)).toBe(false);
      }
      for (const error of [failed, wrapped, gathered]) {
        for (const filter of [TypeError, "TypeError"]) {
          expect(may({ retryOn: [filter] }, error)).toBe(true);
          expect(may({ noRetryOn: [filter] }, error)).toBe(false);
        }
      }
      expect(may({ retryOn: [RangeError, "ETIMEDOUT"] }, gathered)).toBe(false);
      expect(may({ retryOn: ["503"] }, status)).toBe(true);
      expect(may({ retryOn: ["50"] }, status)).toBe(false);
    });

    it("looks through both errors of a SuppressedError, as await using throws it", () => {
      const closing = new RangeError("the connection would not close");
      const suppressed = Object.assign(new Error("using"), {
        name: "SuppressedError",
        error: closing,
        suppressed: failed,
      });
      expect(may({ retryOn: ["ECONNREFUSED"] }, suppressed)).toBe(true);
      expect(may({ retryOn: [RangeError] }, suppressed)).toBe(true);
      expect(may({ noRetryOn: ["ECONNREFUSED"] }, suppressed)).toBe(false);
      const large = new TaskoraError("PAYLOAD_TOO_LARGE", "as before");
      expect(may({}, Object.assign(suppressed, { error: large, suppressed: large }))).toBe(false);
    });

    it("gives a function the error once, and all of them beside it", () => {
      const calls: [Error, readonly Error[]][] = [];
      const filter = (error: Error, chain: readonly Error[]) => calls.push([error, chain]) < 0;
      expect(may({ retryOn: [filter] }, gathered)).toBe(false);
      expect(calls).toEqual([[gathered, [gathered, gathered.errors[0], wrapped, failed, refused]]]);
      expect(may({ retryOn: [(_, chain) => chain.includes(refused)] }, gathered)).toBe(true);
      const isOther = (error: Error) => error !== failed;
      expect(may({ retryOn: [isOther] }, failed)).toBe(false);
    });

    it("repeats nothing in vain that was caused by what another attempt cannot cure", () => {
      const large = new TaskoraError("PAYLOAD_TOO_LARGE", "as before");
      expect(may({}, new Error("outer", { cause: large }))).toBe(false);
      expect(may({}, new AggregateError([large, large]))).toBe(false);
      expect(may({}, new AggregateError([large, refused]))).toBe(true);
      expect(may({}, new AggregateError([]))).toBe(true);
    });

    it("comes to an end where they do not", () => {
      const first = new Error("first");
      const second = new Error("second", { cause: first });
      first.cause = second;
      expect(may({ retryOn: ["no such"] }, first)).toBe(false);
      expect(may({}, first)).toBe(true);
      let deep = new Error("0");
      for (let n = 1; n < 5000; n++) deep = new Error(String(n), { cause: deep });
      expect(may({ retryOn: ["no such"] }, deep)).toBe(false);
    });
  });

  describe("of what a schema library threw", () => {
    const issues = z.object({ a: z.string() }).safeParse({}).error as Error;
    const valibot = Object.assign(new Error("Invalid type"), {
      name: "ValiError",
      issues: [{ message: "Invalid type", path: [] }],
    });

    it.each([
      ["zod", issues],
      ["another library", valibot],
      ["zod, wrapped", new Error("bad reply", { cause: issues })],
    ])("takes it for a validation error: %s", (_, error) => {
      expect(may({}, error)).toBe(false);
      for (const filter of ["VALIDATION_FAILED", "ValidationError", ValidationError]) {
        expect(may({ retryOn: [filter] }, error)).toBe(true);
        expect(may({ retryOn: [Error], noRetryOn: [filter] }, error)).toBe(false);
      }
      expect(may({ retryOn: ["ECONNRESET"] }, error)).toBe(false);
    });

    it("knows it by its own name as well, and takes nothing else for it", () => {
      expect(may({ retryOn: ["ZodError"] }, issues)).toBe(true);
      for (const list of [[], ["text"], [{}], [null], "text"]) {
        expect(may({}, Object.assign(new Error("x"), { issues: list }))).toBe(true);
      }
    });
  });
});
