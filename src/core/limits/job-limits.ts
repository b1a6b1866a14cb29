import { OptionError } from "../errors.js";
import { describe } from "../options.js";
import type { JobStep, JobWorkflow } from "../workflow/step.js";
import type { JobAdmission } from "./admission.js";
import type { JobCollect } from "./collect.js";
import type { JobGroup } from "./group.js";
import type { JobLimit, JobRate } from "./limit.js";

/**
 * What decides, beside priority and time, whether a job is stored and when it may run. It is chosen at dispatch,
 * stored with the job as plain data and kept until the job is forgotten; a job without it pays nothing for it.
 */
export interface JobLimits extends JobAdmission {
  /** Waits in this group, which takes turns with the others. */
  readonly group?: JobGroup;
  /** Runs with only so many others of its key. */
  readonly limit?: JobLimit;
  /** Starts only so often. */
  readonly rate?: JobRate;
  /** Runs in one batch with others. Not with a group. */
  readonly collect?: JobCollect;
  /** Runs a step of a workflow. */
  readonly step?: JobStep;
  /** Stands for a workflow. */
  readonly workflow?: JobWorkflow;
}

/** Longest key of anything in a {@link JobLimits}, characters. */
export const MAX_LIMIT_KEY_LENGTH = 200;

/**
 * Checks a key that callers choose.
 *
 * @param option its path, for the message
 * @throws {OptionError} when it is no text, empty or longer than {@link MAX_LIMIT_KEY_LENGTH}, or half a character is
 * in it, which no store keeps
 */
export function requireLimitKey(value: unknown, option: string): string {
  const isShort = typeof value === "string" && value !== "" && value.length <= MAX_LIMIT_KEY_LENGTH;
  if (isShort && !/\p{Surrogate}/u.test(value)) return value;
  const got =
    typeof value === "string"
      ? isShort
        ? "half a character"
        : `${value.length} characters`
      : describe(value);
  throw new OptionError(
    `expected ${option} to be text of 1 to ${MAX_LIMIT_KEY_LENGTH} characters, got ${got}`,
  );
}
