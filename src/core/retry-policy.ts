import { type Duration, parseDuration } from "./duration.js";
import { OptionError } from "./errors.js";
import { rejectUnknownKeys, requireList } from "./options.js";

/** How the wait between attempts grows; a function gets the attempt that failed (from 1) and returns ms. */
export type Backoff = "exponential" | "linear" | "fixed" | ((attempt: number) => number);

/** What an error is compared with: a class, an error name or code, or a predicate. */
export type ErrorFilter = string | (abstract new (...args: never[]) => Error) | ((error: Error) => boolean);

/** When a failed attempt is followed by another. */
export interface RetryOptions {
  /** Runs in total, the first included. Default 1: no retry. Range 1 to 10 000. */
  readonly attempts?: number;
  /** Default `"exponential"`: `delay × 2^(attempt − 1)`. */
  readonly backoff?: Backoff;
  /** The first wait. Default `"1s"`. */
  readonly delay?: Duration;
  /** No wait is longer, jitter included. Default `"1h"`. */
  readonly maxDelay?: Duration;
  /** Part of the wait that is random: 0 none, 1 all of it ("full jitter"); `true` is 0.5. Default 0. */
  readonly jitter?: boolean | number;
  /** Only these errors are retried. Default: all but validation and contract errors. */
  readonly retryOn?: readonly ErrorFilter[];
  /** These errors are never retried; wins over `retryOn`. */
  readonly noRetryOn?: readonly ErrorFilter[];
}

/** {@link RetryOptions} with every default filled in and every duration in ms. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly backoff: Backoff;
  readonly delayMs: number;
  readonly maxDelayMs: number;
  readonly jitter: number;
  readonly retryOn: readonly ErrorFilter[] | undefined;
  readonly noRetryOn: readonly ErrorFilter[];
}

const RETRY_KEYS = ["attempts", "backoff", "delay", "maxDelay", "jitter", "retryOn", "noRetryOn"] as const;
const BACKOFFS = ["exponential", "linear", "fixed"];
const MAX_ATTEMPTS = 10_000;

/**
 * Fills in defaults and checks ranges; later layers win over earlier ones, field by field.
 *
 * @throws {OptionError} on an unknown key, a bad range or an unknown backoff
 */
export function resolveRetry(...layers: readonly (RetryOptions | undefined)[]): RetryPolicy {
  const merged: RetryOptions = Object.assign({}, ...layers);
  rejectUnknownKeys(merged, RETRY_KEYS, "retry");
  const attempts = merged.attempts ?? 1;
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > MAX_ATTEMPTS) {
    throw new OptionError(
      `expected retry.attempts to be a whole number from 1 to ${MAX_ATTEMPTS}, got ${String(attempts)}`,
    );
  }
  const backoff = merged.backoff ?? "exponential";
  if (typeof backoff !== "function" && !BACKOFFS.includes(backoff)) {
    throw new OptionError(
      `expected retry.backoff to be ${BACKOFFS.map((name) => `"${name}"`).join(", ")} or a function, got ${JSON.stringify(backoff)}`,
    );
  }
  const filters = { retryOn: merged.retryOn, noRetryOn: merged.noRetryOn };
  for (const [key, list] of Object.entries(filters)) {
    if (list !== undefined) requireList(list, { option: `retry.${key}`, of: "functions or text" });
  }
  return {
    attempts,
    backoff,
    delayMs: parseDuration(merged.delay ?? "1s", "retry.delay"),
    maxDelayMs: parseDuration(merged.maxDelay ?? "1h", "retry.maxDelay"),
    jitter: resolveJitter(merged.jitter ?? 0),
    retryOn: merged.retryOn,
    noRetryOn: merged.noRetryOn ?? [],
  };
}

function resolveJitter(jitter: boolean | number): number {
  const share = typeof jitter === "boolean" ? (jitter ? 0.5 : 0) : jitter;
  if (!(share >= 0 && share <= 1)) {
    throw new OptionError(
      `expected retry.jitter to be a boolean or a number from 0 to 1, got ${String(jitter)}`,
    );
  }
  return share;
}

/**
 * The wait before the next attempt, in ms, jitter included, never above `maxDelayMs`.
 *
 * @param attempt the attempt that just failed, from 1
 * @param random a number in [0, 1)
 * @see "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const base = Math.min(baseDelayMs(policy, attempt), policy.maxDelayMs);
  return Math.round(base * (1 - policy.jitter * random));
}

function baseDelayMs(policy: RetryPolicy, attempt: number): number {
  const { backoff, delayMs } = policy;
  if (typeof backoff === "function") return customDelayMs(backoff, attempt, delayMs);
  switch (backoff) {
    case "fixed":
      return delayMs;
    case "linear":
      return delayMs * attempt;
    case "exponential":
      return delayMs * 2 ** Math.min(attempt - 1, 52);
  }
}

/** A user's function may return anything; a useless number falls back to the plain delay. */
function customDelayMs(backoff: (attempt: number) => number, attempt: number, fallbackMs: number): number {
  const ms = backoff(attempt);
  return Number.isFinite(ms) && ms >= 0 ? ms : fallbackMs;
}

/** Codes of errors that another attempt cannot cure, so they are retried only when listed in `retryOn`. */
const FINAL_CODES = new Set([
  "VALIDATION_FAILED",
  "CONTRACT_INVALID",
  "CONTRACT_CONFLICT",
  "JOB_VERSION_UNSUPPORTED",
  "RECORD_CORRUPT",
  "PAYLOAD_TOO_LARGE",
  "PAYLOAD_UNSERIALIZABLE",
  "NOT_IMPLEMENTED",
]);

/** Whether the policy's filters let this error be retried; says nothing about attempts left. */
export function isRetryable(policy: RetryPolicy, error: Error): boolean {
  if (policy.noRetryOn.some((filter) => matches(filter, error))) return false;
  if (policy.retryOn !== undefined) return policy.retryOn.some((filter) => matches(filter, error));
  const code = (error as { code?: unknown }).code;
  return !(typeof code === "string" && FINAL_CODES.has(code));
}

function matches(filter: ErrorFilter, error: Error): boolean {
  if (typeof filter === "string") {
    return error.name === filter || (error as { code?: unknown }).code === filter;
  }
  if (isErrorClass(filter)) return error instanceof filter;
  return (filter as (error: Error) => boolean)(error);
}

function isErrorClass(
  filter: Exclude<ErrorFilter, string>,
): filter is abstract new (
  ...args: never[]
) => Error {
  return filter === Error || filter.prototype instanceof Error;
}
