import { OPEN_STATES, type OpenState } from "./contract-store.js";
import { type Duration, parseDuration } from "./duration.js";
import { OptionError } from "./errors.js";
import { requireFlowKey } from "./job-flow.js";
import { describe, rejectUnknownKeys, requireInteger, requireObject } from "./options.js";

/**
 * Of all unfinished jobs of a task with one key, one holds it. A new job is a duplicate while the holder is in one of
 * the states; otherwise it takes the key over. The key is free when its holder ends; a job that becomes waiting again
 * takes a key that is free.
 */
export interface UniqueFlow {
  readonly key: string;
  /** Undefined: in all four. */
  readonly while?: readonly OpenState[];
}

/**
 * A new job is a duplicate of the first with its key until `windowMs` after that one ended, whether or not it is still
 * stored; with another `digest` it is refused.
 */
export interface IdempotencyFlow {
  readonly key: string;
  readonly windowMs: number;
  /** Tells payloads apart; no blanks. */
  readonly digest: string;
}

/**
 * A new job replaces the one with its key that has not started yet, and becomes due `delayMs` from now, but no later
 * than `maxWaitMs` after the first of those that replaced each other. One that is overdue so goes to the front of its
 * priority: it has waited long enough.
 */
export interface DebounceFlow {
  readonly key: string;
  readonly delayMs: number;
  readonly maxWaitMs?: number;
}

/** At most `limit` jobs with one key are stored in any `windowMs`. Another window is another count. */
export interface ThrottleFlow {
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
}

/** What of a job's flow decides whether it is stored, looked at in this order. */
export interface AdmissionFlow {
  readonly idempotency?: IdempotencyFlow;
  readonly unique?: UniqueFlow;
  readonly throttle?: ThrottleFlow;
  readonly debounce?: DebounceFlow;
}

/** Dispatch options that decide whether a job is stored. */
export interface AdmissionOptions {
  /**
   * Stores the job only while no other of the task with this key is unfinished; `while` names the states that count.
   * A duplicate's handle is that of the job that is there, see {@link onDuplicate}. Not with `debounce`.
   */
  readonly deduplicate?:
    | string
    | {
        readonly key: string;
        /** Some of `waiting`, `delayed`, `retrying`, `active`. Default: all of them. */
        readonly while?: readonly OpenState[];
      };
  /**
   * As {@link deduplicate}, but also for a while after the job's end, however it ended. The same key with another
   * payload is refused with `KeyReusedError`.
   */
  readonly idempotencyKey?:
    | string
    | {
        readonly key: string;
        /** How long after the job's end. Default `"24h"`. */
        readonly window?: Duration;
      };
  /** What a duplicate gets: the handle of the job that is there (`"join"`, the default) or `DuplicateJobError`. */
  readonly onDuplicate?: "join" | "reject";
  /**
   * Waits for `delay` without another dispatch of the key: each replaces the one before, unless that has started.
   * Replaced jobs end with `JobReplacedError`. Not with `delay` or `runAt`.
   */
  readonly debounce?: {
    readonly key: string;
    readonly delay: Duration;
    /** Longest wait since the first of them, at least `delay`. Default: none. */
    readonly maxWait?: Duration;
  };
  /** Stores at most `limit` jobs of the key in any `window`; others fail with `ThrottledError`. */
  readonly throttle?: {
    readonly key: string;
    /** 1 to 100 000. */
    readonly limit: number;
    readonly window: Duration;
  };
}

/** The names of {@link AdmissionOptions}. */
export const ADMISSION_KEYS = [
  "deduplicate",
  "idempotencyKey",
  "onDuplicate",
  "debounce",
  "throttle",
] as const satisfies readonly (keyof AdmissionOptions)[];

const DEFAULT_IDEMPOTENCY_MS = 24 * 3_600_000;
/** Each of them is remembered, one by one. */
const MAX_THROTTLE_LIMIT = 100_000;

/**
 * What of dispatch options is stored as part of the job's flow; undefined: nothing. The digest is left empty.
 *
 * @throws {OptionError} on a bad key, range or combination
 */
export function resolveAdmission(options: AdmissionOptions): AdmissionFlow | undefined {
  const { deduplicate, idempotencyKey, debounce, throttle, onDuplicate } = options;
  if (onDuplicate !== undefined && onDuplicate !== "join" && onDuplicate !== "reject") {
    throw new OptionError(`expected onDuplicate to be "join" or "reject", got ${describe(onDuplicate)}`);
  }
  if (deduplicate !== undefined && debounce !== undefined) {
    throw new OptionError(
      "expected deduplicate or debounce, got both; the first job of a key wins with the one, the last with the other",
    );
  }
  if (
    idempotencyKey === undefined &&
    deduplicate === undefined &&
    throttle === undefined &&
    debounce === undefined
  ) {
    return undefined;
  }
  return {
    ...(idempotencyKey === undefined ? {} : { idempotency: resolveIdempotency(idempotencyKey) }),
    ...(deduplicate === undefined ? {} : { unique: resolveUnique(deduplicate) }),
    ...(throttle === undefined ? {} : { throttle: resolveThrottle(throttle) }),
    ...(debounce === undefined ? {} : { debounce: resolveDebounce(debounce) }),
  };
}

function resolveUnique(option: NonNullable<AdmissionOptions["deduplicate"]>): UniqueFlow {
  if (typeof option === "string") return { key: requireFlowKey(option, "deduplicate") };
  requireObject(option, "deduplicate");
  rejectUnknownKeys(option, ["key", "while"], "deduplicate");
  const key = requireFlowKey(option.key, "deduplicate.key");
  if (option.while === undefined) return { key };
  return { key, while: requireStates(option.while) };
}

function requireStates(states: unknown): readonly OpenState[] {
  if (!Array.isArray(states) || states.length === 0 || !states.every(isOpenState)) {
    throw new OptionError(
      'expected deduplicate.while to list some of "waiting", "delayed", "retrying" and "active", ' +
        `got ${describe(states)}; idempotencyKey holds for finished jobs too`,
    );
  }
  const chosen = new Set<unknown>(states);
  return OPEN_STATES.filter((state) => chosen.has(state));
}

function isOpenState(state: unknown): boolean {
  return (OPEN_STATES as readonly unknown[]).includes(state);
}

function resolveIdempotency(option: NonNullable<AdmissionOptions["idempotencyKey"]>): IdempotencyFlow {
  if (typeof option === "string") {
    const key = requireFlowKey(option, "idempotencyKey");
    return { key, windowMs: DEFAULT_IDEMPOTENCY_MS, digest: "" };
  }
  requireObject(option, "idempotencyKey");
  rejectUnknownKeys(option, ["key", "window"], "idempotencyKey");
  const key = requireFlowKey(option.key, "idempotencyKey.key");
  const windowMs =
    option.window === undefined
      ? DEFAULT_IDEMPOTENCY_MS
      : requireTime(option.window, "idempotencyKey.window");
  return { key, windowMs, digest: "" };
}

function resolveThrottle(option: NonNullable<AdmissionOptions["throttle"]>): ThrottleFlow {
  requireObject(option, "throttle");
  rejectUnknownKeys(option, ["key", "limit", "window"], "throttle");
  return {
    key: requireFlowKey(option.key, "throttle.key"),
    limit: requireInteger(option.limit, { option: "throttle.limit", min: 1, max: MAX_THROTTLE_LIMIT }),
    windowMs: requireTime(option.window, "throttle.window"),
  };
}

function resolveDebounce(option: NonNullable<AdmissionOptions["debounce"]>): DebounceFlow {
  requireObject(option, "debounce");
  rejectUnknownKeys(option, ["key", "delay", "maxWait"], "debounce");
  const key = requireFlowKey(option.key, "debounce.key");
  const delayMs = requireTime(option.delay, "debounce.delay");
  if (option.maxWait === undefined) return { key, delayMs };
  const maxWaitMs = requireTime(option.maxWait, "debounce.maxWait");
  if (maxWaitMs >= delayMs) return { key, delayMs, maxWaitMs };
  throw new OptionError(
    `expected debounce.maxWait to be at least debounce.delay (${describe(option.delay)}), got ${describe(option.maxWait)}`,
  );
}

/** A length of time of at least a millisecond. */
function requireTime(value: Duration, option: string): number {
  const ms = parseDuration(value, option);
  if (ms >= 1) return ms;
  throw new OptionError(`expected ${option} to be at least "1ms", got ${describe(value)}`);
}
