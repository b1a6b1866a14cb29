/** Whether a job is one that a filter chooses. Takes time by the length of what it reads, whatever the pattern. */
import type { StoredError } from "../errors.js";
import type { AttemptRecord, JobSnapshot } from "../job.js";
import { runMsOf, waitMsOf } from "../job-lengths.js";
import type { JobState } from "../lifecycle.js";
import { valueAt } from "../value-at.js";
import type {
  FilterCondition,
  FilterOperator,
  FilterPattern,
  FilterTerm,
  ParsedFilter,
} from "./job-filter.js";
import { readNumber } from "./parse-filter.js";

/** What is looked at of a job: its record, its decoded data, and its past runs where {@link needsHistory} says so. */
export interface FilteredJob
  extends Pick<JobSnapshot, "task" | "id" | "state" | "headers" | "version" | "attempt" | "priority">,
    Pick<
      JobSnapshot,
      "group" | "enqueuedAt" | "waitingSince" | "startedAt" | "finishedAt" | "worker" | "error"
    > {
  readonly data?: unknown;
  readonly history?: readonly AttemptRecord[];
}

/** What a filter needs to know beside the job. */
export interface FilterMoment {
  /** ms since the epoch. */
  readonly now: number;
  /** The machine of a live worker, by the worker's id. */
  readonly hosts?: ReadonlyMap<string, string>;
}

/** Whether a job is chosen. */
export function matchesFilter({ terms }: ParsedFilter, job: FilteredJob, moment: FilterMoment): boolean {
  return terms.every((term) => holds(term, job, moment) !== term.isNegated);
}

/** Whether a filter looks at the runs before the last. */
export function needsHistory({ terms }: ParsedFilter): boolean {
  return terms.some(({ field }) => field === "worker");
}

/** Whether a filter says more than which tasks and states: {@link tasksChosen} and {@link statesChosen} choose those. */
export function looksAtJobs({ terms }: ParsedFilter): boolean {
  return terms.some(({ field }) => field !== "task" && field !== "state");
}

/** The tasks among some that a filter may choose jobs of. */
export function tasksChosen({ terms }: ParsedFilter, names: readonly string[]): readonly string[] {
  const conditions = terms.flatMap((term) => (term.field === "task" ? [term] : []));
  return names.filter((name) =>
    conditions.every(({ patterns, isNegated }) => anyIs(patterns, name) !== isNegated),
  );
}

/** The states among some that a filter may choose jobs of. */
export function statesChosen({ terms }: ParsedFilter, states: readonly JobState[]): readonly JobState[] {
  const conditions = terms.flatMap((term) => (term.field === "state" ? [term] : []));
  return states.filter((state) =>
    conditions.every((condition) => condition.states.includes(state) !== condition.isNegated),
  );
}

/** Every pattern of tasks that a filter names. */
export function taskPatternsOf({ terms }: ParsedFilter): readonly FilterPattern[] {
  return terms.flatMap((term) => (term.field === "task" ? term.patterns : []));
}

function holds(term: FilterTerm, job: FilteredJob, moment: FilterMoment): boolean {
  switch (term.field) {
    case "task":
    case "id":
    case "group":
      return anyIs(term.patterns, job[term.field]);
    case "state":
      return term.states.includes(job.state);
    case "error":
      return anyIn(term.patterns, errorText(job.error));
    case "code":
      return anyIs(term.patterns.map(lowered), job.error?.code?.toString().toLowerCase());
    case "word":
      return anyBegins(term.patterns, job.id) || anyIn(term.patterns, errorText(job.error));
    case "worker":
      return workersOf(job, moment).some((name) => anyIs(term.patterns, name));
    case "header":
      return anyIs(term.patterns, Object.hasOwn(job.headers, term.name) ? job.headers[term.name] : undefined);
    case "data":
      return dataHolds(term, job.data);
    case "finished":
      return compare(job.finishedAt, term.operator, instantAt(term.value, moment));
    case "age":
    case "wait":
    case "run":
      return compare(LENGTHS[term.field](job, moment.now), term.operator, term.value);
    default:
      return compare(job[term.field], term.operator, term.value);
  }
}

const LENGTHS: Readonly<
  Record<"age" | "wait" | "run", (job: FilteredJob, now: number) => number | undefined>
> = {
  age: ({ enqueuedAt }, now) => now - enqueuedAt,
  wait: waitMsOf,
  run: runMsOf,
};

function instantAt(
  value: Extract<FilterCondition, { field: "finished" }>["value"],
  { now }: FilterMoment,
): number {
  return "agoMs" in value ? now - value.agoMs : value.at;
}

function errorText(error: StoredError | undefined): string | undefined {
  return error && `${error.name}: ${error.message}`;
}

/** Leases begin with the worker's id; of live workers the machine is known too. */
function workersOf({ worker, history = [] }: FilteredJob, { hosts }: FilterMoment): readonly string[] {
  const leases = new Set([...(worker === undefined ? [] : [worker]), ...history.map((run) => run.worker)]);
  return [...leases].flatMap((lease) => {
    const [id = lease] = lease.split(".");
    const host = hosts?.get(id);
    return [lease, id, ...(host === undefined ? [] : [host])];
  });
}

function dataHolds(condition: Extract<FilterCondition, { field: "data" }>, data: unknown): boolean {
  const found = valueAt(data, condition.path);
  const values: readonly unknown[] = Array.isArray(found) ? [found, ...found] : [found];
  if ("patterns" in condition)
    return values.some((value) => condition.patterns.some((each) => isLike(value, each)));
  const { operator, value: wanted } = condition;
  return values.some((value) =>
    typeof wanted === "number"
      ? compare(numberOf(value), operator, wanted)
      : typeof value === "string" && compare(value, operator, wanted),
  );
}

/** Whether a value is as it is written in a filter. What has parts is no text: stars alone say that it is there. */
function isLike(value: unknown, pattern: FilterPattern): boolean {
  if (value === undefined) return false;
  if (typeof value !== "object" || value === null) return fitsPattern(pattern, String(value));
  return pattern.length > 1 && pattern.every((part) => part === "");
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" ? readNumber(value) : undefined;
}

function compare<T extends number | string>(
  value: T | undefined,
  operator: FilterOperator,
  with_: T,
): boolean {
  if (value === undefined) return false;
  switch (operator) {
    case ":":
      return value === with_;
    case ">":
      return value > with_;
    case ">=":
      return value >= with_;
    case "<":
      return value < with_;
    case "<=":
      return value <= with_;
  }
}

function anyIs(patterns: readonly FilterPattern[], text: string | undefined): boolean {
  return text !== undefined && patterns.some((pattern) => fitsPattern(pattern, text));
}

/** Capitals do not matter in messages. */
function anyIn(patterns: readonly FilterPattern[], text: string | undefined): boolean {
  const low = text?.toLowerCase();
  return low !== undefined && patterns.some((pattern) => fitsPattern(["", ...lowered(pattern), ""], low));
}

function anyBegins(patterns: readonly FilterPattern[], text: string): boolean {
  return patterns.some((pattern) => fitsPattern([...pattern, ""], text));
}

function lowered(pattern: FilterPattern): FilterPattern {
  return pattern.map((part) => part.toLowerCase());
}

/** The parts stand in the text one behind another; the first at its beginning, the last at its end. */
export function fitsPattern(pattern: FilterPattern, text: string): boolean {
  const [first = "", ...rest] = pattern;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
