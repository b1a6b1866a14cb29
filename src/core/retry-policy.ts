import { integer, numberBetween } from "./checks.js";
import { type Duration, parseDuration } from "./duration.js";
import { causeOf, chainOf, errorsOf, isError, read } from "./error-chain.js";
import { OptionError, ValidationError } from "./errors.js";
import { type Check, describe, didYouMean, optionSet, requireList } from "./options.js";

/** How the wait between attempts grows; a function gets the attempt that failed (from 1) and returns ms. */
export type Backoff = "exponential" | "linear" | "fixed" | ((attempt: number) => number);

/**
 * What an error is compared with. A class, an error's name or its code also fits when it is that of what caused the error,
 * or of one that the error gathers. A function decides alone: it gets the error, and `chain`, which is the error itself
 * followed by all of these.
 */
export type ErrorFilter =
  | string
  | (abstract new (
      ...args: never[]
    ) => Error)
  | ((error: Error, chain: readonly Error[]) => boolean);

const VALIDATION_CODE = "VALIDATION_FAILED";

/** When a failed attempt is followed by another. */
export interface RetryOptions {
  /** Runs in total, the first included. Default 1: no retry. Range 1 to 10 000. */
  readonly attempts?: number | undefined;
  /** Default `"exponential"`: `delay × 2^(attempt − 1)`. */
  readonly backoff?: Backoff | undefined;
  /** The first wait. Default `"1s"`. */
  readonly delay?: Duration | undefined;
  /** No wait is longer, jitter included. Default `"1h"`. */
  readonly maxDelay?: Duration | undefined;
  /** Part of the wait that is random: 0 none, 1 all of it ("full jitter"). Default 0. */
  readonly jitter?: number | undefined;
  /** Only these errors are retried. Default: all but validation and contract errors, those of a handler's own schemas too. */
  readonly retryOn?: readonly ErrorFilter[] | undefined;
  /** These errors are never retried; wins over `retryOn`. */
  readonly noRetryOn?: readonly ErrorFilter[] | undefined;
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
  jitter: numberBetween(0, 1),
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
const FINAL_CODES: ReadonlySet<unknown> = new Set([
  VALIDATION_CODE,
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
  const chain = chainOf(error);
  if (policy.noRetryOn.some((filter) => matches(filter, chain))) return false;
  if (policy.retryOn !== undefined) return policy.retryOn.some((filter) => matches(filter, chain));
  return !isFinal(error, new Map());
}

/** Of several errors that one gathers another attempt may cure one, unless it can cure none. */
function isFinal(error: unknown, known: Map<unknown, boolean>): boolean {
  if (!isError(error)) return false;
  const before = known.get(error);
  if (before !== undefined) return before;
  known.set(error, false);
  const errors = errorsOf(error);
  const found =
    FINAL_CODES.has(codeOf(error)) ||
    isSchemaError(error) ||
    isFinal(causeOf(error), known) ||
    (errors.length > 0 && errors.every((each) => isFinal(each, known)));
  known.set(error, found);
  return found;
}

function matches(filter: ErrorFilter, chain: readonly Error[]): boolean {
  if (typeof filter === "string") return chain.some((error) => isCalled(error, filter));
  if (isErrorClass(filter)) {
    return chain.some(
      (error) => error instanceof filter || (filter === ValidationError && isSchemaError(error)),
    );
  }
  const [error] = chain;
  return error !== undefined && (filter as (error: Error, chain: readonly Error[]) => boolean)(error, chain);
}

function isCalled(error: Error, text: string): boolean {
  if (error.name === text || String(codeOf(error)) === text) return true;
  return (text === VALIDATION_CODE || text === "ValidationError") && isSchemaError(error);
}

function codeOf(error: Error): unknown {
  return read(() => (error as { code?: unknown }).code);
}

/**
 * Whether a schema library threw it, as zod's `parse` does in a handler: it carries issues as Standard Schema describes
 * them. It counts as a validation error.
 */
function isSchemaError(error: Error): boolean {
  const issues = read(() => (error as { issues?: unknown }).issues);
  if (!Array.isArray(issues) || issues.length === 0) return false;
  return issues.every((issue) => typeof issue === "object" && typeof issue?.message === "string");
}

function isErrorClass(
  filter: Exclude<ErrorFilter, string>,
): filter is abstract new (
  ...args: never[]
) => Error {
  return filter === Error || filter.prototype instanceof Error;
}
