/** Stores new jobs: one statement for as many as fit, in their order. */
import type { CallOptions, InsertReply, NewJob } from "../../core/adapter.js";
import { Batcher, type BatchItem } from "../../core/batcher.js";
import { OptionError } from "../../core/errors.js";
import { isFinalState } from "../../core/lifecycle.js";
import { outcomeOf } from "../../core/stored-job.js";
import { isText } from "../codec/encoded.js";
import type { JobRow } from "../codec/job-row.js";
import { decide, type Session } from "../session.js";
import { sweepInRound } from "./claim-in-round.js";
import { insertKeyed, isKeyed } from "./insert-keyed.js";
import { type Inserting, insertPlain } from "./insert-plain.js";
import { watchJobs } from "./watch-jobs.js";

/** Most jobs of one statement, and about the most bytes. */
const MAX_JOBS = 1000;
const MAX_BYTES = 4 << 20;
/** What waits for so much longer than others goes without them: it has less time left. */
const ALIKE_MS = 500;

interface Item extends BatchItem<InsertReply> {
  readonly job: NewJob;
  /** Since when it waits, by the monotonic clock: since before the adapter was called, where the call has waited. */
  readonly since: number;
}

/**
 * Inserts of one adapter: in the order in which they were called, one statement at a time, which takes all that came since
 * the last. Two at once could overtake each other.
 */
export class Inserter {
  readonly #batcher: Batcher<Item, InsertReply>;

  constructor(session: Session) {
    this.#batcher = new Batcher({
      send: (items) =>
        insertJobs(
          { ...session, database: session.database.after(waitOf(items)) },
          items.map(({ job }) => job),
        ),
      isAlike: (first, item) => item.since - first.since < ALIKE_MS,
      maxItems: MAX_JOBS,
      maxBytes: MAX_BYTES,
      maxInFlight: 1,
      highWaterItems: Number.POSITIVE_INFINITY,
      highWaterBytes: Number.POSITIVE_INFINITY,
    });
  }

  insert(jobs: readonly NewJob[], { waitedMs = 0 }: CallOptions = {}): Promise<readonly InsertReply[]> {
    const since = performance.now() - waitedMs;
    return Promise.all(
      jobs.map(
        (job) =>
          new Promise<InsertReply>((succeed, fail) => {
            this.#batcher.add({ job, since, bytes: job.payload.length, succeed, fail });
          }),
      ),
    );
  }
}

/** What goes in one call has the time that is left to the youngest; in whole ms, since most have hardly waited. */
function waitOf(items: readonly Item[]): number {
  const youngest = items.reduce((latest, { since }) => Math.max(latest, since), Number.NEGATIVE_INFINITY);
  return Math.floor(performance.now() - youngest);
}

async function insertJobs(session: Session, jobs: readonly NewJob[]): Promise<readonly InsertReply[]> {
  if (jobs.some(({ watch }) => watch === true)) await session.mailbox.register();
  const { database, instance, signals } = session;
  const inserting: Inserting = {
    statements: database,
    instance,
    tell: (told) => signals.tell(told),
    async endOverdue({ task, id }) {
      await decide(session, { task, ids: [id] }, ({ work, now }) => void work.find(id, now));
    },
    watchAgain: (job) => watchAgain(session, job),
  };
  const replies = await insertByKind(jobs, {
    plain: (part) => insertPlain(inserting, part),
    keyed: (task, part) => insertKeyed(session, task, part),
  });
  for (const task of tasksToArrange(jobs)) await sweepInRound(session, task);
  return replies;
}

/** So many jobs of groups in one call are put into their groups at once, so that they do not pile up. */
const MANY_GROUPED = 500;

/** Tasks whose new jobs are put in their places at once: others are when the next are claimed. */
function tasksToArrange(jobs: readonly NewJob[]): ReadonlySet<string> {
  const grouped = jobs.filter(({ limits }) => limits?.group !== undefined);
  const collected = jobs.filter(({ limits }) => limits?.collect !== undefined);
  return new Set([...collected, ...(grouped.length < MANY_GROUPED ? [] : grouped)].map(({ task }) => task));
}

/** How jobs are stored, those of one call. */
export interface InsertKinds {
  plain(jobs: readonly NewJob[]): Promise<readonly InsertReply[]>;
  /** Of one task, in which some bring keys. */
  keyed(task: string, jobs: readonly NewJob[]): Promise<readonly InsertReply[]>;
}

/** Answers each job, in the order in which they are given. */
export async function insertByKind(
  jobs: readonly NewJob[],
  kinds: InsertKinds,
): Promise<readonly InsertReply[]> {
  const keyed = new Set(jobs.filter(isKeyed).map(({ task }) => task));
  const replies = new Map<NewJob, InsertReply>();
  const insertAll = async (some: readonly NewJob[], insert: InsertKinds["plain"]) => {
    for (const part of partsOf(some)) {
      const answers = await insert(part);
      for (const [index, job] of part.entries()) replies.set(job, answers[index] ?? { status: "inserted" });
    }
  };
  const stored = jobs.filter((job) => refuse(job, replies));
  await insertAll(
    stored.filter(({ task }) => !keyed.has(task)),
    kinds.plain,
  );
  for (const task of keyed) {
    await insertAll(
      stored.filter((job) => job.task === task),
      (part) => kinds.keyed(task, part),
    );
  }
  return jobs.map((job) => replies.get(job) ?? { status: "inserted" });
}

/** Whether a job can be stored; one that cannot is answered. */
function refuse(job: NewJob, replies: Map<NewJob, InsertReply>): boolean {
  const refusal = refusalOf(job);
  if (refusal !== undefined) replies.set(job, refusal);
  return refusal === undefined;
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

/** Names and ids are looked for as texts, and Postgres has none with U+0000. */
function refusalOf({ id, fingerprint }: NewJob): InsertReply | undefined {
  if (isText(id) && isText(fingerprint)) return undefined;
  const error = new OptionError(
    "expected the id of a job to be without the character U+0000, which Postgres keeps in no text. Leave it out.",
    { option: "id" },
  );
  return { status: "refused", error };
}

async function watchAgain(session: Session, job: JobRow): Promise<void> {
  if (isFinalState(job.state)) {
    session.mailbox.tell({ kind: "outcome", outcome: outcomeOf(job.task, job, job.state) });
    return;
  }
  const [reply] = await watchJobs(session, [job]);
  if (reply?.status === "final") session.mailbox.tell({ kind: "outcome", outcome: reply.outcome });
}
