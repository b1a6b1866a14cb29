import type { StoreTransaction } from "../core/adapter.js";
import type { Duration } from "../core/duration.js";
import type { LogLine } from "../core/job.js";
import type { RateLimitOptions } from "../core/limits/limit.js";
import type { RetryOptions } from "../core/retry-policy.js";

/** What a handler sees beside its data. */
export interface JobContext<Message = never> {
  readonly id: string;
  /** Where it is stored: name of the contract, and its lane, such as `"email.send/secondary"`. */
  readonly task: string;
  /** The lane it waited in; undefined: none. */
  readonly lane: string | undefined;
  /** Number of this run, from 1. A crash, a release or a snooze does not raise it. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** When the job was stored, ms since the epoch on the store's clock. */
  readonly enqueuedAt: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts on cancel, timeout, lost lease and shutdown; `reason` is the matching typed error. */
  readonly signal: AbortSignal;
  readonly log: JobLog;
  /** Publishes progress: any value the serializer takes. Values in quick succession may be merged to the last. */
  progress(value: unknown): void;
  /**
   * Sends a message to whoever listens with `messages()` of the job's handle: in order, none merged, checked against `emits` of
   * the contract. Of a job the newest 1 000 are kept, with the job; each takes at most 16 KiB.
   */
  emit(value: Message): void;
  /** Extends the lease now. Needed only around code that blocks the event loop. */
  heartbeat(): Promise<void>;
  /** Ends this attempt and asks for another, past the retry filters; uses an attempt. Throws. */
  retry(options?: { readonly delay?: Duration | undefined; readonly reason?: string | undefined }): never;
  /** Gives the job back for a while; uses no attempt. Throws. */
  snooze(duration: Duration): never;
  /** Fails the job for good, whatever attempts are left. Throws an `UnrecoverableError`. */
  fail(reason: string, options?: { readonly cause?: unknown }): never;
  /**
   * Runs `work` in a transaction of the store, and ends the job in it: what `work` writes with `transaction` and the end of the job are
   * committed together, or neither is. What it returns is the result of the job, whatever the handler returns then.
   *
   * @returns what `work` returned, after the commit
   * @throws what `work` threw, after a rollback; `LEASE_LOST` or `JOB_CANCELLED` after one, when the job is not this run's to
   * complete any more; `NOT_SUPPORTED` where the store has no transactions
   */
  within<Result>(work: (transaction: StoreTransaction) => Result | Promise<Result>): Promise<Result>;
  /**
   * Ends the job in a transaction that another library has opened, as the last thing before its commit: as `within` does.
   *
   * @param result of the job, whatever the handler returns then
   * @throws `LEASE_LOST` or `JOB_CANCELLED` when the job is not this run's to complete any more; the transaction cannot be
   * committed then
   */
  complete(result: unknown, options: CompleteOptions): Promise<void>;
  /** Whether the job would run again if this attempt ended with `error`: for middleware that tells the last failure. */
  willRetry(error: unknown): boolean;
}

/** How a handler ends its job in a transaction. */
export interface CompleteOptions {
  /** The transaction, as `within` of a dispatch takes it. */
  readonly within: object;
}

/** What the handler of a task with `collect` sees beside its batch. */
export interface BatchContext<Message = never> extends JobContext<Message> {
  /** The jobs of the batch, in the order of the data. */
  readonly items: readonly CollectedItem[];
}

/** One job of a collected batch. */
export interface CollectedItem {
  readonly id: string;
  readonly attempt: number;
  readonly enqueuedAt: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Lines are kept with the job, the newest 1 000. */
export type JobLog = {
  readonly [Level in LogLine["level"]]: (message: string, fields?: Readonly<Record<string, unknown>>) => void;
};

/** Runs one job. `data` is the parsed payload; what it returns is validated, stored and given to the caller. */
export type Handler<Payload = unknown, Return = unknown, Message = never> = (
  data: Payload,
  ctx: JobContext<Message>,
) => Return | Promise<Return>;

/** Runs one batch of a task with `collect`: `items` are the parsed payloads, what it returns is the result of each job. */
export type BatchHandler<Item = unknown, Return = unknown, Message = never> = (
  items: readonly Item[],
  ctx: BatchContext<Message>,
) => Return | Promise<Return>;

/** What middleware sees: it may replace `data` before `next()` and `result` after it. */
export interface MiddlewareContext extends JobContext {
  data: unknown;
  result: unknown;
  /** The jobs of a collected batch; undefined for a task that collects nothing. */
  readonly items?: readonly CollectedItem[];
}

/** One layer around the handler. Not calling `next()` skips the handler. */
export type Middleware = (ctx: MiddlewareContext, next: () => Promise<void>) => Promise<void> | void;

/** Turns a payload of one version into the next version's; may be async. */
export type MigrationStep = (payload: unknown) => unknown;

/** How a task is worked on. */
export interface HandlerSettings<Item = unknown> {
  /**
   * Jobs of this task run at once by this process, 1 to 10 000. Default: as many as its pool, or the app's `concurrency`,
   * where one is given; else 10.
   */
  readonly concurrency?: number | undefined;
  /** One of the app's `pools`, whose tasks share their number of jobs at once. Default: none. */
  readonly pool?: string | undefined;
  /** Fields given here win over the contract's. */
  readonly retry?: RetryOptions | undefined;
  /** Longest run of one attempt, from 1 ms on. Default: the contract's, else none. */
  readonly timeout?: Duration | undefined;
  /** How long the slot of a timed out or cancelled handler is kept for it to end. Default `"5s"`. */
  readonly grace?: Duration | undefined;
  /**
   * How long a silent worker keeps its jobs. Default `"7s"`, at least `"100ms"`. Shorter notices crashes sooner;
   * too short gives jobs of a blocked event loop to another worker.
   */
  readonly lease?: Duration | undefined;
  /** A job that was blamed for the loss of its worker more often than this fails. Default 3; 0: it never runs again. */
  readonly stallLimit?: number | undefined;
  readonly retention?: RetentionOptions | undefined;
  /** Inside the app's own middleware. */
  readonly middleware?: readonly Middleware[] | undefined;
  /** Runs once when an active job is cancelled, after its handler ended or its grace is past. */
  readonly onCancel?: ((data: Item, ctx: JobContext) => void | Promise<void>) | undefined;
  /**
   * Runs when the job fails for good here, before the store is told; of a lost worker or a crash in between it may run
   * again, or be missed. Its slot is taken meanwhile; what it throws is reported and changes nothing. `data` is undefined
   * when the payload itself was refused.
   */
  readonly onFailed?:
    | ((data: Item | undefined, ctx: JobContext, error: Error) => void | Promise<void>)
    | undefined;
  /**
   * Stands above the number of the contract's `globalConcurrency`, from the start of this worker on and for every process: also
   * for jobs that are stored. 1 to 100 000. Of several workers the one that started last decides. Default: the contract's.
   */
  readonly globalConcurrency?: number | undefined;
  /** As `globalConcurrency`, of the contract's `rateLimit`. */
  readonly rateLimit?: RateNumbers | undefined;
  /** Source version → the step to the next version. */
  readonly migrate?: Readonly<Record<number, MigrationStep>> | undefined;
  /**
   * Lanes of the task that this process works on beside the task itself, each with as many jobs at once unless it says
   * otherwise. `client.lanes.add()` adds one later. Default: none.
   */
  readonly lanes?: readonly (string | LaneOptions)[] | undefined;
}

/** How often jobs start; the contract says what is counted. */
export type RateNumbers = Pick<RateLimitOptions, "limit" | "window">;

/** How a lane is worked on. */
export interface LaneOptions {
  /** Letters and digits, joined by `.`, `_` or `-`, at most 100 characters. */
  readonly name: string;
  /** Jobs of the lane that run at once by this process. Default: the task's. */
  readonly concurrency?: number | undefined;
  /** One of the app's `pools`. Default: the task's. */
  readonly pool?: string | undefined;
}

/** A handler with the settings of its worker. */
export interface HandlerOptions<Payload = unknown, Return = unknown, Message = never>
  extends HandlerSettings<Payload> {
  readonly handler: Handler<Payload, Return, Message>;
}

/** The same for a task with `collect`. */
export interface BatchHandlerOptions<Item = unknown, Return = unknown, Message = never>
  extends HandlerSettings<Item> {
  readonly handler: BatchHandler<Item, Return, Message>;
}

/** A handler alone, or with settings. */
export type HandlerEntry<Payload = unknown, Return = unknown, Message = never> =
  | Handler<Payload, Return, Message>
  | HandlerOptions<Payload, Return, Message>;

/** The same for a task with `collect`. */
export type BatchHandlerEntry<Item = unknown, Return = unknown, Message = never> =
  | BatchHandler<Item, Return, Message>
  | BatchHandlerOptions<Item, Return, Message>;

/** How long and how many finished jobs are kept, per final state. */
export interface RetentionOptions {
  /** Default `{ age: "1h", count: 1000 }`. */
  readonly completed?: RetentionRule | undefined;
  /** Default `{ age: "7d", count: 10000 }`. */
  readonly failed?: RetentionRule | undefined;
  /** Default `{ age: "1d", count: 1000 }`. */
  readonly cancelled?: RetentionRule | undefined;
  /** Default `{ age: "1d", count: 1000 }`. */
  readonly expired?: RetentionRule | undefined;
}

/** Both bounds hold; the oldest go first. `count: 0` keeps none. */
export interface RetentionRule {
  readonly age?: Duration | undefined;
  readonly count?: number | undefined;
}
