import { integer } from "../checks.js";
import { type Duration, parseDuration } from "../duration.js";
import { OptionError } from "../errors.js";
import { optionSet, required } from "../options.js";
import { keyAt, parsePath } from "./payload-path.js";

/** How a job is collected with others: they run as one batch. */
export interface JobCollect {
  /** Jobs of one key are collected together. */
  readonly key: string;
  /** A batch runs when nothing was added for this long. */
  readonly delayMs: number;
  /** A batch of this many runs at once; no batch is larger. 1 to {@link MAX_COLLECTED}. */
  readonly maxSize: number;
  /** A batch runs when its first job has waited this long, whatever is added. Undefined: no bound. */
  readonly maxWaitMs?: number;
}

/** Most jobs of one batch. */
export const MAX_COLLECTED = 1000;

/** How the jobs of a task are collected: its handler gets lists of payloads. */
export interface CollectOptions<Path extends string = string> {
  /**
   * What is collected together: a path into the payload such as `"customer.id"`, whose value is the key. Left out: all
   * jobs of the task.
   */
  readonly by?: Path | undefined;
  /** A batch runs when nothing was added for this long. */
  readonly delay: Duration;
  /** A batch of this many runs at once; no batch is larger. 1 to 1 000. Default 100. */
  readonly maxSize?: number | undefined;
  /** A batch runs when its first job has waited this long. Default: no bound. */
  readonly maxWait?: Duration | undefined;
}

/** Options with every default filled in; the key of a job is found with {@link collectKey}. */
export interface ResolvedCollect extends Omit<JobCollect, "key"> {
  readonly path: readonly string[];
}

/** The key of jobs that are all collected together. */
export const EVERYTHING = "all";

const COLLECT = optionSet({
  by: parsePath,
  delay: required(parseDuration),
  maxSize: integer(1, MAX_COLLECTED),
  maxWait: parseDuration,
});

/** @throws {OptionError} on an unknown key, a bad path, a bad duration or range */
export function resolveCollect(options: CollectOptions): ResolvedCollect {
  const {
    by: path = [],
    delay: delayMs,
    maxSize = 100,
    maxWait: maxWaitMs,
  } = COLLECT.nested(options, "collect");
  if (maxWaitMs === undefined) return { path, delayMs, maxSize };
  if (maxWaitMs < delayMs) {
    throw new OptionError("expected collect.maxWait to be at least collect.delay, got less", {
      option: "collect.maxWait",
    });
  }
  return { path, delayMs, maxSize, maxWaitMs };
}

/**
 * How one payload is collected.
 *
 * @throws {OptionError} when the path leads to nothing that can be a key
 */
export function jobCollect({ path, ...bounds }: ResolvedCollect, payload: unknown, task: string): JobCollect {
  if (path.length === 0) return { key: EVERYTHING, ...bounds };
  return { key: keyAt(payload, path, `collect.by of ${task}`), ...bounds };
}
