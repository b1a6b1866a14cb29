import type { JobPage, ListQuery } from "../core/adapter.js";
import { OptionError } from "../core/errors.js";
import { isOverdue, seenJob } from "../core/stored-job.js";
import { compareDue, type DueEntry } from "./due-heap.js";
import type { JobRecord } from "./job-record.js";
import { expiredJobs } from "./overdue.js";
import type { TaskStore } from "./task-store.js";

/**
 * A cursor is where the last job of the page stood, so what comes and goes around it changes nothing. Overdue jobs are
 * listed as expired, whether somebody has ended them or not.
 */
export function listPage(task: TaskStore, query: ListQuery, now: number): JobPage {
  const position = query.cursor === undefined ? undefined : parseCursor(query.cursor);
  const records: JobRecord[] = [];
  const found = walk(task, query, { after: position, now })[Symbol.iterator]();
  let next = found.next();
  while (next.done !== true && records.length < query.limit) {
    records.push(next.value);
    next = found.next();
  }
  const jobs = records.flatMap((record) => seenJob(task.name, record, now) ?? []);
  const last = records.at(-1);
  return next.done === true || last === undefined ? { jobs } : { jobs, cursor: cursorOf(last, query.state) };
}

/** A pair that orders a state's jobs: band and place, time and order, or a place alone. */
type Position = readonly [first: number, second: number, isParked: boolean];

/** Ends the cursor of a page that ended among the jobs parked. */
const PARKED = ":parked";

/** Those that are not listed as expired instead. */
function* inTime(records: Iterable<JobRecord>, now: number): Generator<JobRecord> {
  for (const record of records) if (!isOverdue(record, now)) yield record;
}

function cursorOf(record: JobRecord, state: ListQuery["state"]): string {
  const expiry = record.expired ?? record.ttl;
  if (state === "expired" && expiry !== undefined) return `${expiry.at}:${expiry.order}`;
  if (record.due !== undefined) return `${record.due.at}:${record.due.order}`;
  if (record.lease !== undefined) return `0:${record.fence}`;
  if (record.state !== "waiting") return `0:${record.place}`;
  const { priority, place } = record.parked ?? record;
  return `${priority}:${place}${record.parked === undefined ? "" : PARKED}`;
}

function parseCursor(cursor: string): Position {
  const match = /^(-?\d+):(-?\d+)(:parked)?$/.exec(cursor);
  if (match !== null) return [Number(match[1]), Number(match[2]), match[3] === PARKED];
  throw new OptionError(`expected a cursor from a page before, got ${JSON.stringify(cursor)}`);
}

function walk(
  task: TaskStore,
  { state, order }: Pick<ListQuery, "state" | "order">,
  { after, now }: { readonly after: Position | undefined; readonly now: number },
): Iterable<JobRecord> {
  switch (state) {
    case "waiting":
      return inTime(waitingJobs(task, after), now);
    case "delayed":
    case "retrying":
      return inTime(dueJobs(task, state, after), now);
    case "active":
      return activeJobs(task, after);
    case "failed":
    case "cancelled":
      if (order === "oldest") return task.finals[state].after(after?.[1]);
      return task.finals[state].before(after?.[1]);
    case "completed":
      return task.finals[state].before(after?.[1]);
    case "expired":
      return expiredBefore(expiredJobs(task, now), after);
  }
}

/** In claim order, then those parked. */
function* waitingJobs(task: TaskStore, after: Position | undefined): Iterable<JobRecord> {
  const position = after && { priority: after[0], place: after[1] };
  const isParked = after?.[2] === true;
  if (!isParked) yield* task.waiting.after(position);
  yield* task.limits.after(isParked ? position : undefined);
}

function dueJobs(task: TaskStore, state: "delayed" | "retrying", after: Position | undefined): JobRecord[] {
  const entries = task.due.sorted().filter((entry) => entry.value.state === state);
  const rest = after === undefined ? entries : entries.filter((entry) => isBehind(entry, after));
  return rest.map((entry) => entry.value);
}

function expiredBefore(entries: readonly DueEntry<JobRecord>[], after: Position | undefined): JobRecord[] {
  const rest =
    after === undefined
      ? entries
      : entries.filter(({ at, order }) => (at - after[0] || order - after[1]) < 0);
  return rest.map((entry) => entry.value);
}

function isBehind(entry: DueEntry<JobRecord>, [at, order]: Position): boolean {
  return compareDue(entry, { value: undefined, at, order, index: -1 }) > 0;
}

function activeJobs(task: TaskStore, after: Position | undefined): JobRecord[] {
  const holders = [...task.leases.values(), ...task.lostLeases.values()];
  return holders
    .flatMap((lease) => [...lease.jobs])
    .filter((record) => record.fence > (after?.[1] ?? 0))
    .sort((a, b) => a.fence - b.fence);
}
