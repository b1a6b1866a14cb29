import type { NewJob } from "../core/adapter.js";
import { ADMISSION_KEYS, type AdmissionOptions, resolveAdmission } from "../core/admission-flow.js";
import { type Duration, parseDuration } from "../core/duration.js";
import { OptionError } from "../core/errors.js";
import { type GroupOption, resolveGroup } from "../core/group-flow.js";
import type { JobFlow } from "../core/job-flow.js";
import { resolveConcurrency } from "../core/limit-flow.js";
import { describe, rejectUnknownKeys, requireInteger, requireObject } from "../core/options.js";

/** How one job is dispatched. */
export interface DispatchOptions extends AdmissionOptions {
  /** Wait before it may run, on the store's clock. */
  readonly delay?: Duration;
  /** When it may run, ms since the epoch or a `Date`; a past time means at once. Not with `delay`. */
  readonly runAt?: number | Date;
  /** Higher runs first, −1 000 to 1 000. Default: the contract's, else 0. */
  readonly priority?: number;
  /** Expires when not started within this time. Default: the contract's, else never. */
  readonly ttl?: Duration;
  /** What becomes of the job when its TTL has passed. Default: the contract's, else `"fail"`: kept as expired. */
  readonly onExpire?: "fail" | "discard";
  /** Runs in total for this job. Default: the task's `retry.attempts`. */
  readonly attempts?: number;
  /** Small text values that travel with the job, such as `traceparent`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Waits in this group, such as a tenant's: groups of a task take turns, so that one with many jobs delays no other.
   * A text, or `{ key, weight }` for more turns than others have (1 to 1 000, default 1).
   */
  readonly group?: GroupOption;
  /**
   * At most `concurrencyLimit` jobs of the task with this key run at once, over all processes. The others wait and delay
   * nobody. 1 to 200 characters.
   */
  readonly concurrencyKey?: string;
  /** See `concurrencyKey`. That of the job that is next counts. 1 to 100 000, default 1. */
  readonly concurrencyLimit?: number;
  /** Sends the payload unchecked; the worker still checks. */
  readonly skipValidation?: boolean;
}

/** Options that every kind of job takes, a step of a workflow too. */
export const JOB_OPTION_KEYS = [
  "delay",
  "runAt",
  "priority",
  "ttl",
  "onExpire",
  "attempts",
  "headers",
  "group",
  "concurrencyKey",
  "concurrencyLimit",
  "skipValidation",
] as const satisfies readonly (keyof DispatchOptions)[];
const DISPATCH_KEYS = [...JOB_OPTION_KEYS, ...ADMISSION_KEYS];
const MAX_HEADER_BYTES = 16_384;

/** The part of a {@link NewJob} that dispatch options decide. */
export type JobTiming = Pick<
  NewJob,
  "priority" | "delayMs" | "dueAt" | "ttlMs" | "onExpire" | "maxAttempts" | "headers" | "flow"
>;

/** Defaults of a task for its jobs. */
export interface JobDefaults {
  readonly priority: number;
  readonly ttlMs: number | undefined;
  readonly onExpire: "fail" | "discard" | undefined;
}

/**
 * Checks options and fills in the task's defaults.
 *
 * @throws {OptionError} on an unknown key ("did you mean") or a bad range
 */
export function resolveDispatch(options: DispatchOptions, defaults: JobDefaults): JobTiming {
  rejectUnknownKeys(options, DISPATCH_KEYS, "dispatch options");
  rejectBothTimes(options);
  if (options.debounce !== undefined && (options.delay !== undefined || options.runAt !== undefined)) {
    throw new OptionError(
      "expected debounce without delay and runAt, got both; debounce.delay says when it runs",
    );
  }
  if (options.skipValidation !== undefined && typeof options.skipValidation !== "boolean") {
    throw new OptionError(`expected skipValidation to be a boolean, got ${describe(options.skipValidation)}`);
  }
  const flow = resolveFlow(options);
  const onExpire = expiryPolicy(options.onExpire ?? defaults.onExpire);
  const ttlMs = options.ttl === undefined ? defaults.ttlMs : parseDuration(options.ttl, "ttl");
  return {
    priority: requirePriority(options.priority ?? defaults.priority),
    ...(options.delay === undefined ? {} : { delayMs: parseDuration(options.delay, "delay") }),
    ...(options.runAt === undefined ? {} : { dueAt: timeOf(options.runAt) }),
    ...(ttlMs === undefined ? {} : { ttlMs, onExpire }),
    ...(options.attempts === undefined
      ? {}
      : { maxAttempts: requireInteger(options.attempts, { option: "attempts", min: 1, max: 10_000 }) }),
    ...(options.headers === undefined ? {} : { headers: checkHeaders(options.headers) }),
    ...(flow === undefined ? {} : { flow }),
  };
}

/** When a job should run now: one of the two. */
export type RescheduleOptions = Pick<DispatchOptions, "delay" | "runAt">;

/**
 * Checks the new time of a job.
 *
 * @throws {OptionError} when there is none, or both
 */
export function resolveReschedule(options: RescheduleOptions): {
  readonly delayMs: number;
  readonly dueAt?: number;
} {
  rejectUnknownKeys(options, ["delay", "runAt"], "reschedule()");
  rejectBothTimes(options);
  if (options.runAt !== undefined) return { delayMs: 0, dueAt: timeOf(options.runAt) };
  if (options.delay !== undefined) return { delayMs: parseDuration(options.delay, "delay") };
  throw new OptionError("expected delay or runAt in reschedule(), got neither");
}

function rejectBothTimes(options: RescheduleOptions): void {
  if (options.delay === undefined || options.runAt === undefined) return;
  throw new OptionError("expected delay or runAt, got both; delay counts from now, runAt is a time");
}

/**
 * Checks a priority.
 *
 * @throws {OptionError} outside −1 000 to 1 000
 */
export function requirePriority(priority: unknown): number {
  return requireInteger(priority, { option: "priority", min: -1000, max: 1000 });
}

/** What of the options is stored as the job's flow; undefined: nothing. */
function resolveFlow(options: DispatchOptions): JobFlow | undefined {
  const admission = resolveAdmission(options);
  const limit = resolveConcurrency(options);
  if (options.group === undefined && limit === undefined) return admission;
  return {
    ...admission,
    ...(options.group === undefined ? {} : { group: resolveGroup(options.group) }),
    ...(limit === undefined ? {} : { limit }),
  };
}

function expiryPolicy(policy: unknown): "fail" | "discard" {
  if (policy === undefined || policy === "fail") return "fail";
  if (policy === "discard") return policy;
  throw new OptionError(`expected onExpire to be "fail" or "discard", got ${describe(policy)}`);
}

function timeOf(runAt: number | Date): number {
  const at = runAt instanceof Date ? runAt.getTime() : runAt;
  if (typeof at === "number" && Number.isFinite(at) && at >= 0 && at < 2 ** 47) return Math.round(at);
  throw new OptionError(`expected runAt to be a Date or ms since the epoch, got ${describe(runAt)}`);
}

/**
 * Checks headers: an object of texts, {@link MAX_HEADER_BYTES} together with their names.
 *
 * @throws {OptionError} otherwise
 */
export function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  requireObject(headers, "headers");
  let bytes = 0;
  for (const [key, value] of Object.entries(headers)) {
    if (typeof value !== "string") {
      throw new OptionError(`expected header "${key}" to be text, got ${describe(value)}`);
    }
    bytes += key.length + value.length;
  }
  if (bytes > MAX_HEADER_BYTES) {
    throw new OptionError(
      `expected headers of at most ${MAX_HEADER_BYTES} characters, got ${bytes}; use the payload`,
    );
  }
  return headers;
}
