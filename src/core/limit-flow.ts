import { type Duration, parseDuration } from "./duration.js";
import { OptionError } from "./errors.js";
import { type JobFlow, MAX_FLOW_KEY_LENGTH, requireFlowKey } from "./job-flow.js";
import { describe, rejectUnknownKeys, requireInteger, requireObject } from "./options.js";

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
  return { limit, windowMs, path: options.key === undefined ? [] : pathOf(options.key) };
}

function pathOf(key: string): readonly string[] {
  const path = requireFlowKey(key, "rateLimit.key").split(".");
  if (!path.includes("")) return path;
  throw new OptionError(
    `expected rateLimit.key to be a path into the payload such as "customer.id", got ${describe(key)}`,
  );
}

/**
 * The rate of one job.
 *
 * @throws {OptionError} when the payload has no usable key at the rule's path
 */
export function rateOf(rule: RateRule, data: unknown): RateFlow {
  const { limit, windowMs, path } = rule;
  return { key: path.length === 0 ? "" : keyAt(data, path), limit, windowMs };
}

function keyAt(data: unknown, path: readonly string[]): string {
  let value = data;
  for (const name of path) {
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? fieldOf(value, name)
        : undefined;
  }
  const key = typeof value === "number" || typeof value === "bigint" ? String(value) : value;
  if (typeof key === "string" && key !== "" && key.length <= MAX_FLOW_KEY_LENGTH) return key;
  throw new OptionError(
    `expected ${path.join(".")} of the payload to be a number or text of 1 to ${MAX_FLOW_KEY_LENGTH} characters, ` +
      `since rateLimit counts per ${path.join(".")}; got ${describe(value)}`,
  );
}

function fieldOf(value: object, name: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** What `dispatch` takes for a limit on jobs with one key. */
export interface ConcurrencyOptions {
  readonly concurrencyKey?: string;
  readonly concurrencyLimit?: number;
}

/**
 * The limit of one job. A singleton runs alone, whatever its key.
 *
 * @throws {OptionError} on a bad key or limit, or a limit without a key
 */
export function limitOf(
  options: ConcurrencyOptions,
  task: { readonly singleton: boolean },
): LimitFlow | undefined {
  const { concurrencyKey, concurrencyLimit = 1 } = options;
  if (concurrencyKey === undefined && options.concurrencyLimit !== undefined) {
    throw new OptionError("expected concurrencyKey beside concurrencyLimit: the limit is per key, got none");
  }
  const key = concurrencyKey === undefined ? "" : requireFlowKey(concurrencyKey, "concurrencyKey");
  const max = requireInteger(concurrencyLimit, { option: "concurrencyLimit", min: 1, max: MAX_LIMIT });
  if (task.singleton) return { key: "", max: 1 };
  return concurrencyKey === undefined ? undefined : { key, max };
}

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
