import { integer, oneOf } from "../checks.js";
import { OPEN_STATES, type OpenState } from "../contract-store.js";
import { type Duration, durationFrom, formatDuration } from "../duration.js";
import { OptionError } from "../errors.js";
import { type Check, describe, type OptionValues, optionSet, required } from "../options.js";
import { requireKeyed, requireLimitKey } from "./limit-key.js";

/**
 * Of all unfinished jobs of a task with one key, one holds it. A new job is a duplicate while the holder is in one of
 * the states; otherwise it takes the key over. The key is free when its holder ends; a job that becomes waiting again
 * takes a key that is free.
 */
export interface JobUnique {
  readonly key: string;
  /** Undefined: in all four. */
  readonly while?: readonly OpenState[];
}

/**
 * A new job is a duplicate of the first with its key until `windowMs` after that one ended, whether or not it is still
 * stored; with another `digest` it is refused.
 */
export interface JobIdempotency {
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
export interface JobDebounce {
  readonly key: string;
  readonly delayMs: number;
  readonly maxWaitMs?: number;
}

/** At most `limit` jobs with one key are stored in any `windowMs`. Another window is another count. */
export interface JobThrottle {
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
}

/** What of a job's limits decides whether it is stored, looked at in this order. */
export interface JobAdmission {
  readonly idempotency?: JobIdempotency;
  readonly unique?: JobUnique;
  readonly throttle?: JobThrottle;
  readonly debounce?: JobDebounce;
}

/** Dispatch options that decide whether a job is stored. */
export interface AdmissionOptions {
  /**
   * Stores the job only while no other of the task with this key is unfinished; `while` names the states that count.
   * A duplicate's handle is that of the job that is there, see {@link onDuplicate}. Not with `debounce`. Default: the
   * contract's.
   */
  readonly deduplicate?:
    | string
    | {
        readonly key: string;
        /** Some of `waiting`, `delayed`, `retrying`, `active`. Default: all of them. */
        readonly while?: readonly OpenState[] | undefined;
      }
    | undefined;
  /**
   * As {@link deduplicate}, but also for a while after the job's end, however it ended. The same key with another
   * payload is refused with `KeyReusedError`.
   */
  readonly idempotency?:
    | string
    | {
        readonly key: string;
        /** How long after the job's end. Default `"24h"`. */
        readonly window?: Duration | undefined;
      }
    | undefined;
  /** What a duplicate gets: the handle of the job that is there (`"join"`, the default) or `DuplicateJobError`. */
  readonly onDuplicate?: "join" | "reject" | undefined;
  /**
   * Waits for `delay` without another dispatch of the key: each replaces the one before, unless that has started.
   * Replaced jobs end with `JobReplacedError`. Not with `delay` or `runAt`.
   */
  readonly debounce?:
    | {
        readonly key: string;
        readonly delay: Duration;
        /** Longest wait since the first of them, at least `delay`. Default: none. */
        readonly maxWait?: Duration | undefined;
      }
    | undefined;
  /** Stores at most `limit` jobs of the key in any `window`; others fail with `ThrottledError`. */
  readonly throttle?:
    | {
        readonly key: string;
        /** 1 to 100 000. */
        readonly limit: number;
        readonly window: Duration;
      }
    | undefined;
}

const DEFAULT_IDEMPOTENCY_MS = 24 * 3_600_000;
/** Each of them is remembered, one by one. */
const MAX_THROTTLE_LIMIT = 100_000;

/** The check of a list of states that are not final. */
export const openStates: Check<readonly OpenState[]> = (value, option) => {
  const isList = Array.isArray(value) && value.length > 0;
  if (isList && value.every((state) => OPEN_STATES.includes(state as OpenState)))
    return OPEN_STATES.filter((state) => value.includes(state));
  throw new OptionError(
    `expected ${option} to list some of "waiting", "delayed", "retrying" and "active", ` +
      `got ${describe(value)}; idempotency holds for finished jobs too`,
    { option },
  );
};

const UNIQUE = optionSet({ key: required(requireLimitKey), while: openStates });

const deduplicate: Check<JobUnique> = (value, option) => {
  if (typeof value === "string") return { key: requireLimitKey(value, option) };
  requireKeyed(value, option);
  const { key, while: states } = UNIQUE.nested(value, option);
  return states === undefined ? { key } : { key, while: states };
};

const IDEMPOTENCY = optionSet({ key: required(requireLimitKey), window: durationFrom("1ms") });

/** The digest is left empty. */
const idempotency: Check<JobIdempotency> = (value, option) => {
  if (typeof value === "string") {
    return { key: requireLimitKey(value, option), windowMs: DEFAULT_IDEMPOTENCY_MS, digest: "" };
  }
  requireKeyed(value, option);
  const { key, window: windowMs = DEFAULT_IDEMPOTENCY_MS } = IDEMPOTENCY.nested(value, option);
  return { key, windowMs, digest: "" };
};

const DEBOUNCE = optionSet({
  key: required(requireLimitKey),
  delay: required(durationFrom("1ms")),
  maxWait: durationFrom("1ms"),
});

const debounce: Check<JobDebounce> = (value, option) => {
  const { key, delay: delayMs, maxWait: maxWaitMs } = DEBOUNCE.nested(value, option);
  if (maxWaitMs === undefined) return { key, delayMs };
  if (maxWaitMs >= delayMs) return { key, delayMs, maxWaitMs };
  throw new OptionError(
    `expected ${option}.maxWait to be at least ${option}.delay ("${formatDuration(delayMs)}"), got "${formatDuration(maxWaitMs)}"`,
    { option: `${option}.maxWait` },
  );
};

const THROTTLE = optionSet({
  key: required(requireLimitKey),
  limit: required(integer(1, MAX_THROTTLE_LIMIT)),
  window: required(durationFrom("1ms")),
});

const throttle: Check<JobThrottle> = (value, option) => {
  const { key, limit, window: windowMs } = THROTTLE.nested(value, option);
  return { key, limit, windowMs };
};

/** How {@link AdmissionOptions} are read. */
export const ADMISSION_SHAPE = {
  deduplicate,
  idempotency,
  onDuplicate: oneOf(["join", "reject"]),
  debounce,
  throttle,
} satisfies { readonly [Key in keyof Required<AdmissionOptions>]: Check<unknown> };

/**
 * What of dispatch options is stored as part of the job's limits; undefined: nothing.
 *
 * @param isDeduplicated whether the contract says what makes a job a duplicate
 * @throws {OptionError} on options that contradict each other
 */
export function resolveAdmission(
  options: OptionValues<typeof ADMISSION_SHAPE>,
  { isDeduplicated }: { readonly isDeduplicated: boolean },
): JobAdmission | undefined {
  const { deduplicate: unique, idempotency, debounce, throttle } = options;
  if (unique !== undefined && debounce !== undefined) {
    throw new OptionError(
      "expected deduplicate or debounce, got both; the first job of a key wins with the one, the last with the other",
    );
  }
  const hasKey =
    unique !== undefined || idempotency !== undefined || (isDeduplicated && debounce === undefined);
  if (options.onDuplicate !== undefined && !hasKey) {
    throw new OptionError(
      "expected onDuplicate beside deduplicate or idempotency: without a key nothing is a duplicate, got no key",
      { option: "onDuplicate" },
    );
  }
  if (unique === undefined && idempotency === undefined && debounce === undefined && throttle === undefined)
    return undefined;
  return {
    ...(idempotency === undefined ? {} : { idempotency }),
    ...(unique === undefined ? {} : { unique }),
    ...(throttle === undefined ? {} : { throttle }),
    ...(debounce === undefined ? {} : { debounce }),
  };
}
