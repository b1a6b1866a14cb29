import { integer } from "../checks.js";
import { type Duration, durationFrom } from "../duration.js";
import { optionSet, required } from "../options.js";
import { keyAt, parsePath } from "./payload-path.js";

/** At most `max` jobs of a task with the same key are active at once. */
export interface JobLimit {
  /** `""`: all jobs of the task that say so. */
  readonly key: string;
  /** That of the job that wants to start counts. 1 to {@link MAX_LIMIT}. */
  readonly max: number;
}

/** At most `limit` jobs of a task with the same key are started in any `windowMs`. */
export interface JobRate {
  /** `""`: all jobs of the task. */
  readonly key: string;
  /** 1 to {@link MAX_LIMIT}. */
  readonly limit: number;
  /** From 1 ms. */
  readonly windowMs: number;
}

/**
 * Numbers that hold at the gates of a task instead of those that its jobs brought: jobs that are stored are bound by them too.
 * What is left out leaves theirs.
 */
export interface LimitOverride {
  /** Most jobs of a key that are active at once. 1 to {@link MAX_LIMIT}. */
  readonly max?: number | undefined;
  /** Most starts of a key in a window. */
  readonly rate?: Omit<JobRate, "key"> | undefined;
}

/** Most jobs that a limit or a rate may let through; the starts of a window are remembered one by one. */
export const MAX_LIMIT = 100_000;

/** How often jobs of a task may start, over all processes. */
export interface RateLimitOptions<Path extends string = string> {
  /** Most starts within any stretch of `window`. 1 to 100 000. */
  readonly limit: number;
  /** Length of the sliding window, at least 1 ms. */
  readonly window: Duration;
  /**
   * Where in the payload the key is that is counted for, such as `"customer.id"`: text or a number there. Left out: all
   * jobs of the task count together.
   */
  readonly by?: Path | undefined;
}

/** {@link RateLimitOptions} checked. */
export interface RateRule {
  readonly limit: number;
  readonly windowMs: number;
  /** `[]`: one count for the whole task. */
  readonly path: readonly string[];
}

const RATE_NUMBERS = { limit: required(integer(1, MAX_LIMIT)), window: required(durationFrom("1ms")) };
const RATE_LIMIT = optionSet({ ...RATE_NUMBERS, by: parsePath });

/** How a rate's numbers are read where its key is said elsewhere. */
export const rateNumbers = optionSet(RATE_NUMBERS).nested;

/** @throws {OptionError} on an unknown field or a bad range */
export function resolveRateLimit(options: RateLimitOptions): RateRule {
  const { limit, window: windowMs, by: path = [] } = RATE_LIMIT.nested(options, "rateLimit");
  return { limit, windowMs, path };
}

/**
 * The rate of one job.
 *
 * @throws {OptionError} when the payload has no usable key at the rule's path
 */
export function rateOf(rule: RateRule, payload: unknown, task: string): JobRate {
  const { limit, windowMs, path } = rule;
  return { key: countedKey(payload, path, `rateLimit.by of ${task}`), limit, windowMs };
}

/** What a job is counted under: the key that its payload has at `path`, or one for the whole task. */
function countedKey(payload: unknown, path: readonly string[], option: string): string {
  return path.length === 0 ? "" : keyAt(payload, path, option);
}

/** How many jobs of a task may be active at once, over all processes. */
export interface GlobalConcurrencyOptions<Path extends string = string> {
  /** Most jobs that are active at once. 1 to 100 000. */
  readonly limit: number;
  /**
   * Where in the payload the key is that is counted for, such as `"customer.id"`: text or a number there. Left out: all
   * jobs of the task count together.
   */
  readonly by?: Path | undefined;
}

/** {@link GlobalConcurrencyOptions} checked. */
export interface GlobalConcurrencyRule {
  readonly max: number;
  /** `[]`: one count for the whole task. */
  readonly path: readonly string[];
}

const GLOBAL_CONCURRENCY = optionSet({ limit: required(integer(1, MAX_LIMIT)), by: parsePath });
/** How a limit's number is read. */
export const limitNumber = integer(1, MAX_LIMIT);

/**
 * @param options a number stands for `{ limit: number }`
 * @throws {OptionError} on an unknown field or a bad range
 */
export function resolveGlobalConcurrency(options: number | GlobalConcurrencyOptions): GlobalConcurrencyRule {
  if (typeof options !== "object") return { max: limitNumber(options, "globalConcurrency"), path: [] };
  const { limit: max, by: path = [] } = GLOBAL_CONCURRENCY.nested(options, "globalConcurrency");
  return { max, path };
}

/**
 * The limit of one job.
 *
 * @throws {OptionError} when the payload has no usable key at the rule's path
 */
export function limitOf({ max, path }: GlobalConcurrencyRule, payload: unknown, task: string): JobLimit {
  return { key: countedKey(payload, path, `globalConcurrency.by of ${task}`), max };
}
