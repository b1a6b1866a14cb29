import type { AdmissionFlow } from "./admission-flow.js";
import type { CollectFlow } from "./collect-flow.js";
import { OptionError } from "./errors.js";
import type { GroupFlow } from "./group-flow.js";
import type { LimitFlow, RateFlow } from "./limit-flow.js";
import { describe } from "./options.js";
import type { StepFlow, WorkflowFlow } from "./workflow-flow.js";

/**
 * What decides, beside priority and time, whether a job is stored and when it may run. It is chosen at dispatch,
 * stored with the job as plain data and kept until the job is forgotten; a job without it pays nothing for it.
 */
export interface JobFlow extends AdmissionFlow {
  /** Waits in this group, which takes turns with the others. */
  readonly group?: GroupFlow;
  /** Runs with only so many others of its key. */
  readonly limit?: LimitFlow;
  /** Starts only so often. */
  readonly rate?: RateFlow;
  /** Runs in one batch with others. Not with a group. */
  readonly collect?: CollectFlow;
  /** Runs a step of a workflow. */
  readonly step?: StepFlow;
  /** Stands for a workflow. */
  readonly workflow?: WorkflowFlow;
}

/** Longest key of anything in a {@link JobFlow}, characters. */
export const MAX_FLOW_KEY_LENGTH = 200;

/**
 * Checks a key that callers choose.
 *
 * @param option its path, for the message
 * @throws {OptionError} when it is no text, empty or longer than {@link MAX_FLOW_KEY_LENGTH}, or half a character is
 * in it, which no store keeps
 */
export function requireFlowKey(value: unknown, option: string): string {
  const isShort = typeof value === "string" && value !== "" && value.length <= MAX_FLOW_KEY_LENGTH;
  if (isShort && !/\p{Surrogate}/u.test(value)) return value;
  const got =
    typeof value === "string"
      ? isShort
        ? "half a character"
        : `${value.length} characters`
      : describe(value);
  throw new OptionError(
    `expected ${option} to be text of 1 to ${MAX_FLOW_KEY_LENGTH} characters, got ${got}`,
  );
}
