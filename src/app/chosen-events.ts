/** Listens to those events of jobs that a filter chooses. */
import { OptionError } from "../core/errors.js";
import type { ParsedFilter } from "../core/job-filter/job-filter.js";
import { matchesFilter } from "../core/job-filter/match-filter.js";
import { parseJobFilter } from "../core/job-filter/parse-filter.js";
import type { JobState } from "../core/lifecycle.js";
import { type Check, describe } from "../core/options.js";
import type { AppEvent, JobEvent } from "./event-types.js";

/** What events tell; anything else would need a read for each. */
const TOLD: ReadonlySet<string> = new Set([
  "task",
  "id",
  "state",
  "error",
  "code",
  "worker",
  "word",
  "attempt",
]);

/** Takes a filter of events. */
export const eventFilter: Check<ParsedFilter> = (value, option) => {
  if (typeof value !== "string") {
    throw new OptionError(
      `expected ${option} to be a filter such as "state:failed", got ${describe(value)}`,
      { option },
    );
  }
  const filter = parseJobFilter(value);
  const untold = filter.terms.find(({ field }) => !TOLD.has(field));
  if (untold === undefined) return filter;
  throw new OptionError(
    `expected ${option} to ask for what events tell (${[...TOLD].join(", ")}), got ${untold.field}. jobs.list() finds jobs by it`,
    { option },
  );
};

/** The task that a filter names alone: others need not be heard. */
export function onlyTask({ terms }: ParsedFilter): string | undefined {
  const names = terms.flatMap((term) => (term.field === "task" && !term.isNegated ? [term.patterns] : []));
  const [patterns] = names;
  const [pattern] = patterns ?? [];
  return patterns?.length === 1 && pattern?.length === 1 ? pattern[0] : undefined;
}

/** Whether a filter chooses an event; the type is its state. */
export function choosesEvent(filter: ParsedFilter, event: AppEvent): boolean {
  if (!("id" in event)) return filter.terms.length === 0;
  const { task, id, type, attempt, at } = event as JobEvent;
  const told = event as { readonly worker?: string; readonly error?: never };
  const job = {
    ...{ task, id, state: type as JobState, attempt, enqueuedAt: at },
    ...{ headers: {}, version: 0, priority: 0 },
    ...(told.worker === undefined ? {} : { worker: told.worker }),
    ...(told.error === undefined ? {} : { error: told.error }),
  };
  return matchesFilter(filter, job, { now: at });
}
