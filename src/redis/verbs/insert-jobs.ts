import { dueIn, type InsertReply, type NewJob } from "../../core/adapter.js";
import { systemClock } from "../../core/clock.js";
import { encodeBody, isLarge } from "../codec/body-codec.js";
import { joinBodies, joinIds } from "../codec/joined.js";
import { toStoreError } from "../connection/store-errors.js";
import type { StoreCommand } from "../connection/store-link.js";
import type { ScriptArgument } from "../script.js";
import { insertPlainScript, insertScript, insertTimedScript } from "../scripts.generated.js";
import { clampInteger, MOST_MS, type Session } from "../session.js";
import { MOST_PER_CALL, perTask } from "./per-task.js";
import { takeTold } from "./workflow-courier.js";

const INSERTED: InsertReply = { status: "inserted" };
const CONFLICT: InsertReply = { status: "conflict" };

/** A job with a priority, a TTL or a delay takes 3 to 4 µs, a plain one less than 2. */
const TIMED_WEIGHT = 2;
/** Where jobs with limits are among them, 7 to 13. */
const OTHER_WEIGHT = 5;
const MOST_IN_FULL = MOST_PER_CALL / OTHER_WEIGHT;
/** More for each thing a job takes part in: 3 to 10 µs. */
const FLOW_WEIGHT = 4;
/** A workflow starts steps. */
const WORKFLOW_WEIGHT = 25;

/** As `Adapter.insert`: one script call per task and thousand jobs, fewer when they are large or not plain. */
export function insertJobs(session: Session, jobs: readonly NewJob[]): Promise<readonly InsertReply[]> {
  const storing = storeJobs(session, jobs);
  tellDue(session, jobs);
  return storing;
}

/** Whoever looks after due times must learn of these, whether anybody works on their tasks or not. */
function tellDue({ surveyor }: Session, jobs: readonly NewJob[]): void {
  let soonest: Map<string, number> | undefined;
  for (const job of jobs) {
    const inMs = dueIn(job);
    if (inMs === undefined) continue;
    soonest ??= new Map();
    soonest.set(job.task, Math.min(inMs, soonest.get(job.task) ?? inMs));
  }
  for (const [task, inMs] of soonest ?? []) surveyor.tellDue(task, inMs);
}

function storeJobs(session: Session, jobs: readonly NewJob[]): Promise<readonly InsertReply[]> {
  const [first] = jobs;
  if (jobs.length === 1 && first !== undefined) return insertSome(session, first.task, jobs);
  return perTask(jobs, {
    ...weightsOf(jobs),
    link: session.runner.link,
    taskOf: (job) => job.task,
    bytesOf: (job) => job.payload.length,
    failed: (error) => ({ status: "refused", error: toStoreError(error, session.runner.link.where) }),
    call: (task, some) => insertSome(session, task, some),
  });
}

async function insertSome(
  session: Session,
  task: string,
  jobs: readonly NewJob[],
): Promise<readonly InsertReply[]> {
  const root = session.keys.root(task);
  session.surveyor.makeKnown(task);
  const storing = insertQuickly(session, root, jobs);
  if (storing === undefined) return insertFully(session, root, jobs);
  const taken = await storing;
  const replies = jobs.map(() => INSERTED);
  if (taken.length === 0) return replies;
  const doubtful = taken.flatMap((index) => jobs[index] ?? []);
  for (const [nth, reply] of (await insertFully(session, root, doubtful)).entries()) {
    replies[taken[nth] ?? 0] = reply;
  }
  return replies;
}

/**
 * Stores jobs by a script that takes them all in one go. It is called at once, so that calls go out in order.
 *
 * @returns positions of those it leaves to {@link insertFully}; undefined: all of them
 */
function insertQuickly(
  session: Session,
  root: string,
  jobs: readonly NewJob[],
): Promise<readonly number[]> | undefined {
  const watchers = watchersOf(jobs, session.watchers);
  if (watchers === undefined || !jobs.every(hasNoLimits)) return undefined;
  const { runner, keys, inserts } = session;
  const isBeside = runner.link.atomically === undefined ? () => false : isLarge;
  // A payload that is there already stays: it may be that of another job with this id.
  const payloads = jobs
    .filter(isBeside)
    .map(
      ({ task, id, payload }): StoreCommand => [
        "HSETNX",
        [
          keys.key(task, "payloads"),
          id,
          typeof payload === "string" ? Buffer.from(payload, "utf8") : Buffer.from(payload),
        ],
      ],
    );
  const items = jobs.every(isPlain) ? plainArguments(jobs, isBeside) : undefined;
  if (items !== undefined)
    return inserts.run(root, insertPlainScript.name, (waitedMs) =>
      runner
        .after(waitedMs)
        .runBehind(payloads, insertPlainScript, root, [watchers, payloads.length, ...items]),
    );
  const args = jobs.flatMap((job) => timedArguments(job, isBeside(job)));
  return inserts.run(root, insertTimedScript.name, (waitedMs) =>
    runner.after(waitedMs).runBehind(payloads, insertTimedScript, root, [watchers, ...args]),
  );
}

/** What the records of all these jobs say about who wants their outcomes; undefined: only some are wanted. */
function watchersOf(jobs: readonly NewJob[], watchers: string | Buffer): string | Buffer | undefined {
  const isWatched = jobs[0]?.watch === true;
  if (jobs.some((job) => (job.watch === true) !== isWatched)) return undefined;
  return isWatched ? watchers : "";
}

/** Jobs of any kind, also more plain ones than a call may have. */
async function insertFully(
  session: Session,
  root: string,
  jobs: readonly NewJob[],
): Promise<readonly InsertReply[]> {
  if (jobs.length <= MOST_IN_FULL) return insertPart(session, root, jobs);
  const parts: (readonly NewJob[])[] = [];
  for (let from = 0; from < jobs.length; from += MOST_IN_FULL)
    parts.push(jobs.slice(from, from + MOST_IN_FULL));
  const calls = session.runner.link.inOneWrite(() => parts.map((part) => insertPart(session, root, part)));
  return (await Promise.all(calls)).flat();
}

async function insertPart(
  session: Session,
  root: string,
  jobs: readonly NewJob[],
): Promise<readonly InsertReply[]> {
  const [refused, putOut] = await session.inserts.run(root, insertScript.name, (waitedMs) =>
    session.runner.after(waitedMs).run(insertScript, root, fullArguments(jobs, session.outcomes)),
  );
  takeTold(session.courier, jobs[0]?.task ?? "", putOut);
  const replies: InsertReply[] = jobs.map(() => INSERTED);
  for (let at = 0; at < refused.length; at += 3) {
    replies[Number(refused[at])] = toReply(String(refused[at + 1]), String(refused[at + 2]));
  }
  return replies;
}

/** What a letter of `insert.lua` says. */
function toReply(letter: string, value: string): InsertReply {
  switch (letter) {
    case "i":
      return { status: "duplicate", id: value, by: "idempotency" };
    case "d":
      return { status: "duplicate", id: value, by: "unique" };
    case "m":
      return { status: "reused", id: value };
    case "t":
      return { status: "throttled", retryAfterMs: Number(value) };
    default:
      return CONFLICT;
  }
}

/** One job of another kind makes a call take all of its jobs for such. */
function weightsOf(jobs: readonly NewJob[]): { readonly weightOf?: (job: NewJob) => number } {
  if (jobs.every(isPlain)) return {};
  return jobs.every(hasNoLimits) ? { weightOf: () => TIMED_WEIGHT } : { weightOf };
}

function weightOf({ limits }: NewJob): number {
  if (limits === undefined) return OTHER_WEIGHT;
  const own = limits.workflow === undefined ? 0 : WORKFLOW_WEIGHT;
  return OTHER_WEIGHT + FLOW_WEIGHT * Object.keys(limits).length + own;
}

function isPlain(job: NewJob): boolean {
  return (
    job.priority === 0 &&
    (job.delayMs ?? 0) <= 0 &&
    job.dueAt === undefined &&
    job.ttlMs === undefined &&
    hasNoLimits(job)
  );
}

function hasNoLimits(job: NewJob): boolean {
  return job.limits === undefined;
}

/** Undefined when ids are not of one length, as those made here are. */
function plainArguments(
  jobs: readonly NewJob[],
  isBeside: (job: NewJob) => boolean,
): ScriptArgument[] | undefined {
  const [first] = jobs;
  if (jobs.length === 1 && first !== undefined) return [first.id, encodeBody(first, isBeside(first))];
  const ids = joinIds(jobs.map(({ id }) => id));
  const bodies = () => jobs.map((job) => encodeBody(job, isBeside(job)));
  return ids === undefined ? undefined : [ids, ...joinBodies(bodies())];
}

function timedArguments(job: NewJob, isBeside = false): ScriptArgument[] {
  return [
    job.id,
    encodeBody(job, isBeside),
    clampInteger(job.priority, -1000, 1000),
    dueText(job),
    job.ttlMs === undefined ? "" : clampInteger(job.ttlMs, 0, MOST_MS),
    job.ttlMs !== undefined && job.onExpire === "discard" ? "1" : "",
  ];
}

function fullArguments(jobs: readonly NewJob[], channel: string): ScriptArgument[] {
  return jobs.flatMap((job) => [
    ...timedArguments(job),
    job.watch === true ? channel : "",
    job.limits === undefined ? "" : JSON.stringify(job.limits),
  ]);
}

function dueText(job: NewJob): string {
  if (job.dueAt !== undefined) return `@${clampInteger(job.dueAt, 0, systemClock.now() + MOST_MS)}`;
  const delayMs = job.delayMs ?? 0;
  return delayMs <= 0 ? "" : `+${clampInteger(delayMs, 1, MOST_MS)}`;
}
