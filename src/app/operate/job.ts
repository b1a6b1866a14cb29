/** Jobs as users read them. */
import type { JobReading } from "../../core/adapter.js";
import { someText } from "../../core/checks.js";
import { OptionError } from "../../core/errors.js";
import type { AttemptRecord, Encoded, JobRef, JobSnapshot, LogLine } from "../../core/job.js";
import { describe } from "../../core/options.js";
import { decodeValue, type Serializer } from "../../core/serializer.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import { taskName } from "./known-tasks.js";

/** A stored job with its values decoded. Times are ms since the epoch on the store's clock. */
export interface Job<Data = unknown, Result = unknown>
  extends Omit<JobSnapshot, "payload" | "result" | "progress"> {
  /** What it was dispatched with; `undefined` when it cannot be read, and `corrupt` then says why. */
  readonly data: Data | undefined;
  /** Of a completed job; `undefined` when it returned nothing, or when it cannot be read. */
  readonly result?: Result;
  /** What the handler reported last. */
  readonly progress?: unknown;
}

/** {@link Job} with what is kept beside the record. */
export interface JobDetails<Data = unknown, Result = unknown> extends Job<Data, Result> {
  /** Oldest first, the newest 20. */
  readonly history: readonly AttemptRecord[];
  /** Oldest first, the newest 1 000. */
  readonly logs: readonly LogLine[];
}

/** Decodes a snapshot; what cannot be read is left out and named in `corrupt`, so that a page never breaks. */
export function decodeJob(serializer: Serializer, job: JobSnapshot): Job {
  const { payload, result, progress, ...plain } = job;
  let corrupt = job.corrupt;
  const decode = (value: Encoded, side: "input" | "output"): unknown => {
    try {
      return decodeValue(serializer, value, { task: job.task, side });
    } catch (error) {
      corrupt ??= (error as Error).message;
      return undefined;
    }
  };
  const values = {
    data: job.corrupt === undefined ? decode(payload, "input") : undefined,
    ...(result === undefined ? {} : { result: decode(result, "output") }),
    ...(progress === undefined ? {} : { progress: decode(progress, "output") }),
  };
  return { ...plain, ...values, ...(corrupt === undefined ? {} : { corrupt }) };
}

/** A job that was read with its details. */
export function detailsOf(
  serializer: Serializer,
  { history = [], logs = [], ...job }: JobReading,
): JobDetails {
  return { ...decodeJob(serializer, job), history, logs };
}

/**
 * Takes what names a job: anything with `task` and `id`, such as a job of a list, a handle or an event.
 *
 * @throws {OptionError} for anything else
 */
export function jobRef(value: unknown, option = "job"): JobRef {
  if (typeof value !== "object" || value === null || !("task" in value) || !("id" in value)) {
    throw new OptionError(
      `expected ${option} to be one object with task and id, such as { task: "email.send", id: "01J9…" } or a job of a list, got ${describe(value)}`,
      { option },
    );
  }
  const { task } = value;
  return {
    task: task === WORKFLOW_TASK ? task : taskName(task, `${option}.task`),
    id: someText(value.id, `${option}.id`),
  };
}
