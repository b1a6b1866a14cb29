/**
 * What a store keeps of a job, as a plain object, and what it gives of it: a store that has other forms reads into this one.
 */
import type { JobReading, MessagePage, MessagesQuery, StateCounts } from "./adapter.js";
import type { ClaimedJob, NewJob } from "./adapter-work.js";
import type { StoredError } from "./errors.js";
import type {
  AttemptRecord,
  Encoded,
  JobEventType,
  JobOutcome,
  JobRef,
  JobSnapshot,
  LogLine,
  RawJobEvent,
  StoredMessage,
} from "./job.js";
import { MAX_LOG_LINES, MAX_MESSAGES } from "./job.js";
import { type FinalState, JOB_STATES, type JobState } from "./lifecycle.js";
import type { JobLimits } from "./limits/job-limits.js";
import { storedText } from "./stored-text.js";

/** A stored job. Which fields are set follows from its state; times are ms since the epoch on the store's clock. */
export interface StoredJob {
  readonly id: string;
  readonly payload: Encoded;
  readonly version: number;
  readonly fingerprint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxAttempts: number | undefined;
  readonly ttlMs: number | undefined;
  readonly onExpire: "fail" | "discard";
  readonly enqueuedAt: number;
  /** What it was dispatched with; undefined: nothing, or a store that keeps it elsewhere. */
  readonly limits?: JobLimits | undefined;
  state: JobState;
  priority: number;
  attempt: number;
  stalls: number;
  /** Of its last claim. */
  fence: number;
  /** While delayed or retrying. */
  dueAt: number | undefined;
  /** While waiting or active: since when it waits, or waited; undefined: since it was stored. */
  waitingSince: number | undefined;
  /** Until the first start, when it has a TTL. */
  expiresAt: number | undefined;
  /** While active: the lease it is claimed under. */
  worker: string | undefined;
  /** While active: somebody asked to cancel it, and why. */
  cancelAsked: string | undefined;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  result: Encoded | undefined;
  error: StoredError | undefined;
  reason: string | undefined;
  /** While cancelled: the job that took its place. */
  replacedBy: string | undefined;
  progress: Encoded | undefined;
  /** It cannot be read, and why. */
  corrupt: string | undefined;
  history: AttemptRecord[] | undefined;
  logs: LogLine[] | undefined;
  messages: KeptMessages | undefined;
}

/** What a job has emitted. */
export interface KeptMessages {
  /** In the order of their numbers; more than {@link MAX_MESSAGES} for a while. */
  list: StoredMessage[];
  /** The claim that emitted the last one, and its number in that claim. */
  fence: number;
  nth: number;
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** The record of a new job that is waiting, or delayed until `dueAt`. */
export function newStoredJob(job: NewJob, now: number, dueAt: number = dueAtOf(job, now)): StoredJob {
  return {
    id: job.id,
    payload: copyEncoded(job.payload),
    version: job.version,
    fingerprint: job.fingerprint,
    headers: job.headers === undefined ? NO_HEADERS : Object.freeze({ ...job.headers }),
    maxAttempts: job.maxAttempts,
    ttlMs: job.ttlMs,
    onExpire: job.onExpire ?? "fail",
    enqueuedAt: now,
    state: dueAt > now ? "delayed" : "waiting",
    priority: job.priority,
    attempt: 0,
    stalls: 0,
    fence: 0,
    dueAt: dueAt > now ? dueAt : undefined,
    waitingSince: undefined,
    expiresAt: job.ttlMs === undefined ? undefined : now + job.ttlMs,
    worker: undefined,
    cancelAsked: undefined,
    startedAt: undefined,
    finishedAt: undefined,
    result: undefined,
    error: undefined,
    reason: undefined,
    replacedBy: undefined,
    progress: undefined,
    corrupt: undefined,
    history: undefined,
    logs: undefined,
    messages: undefined,
  };
}

/** When a new job is due; the past means at once. */
export function dueAtOf({ dueAt, delayMs = 0 }: Pick<NewJob, "dueAt" | "delayMs">, now: number): number {
  return dueAt ?? now + delayMs;
}

/** Text as it reads back from UTF-8. Bytes are copied: a caller that reuses its buffer must not change what is stored. */
export function copyEncoded<T extends Encoded | undefined>(value: T): T {
  if (value === undefined) return value;
  return (typeof value === "string" ? storedText(value) : Uint8Array.from(value)) as T;
}

/** Whether a new job is a repeated insert of this one: same content, whatever became of it since. Limits are not compared. */
export function isSameJob(stored: StoredJob, job: NewJob): boolean {
  return (
    stored.version === job.version &&
    stored.fingerprint === job.fingerprint &&
    stored.maxAttempts === job.maxAttempts &&
    isSameEncoded(stored.payload, job.payload) &&
    isSameMap(stored.headers, job.headers ?? NO_HEADERS)
  );
}

function isSameEncoded(a: Encoded, b: Encoded): boolean {
  if (typeof a === "string" || typeof b === "string") return a === copyEncoded(b);
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function isSameMap(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  );
}

/** Whether its TTL has passed before it was started. */
export function isOverdue({ expiresAt }: Pick<StoredJob, "expiresAt">, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** The state readers see; `none`: it is overdue, and to be discarded. */
export function seenState(
  job: Pick<StoredJob, "expiresAt" | "onExpire" | "state">,
  now: number,
): JobState | "none" {
  if (!isOverdue(job, now)) return job.state;
  return job.onExpire === "discard" ? "none" : "expired";
}

/** What the inspector reads; an overdue job is expired since its TTL was over, or gone. */
export function seenJob(task: string, job: StoredJob, now: number): JobSnapshot | undefined {
  const state = seenState(job, now);
  if (state === "none") return undefined;
  if (state === job.state) return snapshotOf(task, job);
  const { expiresAt = now, ...seen } = job;
  return snapshotOf(task, { ...seen, state, dueAt: undefined, expiresAt: undefined, finishedAt: expiresAt });
}

/** A job as `Adapter.read` answers it. */
export function readingOf(
  task: string,
  job: StoredJob | undefined,
  { now, details }: { readonly now: number; readonly details?: true | undefined },
): JobReading | undefined {
  const seen = job && seenJob(task, job, now);
  if (job === undefined || seen === undefined || details !== true) return seen;
  return { ...seen, history: [...(job.history ?? [])], logs: (job.logs ?? []).slice(-MAX_LOG_LINES) };
}

/**
 * Keeps one more message of a running job. Trimmed when twice too long, so that a message costs no shift of a thousand
 * others; readers see the newest.
 *
 * @returns the number it got; undefined: it is kept already
 */
export function keepMessage(
  job: StoredJob,
  { message, nth }: { readonly message: Encoded; readonly nth: number },
  now: number,
): number | undefined {
  job.messages ??= { list: [], fence: job.fence, nth: 0 };
  const kept = job.messages;
  const before = kept.fence === job.fence ? kept.nth : 0;
  if (nth <= before) return undefined;
  const number = (kept.list.at(-1)?.number ?? 0) + nth - before;
  kept.list.push({ number, at: now, attempt: job.attempt, message: copyEncoded(message) });
  kept.fence = job.fence;
  kept.nth = nth;
  if (kept.list.length > 2 * MAX_MESSAGES) kept.list = kept.list.slice(-MAX_MESSAGES);
  return number;
}

/** As `Adapter.messages` answers for one job. */
export function messagesOf(
  job: StoredJob | undefined,
  { after, limit }: Pick<MessagesQuery, "after" | "limit">,
  now: number,
): MessagePage {
  const state = job === undefined ? "none" : seenState(job, now);
  if (job === undefined || state === "none") return { messages: [] };
  const list = job.messages?.list ?? [];
  const oldest = Math.max(0, list.length - MAX_MESSAGES);
  const from = Math.max(oldest, firstAfter(list, after));
  return { messages: list.slice(from, from + limit), state };
}

/** Index of the first message with a number above `after`. */
function firstAfter(list: readonly StoredMessage[], after: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle]?.number ?? 0) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A job as it is stored. */
export function snapshotOf(task: string, job: StoredJob): JobSnapshot {
  const snapshot: Mutable<JobSnapshot> = {
    task,
    id: job.id,
    state: job.state,
    payload: copyEncoded(job.payload),
    version: job.version,
    fingerprint: job.fingerprint,
    headers: job.headers,
    priority: job.priority,
    attempt: job.attempt,
    stalls: job.stalls,
    enqueuedAt: job.enqueuedAt,
  };
  if (job.maxAttempts !== undefined) snapshot.maxAttempts = job.maxAttempts;
  if (job.limits?.group !== undefined) snapshot.group = job.limits.group.key;
  if (job.state === "waiting" || job.state === "active")
    snapshot.waitingSince = job.waitingSince ?? job.enqueuedAt;
  if (job.dueAt !== undefined) snapshot.dueAt = job.dueAt;
  if (job.expiresAt !== undefined) snapshot.expiresAt = job.expiresAt;
  if (job.startedAt !== undefined) snapshot.startedAt = job.startedAt;
  if (job.finishedAt !== undefined) snapshot.finishedAt = job.finishedAt;
  if (job.worker !== undefined) snapshot.worker = job.worker;
  if (job.result !== undefined) snapshot.result = copyEncoded(job.result);
  if (job.error !== undefined) snapshot.error = job.error;
  if (job.reason !== undefined) snapshot.reason = job.reason;
  if (job.replacedBy !== undefined) snapshot.replacedBy = job.replacedBy;
  if (job.progress !== undefined) snapshot.progress = copyEncoded(job.progress);
  if (job.corrupt !== undefined) snapshot.corrupt = job.corrupt;
  return snapshot;
}

/** What a worker gets of a job that was just claimed. */
export function claimedJobOf(task: string, job: StoredJob): ClaimedJob {
  return {
    task,
    id: job.id,
    payload: copyEncoded(job.payload),
    version: job.version,
    fingerprint: job.fingerprint,
    headers: job.headers,
    priority: job.priority,
    attempt: job.attempt,
    ...(job.maxAttempts === undefined ? {} : { maxAttempts: job.maxAttempts }),
    stalls: job.stalls,
    enqueuedAt: job.enqueuedAt,
    waitingSince: job.waitingSince ?? job.enqueuedAt,
    fence: job.fence,
    lease: job.worker ?? "",
    ...(job.corrupt === undefined ? {} : { corrupt: job.corrupt }),
  };
}

/** What a caller who waits for the end is told. */
export function outcomeOf(task: string, job: StoredJob, state: FinalState): JobOutcome {
  const { id, attempt, result, error, reason, replacedBy } = job;
  const outcome = { task, id, state, attempt };
  if (state === "completed" && result !== undefined) return { ...outcome, result: copyEncoded(result) };
  if (state === "failed" && error !== undefined) return { ...outcome, error };
  if (state !== "cancelled" || reason === undefined) return outcome;
  return { ...outcome, reason, ...(replacedBy === undefined ? {} : { replacedBy }) };
}

/** How many jobs of each state are seen. */
export function countSeen(
  jobs: Iterable<StoredJob>,
  { pausedAt, now }: { readonly pausedAt?: number; readonly now: number },
): StateCounts {
  const counts = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
  for (const job of jobs) {
    const state = seenState(job, now);
    if (state !== "none") counts[state] += 1;
  }
  return pausedAt === undefined ? counts : { ...counts, pausedAt };
}

/** Fields of an event beside those every event has. */
export type EventDetails = Pick<RawJobEvent, "at"> &
  Partial<Omit<RawJobEvent, keyof JobRef | "type" | "at" | "attempt">>;

/** A transition as listeners see it. */
export function eventOf(
  { task, id, attempt }: Pick<RawJobEvent, "task" | "id" | "attempt">,
  type: JobEventType,
  details: EventDetails,
): RawJobEvent {
  return { task, id, type, attempt, ...details };
}
