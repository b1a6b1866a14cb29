/** What a job has logged, as it is followed. */
import { OptionError } from "../../core/errors.js";
import type { JobRef, LogLine } from "../../core/job.js";
import type { JobState } from "../../core/lifecycle.js";
import { type Check, describe } from "../../core/options.js";
import type { JobDetails } from "./job.js";

/** Lines that a job has logged. */
export interface JobLogs extends JobRef {
  /** As it was read with them: of a job that has ended no more lines come. */
  readonly state: JobState;
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  /** Stands for the last line that there is: given as `after`, the next call gives what has come since. Undefined: there is none. */
  readonly after?: string;
}

/** The place of a line: its time, and how many before it have the same. Stores number no lines, and forget the oldest. */
export const logPlace: Check<string> = (value, option) => {
  if (typeof value === "string" && /^\d{1,16}-\d{1,9}$/.test(value)) return value;
  throw new OptionError(`expected ${option} to come from an answer before, got ${describe(value)}`, {
    option,
  });
};

/** The lines of a job, those after a place alone when one is given. */
export function logsOf(
  { task, id, state, logs }: Pick<JobDetails, "task" | "id" | "state" | "logs">,
  after: string | undefined,
): JobLogs {
  const last = logs.at(-1);
  const place =
    last === undefined ? after : `${last.at}-${logs.filter(({ at }) => at === last.at).length - 1}`;
  return {
    ...{ task, id, state, lines: after === undefined ? logs : linesAfter(logs, after) },
    ...(place === undefined ? {} : { after: place }),
  };
}

function linesAfter(logs: readonly LogLine[], after: string): readonly LogLine[] {
  const [at = 0, before = 0] = after.split("-").map(Number);
  let seen = -1;
  let last = -1;
  for (const [index, line] of logs.entries()) {
    if (line.at !== at || seen === before) continue;
    seen += 1;
    last = index;
  }
  if (last >= 0) return logs.slice(last + 1);
  const next = logs.findIndex((line) => line.at > at);
  return next < 0 ? [] : logs.slice(next);
}
