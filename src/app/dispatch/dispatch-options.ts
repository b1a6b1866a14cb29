import type { NewJob } from "../../core/adapter.js";
import { anObject, instant, integer, oneOf, trueOrFalse } from "../../core/checks.js";
import { type Duration, parseDuration } from "../../core/duration.js";
import { OptionError } from "../../core/errors.js";
import { laneName } from "../../core/lane-name.js";
import { ADMISSION_SHAPE, type AdmissionOptions, resolveAdmission } from "../../core/limits/admission.js";
import { type ConcurrencyOption, concurrencyOption } from "../../core/limits/concurrency.js";
import { type GroupOption, groupOption } from "../../core/limits/group.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import { type Check, describe, type OptionValues, optionSet, requireObject } from "../../core/options.js";
import type { ToldDispatch } from "../../core/telemetry/telemetry.js";
import { CHANGE_SHAPE, type ChangeOptions } from "../operate/change.js";

/** How one job is dispatched. */
export interface DispatchOptions extends AdmissionOptions {
  /** Wait before it may run, on the store's clock. Default: the contract's, else none; `0` runs it at once. */
  readonly delay?: Duration | undefined;
  /**
   * Waits in this lane of the task: a waiting list of its own, with counts, pause and workers of its own. Letters and digits,
   * joined by `.`, `_` or `-`. Default: none.
   */
  readonly lane?: string | undefined;
  /** When it may run, ms since the epoch or a `Date`; a past time means at once. Not with `delay`. */
  readonly runAt?: number | Date | undefined;
  /** Higher runs first, −1 000 to 1 000. Default: the contract's, else 0. */
  readonly priority?: number | undefined;
  /** Expires when not started within this time. Default: the contract's, else never. */
  readonly ttl?: Duration | undefined;
  /** What becomes of the job when its TTL has passed. Default: the contract's, else `"fail"`: kept as expired. */
  readonly onExpire?: "fail" | "discard" | undefined;
  /** Runs in total for this job. Default: the task's `retry.attempts`. */
  readonly attempts?: number | undefined;
  /** Small text values that travel with the job, such as `traceparent`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Waits in this group, such as a tenant's: groups of a task take turns, so that one with many jobs delays no other.
   * A text, or `{ key, weight }` for more turns than others have (1 to 1 000, default 1). Default: the contract's.
   */
  readonly group?: GroupOption | undefined;
  /**
   * At most `limit` jobs of the task with this key run at once, over all processes. The others wait and delay nobody. A
   * text, for a limit of 1, or `{ key, limit }`.
   */
  readonly concurrency?: ConcurrencyOption | undefined;
  /** `false`: sends the payload unchecked; the worker still checks. Default: that of the app. */
  readonly validateOnDispatch?: boolean | undefined;
  /**
   * A transaction of yours in the database that the adapter keeps jobs in, as its client library has it: the job is stored
   * with the commit, and not at all when that fails. Await the dispatch before you commit, and its `result` afterwards.
   * `NOT_SUPPORTED` with adapters that keep jobs elsewhere, such as Redis and memory.
   */
  readonly within?: object | undefined;
}

/** The options that every kind of job takes, a step of a workflow too. */
export type JobOptions = Omit<DispatchOptions, keyof AdmissionOptions | "lane" | "within">;

const MAX_HEADER_BYTES = 16_384;

/** Takes headers: an object of texts, {@link MAX_HEADER_BYTES} together with their names. */
export const headersOption: Check<Readonly<Record<string, string>>> = (value, option) => {
  requireObject(value, option);
  let bytes = 0;
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw new OptionError(`expected header "${key}" to be text, got ${describe(text)}`, {
        option: `${option}.${key}`,
      });
    }
    bytes += key.length + text.length;
  }
  if (bytes <= MAX_HEADER_BYTES) return value as Readonly<Record<string, string>>;
  throw new OptionError(
    `expected headers of at most ${MAX_HEADER_BYTES} characters, got ${bytes}; use the payload`,
    { option },
  );
};

/** With the headers that whoever was told of the dispatch left there; what does not fit stays behind, and refuses no job. */
export function withHeadersOf({ message: { headers } }: ToldDispatch, timing: JobTiming): JobTiming {
  const given = Object.entries(headers);
  const texts = given.filter(([, text]) => typeof text === "string");
  let bytes = 0;
  for (const [key, text] of texts) bytes += key.length + text.length;
  if (texts.length === 0 || bytes > MAX_HEADER_BYTES) return timing;
  return { ...timing, headers: texts.length === given.length ? { ...headers } : Object.fromEntries(texts) };
}

/** The check of an option `priority`. */
export const priorityOption = integer(-1000, 1000);

const JOB_SHAPE = {
  delay: parseDuration,
  runAt: instant,
  priority: priorityOption,
  ttl: parseDuration,
  onExpire: oneOf(["fail", "discard"]),
  attempts: integer(1, 10_000),
  headers: headersOption,
  group: groupOption,
  concurrency: concurrencyOption,
  validateOnDispatch: trueOrFalse,
} satisfies { readonly [Key in keyof Required<JobOptions>]: Check<unknown> };

const DISPATCH = optionSet({ ...JOB_SHAPE, ...ADMISSION_SHAPE, lane: laneName, within: anObject });
const STEP = optionSet({ ...JOB_SHAPE, lane: laneName });

/** The part of a {@link NewJob} that dispatch options decide. */
export type JobTiming = Pick<
  NewJob,
  "priority" | "delayMs" | "dueAt" | "ttlMs" | "onExpire" | "maxAttempts" | "headers" | "limits"
>;

/** Defaults of a task for its jobs. */
export interface JobDefaults {
  readonly priority: number;
  readonly delayMs: number | undefined;
  readonly ttlMs: number | undefined;
  readonly onExpire: "fail" | "discard" | undefined;
  /** Whether the contract says what makes a job a duplicate. */
  readonly isDeduplicated: boolean;
}

/**
 * Checks options and fills in the task's defaults.
 *
 * @throws {OptionError} on an unknown key ("did you mean"), a bad range, or options that contradict each other
 */
export function resolveDispatch(options: DispatchOptions, defaults: JobDefaults): JobTiming {
  const given = DISPATCH.read(options, "dispatch options");
  if (given.debounce !== undefined && (given.delay !== undefined || given.runAt !== undefined)) {
    throw new OptionError(
      "expected debounce without delay and runAt, got both; debounce.delay says when it runs",
    );
  }
  return timingOf(given, resolveAdmission(given, defaults), defaults);
}

/** What {@link resolveDispatch} does, of a step of a workflow: it is always stored. */
export function resolveStep(
  options: Pick<DispatchOptions, keyof JobOptions | "lane">,
  task: string,
  defaults: JobDefaults,
): JobTiming {
  return timingOf(STEP.read(options, `the options of a step of ${task}`), undefined, defaults);
}

function timingOf(
  given: OptionValues<typeof JOB_SHAPE>,
  admission: JobLimits | undefined,
  defaults: JobDefaults,
): JobTiming {
  const { runAt: dueAt, ttl: ttlMs = defaults.ttlMs } = given;
  const hasOwnTime = dueAt !== undefined || admission?.debounce !== undefined;
  const delayMs = given.delay ?? (hasOwnTime ? undefined : defaults.delayMs);
  rejectBothTimes(given);
  const limits = limitsOf(given, admission);
  if (ttlMs === undefined && given.onExpire !== undefined) {
    throw new OptionError("expected ttl beside onExpire: a job without one never expires, got no ttl", {
      option: "ttl",
    });
  }
  return {
    priority: given.priority ?? defaults.priority,
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(ttlMs === undefined ? {} : { ttlMs, onExpire: given.onExpire ?? defaults.onExpire ?? "fail" }),
    ...(given.attempts === undefined ? {} : { maxAttempts: given.attempts }),
    ...(given.headers === undefined ? {} : { headers: given.headers }),
    ...(limits === undefined ? {} : { limits }),
  };
}

/** What of the options is stored as the job's limits; undefined: nothing. */
function limitsOf(
  { group, concurrency: limit }: OptionValues<typeof JOB_SHAPE>,
  admission: JobLimits | undefined,
): JobLimits | undefined {
  if (group === undefined && limit === undefined) return admission;
  return {
    ...admission,
    ...(group === undefined ? {} : { group }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** When a job should run now: one of the two. */
export type RescheduleOptions = Pick<DispatchOptions, "delay" | "runAt"> & ChangeOptions;

const RESCHEDULE = optionSet({ delay: parseDuration, runAt: instant, ...CHANGE_SHAPE });

/**
 * Checks the new time of a job.
 *
 * @throws {OptionError} when there is none, or both
 */
export function resolveReschedule(
  options: RescheduleOptions,
): ChangeOptions & { readonly delayMs: number; readonly dueAt?: number } {
  const { delay, runAt, ...said } = RESCHEDULE.read(options, "reschedule()");
  rejectBothTimes({ delay, runAt });
  if (runAt !== undefined) return { delayMs: 0, dueAt: runAt, ...said };
  if (delay !== undefined) return { delayMs: delay, ...said };
  throw new OptionError("expected delay or runAt in reschedule(), got neither");
}

function rejectBothTimes(given: { readonly delay: unknown; readonly runAt: unknown }): void {
  if (given.delay === undefined || given.runAt === undefined) return;
  throw new OptionError("expected delay or runAt, got both; delay counts from now, runAt is a time");
}
