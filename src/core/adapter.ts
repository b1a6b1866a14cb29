import type {
  CallOptions,
  ClaimReply,
  ClaimRequest,
  ClaimWait,
  InsertOptions,
  InsertReply,
  NewJob,
  RenewReply,
  RenewRequest,
  Retention,
  SettleBatch,
  SettleOptions,
  SettleReply,
  StoreTransaction,
} from "./adapter-work.js";
import type { CollectedKey, CollectedQuery } from "./collected.js";
import type { ContractStore } from "./contract-store.js";
import type { AdapterFeature } from "./features.js";
import type {
  AttemptRecord,
  Encoded,
  JobOutcome,
  JobRef,
  JobSnapshot,
  LogLine,
  RawJobEvent,
  TaskEvent,
} from "./job.js";
import type { FinalState, JobState } from "./lifecycle.js";
import type { LimitOverride } from "./limits/limit.js";
import type { MessagePage, MessagesQuery } from "./messages.js";
import type { ObserveStore } from "./observe/observe-store.js";
import type { GivenCommand } from "./observe/vitals.js";
import type { ScheduleStore } from "./schedule-store.js";
import type { WorkflowStore } from "./workflow/store.js";

export type {
  CallOptions,
  ClaimedJob,
  ClaimReply,
  ClaimRequest,
  ClaimWait,
  HeldClaim,
  InsertOptions,
  InsertReply,
  NewerJob,
  NewJob,
  RenewReply,
  RenewRequest,
  Retention,
  SettleBatch,
  Settlement,
  SettleOptions,
  SettleReply,
  SettleStatus,
  StoreTransaction,
} from "./adapter-work.js";
export { dueIn } from "./adapter-work.js";
export type { CollectedKey, CollectedQuery } from "./collected.js";
export type { MessagePage, MessagesQuery } from "./messages.js";

/**
 * The port: what a store must do. Every verb takes a list, costs one round trip (one per task at most,
 * sent together) and answers per item in the same order. Bad items are answered, not thrown: one of them
 * never spoils its neighbours. A verb throws only when the store as a whole did not do its work
 * (`STORE_UNAVAILABLE`, `STORE_FULL`, …).
 *
 * Rules every adapter keeps:
 * - The store's clock decides what is due, expired or past its lease. Callers send lengths of time.
 * - A verb that was applied but whose answer was lost may be sent again: `insert` of the same id and payload
 *   answers `inserted`, a repeated settlement answers `stale` or `missing`.
 * - Leaving `active` removes every trace of the claim in one atomic step.
 * - A settlement, an annotation and what a renewal says it holds match a claim by id, fence and lease. Any other is refused and
 *   changes nothing: after a failover that lost writes the store gives a fence a second time, under another lease.
 * - Higher priority first; within one priority in the order of becoming waiting. A released or reclaimed job
 *   goes to the front of its priority, a promoted or revived one to the back; jobs due together in due order,
 *   jobs given back together in the order they were claimed.
 * - A lease exists from the first claim that takes a job under it. One that lost a job to a sweep stays lost:
 *   claim and renew under its name say so (a store may forget it after a day).
 * - A job whose TTL has passed is expired for every verb, in counts and lists too, swept or not: since its TTL was over,
 *   and listed in that order. Claims, sweeps and changes of the job end it; who comes first decides in which reply it is
 *   counted.
 * - Reads (`read`, `list`, `count`, `collected`) change nothing, and `watch` keeps who asked and no more:
 *   they can be sent to a store that is full, as often as one likes.
 * - Payloads, results, progress and reasons are kept in UTF-8: half of a surrogate pair reads back as U+FFFD.
 * - Of several jobs that were lost with one lease any may have ended their worker: they become suspects, and none is blamed.
 *   Suspects wait beside their queue, in order, and are claimed apart. A job is blamed when its lease held nothing else, or
 *   when it was claimed apart and alone; a suspect that is blamed comes behind those that were not tried yet. A suspect is
 *   acquitted when a run of it ends in any other way than by an immediate release, and when it is revived.
 * - Of a paused task nothing is claimed, and no wake is passed on; what is active goes on, due jobs become waiting
 *   and overdue ones expire. The pause is stored, and lasts until somebody resumes.
 * - `insert` handles jobs of one call as if each came in a call of its own. One that is not stored for its limits
 *   leaves no trace and counts for nothing; asking again for a job that is stored counts for nothing either. A job
 *   that a debounced one replaces is cancelled with the reason `replaced`.
 * - Pruning publishes no event; a job that is discarded by its TTL publishes `expired` and tells its watchers.
 */
export interface Adapter {
  /** `"redis"`, `"memory"`: for messages. */
  readonly name: string;
  /** Where the store is, without secrets, for messages; undefined: in this process. */
  readonly address?: string | undefined;
  /**
   * How long a call waits for a store that is away before it fails with `STORE_UNAVAILABLE`, in ms; undefined: this store
   * is never away.
   */
  readonly deadlineMs?: number | undefined;
  /**
   * What this store can do beyond the plain verbs; `[]`: nothing. What is not named is refused by the app with
   * `NOT_SUPPORTED`, so that no verb ever meets it. {@link workflows}, {@link schedules}, {@link contracts} and
   * {@link observe} are declined by leaving them out.
   */
  readonly features: readonly AdapterFeature[];
  /** Jobs that depend on one another; an adapter without it refuses workflows. */
  readonly workflows?: WorkflowStore | undefined;
  /** Keeps schedules; undefined: this store cannot. */
  readonly schedules?: ScheduleStore | undefined;

  /** Connects and checks that the store can be used. Called once before anything else; may throw typed errors. */
  connect(): Promise<void>;
  /**
   * Disconnects, ends waiting claims with nothing, and with them subscriptions and watches. Other verbs then throw
   * `STORE_UNAVAILABLE` until `connect` is called again. Idempotent.
   */
  close(): Promise<void>;

  /** Stores new jobs. Order within one task is kept. */
  insert(jobs: readonly NewJob[], call?: InsertOptions): Promise<readonly InsertReply[]>;

  /**
   * Takes waiting jobs, promoting due ones and expiring overdue ones first. Without `wait` it answers at once.
   *
   * With `wait` it takes what comes: it is answered as soon as one of the requests has something to tell, or with nothing
   * when `wait.waitMs` is over, when `wait.signal` aborts (also one that had aborted before) and when the adapter closes. How
   * a store waits is its own business: it blocks, listens, or looks now and then. What is to be told is a job, that the
   * lease is lost, that suspects wait, or when something is due next ({@link ClaimReply}); a request with nothing to tell is
   * answered with no jobs. Such an answer is complete: what was taken by a request stands in it, whatever ended the wait. One
   * of the requests takes jobs, and no other: a process may have slots for one of its tasks, whichever that is.
   *
   * - Each newly waiting batch wakes *at least* one waiter, also a batch that came before anybody waited; a claim that leaves
   *   jobs behind, takes 0, or is refused to a lost lease wakes the next. A store that wakes one waiter only saves the others a
   *   call in vain; one that cannot tell who needs a wake wakes all.
   * - A waiter is told also of a job that becomes the earliest due one by insert or by hand, and of a lease that is new: it
   *   learns the new `nextDueInMs`, so that somebody looks after both. A sweep that finds jobs waiting wakes as well, which
   *   makes good a wake that died with its process.
   * - At least one waiter is told by `anyDueSooner` when an insert, a change by hand or a step of a workflow makes something the next
   *   to be due in its task, whichever that is.
   * - One waiting claim of an adapter instance is enough for a worker, so it has to be right for many tasks, and cheap for one
   *   that is aborted and begun again whenever the set of tasks changes. No wake may be lost in that.
   * - While a claim waits its leases claim nothing in other calls: jobs of a lost answer could not be told from theirs.
   */
  claim(requests: readonly ClaimRequest[], wait?: ClaimWait): Promise<readonly ClaimReply[]>;
  /** Ends claims and, in the same trip, takes the next jobs. One batch per task and lease. */
  settle(batches: readonly SettleBatch[], call?: SettleOptions): Promise<readonly SettleReply[]>;
  /**
   * Opens a transaction, runs `work` in it, and commits when that resolves; gives what it gave. What `work` rejects with is
   * rejected with, and nothing was written then. A commit whose answer was lost is looked up. Only of a store with the feature
   * `transactions`.
   */
  readonly transaction?: (<T>(work: (transaction: StoreTransaction) => Promise<T>) => Promise<T>) | undefined;
  /** Extends leases; says which of their jobs should be cancelled, and whether the lease is lost. */
  renew(requests: readonly RenewRequest[]): Promise<readonly RenewReply[]>;
  /** Bounded upkeep of tasks: promote what is due, reclaim what lost its lease, expire, prune. */
  sweep(requests: readonly SweepRequest[]): Promise<readonly SweepReply[]>;

  /**
   * Looks after the store as a whole: which data it holds, and which of its tasks have something due, whoever works on
   * them. Done every now and then by every process that works, or waits for something.
   */
  survey(request: SurveyRequest): Promise<Survey>;

  /**
   * Ends what has not started, and asks the worker of what is active to stop. Ended jobs stay as they are.
   */
  cancel(requests: readonly CancelRequest[], call?: CallOptions): Promise<readonly CancelReply[]>;
  /** Changes by hand: revive a dead letter, promote, reschedule, reprioritise, remove. */
  change(changes: readonly JobChange[], call?: CallOptions): Promise<readonly ChangeReply[]>;
  /** Adds progress, log lines and messages to active jobs; refused when the claim is no longer this one. */
  annotate(
    annotations: readonly JobAnnotation[],
    call?: CallOptions,
  ): Promise<readonly ("applied" | "stale")[]>;
  /** Operations on whole tasks: pause, resume, drain. Only of a store with the feature `control`. */
  readonly control?:
    | ((requests: readonly ControlRequest[], call?: CallOptions) => Promise<readonly ControlReply[]>)
    | undefined;

  /**
   * Asks for the outcome of jobs: final and overdue ones are answered, others will be told to this adapter instance's
   * `outcomes` subscription when they end.
   */
  watch(refs: readonly JobRef[], call?: CallOptions): Promise<readonly WatchReply[]>;
  /**
   * Reads jobs by id, on request with what is kept beside their record. Overdue jobs read as expired, those that are to be
   * discarded as gone.
   */
  read(refs: readonly JobRef[], options?: ReadOptions): Promise<readonly (JobReading | undefined)[]>;
  /**
   * The id of the job that holds each key now: of a `unique` key as long as that job has not ended, else of an `idempotency`
   * key until its window is past, whether or not the job is still stored. Undefined: nobody does. At once, however many jobs
   * there are. Only of a store with the feature `unique` or `idempotency`.
   */
  readonly holders?:
    | ((keys: readonly KeyRef[], call?: CallOptions) => Promise<readonly (string | undefined)[]>)
    | undefined;
  /**
   * Reads what running jobs emitted, a page of each, with the state that the job was in after that: once it is final no more
   * will come. Takes time by the page, however many are kept. Only of a store with the feature `messages`.
   */
  readonly messages?:
    | ((queries: readonly MessagesQuery[], call?: CallOptions) => Promise<readonly MessagePage[]>)
    | undefined;
  /** One page of a state, in a stable order; jobs that come or go meanwhile neither repeat nor hide others. */
  list(query: ListQuery): Promise<JobPage>;
  /** Counts the jobs of each task per state, as readers see them; of an unknown task all are 0. */
  count(tasks: readonly string[], call?: CallOptions): Promise<readonly StateCounts[]>;
  /**
   * Names of every task that the store has met: one with a job, one that a worker has looked after, one that was paused. A
   * task that has nothing any more may stay. In no order.
   */
  tasks(): Promise<readonly string[]>;
  /** Reads what is collected and waits for its batch, without changing it. Only of a store with the feature `collect`. */
  readonly collected?: ((query: CollectedQuery) => Promise<readonly CollectedKey[]>) | undefined;

  /**
   * Starts telling `listener` about a topic; resolves when nothing published later can be missed. The
   * returned function stops it. Delivery is at most once: after an interruption the listener gets `lost`.
   */
  subscribe(topic: Topic, listener: (notice: Notice) => void): Promise<() => Promise<void>>;

  /** Which workers implement which contracts, and what is in flight per contract. */
  readonly contracts?: ContractStore | undefined;
  /** What operators see, and what the app tells them by; undefined: this store keeps nothing for them. */
  readonly observe?: ObserveStore | undefined;
}

export interface SweepRequest {
  /** One task; sweeps of a store's other tasks are found by `survey`. */
  readonly task: string;
  /**
   * How the task's own workers keep its jobs. The store remembers it for sweeps without, and for jobs that end by what
   * another task's jobs do. Undefined: as it was told last; where it never was everything stays.
   */
  readonly retention?: Retention;
  /**
   * A job that was blamed for the loss of its worker more often than this fails with `JOB_STALLED`. Remembered together
   * with `retention`;
   * default {@link DEFAULT_STALL_LIMIT}.
   */
  readonly stallLimit?: number;
  /** `due`: what has a due time; `all`: also prunes finished jobs by age. */
  readonly scope: "due" | "all";
}

/** How often a job may lose its worker where nobody says anything else. */
export const DEFAULT_STALL_LIMIT = 3;

export interface SweepReply {
  /** Jobs whose due time had come and that are waiting now. */
  readonly promoted: number;
  /** Jobs taken from leases that were past: given back, failed or cancelled. */
  readonly reclaimed: number;
  /** Jobs whose TTL was over and that nobody had ended yet. */
  readonly expired: number;
  /** Finished jobs that were forgotten, by age or by count. */
  readonly pruned: number;
  /** Work is left: sweep again soon. */
  readonly more: boolean;
  /** As {@link ClaimReply.nextDueInMs}: when the next sweep is worth while; undefined: nothing is due. */
  readonly nextDueInMs?: number;
}

export interface SurveyRequest {
  /** Tasks the caller works on: the store knows them from now on, and they need a sweep also while jobs wait in them. */
  readonly tasks: readonly string[];
}

export interface Survey {
  /** Names what the store holds. Another name than before: it was emptied, or another has taken its place. */
  readonly data: string;
  /**
   * Tasks with something due now (0) or later. Of thousands of tasks of others each survey of an adapter looks at another
   * stretch.
   */
  readonly due: readonly { readonly task: string; readonly inMs: number }[];
}

export interface CancelRequest extends JobRef {
  /** Kept with the job and told to its worker and its waiters; `""`: none was given. */
  readonly reason: string;
  /** How cancelled jobs are kept: the oldest beyond its count go. */
  readonly retention: Retention;
}

/** `requested`: it is active and its worker has been told. The reason of the first request stays. */
export type CancelReply =
  | { readonly status: "cancelled" | "requested" | "missing" }
  | { readonly status: "finished"; readonly state: FinalState };

/**
 * - `revive`: a fresh first attempt: attempt, stalls, error and progress are reset and the TTL starts anew; the
 *   history stays.
 * - `remove`: watchers are told that it was cancelled, with the reason `removed`.
 * - `prioritize`: while waiting, delayed or retrying; to the back of the new priority, no move when it is the
 *   same.
 */
export type JobChange = JobRef &
  (
    | { readonly change: "revive" | "promote" | "remove" }
    /** `dueAt`, ms since the epoch, wins over `delayMs`; a past one means at once. */
    | { readonly change: "reschedule"; readonly delayMs: number; readonly dueAt?: number }
    | { readonly change: "prioritize"; readonly priority: number }
  );

/** `refused`: the state does not allow it; which one it is. */
export type ChangeReply =
  | { readonly status: "applied" | "missing" }
  | { readonly status: "refused"; readonly state: JobState };

export type JobAnnotation = JobRef & {
  readonly fence: number;
  readonly lease: string;
} & (
    | { readonly progress: Encoded }
    | { readonly log: Omit<LogLine, "at"> }
    /**
     * `nth` counts what this claim has emitted, from 1: one that is not above the last stored of the claim was sent twice,
     * and is answered `applied`. One that is left out leaves a gap in the numbers.
     */
    | { readonly message: Encoded; readonly nth: number }
  );

/**
 * - `pause`: told to the `cancels` and `events` topics when it is new; `resume` wakes a waiter.
 * - `drain`: ends at most `limit` jobs of `states` as cancelled, with `reason`. Active jobs are left alone, those that
 *   come meanwhile may be among them. A step that ended any is told as `drained`.
 * - `limits`: from now on these numbers hold in place of those that the jobs of the task brought, whenever they were stored; an
 *   empty `override` lets those of the jobs hold again. Who fits now may be claimed, and a waiter is woken; of thousands of
 *   keys some may wait for the next end of one of their jobs, or for the end of the window before. Those that run go on and
 *   count; of the starts before, those within the window before are remembered. Only of a store with the feature `overrides`.
 */
export type ControlRequest = { readonly task: string } & (
  | { readonly control: "pause" | "resume" }
  | { readonly control: "limits"; readonly override: LimitOverride }
  | {
      readonly control: "drain";
      readonly states: readonly UnstartedState[];
      /** 1 to {@link MAX_DRAINED}. */
      readonly limit: number;
      readonly reason: string;
      readonly retention: Retention;
    }
);

/** States of jobs that wait for a run. */
export type UnstartedState = "waiting" | "delayed" | "retrying";

/** Most jobs one drain request ends. */
export const MAX_DRAINED = 1000;

export interface ControlReply {
  /** Of `drain`: how many jobs it ended. Of the others: 1, or 0 when it was so already. */
  readonly changed: number;
  /** Of `drain`: jobs of these states are left. */
  readonly more: boolean;
}

export type WatchReply =
  | { readonly status: "watching" | "missing" }
  | { readonly status: "final"; readonly outcome: JobOutcome };

/** A key of a task, as its jobs bring it in `limits.unique.key` or `limits.idempotency.key`. */
export interface KeyRef {
  /** One task: others have keys of their own. */
  readonly task: string;
  readonly key: string;
}

/** How jobs are read. */
export interface ReadOptions extends CallOptions {
  /** Also their history and their logs. Default: the record alone. */
  readonly details?: true;
}

/** A job as it is read; {@link JobDetails} when they were asked for. */
export type JobReading = JobSnapshot & Partial<JobDetails>;

/** What is kept of a job beside its record. */
export interface JobDetails {
  /**
   * Oldest first; the newest {@link MAX_HISTORY} are kept. Each run has one record, the successful one too; a
   * release or snooze leaves none.
   */
  readonly history: readonly AttemptRecord[];
  /** Oldest first; the newest {@link MAX_LOG_LINES} are kept. */
  readonly logs: readonly LogLine[];
}

export interface ListQuery {
  /** One that the store does not know has an empty page. */
  readonly task: string;
  /** As readers see it: what is overdue is listed as expired. */
  readonly state: JobState;
  /** Of `failed` and `cancelled` alone: those that ended first come first. Default: the newest do. */
  readonly order?: "oldest" | undefined;
  /** From a page before of the same order. */
  readonly cursor?: string;
  /** 1 to 1 000. */
  readonly limit: number;
}

/** Waiting in claim order, delayed and retrying by due time, active by claim, final states newest first. */
export interface JobPage {
  /** At most `limit`; fewer than that does not mean that it is the last page. */
  readonly jobs: readonly JobSnapshot[];
  /** Undefined on the last page. */
  readonly cursor?: string;
}

/** Jobs of a task per state, and what its workers may want to know of it. */
export type StateCounts = Readonly<Record<JobState, number>> & {
  /** Since when it is paused, ms since the epoch on the store's clock; undefined: it is not. */
  readonly pausedAt?: number;
  /**
   * Priority of the job that a claim would take next, overdue or not; undefined: there is none, or the store does not say. By it
   * the tasks of a pool take turns.
   */
  readonly nextPriority?: number;
};

/**
 * `cancels` and `events` are per task; `outcomes` are those this adapter instance watches. `cancels` is what a worker must know
 * at once: cancels asked of active jobs, a pause of the task, what its workers are told to do. `tasks` tells of each new task.
 */
export type Topic =
  | { readonly kind: "outcomes" | "tasks" }
  | { readonly kind: "cancels" | "events"; readonly task: string };

export type Notice =
  | { readonly kind: "outcome"; readonly outcome: JobOutcome }
  | { readonly kind: "cancel"; readonly task: string; readonly id: string; readonly reason: string }
  | { readonly kind: "paused"; readonly task: string }
  | { readonly kind: "told"; readonly worker: string; readonly command: GivenCommand }
  | { readonly kind: "event"; readonly event: RawJobEvent }
  | { readonly kind: "task"; readonly event: TaskEvent }
  /** The store has met a task: it is among {@link Adapter.tasks} from now on. */
  | { readonly kind: "met"; readonly task: string }
  /** The link was interrupted: notices may be missing. */
  | { readonly kind: "lost" };
