import { type Duration, parseDuration } from "./duration.js";
import { OptionError } from "./errors.js";
import { type JobFlow, requireFlowKey } from "./job-flow.js";
import { describe, rejectUnknownKeys, requireInteger, requireObject } from "./options.js";
import { keyAt, parsePath } from "./payload-path.js";

/** At most `max` jobs of a task with the same key are active at once. */
export interface LimitFlow {
  /** `""`: all jobs of the task that say so, which makes it a singleton. */
  readonly key: string;
  /** That of the job that wants to start counts. 1 to {@link MAX_LIMIT}. */
  readonly max: number;
}

/** At most `limit` jobs of a task with the same key are started in any `windowMs`. */
export interface RateFlow {
  /** `""`: all jobs of the task. */
  readonly key: string;
  /** 1 to {@link MAX_LIMIT}. */
  readonly limit: number;
  /** From 1 ms. */
  readonly windowMs: number;
}

/** Most jobs that a limit or a rate may let through; the starts of a window are remembered one by one. */
export const MAX_LIMIT = 100_000;

/** How often jobs of a task may start, over all processes. */
export interface RateLimitOptions {
  /** Most starts within any stretch of `window`. 1 to 100 000. */
  readonly limit: number;
  /** Length of the sliding window, at least 1 ms. */
  readonly window: Duration;
  /**
   * Where in the payload the key is that is counted for, such as `"customer.id"`: text or a number there. Left out: all
   * jobs of the task count together.
   */
  readonly key?: string;
}

/** {@link RateLimitOptions} checked. */
export interface RateRule {
  readonly limit: number;
  readonly windowMs: number;
  /** `[]`: one count for the whole task. */
  readonly path: readonly string[];
}

/** @throws {OptionError} on an unknown field or a bad range */
export function resolveRateLimit(options: RateLimitOptions): RateRule {
  requireObject(options, "rateLimit");
  rejectUnknownKeys(options, ["limit", "window", "key"], "rateLimit");
  const limit = requireInteger(options.limit, { option: "rateLimit.limit", min: 1, max: MAX_LIMIT });
  const windowMs = parseDuration(options.window, "rateLimit.window");
  if (windowMs < 1) {
    throw new OptionError(`expected rateLimit.window to be at least "1ms", got ${describe(options.window)}`);
  }
  return {
    limit,
    windowMs,
    path: options.key === undefined ? [] : parsePath(options.key, "rateLimit.key"),
  };
}

/**
 * The rate of one job.
 *
 * @throws {OptionError} when the payload has no usable key at the rule's path
 */
export function rateOf(rule: RateRule, payload: unknown, task: string): RateFlow {
  const { limit, windowMs, path } = rule;
  const key = path.length === 0 ? "" : keyAt(payload, path, `rateLimit.key of ${task}`);
  return { key, limit, windowMs };
}

/** What `dispatch` takes for a limit on jobs with one key. */
export interface ConcurrencyOptions {
  readonly concurrencyKey?: string;
  readonly concurrencyLimit?: number;
}

/**
 * The limit that a dispatch asks for; undefined: none.
 *
 * @throws {OptionError} on a bad key or limit, or a limit without a key
 */
export function resolveConcurrency(options: ConcurrencyOptions): LimitFlow | undefined {
  const { concurrencyKey, concurrencyLimit } = options;
  if (concurrencyKey === undefined) {
    if (concurrencyLimit === undefined) return undefined;
    throw new OptionError(
      "expected concurrencyKey beside concurrencyLimit: the limit is per key, got no key",
    );
  }
  return {
    key: requireFlowKey(concurrencyKey, "concurrencyKey"),
    max: requireInteger(concurrencyLimit ?? 1, { option: "concurrencyLimit", min: 1, max: MAX_LIMIT }),
  };
}

/** The limit of a job whose task is a singleton: alone, whatever its key. */
export const SINGLETON: LimitFlow = { key: "", max: 1 };

/** What a job must pass to start. */
export interface GateRule {
  /** Unique among the gates of a task. */
  readonly name: string;
  /** Jobs that it lets through: at once, or within the window. */
  readonly most: number;
  /** Of a rate. */
  readonly windowMs?: number;
}

/** The gates of a job with this flow, none for most. */
export function gatesOf({ limit, rate }: JobFlow): readonly GateRule[] {
  const gates: GateRule[] = [];
  if (limit !== undefined) gates.push({ name: `l${limit.key}`, most: limit.max });
  if (rate !== undefined) gates.push({ name: `r${rate.key}`, most: rate.limit, windowMs: rate.windowMs });
  return gates;
}
