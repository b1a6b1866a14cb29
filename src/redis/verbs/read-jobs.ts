/** Looking at jobs: watch, read, list, count. */
import type {
  JobDetails,
  JobPage,
  JobReading,
  KeyRef,
  ListQuery,
  MessagePage,
  MessagesQuery,
  ReadOptions,
  StateCounts,
  WatchReply,
} from "../../core/adapter.js";
import { OptionError } from "../../core/errors.js";
import type { JobOutcome, JobRef, JobSnapshot, StoredMessage } from "../../core/job.js";
import { MAX_HISTORY, MAX_MESSAGES } from "../../core/job.js";
import { isFinalState } from "../../core/lifecycle.js";
import {
  decodeAttempt,
  decodeLogLine,
  decodeMessage,
  decodeRecord,
  lastAttempt,
  stateOfLetter,
  toSnapshot,
} from "../codec/job-record.js";
import { decodeOutcomeEntries, type ToldOutcome } from "../codec/notices.js";
import { STATE_LETTERS } from "../codec/record-layout.js";
import {
  countScript,
  detailsScript,
  holdersScript,
  listScript,
  messagesScript,
  readScript,
  watchScript,
} from "../scripts.generated.js";
import { clampInteger, type Session } from "../session.js";
import { MOST_PER_CALL, perTask } from "./per-task.js";

/** 5 to 9 µs. */
const WATCH_WEIGHT = 4;
/** A job may have a thousand log lines. */
const DETAILS_WEIGHT = 100;
/** Of a job, beside the messages themselves. */
const MESSAGES_WEIGHT = 10;
/** At most six commands. */
const HOLDER_WEIGHT = 4;

/** As `Adapter.watch`. */
export function watchJobs(session: Session, refs: readonly JobRef[]): Promise<readonly WatchReply[]> {
  return perTask(refs, {
    link: session.runner.link,
    taskOf: (ref) => ref.task,
    weightOf: () => WATCH_WEIGHT,
    call: async (task, some) => {
      const ids = some.map((ref) => ref.id);
      const replies = await session.runner.run(watchScript, session.keys.root(task), [
        session.outcomes,
        ...ids,
      ]);
      return Promise.all(replies.map((reply) => toWatchReply(session, task, reply)));
    },
  });
}

async function toWatchReply(session: Session, task: string, reply: Buffer): Promise<WatchReply> {
  if (reply.length === 1) return { status: reply.toString("latin1") === "w" ? "watching" : "missing" };
  const [told] = decodeOutcomeEntries(task, reply);
  const outcome = told === undefined ? undefined : await wholeOutcome(session, told);
  return outcome === undefined ? { status: "missing" } : { status: "final", outcome };
}

/** The outcome with its result, read from the store when it was too large to be told. */
export async function wholeOutcome(session: Session, told: ToldOutcome): Promise<JobOutcome | undefined> {
  if (!told.omitted) return told.outcome;
  const [snapshot] = await readJobs(session, [told.outcome]);
  if (snapshot === undefined || !isFinalState(snapshot.state)) return undefined;
  const { task, id, state, attempt, result, error, reason } = snapshot;
  return {
    task,
    id,
    state,
    attempt,
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** As `Adapter.read`. What stands beside the records is read by a script of its own, in the same write. */
export async function readJobs(
  session: Session,
  refs: readonly JobRef[],
  { details }: ReadOptions = {},
): Promise<readonly (JobReading | undefined)[]> {
  if (details !== true) return readRecords(session, refs);
  const { link } = session.runner;
  const [jobs, others] = await Promise.all(
    link.inOneWrite(() => [readRecords(session, refs), readDetails(session, refs)] as const),
  );
  return jobs.map((job, index) => job && { ...job, ...others[index] });
}

function readRecords(
  session: Session,
  refs: readonly JobRef[],
): Promise<readonly (JobSnapshot | undefined)[]> {
  return perTask(refs, {
    link: session.runner.link,
    taskOf: (ref) => ref.task,
    call: async (task, some) => {
      const ids = some.map((ref) => ref.id);
      return toSnapshots(task, await session.runner.run(readScript, session.keys.root(task), ids));
    },
  });
}

/** As `Adapter.holders`. */
export function findHolders(
  session: Session,
  keys: readonly KeyRef[],
): Promise<readonly (string | undefined)[]> {
  return perTask(keys, {
    link: session.runner.link,
    taskOf: (key) => key.task,
    weightOf: () => HOLDER_WEIGHT,
    call: async (task, some) => {
      const ids = await session.runner.run(
        holdersScript,
        session.keys.root(task),
        some.map(({ key }) => key),
      );
      return ids.map((id) => (id.length === 0 ? undefined : String(id)));
    },
  });
}

/** As `Adapter.messages`. */
export function readMessages(
  session: Session,
  queries: readonly MessagesQuery[],
): Promise<readonly MessagePage[]> {
  return perTask(queries, {
    link: session.runner.link,
    taskOf: (query) => query.task,
    weightOf: ({ limit }) => MESSAGES_WEIGHT + limit,
    call: async (task, some) => {
      const items = some.flatMap(({ id, after, limit }) => [
        id,
        `${clampInteger(after, 0, Number.MAX_SAFE_INTEGER - 1) + 1}-0`,
        clampInteger(limit, 1, MAX_MESSAGES),
      ]);
      const replies = await session.runner.run(messagesScript, session.keys.root(task), items);
      return replies.map(toMessagePage);
    },
  });
}

function toMessagePage([letter, entries]: readonly [Buffer, Buffer[]]): MessagePage {
  const state = stateOfLetter(letter.toString("latin1"));
  const messages: StoredMessage[] = [];
  for (let at = 0; at + 1 < entries.length; at += 2) {
    const [number = NOTHING, value = NOTHING] = entries.slice(at, at + 2);
    const message = decodeMessage(number, value);
    if (message !== undefined) messages.push(message);
  }
  return state === undefined ? { messages } : { messages, state };
}

const PARTS = 8;
const NOTHING = Buffer.alloc(0);

/** Reads the answer of a script that shows jobs. */
export function toSnapshots(task: string, parts: readonly Buffer[]): (JobSnapshot | undefined)[] {
  const snapshots: (JobSnapshot | undefined)[] = [];
  for (let at = 0; at + PARTS <= parts.length; at += PARTS) {
    const [id, state, record, claim, due, expiry, progress, group] = parts.slice(at, at + PARTS);
    const snapshot = toSnapshot(task, {
      id: String(id),
      state: String(state),
      record: record ?? NOTHING,
      claim: claim ?? NOTHING,
      due: textOf(due),
      expiry: textOf(expiry),
      progress: progress ?? NOTHING,
      group: String(group ?? ""),
    });
    snapshots.push(snapshot);
  }
  return snapshots;
}

function textOf(part: Buffer | null | undefined): string {
  return part?.toString("latin1") ?? "";
}

function readDetails(session: Session, refs: readonly JobRef[]): Promise<readonly JobDetails[]> {
  return perTask(refs, {
    link: session.runner.link,
    taskOf: (ref) => ref.task,
    weightOf: () => DETAILS_WEIGHT,
    call: async (task, some) => {
      const ids = some.map((ref) => ref.id);
      const replies = await session.runner.run(detailsScript, session.keys.root(task), ids);
      return replies.map(toDetails);
    },
  });
}

function toDetails([raw, history, logs]: readonly [Buffer, Buffer[], Buffer[]]): JobDetails {
  const record = decodeRecord(raw);
  const last = record === undefined ? undefined : lastAttempt(record);
  const past = history.flatMap((entry) => decodeAttempt(entry) ?? []);
  return {
    history: [...past, ...(last === undefined ? [] : [last])].slice(-MAX_HISTORY),
    logs: logs.flatMap((entry) => decodeLogLine(entry) ?? []),
  };
}

/** A job that is shown takes 4 to 8 µs, so a longer page is read in two calls. */
const MOST_LISTED = 500;

/** As `Adapter.list`. A page that has overdue jobs alone is passed over. */
export async function listJobs(session: Session, query: ListQuery): Promise<JobPage> {
  const jobs: JobSnapshot[] = [];
  let left = clampInteger(query.limit, 1, MOST_PER_CALL);
  for (let { cursor } = query; ; ) {
    const limit = Math.min(left, MOST_LISTED);
    const page = await listOnce(session, { ...query, limit, ...(cursor === undefined ? {} : { cursor }) });
    jobs.push(...page.jobs);
    ({ cursor } = page);
    if (cursor === undefined) return { jobs };
    left -= limit;
    if (left > 0) continue;
    if (jobs.length > 0) return { jobs, cursor };
    left = limit;
  }
}

async function listOnce(session: Session, query: ListQuery): Promise<JobPage> {
  const from = parseCursor(query.cursor);
  const [parts, band, position, last] = await session.runner.run(listScript, session.keys.root(query.task), [
    STATE_LETTERS[query.state],
    query.order ?? "",
    query.limit,
    from.band,
    from.position,
    from.last,
  ]);
  const jobs = toSnapshots(query.task, parts).flatMap((snapshot) => snapshot ?? []);
  if (band.length === 0) return { jobs };
  return { jobs, cursor: [band, position, last].map(String).join(",") };
}

function parseCursor(cursor: string | undefined): { band: string; position: string; last: string } {
  if (cursor === undefined) return { band: "", position: "", last: "" };
  const match = /^([plnsa]),(-?\d*),(.*)$/s.exec(cursor);
  if (match === null) {
    throw new OptionError(`expected cursor to come from a page before, got ${JSON.stringify(cursor)}`);
  }
  const [, band = "", position = "", last = ""] = match;
  return { band, position, last };
}

/** As `Adapter.count`. */
export async function countJobs(session: Session, tasks: readonly string[]): Promise<readonly StateCounts[]> {
  const calls = session.runner.link.inOneWrite(() => tasks.map((task) => countTask(session, task)));
  return Promise.all(calls);
}

/** Jobs are counted where they stand, in one call; of overdue ones that call looks at 2 000, and others at the rest. */
async function countTask(session: Session, task: string): Promise<StateCounts> {
  const root = session.keys.root(task);
  for (let looked = 0, lateDelayed = 0, discarded = 0; ; ) {
    const [waiting, delayed, active, completed, failed, retrying, cancelled, expired, paused, overdue, next] =
      await session.runner.run(countScript, root, [looked]);
    looked += overdue[0];
    lateDelayed += overdue[1];
    discarded += overdue[2];
    if (overdue[3] === 0) continue;
    const counts = {
      waiting: Math.max(0, waiting - (looked - lateDelayed)),
      delayed: Math.max(0, delayed - lateDelayed),
      active,
      completed,
      failed,
      retrying,
      cancelled,
      expired: expired + looked - discarded,
    };
    return {
      ...counts,
      ...(paused === null ? {} : { pausedAt: Number(String(paused)) }),
      ...(next === null ? {} : { nextPriority: next }),
    };
  }
}
