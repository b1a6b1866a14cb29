import { integer } from "./checks.js";
import { type Duration, parseDuration } from "./duration.js";
import { OptionError } from "./errors.js";
import { type Check, describe, didYouMean, optionSet, requireList } from "./options.js";

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

const BACKOFFS = ["exponential", "linear", "fixed"] as const;
const MAX_ATTEMPTS = 10_000;

/** A share of the wait. */
const jitterShare: Check<number> = (value, option) => {
  if (typeof value === "boolean") return value ? 0.5 : 0;
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new OptionError(
    `expected ${option} to be a boolean or a number from 0 to 1, got ${describe(value)}`,
    { option },
  );
};

const backoffOf: Check<Backoff> = (value, option) => {
  if (typeof value === "function" || BACKOFFS.includes(value as "fixed")) return value as Backoff;
  const words = BACKOFFS.map((word) => `"${word}"`).join(", ");
  const hint = typeof value === "string" ? didYouMean(value, BACKOFFS) : undefined;
  throw new OptionError(
    `expected ${option} to be ${words} or a function, got ${describe(value)}${hint === undefined ? "" : `. ${hint}`}`,
    { option },
  );
};

const errorFilters: Check<readonly ErrorFilter[]> = (value, option) => {
  requireList(value, { option, of: "functions or text" });
  return value as readonly ErrorFilter[];
};

const RETRY = optionSet({
  attempts: integer(1, MAX_ATTEMPTS),
  backoff: backoffOf,
  delay: parseDuration,
  maxDelay: parseDuration,
  jitter: jitterShare,
  retryOn: errorFilters,
  noRetryOn: errorFilters,
});

/** The check of an option `retry`. */
export const retryOptions = RETRY.nested;

/**
 * Fills in defaults and checks ranges; later layers win over earlier ones, field by field.
 *
 * @throws {OptionError} on an unknown key, a bad range or an unknown backoff
 */
export function resolveRetry(...layers: readonly (RetryOptions | undefined)[]): RetryPolicy {
  const read = layers.flatMap((layer) => (layer === undefined ? [] : [RETRY.nested(layer, "retry")]));
  const merged: ReturnType<typeof RETRY.nested> = Object.assign({}, ...read);
  return {
    attempts: merged.attempts ?? 1,
    backoff: merged.backoff ?? "exponential",
    delayMs: merged.delay ?? 1000,
    maxDelayMs: merged.maxDelay ?? 3_600_000,
    jitter: merged.jitter ?? 0,
    retryOn: merged.retryOn,
    noRetryOn: merged.noRetryOn ?? [],
  };
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
