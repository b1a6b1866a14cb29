import type { ClaimedJob, NewJob } from "../core/adapter.js";
import type { StoredError } from "../core/errors.js";
import type {
  AttemptRecord,
  Encoded,
  JobEvent,
  JobEventType,
  JobOutcome,
  JobSnapshot,
  LogLine,
} from "../core/job.js";
import type { FinalState, JobState } from "../core/lifecycle.js";
import type { JobCollect } from "../core/limits/collect.js";
import { type GateRule, gatesOf } from "../core/limits/gates.js";
import type { JobLimits } from "../core/limits/job-limits.js";
import { storedText } from "../core/stored-text.js";
import type { DueEntry } from "./due-heap.js";
import type { ParkedEntry } from "./task-limits.js";

/** Whoever wants to hear how a job ends: one per adapter instance. */
export interface OutcomeSink {
  tell(outcome: JobOutcome): void;
}

/** The right of one worker to run the jobs it claimed. Once lost it stays lost. */
export interface Lease {
  readonly name: string;
  readonly jobs: Set<JobRecord>;
  /** Undefined once it is lost. */
  due: DueEntry<Lease> | undefined;
  lostAt: number | undefined;
  /** It held one job when it was lost. */
  heldOne: boolean;
}

/** A stored job. Which fields are set follows from the state; the task store moves records between states. */
export interface JobRecord {
  readonly id: string;
  readonly payload: Encoded;
  readonly version: number;
  readonly fingerprint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxAttempts: number | undefined;
  readonly ttlMs: number | undefined;
  readonly onExpire: "fail" | "discard";
  readonly enqueuedAt: number;
  readonly limits: JobLimits | undefined;
  readonly gates: readonly GateRule[];
  /** While it waits, but not in its band: its limits say why. */
  parked: ParkedEntry | undefined;
  /** Its place among jobs that were put back for newer workers. */
  newer: { readonly version: number; readonly entry: DueEntry<JobRecord> } | undefined;
  state: JobState;
  priority: number;
  /** Number in its band while waiting, in its list once final. */
  place: number;
  attempt: number;
  stalls: number;
  fence: number;
  /** While delayed or retrying. */
  due: DueEntry<JobRecord> | undefined;
  /** Until the first start, when it has a TTL. */
  ttl: DueEntry<JobRecord> | undefined;
  /** While expired: what its TTL was. */
  expired: DueEntry<JobRecord> | undefined;
  /** While active. */
  lease: Lease | undefined;
  /** It was lost together with others: it is tried apart. */
  isSuspect: boolean;
  /** While waiting: it stands with the suspects. */
  isApart: boolean;
  /** While active: it was claimed apart, and alone. */
  isAlone: boolean;
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
  corrupt: string | undefined;
  history: AttemptRecord[] | undefined;
  logs: LogLine[] | undefined;
  watchers: Set<OutcomeSink> | undefined;
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** Makes the record of a new job; it is in no index yet. */
export function newRecord(job: NewJob, now: number): JobRecord {
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
    limits: job.limits,
    gates: gatesOf(job.limits),
    parked: undefined,
    newer: undefined,
    state: "waiting",
    priority: job.priority,
    place: 0,
    attempt: 0,
    stalls: 0,
    fence: 0,
    due: undefined,
    ttl: undefined,
    expired: undefined,
    lease: undefined,
    isSuspect: false,
    isApart: false,
    isAlone: false,
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
    watchers: undefined,
  };
}

/** Bytes are copied at both ends: a caller that reuses its buffer must not change what is stored. */
export function copyEncoded<T extends Encoded | undefined>(value: T): T {
  if (value === undefined) return value;
  return (typeof value === "string" ? storedText(value) : Uint8Array.from(value)) as T;
}

/** Whether a new job is a repeated insert of this one: same content, whatever became of it since. */
export function isSameJob(record: JobRecord, job: NewJob): boolean {
  return (
    record.version === job.version &&
    record.fingerprint === job.fingerprint &&
    record.maxAttempts === job.maxAttempts &&
    isSameEncoded(record.payload, job.payload) &&
    isSameMap(record.headers, job.headers ?? NO_HEADERS) &&
    isSameLimits(record, job)
  );
}

/** A plain repeat may leave the limits out, but for its batch: that is part of what a worker gets. */
function isSameLimits(record: JobRecord, job: NewJob): boolean {
  if (job.limits === undefined) return record.limits?.collect === undefined;
  return JSON.stringify(record.limits) === JSON.stringify(job.limits);
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

/** Notes that somebody wants to hear how the job ends. */
export function addWatcher(record: JobRecord, sink: OutcomeSink): void {
  record.watchers ??= new Set();
  record.watchers.add(sink);
}

/** What a worker gets. */
export function toClaimedJob(task: string, record: JobRecord): ClaimedJob {
  return {
    task,
    id: record.id,
    payload: copyEncoded(record.payload),
    version: record.version,
    fingerprint: record.fingerprint,
    headers: record.headers,
    priority: record.priority,
    attempt: record.attempt,
    ...(record.maxAttempts === undefined ? {} : { maxAttempts: record.maxAttempts }),
    stalls: record.stalls,
    enqueuedAt: record.enqueuedAt,
    ...(record.limits?.collect === undefined ? {} : { collect: batchOf(record.limits.collect) }),
    ...(record.gates.length === 0 ? {} : { isGated: true }),
    fence: record.fence,
    lease: record.lease?.name ?? "",
    ...(record.corrupt === undefined ? {} : { corrupt: record.corrupt }),
  };
}

function batchOf({ key, maxSize }: JobCollect): { readonly key: string; readonly maxSize: number } {
  return { key, maxSize };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the inspector reads. */
export function toSnapshot(task: string, record: JobRecord): JobSnapshot {
  const snapshot: Mutable<JobSnapshot> = {
    task,
    id: record.id,
    state: record.state,
    payload: copyEncoded(record.payload),
    version: record.version,
    fingerprint: record.fingerprint,
    headers: record.headers,
    priority: record.priority,
    attempt: record.attempt,
    stalls: record.stalls,
    enqueuedAt: record.enqueuedAt,
  };
  if (record.maxAttempts !== undefined) snapshot.maxAttempts = record.maxAttempts;
  if (record.due !== undefined) snapshot.dueAt = record.due.at;
  if (record.ttl !== undefined) snapshot.expiresAt = record.ttl.at;
  if (record.startedAt !== undefined) snapshot.startedAt = record.startedAt;
  if (record.finishedAt !== undefined) snapshot.finishedAt = record.finishedAt;
  if (record.lease !== undefined) snapshot.worker = record.lease.name;
  if (record.result !== undefined) snapshot.result = copyEncoded(record.result);
  if (record.error !== undefined) snapshot.error = record.error;
  if (record.reason !== undefined) snapshot.reason = record.reason;
  if (record.replacedBy !== undefined) snapshot.replacedBy = record.replacedBy;
  if (record.progress !== undefined) snapshot.progress = copyEncoded(record.progress);
  if (record.corrupt !== undefined) snapshot.corrupt = record.corrupt;
  return snapshot;
}

/** What a caller who waits for the end is told. */
export function toOutcome(task: string, record: JobRecord, state: FinalState): JobOutcome {
  return {
    task,
    id: record.id,
    state,
    attempt: record.attempt,
    ...(state === "completed" && record.result !== undefined ? { result: copyEncoded(record.result) } : {}),
    ...(state === "failed" && record.error !== undefined ? { error: record.error } : {}),
    ...(state === "cancelled" && record.reason !== undefined ? { reason: record.reason } : {}),
    ...(state === "cancelled" && record.replacedBy !== undefined ? { replacedBy: record.replacedBy } : {}),
  };
}

/** Fields of an event beside those every event has. */
export type EventDetails = Partial<
  Pick<JobEvent, "worker" | "error" | "result" | "reason" | "replacedBy" | "progress" | "delayMs">
>;

/** A transition as listeners see it. */
export function toEvent(
  job: { readonly task: string; readonly record: JobRecord },
  type: JobEventType,
  details: EventDetails & { readonly at: number },
): JobEvent {
  return { task: job.task, id: job.record.id, type, attempt: job.record.attempt, ...details };
}
