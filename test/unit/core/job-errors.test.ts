import { describe, expect, it } from "vitest";
import {
  PayloadTooLargeError,
  reviveError,
  stalledError,
  ValidationError,
} from "../../../src/core/errors.js";
import {
  AppClosedError,
  CancelledError,
  DuplicateJobError,
  ExpiredError,
  JobNotFoundError,
  JobReplacedError,
  KeyReusedError,
  LeaseLostError,
  NotImplementedError,
  RetryRequest,
  ShutdownError,
  SnoozeRequest,
  ThrottledError,
  TimeoutError,
} from "../../../src/core/job-errors.js";
import { SilenceError, troubleError, wordsOf } from "../../../src/core/store-trouble.js";
import { WorkflowFailedError } from "../../../src/core/workflow/errors.js";

const JOB = { id: "a", task: "mail" };

// Applications branch on these fields: one that is not there makes them repeat a payment, or drop it.
describe("errors of jobs", () => {
  it.each([
    [new CancelledError("a", "late"), { code: "JOB_CANCELLED", jobId: "a", reason: "late" }],
    [new CancelledError("a", ""), { reason: "", message: "Job a was cancelled: no reason was given." }],
    [new ExpiredError("a", "mail"), { code: "JOB_EXPIRED", jobId: "a" }],
    [new JobReplacedError("a", "mail", "b"), { code: "JOB_REPLACED", jobId: "a", replacedBy: "b" }],
    [
      new DuplicateJobError(JOB, "b", "deduplicate"),
      { code: "JOB_DUPLICATE", jobId: "a", existingId: "b", option: "deduplicate" },
    ],
    [new KeyReusedError(JOB, "b"), { code: "JOB_KEY_REUSED", jobId: "a", existingId: "b", retryable: false }],
    [
      new ThrottledError(JOB, 1500),
      { code: "JOB_THROTTLED", jobId: "a", retryAfterMs: 1500, retryable: true },
    ],
    [new JobNotFoundError("a", "mail"), { code: "JOB_NOT_FOUND", jobId: "a" }],
    [TimeoutError.ofAttempt("mail", 2, 1500), { code: "TIMEOUT", timeoutMs: 1500 }],
    [TimeoutError.ofWait("a", 1500), { code: "TIMEOUT", timeoutMs: 1500 }],
    [new LeaseLostError("a", "mail"), { code: "LEASE_LOST", name: "LeaseLostError" }],
    [new ShutdownError("a"), { code: "SHUTDOWN", name: "ShutdownError" }],
    [new RetryRequest(5, "busy"), { code: "RETRY_REQUESTED", delayMs: 5, message: "busy" }],
    [new SnoozeRequest(5), { code: "SNOOZE_REQUESTED", delayMs: 5 }],
    [new NotImplementedError("mail"), { code: "NOT_IMPLEMENTED" }],
    [new AppClosedError("dispatch"), { code: "APP_CLOSED" }],
  ])("say what they are about: %s", (error, fields) => {
    expect(error).toMatchObject(fields);
  });

  it("say of a workflow that it is one", () => {
    expect(new ExpiredError("a", "$workflow").message).toMatch(/^Workflow a expired/);
    expect(new ExpiredError("a", "mail").message).toMatch(/^Job a \(mail\) expired/);
    const step = { task: "mail", id: "b" };
    const failed = new WorkflowFailedError("a", { name: "Error", message: "no.", step });
    expect(failed).toMatchObject({
      code: "WORKFLOW_FAILED",
      workflowId: "a",
      step,
      cause: { message: "no." },
    });
    expect(failed.message).toContain("Workflow a failed at mail (job b): Error: no.");
    expect(new WorkflowFailedError("a", { name: "Error", message: "no." }).message).toContain(
      "a failed: Error",
    );
  });

  it("count the workers that a job has lost", () => {
    expect(stalledError(1).message).toContain("more than 1 time while");
    expect(stalledError(2).message).toContain("more than 2 times while");
  });

  it("say what was too large, and what bounds it", () => {
    const large = (side: "input" | "message") =>
      new PayloadTooLargeError({ task: "mail", side, bytes: 7, maxBytes: 5 });
    expect(large("input")).toMatchObject({ bytes: 7, maxBytes: 5 });
    expect(large("input").message).toContain(
      "The payload of mail takes 7 bytes encoded and maxPayloadBytes is 5.",
    );
    expect(large("message").message).toContain(
      "The message of mail takes 7 bytes encoded and a message may take 5.",
    );
  });

  it("name what does not fit, five issues at most", () => {
    const issues = Array.from({ length: 7 }, (_, n) => ({
      path: n === 0 ? [] : ["a", n, "b-c"],
      message: "no",
    }));
    const wrong = (more: object, count = 7) =>
      new ValidationError({ task: "mail", side: "message", issues: issues.slice(0, count), ...more });
    expect(wrong({})).toMatchObject({ task: "mail", side: "message", issues });
    expect(wrong({}, 2).message).toContain(
      'The message does not fit the emits schema of mail: no; a[1]["b-c"]: no.',
    );
    expect(wrong({ side: "output", jobId: "j" }).message).toContain(
      "The result of job j does not fit the output schema",
    );
    expect(wrong({}).message).toContain("; and 2 more.");
    expect(wrong({}, 5).message).not.toContain("more");
  });

  it("come back from a store with all that stood behind them", () => {
    const stored = {
      name: "PoolError",
      message: "all failed",
      stack: "PoolError: at a",
      code: 7,
      cause: { name: "TypeError", message: "why" },
      errors: [{ name: "RangeError", message: "one" }],
    };
    const error = reviveError(stored);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject(stored);
    expect(reviveError({ name: "E", message: "m" })).not.toBeInstanceOf(AggregateError);
    expect(Object.keys(reviveError({ name: "E", message: "m" }))).not.toContain("code");
  });
});

describe("trouble with a store", () => {
  const by = { store: "Redis", where: "host:1", cause: undefined };
  const trouble = {
    code: "STORE_UNAVAILABLE",
    passes: true,
    meaning: "is away",
    advice: "Start it.",
  } as const;

  it.each([
    [
      trouble,
      {
        code: "STORE_UNAVAILABLE",
        retryable: true,
        message: "Redis at host:1 is away: no. Start it. The same call may succeed later.",
      },
    ],
    [
      { ...trouble, code: "STORE_FULL", passes: false },
      { retryable: true, message: "Redis at host:1 is away: no. Start it." },
    ],
    [
      { ...trouble, code: "STORE_AUTH", passes: false },
      { retryable: false, message: "Redis at host:1 is away: no. Start it." },
    ],
  ] as const)("may be tried again or not: %j", (each, fields) => {
    expect(troubleError(each, "no.", by)).toMatchObject(fields);
  });

  it.each([
    ["text", "text"],
    [new Error("no"), "no"],
    [new SilenceError(), "SilenceError"],
    [new AggregateError([new Error("one"), new TypeError(), "two"]), "one, TypeError, two"],
    [new AggregateError([new Error("one")], "all"), "all"],
  ])("is told in words, also of a host with several addresses: %s", (error, words) => {
    expect(wordsOf(error)).toBe(words);
  });
});
