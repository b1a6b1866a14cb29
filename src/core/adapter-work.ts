/** What the verbs of the port that jobs pass through are asked and answer: insert, claim, settle, renew. */
import type { StoredError, TaskoraError } from "./errors.js";
import type { Encoded, JobRef } from "./job.js";
import type { FinalState } from "./lifecycle.js";
import type { JobLimits } from "./limits/job-limits.js";

/** How a verb is called. */
export interface CallOptions {
  /**
   * How long what is asked has waited for its turn already, in ms. It counts for how long the call may wait for a store
   * that is away, so that each of many calls fails when its own time is over.
   */
  readonly waitedMs?: number;
}

/** How jobs are inserted. */
export interface InsertOptions extends CallOptions {
  /**
   * A transaction of the caller's, as the client library of the store has it: the jobs are stored with its commit, and
   * nothing of them is to be seen or claimed before. Only for a store with the feature `transactions`. Such a call is never
   * sent twice, and a failure of it is the transaction's.
   */
  readonly within?: object;
}

/** How claims are ended. */
export interface SettleOptions extends CallOptions {
  /**
   * A transaction of the caller's, or one of {@link Adapter.transaction}: the jobs end with its commit, and nothing of that is
   * to be seen before. When one of them is not `applied` the transaction can no longer be committed. Batches bring no claims
   * then. Only for a store with the feature `transactions`. Such a call is never sent twice, and a failure of it is the transaction's.
   */
  readonly within?: object;
}

/** A transaction that a store has opened. */
export interface StoreTransaction {
  /** @param text with `$1`, `$2`, … for the values */
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
}

/** A job to be stored. */
export interface NewJob extends JobRef {
  /**
   * As the serializer wrote it, at most what the app's `maxPayloadBytes` lets through. Text is kept in UTF-8.
   */
  readonly payload: Encoded;
  /** Of the contract it was dispatched with, from 1; workers of an older version put it back. */
  readonly version: number;
  /** `""`: none. */
  readonly fingerprint: string;
  /** Small texts, 16 384 characters together. Undefined reads back as `{}`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** −1 000 to 1 000; 0 is the default band. */
  readonly priority: number;
  /** Wait before it becomes waiting; undefined or 0: at once. */
  readonly delayMs?: number;
  /** An absolute due time, ms since the epoch; wins over `delayMs`. A past one means at once. */
  readonly dueAt?: number;
  /** Expires when not started this long after the insert. */
  readonly ttlMs?: number;
  /** What an expired job becomes: kept as `expired`, or gone at once. Default `"fail"`. */
  readonly onExpire?: "fail" | "discard";
  /** Most runs of this job, from 1; undefined: what the task's worker says. The store only keeps it. */
  readonly maxAttempts?: number;
  /**
   * The inserting process wants the outcome: as {@link Adapter.watch} in the same trip. A repeated insert of a
   * job that has ended meanwhile publishes the outcome at once. Of a duplicate: the outcome of the job that stands for
   * its key, when that is stored.
   */
  readonly watch?: boolean;
  /** Limits, keys and groups it takes part in; undefined: none. A repeated insert must bring the same. */
  readonly limits?: JobLimits;
}

/**
 * Ms until a new job becomes due or expires, at the soonest; undefined: it does neither. A time on the store's clock may be
 * now.
 */
export function dueIn({
  delayMs = 0,
  dueAt,
  ttlMs,
}: Pick<NewJob, "delayMs" | "dueAt" | "ttlMs">): number | undefined {
  if (dueAt !== undefined) return 0;
  const waits = [delayMs, ttlMs ?? 0].filter((ms) => ms > 0);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

export type InsertReply =
  | { readonly status: "inserted" }
  /** Another job with the same id but other content is stored; nothing was changed. */
  | { readonly status: "conflict" }
  /**
   * It was not stored, since the job `id` stands for its key: that of `limits.unique` while both exist, that of
   * `limits.idempotency` even when the job is no longer stored.
   */
  | { readonly status: "duplicate"; readonly id: string; readonly by: "unique" | "idempotency" }
  /** The job `id` stands for its idempotency key and has another digest; nothing was changed. */
  | { readonly status: "reused"; readonly id: string }
  /** Its throttle is full until `retryAfterMs` from now; nothing was changed. */
  | { readonly status: "throttled"; readonly retryAfterMs: number }
  /** It was not stored, although others of the same call were. When none was, the verb throws. */
  | { readonly status: "refused"; readonly error: TaskoraError };

/** What one task's worker takes. */
export interface ClaimRequest {
  /** One task; a worker asks for several in one call. */
  readonly task: string;
  /** Names the holder: unique per process, task and incarnation. One lease holds many jobs. */
  readonly lease: string;
  /**
   * The lease is extended to this long from now, in ms on the store's clock; at least 1. Too short: jobs of a process that
   * pauses are given to others while it still runs them. Too long: jobs of one that died wait as long.
   */
  readonly leaseMs: number;
  /**
   * Most jobs to take, a collected batch counting as one; 0 takes none, and wakes another waiter when jobs are waiting. A
   * store may take fewer than there are when all would keep others waiting for long; a waiter is woken for the rest. A
   * request for 0 waits for nothing.
   */
  readonly count: number;
  /**
   * Takes suspects, and nothing else; without it none is taken. Whoever asks for one alone runs nothing else beside it,
   * of no task: it is blamed when its worker is lost. Of several that are taken at once none is.
   */
  readonly apart?: true;
  /**
   * Newest version of jobs that the holder runs, default 1: those that were put back as newer than others are waiting again.
   * A claim that waits is woken also when some are put back that it can reach.
   */
  readonly version?: number;
}

/** How long a claim may wait for something to take. */
export interface ClaimWait {
  /**
   * In ms, by the monotonic clock of this process; 0 or less: not at all. Too short costs a call in vain each time; what is
   * longer than a broken link takes to be noticed (about 20 s) gains nothing.
   */
  readonly waitMs: number;
  /** Ends the wait. Jobs that were taken by then are in the answer all the same. Default: none. */
  readonly signal?: AbortSignal;
}

/** What one request of a claim came to. */
export interface ClaimReply {
  /** In the order to run them. */
  readonly jobs: readonly ClaimedJob[];
  /** The lease was lost: nothing was claimed (the wake is passed on), take a new lease name. */
  readonly lost: boolean;
  /** When the jobs were claimed, ms since the epoch on the store's clock; undefined: there are none. */
  readonly now?: number;
  /**
   * Suspects wait: claim one `apart` when the process runs nothing else. Now and then a claim says so instead of taking
   * other jobs, so that suspects do not wait for long; one that finds no other jobs always does, and so does one
   * `apart` that leaves some behind.
   */
  readonly hasSuspects?: true;
  /**
   * Ms until something of the task is due (delayed, retrying, TTL, any lease), 0 when it is already; undefined: nothing is.
   * Of a claim that waits, and of an answer with jobs or to settlements, undefined says nothing: the store need not have looked
   * where nothing but leases can be due, unless this lease is new.
   */
  readonly nextDueInMs?: number;
  /**
   * Only of a claim that waits, in one of its replies: something has become the next to be due in its task, which may be
   * any of the store. A survey says which.
   */
  readonly anyDueSooner?: true;
}

/** A job to be run now. */
export interface ClaimedJob extends JobRef {
  /** As it was inserted; `""` when `corrupt` says that it cannot be read. */
  readonly payload: Encoded;
  /** The contract version it was dispatched with: a worker of an older one must put it back. */
  readonly version: number;
  /** That of the contract it was dispatched with; `""`: it was not generated. */
  readonly fingerprint: string;
  /** As they were inserted, `{}` when there were none. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it is now, which a change by hand may have altered since the dispatch. */
  readonly priority: number;
  /** Number of this run, from 1. */
  readonly attempt: number;
  /** The limit given at dispatch; undefined: the task's own. */
  readonly maxAttempts?: number;
  /** How often it was blamed for the loss of its worker. */
  readonly stalls: number;
  /** When it was stored, ms since the epoch on the store's clock. */
  readonly enqueuedAt: number;
  /**
   * Since when it waited for this run, ms since the epoch on the store's clock: since it was stored, was due, was revived or
   * taken from a lost lease. One that was given back has waited since it did before.
   */
  readonly waitingSince: number;
  /** Its batch: jobs of one key that stand together in a reply, `maxSize` at most, are one. */
  readonly collect?: { readonly key: string; readonly maxSize: number };
  /** It counts for a limit or a rate while it is claimed, so it should run at once or be given back. */
  readonly isGated?: true;
  /** Rises with each claim of a job; sent back with the settlement and with annotations. */
  readonly fence: number;
  /** Under which it was claimed; sent back likewise. */
  readonly lease: string;
  /** The record could not be read: why. The worker fails the job. */
  readonly corrupt?: string;
}

/** How one claim ends. */
export type Settlement = { readonly id: string; readonly fence: number } & (
  | { readonly event: "complete"; readonly result?: Encoded }
  | { readonly event: "retry"; readonly error: StoredError; readonly delayMs: number }
  | { readonly event: "fail"; readonly error: StoredError }
  | { readonly event: "cancel"; readonly reason: string }
  | { readonly event: "release"; readonly delayMs?: number; readonly newer?: NewerJob }
);

/**
 * A job is put back for a while since it is newer than its worker. A claim of a worker that runs its version brings it
 * back before that.
 */
export interface NewerJob {
  /** That of the job: claims with at least this `version` bring it back before its time. */
  readonly version: number;
  /** The version of live workers that run it: one of those who wait is woken. Undefined: none is known. */
  readonly reach?: number;
}

export interface SettleBatch {
  /** All settlements and the claim are of this task. */
  readonly task: string;
  /** That of every claim in the batch; settlements of claims under another are `stale`. */
  readonly lease: string;
  /** Beyond its counts the oldest go, in this step or soon after; ages are looked at by sweeps alone. */
  readonly retention: Retention;
  /** Any number, applied in order; may be empty for a claim that only wants the next jobs. */
  readonly settlements: readonly Settlement[];
  /** Jobs to take in the same trip. */
  readonly claim?: Pick<ClaimRequest, "leaseMs" | "count" | "version">;
}

/**
 * - `applied`: as asked.
 * - `cancelled`: a cancel had been requested, so the job ended as cancelled instead, whatever was asked.
 * - `stale`: the claim is another one, by its fence or its lease; nothing was changed.
 * - `missing`: the job is not active; nothing was changed.
 */
export type SettleStatus = "applied" | "cancelled" | "stale" | "missing";

export interface SettleReply extends ClaimReply {
  /** One per settlement, in their order. */
  readonly settled: readonly SettleStatus[];
}

export interface RenewRequest {
  /** Leases are per task: a name used for two tasks is two leases. */
  readonly task: string;
  /** One that is unknown is answered as not lost: it holds nothing. */
  readonly lease: string;
  /**
   * The lease ends this long from now on the store's clock, sooner than before too. Renew at a third of it or less.
   */
  readonly leaseMs: number;
  /**
   * Claims the holder knows of. When given, active jobs under this lease whose claim is not among them are
   * released as by `release`: they were claimed in a call whose answer was lost.
   */
  readonly held?: readonly HeldClaim[];
}

/** A claim as its holder names it. */
export interface HeldClaim {
  /** The job. */
  readonly id: string;
  /** That of the claim; a job that was claimed again since has a higher one and is not this claim. */
  readonly fence: number;
}

export interface RenewReply {
  /** Another process has taken, or is taking, this lease's jobs. A lease that holds none is not lost. */
  readonly lost: boolean;
  /** Jobs under this lease that somebody asked to cancel. */
  readonly cancelled: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * What is kept of finished jobs, per final state. Beyond either bound the oldest go; 0 keeps none. A store may let a count
 * be exceeded by a tenth until the next sweep, so that it need not drop a job with each that ends.
 */
export type Retention = Readonly<Record<FinalState, { readonly ageMs: number; readonly count: number }>>;
