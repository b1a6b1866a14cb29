/** Stores new jobs: one statement for as many as fit, in their order. */
import type { InsertReply, NewJob } from "../../core/adapter.js";
import { Batcher, type BatchItem } from "../../core/batcher.js";
import { OptionError } from "../../core/errors.js";
import { isFinalState } from "../../core/lifecycle.js";
import { isOverdue, isSameJob, outcomeOf } from "../../core/stored-job.js";
import { toColumns } from "../codec/encoded.js";
import { type JobRow, toJob } from "../codec/job-row.js";
import { answerOf, type Statements } from "../connection/database.js";
import { decide, type Session } from "../session.js";
import type { Told } from "../signals.js";
import { watchJobs } from "./watch-jobs.js";

/** Most jobs of one statement, and about the most bytes. */
const MAX_JOBS = 1000;
const MAX_BYTES = 4 << 20;

const INSERT = `
  select @@insert($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) as inserted`;

/** What `insert` answers: numbers are of jobs or tasks of the call, from 1. */
interface Inserted {
  readonly taken: readonly number[];
  readonly ready: readonly number[];
  readonly due: readonly number[];
  readonly mail: readonly string[];
}

interface Item extends BatchItem<InsertReply> {
  readonly job: NewJob;
}

/**
 * Inserts of one adapter: in the order in which they were called, one statement at a time, which takes all that came since
 * the last. Two at once could overtake each other.
 */
export class Inserter {
  readonly #batcher: Batcher<Item, InsertReply>;

  constructor(session: Session) {
    this.#batcher = new Batcher({
      send: (items, waitedMs) =>
        insertJobs(
          { ...session, database: session.database.after(waitedMs) },
          items.map(({ job }) => job),
        ),
      maxItems: MAX_JOBS,
      maxBytes: MAX_BYTES,
      maxInFlight: 1,
      highWaterItems: Number.POSITIVE_INFINITY,
      highWaterBytes: Number.POSITIVE_INFINITY,
    });
  }

  insert(jobs: readonly NewJob[]): Promise<readonly InsertReply[]> {
    return Promise.all(
      jobs.map(
        (job) =>
          new Promise<InsertReply>((succeed, fail) => {
            this.#batcher.add({ job, bytes: job.payload.length, succeed, fail });
          }),
      ),
    );
  }
}

async function insertJobs(session: Session, jobs: readonly NewJob[]): Promise<readonly InsertReply[]> {
  if (jobs.some(({ watch }) => watch === true)) await session.mailbox.register();
  const replies: InsertReply[] = [];
  for (const part of partsOf(jobs)) replies.push(...(await insertPart(session, part)));
  return replies;
}

/** Jobs that one statement takes: each id once, so that a repeated one finds the first stored. */
function partsOf(jobs: readonly NewJob[]): readonly (readonly NewJob[])[] {
  const parts: NewJob[][] = [];
  let ids = new Set<string>();
  let bytes = 0;
  for (const job of jobs) {
    const key = `${job.task}\n${job.id}`;
    const isFull = ids.size >= MAX_JOBS || bytes > MAX_BYTES || ids.has(key);
    if (parts.length === 0 || isFull) {
      parts.push([]);
      ids = new Set();
      bytes = 0;
    }
    ids.add(key);
    bytes += job.payload.length;
    parts.at(-1)?.push(job);
  }
  return parts;
}

async function insertPart(session: Session, jobs: readonly NewJob[]): Promise<readonly InsertReply[]> {
  const replies = jobs.map((job): InsertReply => refusalOf(job) ?? { status: "inserted" });
  const stored = jobs.filter((_, index) => replies[index]?.status === "inserted");
  if (stored.length === 0) return replies;
  const { taken, told } = await storeJobs(session.database, stored, { instance: session.instance });
  session.signals.tell(told);
  for (const number of taken) {
    const job = stored[number - 1];
    if (job !== undefined) replies[jobs.indexOf(job)] = await compare(session, job);
  }
  return replies;
}

/** Stores what is not stored yet; `taken` are the numbers of the others, from 1. */
export async function storeJobs(
  statements: Statements,
  jobs: readonly NewJob[],
  { instance, front = false }: { readonly instance: string; readonly front?: boolean },
): Promise<{ readonly taken: readonly number[]; readonly told: Told }> {
  const names = [...new Set(jobs.map(({ task }) => task as string))];
  const { taken, ready, due, mail } = await answerOf<Inserted>(statements, INSERT, [
    names,
    ...columnsOf(jobs, names),
    front,
    instance,
  ]);
  const named = (numbers: readonly number[]) => numbers.map((number) => names[number - 1] ?? "");
  return { taken, told: { work: named(ready), due: named(due), anyDue: due.length > 0, mail } };
}

function columnsOf(jobs: readonly NewJob[], names: readonly string[]): readonly unknown[] {
  const numbers = new Map(names.map((name, index) => [name, index + 1]));
  const payloads = jobs.map(({ payload }) => toColumns(payload));
  return [
    jobs.map(({ task }) => numbers.get(task)),
    jobs.map(({ id }) => id),
    payloads.map(({ text }) => text),
    payloads.map(({ bytes }) => bytes),
    jobs.map(({ version }) => version),
    jobs.map(({ fingerprint }) => fingerprint),
    jobs.map(({ headers = {} }) => (Object.keys(headers).length === 0 ? null : JSON.stringify(headers))),
    jobs.map(({ priority }) => 0 - priority),
    jobs.map(({ dueAt }) => (dueAt === undefined ? null : Math.round(dueAt))),
    jobs.map(({ delayMs = 0 }) => Math.max(0, Math.round(delayMs))),
    jobs.map(({ ttlMs }) => (ttlMs === undefined ? null : Math.round(ttlMs))),
    jobs.map(({ onExpire }) => onExpire === "discard"),
    jobs.map(({ maxAttempts }) => maxAttempts ?? null),
    jobs.some(({ watch }) => watch === true) ? jobs.map(({ watch }) => watch === true) : null,
    jobs.map(({ limits }) => (limits === undefined ? null : JSON.stringify(limits))),
  ];
}

/** Names and ids are looked for as texts, and Postgres has none with U+0000. */
function refusalOf({ id, fingerprint }: NewJob): InsertReply | undefined {
  if (!id.includes("\0") && !fingerprint.includes("\0")) return undefined;
  const error = new OptionError(
    "expected the id of a job to be without the character U+0000, which Postgres keeps in no text. Leave it out.",
    { option: "id" },
  );
  return { status: "refused", error };
}

/** The id is taken: by this job, which was inserted before, or by another. One whose TTL has passed ends first. */
async function compare(session: Session, job: NewJob): Promise<InsertReply> {
  const { task, id } = job;
  const [row] = await session.database.rows("select * from @@read($1, $2)", [[task], [id]]);
  const found = row === undefined ? undefined : toJob(row);
  if (found === undefined || isOverdue(found, Number(row?.present))) {
    await decide(session, { task, ids: [id] }, ({ work, now }) => void work.find(id, now));
    const [reply] = await insertPart(session, [job]);
    return reply ?? { status: "inserted" };
  }
  if (!isRepeated(found, job)) return { status: "conflict" };
  if (job.watch === true) await watchAgain(session, found);
  return { status: "inserted" };
}

/** A plain one may leave the limits out, but for its batch: a worker gets that. */
function isRepeated(stored: JobRow, job: NewJob): boolean {
  if (!isSameJob(stored, job)) return false;
  if (job.limits === undefined) return stored.limits?.collect === undefined;
  return JSON.stringify(stored.limits) === JSON.stringify(job.limits);
}

async function watchAgain(session: Session, job: JobRow): Promise<void> {
  if (isFinalState(job.state)) {
    session.mailbox.tell({ kind: "outcome", outcome: outcomeOf(job.task, job, job.state) });
    return;
  }
  const [reply] = await watchJobs(session, [job]);
  if (reply?.status === "final") session.mailbox.tell({ kind: "outcome", outcome: reply.outcome });
}
