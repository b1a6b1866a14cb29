import type { ClaimedJob, NewJob } from "../core/adapter.js";
import { type GateRule, gatesOf } from "../core/limits/gates.js";
import type { JobLimits } from "../core/limits/job-limits.js";
import type { LimitOverride } from "../core/limits/limit.js";
import { claimedJobOf, isSameJob, newStoredJob, type StoredJob } from "../core/stored-job.js";
import type { DueEntry } from "./due-heap.js";

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

/** The place of a job among those parked. */
export interface ParkedEntry {
  readonly record: JobRecord;
  priority: number;
  place: number;
}

/** A stored job, and where it stands; the task store moves records between states. */
export interface JobRecord extends StoredJob {
  readonly limits: JobLimits | undefined;
  gates: readonly GateRule[];
  /** While it waits, but not in its band: its limits say why. */
  parked: ParkedEntry | undefined;
  /** Its place among jobs that were put back for newer workers. */
  newer: { readonly version: number; readonly entry: DueEntry<JobRecord> } | undefined;
  /** Number in its band while waiting, in its list once final. */
  place: number;
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
}

/**
 * Makes the record of a new job; it is in no index yet. V8 keeps an object of so many fields that is spread and then added to
 * as a dictionary, which takes 50 µs to make; this takes 3.
 */
export function newRecord(
  job: NewJob,
  now: number,
  by: { readonly dueAt: number; readonly override: LimitOverride },
): JobRecord {
  return Object.assign(newStoredJob(job, now, by.dueAt), {
    limits: job.limits,
    gates: gatesOf(job.limits, by.override),
    parked: undefined,
    newer: undefined,
    place: 0,
    due: undefined,
    ttl: undefined,
    expired: undefined,
    lease: undefined,
    isSuspect: false,
    isApart: false,
    isAlone: false,
  });
}

/** Whether a new job is a repeated insert. A plain one may leave the limits out, but for its batch: a worker gets that. */
export function isRepeated(record: JobRecord, job: NewJob): boolean {
  if (!isSameJob(record, job)) return false;
  if (job.limits === undefined) return record.limits?.collect === undefined;
  return JSON.stringify(record.limits) === JSON.stringify(job.limits);
}

/** What a worker gets. */
export function toClaimedJob(task: string, record: JobRecord): ClaimedJob {
  const job = claimedJobOf(task, record);
  const { collect } = record.limits ?? {};
  if (collect === undefined && record.gates.length === 0) return job;
  return {
    ...job,
    ...(collect === undefined ? {} : { collect: { key: collect.key, maxSize: collect.maxSize } }),
    ...(record.gates.length === 0 ? {} : { isGated: true }),
  };
}
