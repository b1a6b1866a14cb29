/** Reads: nothing here changes anything. */
import type {
  JobPage,
  JobReading,
  ListQuery,
  MessagePage,
  MessagesQuery,
  ReadOptions,
  StateCounts,
} from "../../core/adapter.js";
import { OptionError } from "../../core/errors.js";
import { type JobRef, type LogLine, MAX_HISTORY, MAX_LOG_LINES, MAX_MESSAGES } from "../../core/job.js";
import { JOB_STATES, type JobState } from "../../core/lifecycle.js";
import { seenJob, seenState } from "../../core/stored-job.js";
import { fromColumns, isText } from "../codec/encoded.js";
import { type JobRow, numberOf, toJob, toRun } from "../codec/job-row.js";
import type { Row } from "../connection/database.js";
import type { Session } from "../session.js";
import { LETTERS } from "../sql/letters.js";

export async function readJobs(
  session: Session,
  refs: readonly JobRef[],
  { details }: ReadOptions = {},
): Promise<readonly (JobReading | undefined)[]> {
  const asked = refs.filter(({ id }) => isText(id));
  if (asked.length === 0) return refs.map(() => undefined);
  const names = asked.map(({ task }) => task);
  const ids = asked.map(({ id }) => id);
  const rows = await session.database.rows("select * from @@read($1, $2)", [names, ids]);
  const notes = details === true ? await readNotes(session, names, ids) : undefined;
  const found = new Map<JobRef | undefined, JobReading>();
  for (const row of rows) {
    const job = toJob(row);
    const seen = seenJob(job.task, job, Number(row.present));
    const ref = asked[Number(row.n) - 1];
    if (seen === undefined) continue;
    found.set(
      ref,
      notes === undefined ? seen : { ...seen, ...detailsOf(job, notes.get(Number(row.n)) ?? []) },
    );
  }
  return refs.map((ref) => found.get(ref));
}

async function readNotes({ database }: Session, names: readonly string[], ids: readonly string[]) {
  const rows = await database.rows("select * from @@details($1, $2, $3, $4)", [
    ...[names, ids, MAX_HISTORY, MAX_LOG_LINES],
  ]);
  const notes = new Map<number, Row[]>();
  for (const row of rows) {
    const n = Number(row.n);
    notes.set(n, [...(notes.get(n) ?? []), row]);
  }
  return notes;
}

/** The last run of a job that has ended stands in the row of its end. */
function detailsOf({ lastRun }: JobRow, notes: readonly Row[]) {
  const runs = notes.filter(({ kind }) => kind === "h").map(toRun);
  const lines = notes.filter(({ kind }) => kind === "l");
  return {
    history: (lastRun === undefined ? runs : [...runs, lastRun]).slice(-MAX_HISTORY),
    logs: lines.map(({ body, at }): LogLine => ({ ...JSON.parse(String(body)), at: Number(at) })),
  };
}

export async function readMessages(
  session: Session,
  queries: readonly MessagesQuery[],
): Promise<readonly MessagePage[]> {
  const states = await session.database.rows("select * from @@read($1, $2)", [
    queries.map(({ task }) => task),
    queries.map(({ id }) => id.replaceAll("\0", "")),
  ]);
  const stateOf = new Map(states.map((row) => [Number(row.n), seenState(toJob(row), Number(row.present))]));
  return Promise.all(
    queries.map(async ({ task, id, after, limit }, index) => {
      const state = stateOf.get(index + 1) ?? "none";
      if (state === "none") return { messages: [] };
      const rows = await session.database.rows("select * from @@messages($1, $2, $3, $4, $5)", [
        ...[task, id, after, limit, MAX_MESSAGES],
      ]);
      const messages = rows.map(({ number, at, attempt, body, bytes }) => ({
        number: Number(number),
        at: Number(at),
        attempt: Number(attempt),
        message: fromColumns(body, bytes) ?? "",
      }));
      return { messages, state };
    }),
  );
}

export async function countJobs(session: Session, tasks: readonly string[]): Promise<readonly StateCounts[]> {
  if (tasks.length === 0) return [];
  const rows = await session.database.rows("select * from @@count($1)", [tasks]);
  const found = new Map(rows.map((row) => [Number(row.n), row]));
  return tasks.map((_, index) => countsOf(found.get(index + 1)));
}

function countsOf(row: Row | undefined): StateCounts {
  const counts = Object.fromEntries(JOB_STATES.map((state) => [state, Number(row?.[state] ?? 0)]));
  const pausedAt = numberOf(row?.paused_at);
  const nextRank = numberOf(row?.next_rank);
  return {
    ...(counts as Record<JobState, number>),
    ...(pausedAt === undefined ? {} : { pausedAt }),
    ...(nextRank === undefined ? {} : { nextPriority: 0 - nextRank }),
  };
}

/** One more than is shown is read, to know whether it is the last page. */
export async function listJobs(session: Session, query: ListQuery): Promise<JobPage> {
  const { task, state, cursor, limit, order } = query;
  const after = cursor === undefined ? [] : parseCursor(cursor);
  const rows = await session.database.rows("select * from @@list($1, $2, $3, $4, $5, $6, $7)", [
    ...[
      task,
      LETTERS[state],
      order === "oldest",
      after[0] ?? null,
      after[1] ?? null,
      after[2] ?? null,
      limit + 1,
    ],
  ]);
  const shown = rows.slice(0, limit).map((row) => ({ job: toJob(row), now: Number(row.present) }));
  const jobs = shown.flatMap(({ job, now }) => seenJob(task, job, now) ?? []);
  const last = shown.at(-1);
  if (rows.length <= limit || last === undefined) return { jobs };
  return { jobs, cursor: positionOf(last.job, state).join(":") };
}

/** Where a job stands in a list, as `list` takes it. */
function positionOf(job: JobRow, state: JobState): readonly number[] {
  switch (state) {
    case "waiting":
      return [job.aside === 0 ? 0 : 1, 0 - job.priority, job.place];
    case "delayed":
    case "retrying":
      return [job.dueAt ?? 0, job.place];
    case "active":
      return [job.fence];
    case "expired":
      return [job.expiresAt ?? job.finishedAt ?? 0, job.born];
    case "completed":
    case "failed":
    case "cancelled":
      return [0, job.place];
  }
}

function parseCursor(cursor: string): readonly number[] {
  if (/^-?\d+(:-?\d+){0,2}$/.test(cursor)) return cursor.split(":").map(Number);
  throw new OptionError(`expected a cursor from a page before, got ${JSON.stringify(cursor)}`);
}
