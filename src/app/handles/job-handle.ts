import type { CancelReply, InsertReply, JobChange, NewJob } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import type { BatchItem } from "../../core/batcher.js";
import { text } from "../../core/checks.js";
import type { Countdown } from "../../core/countdown.js";
import { type Duration, parseDuration } from "../../core/duration.js";
import { TaskoraError } from "../../core/errors.js";
import type { JobRef, LogLine } from "../../core/job.js";
import { DuplicateJobError, KeyReusedError, ThrottledError, TimeoutError } from "../../core/job-errors.js";
import type { FinalState, JobState } from "../../core/lifecycle.js";
import { optionSet } from "../../core/options.js";
import { nextTurn } from "../../core/turns.js";
import { priorityOption, type RescheduleOptions, resolveReschedule } from "../dispatch/dispatch-options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";

/** What a cancel did. `requested`: the job is active, its worker has been told and will end it as cancelled. */
export type CancelResult =
  | { readonly status: "cancelled" | "requested" | "missing" }
  | { readonly status: "finished"; readonly state: FinalState };

/** What a change by hand did. `refused`: the job is in a state that does not allow it. */
export type ChangeResult =
  | { readonly status: "applied" | "missing" }
  | { readonly status: "refused"; readonly state: JobState };

/** One dispatched job, from any process. */
export interface JobHandle<Result = unknown> {
  /** Of a dispatched duplicate: that of the job that is there, from when the store has answered. */
  readonly id: string;
  /** The name of its task. */
  readonly task: string;
  /** Whether the dispatch stored nothing, since another job stands for its key: this is the handle of that one. */
  readonly isDuplicate: boolean;
  /**
   * The validated result. Rejects with `JobFailedError`, `CancelledError`, `ExpiredError`, `JobReplacedError` or
   * `JobNotFoundError`.
   * Asking before the dispatch was sent saves a round trip.
   */
  readonly result: Promise<Result>;
  /** As {@link result}, but rejects with `TimeoutError` after `timeout`; the job goes on. */
  waitFor(timeout: Duration): Promise<Result>;
  cancel(options?: { readonly reason?: string }): Promise<CancelResult>;
  /** Lets a delayed or retrying job run now, behind those already waiting. */
  promote(): Promise<ChangeResult>;
  /** Gives a waiting, delayed or retrying job another time. */
  reschedule(to: RescheduleOptions): Promise<ChangeResult>;
  /** Moves a waiting, delayed or retrying job to the back of another priority, −1 000 to 1 000; higher runs first. */
  changePriority(priority: number): Promise<ChangeResult>;
  /** Deletes the job with everything kept about it. An active one must be cancelled first. */
  remove(): Promise<ChangeResult>;
  /** `undefined` when the job is not stored (any more). */
  getState(): Promise<JobState | undefined>;
  /** What the handler published last. */
  getProgress(): Promise<unknown>;
  getLogs(): Promise<readonly LogLine[]>;
}

/** A {@link JobHandle} that is also the promise of being stored. */
export interface PendingJob<Result = unknown> extends JobHandle<Result>, Promise<JobHandle<Result>> {}

type ChangeOfJob = JobChange extends infer C ? (C extends JobChange ? Omit<C, "id" | "task"> : never) : never;

const CANCEL = optionSet({ reason: text });

/** The handle of a job that is stored, or believed to be. No thenable, so async functions can return it. */
export class StoredJobHandle<Result> implements JobHandle<Result> {
  id: string;
  readonly task: string;
  protected readonly context: ProducerContext;
  #result: Promise<Result> | undefined;

  /** `"unknown"` for a handle made from an id alone. */
  protected ttlMs: number | "unknown" | undefined;

  constructor(ref: JobRef, context: ProducerContext, ttlMs?: number | "unknown") {
    this.task = ref.task;
    this.id = ref.id;
    this.context = context;
    this.ttlMs = ttlMs;
  }

  get isDuplicate(): boolean {
    return false;
  }

  get result(): Promise<Result> {
    if (this.#result === undefined) {
      this.#result = this.askForResult() as Promise<Result>;
      // Reading the property must not crash a process that looks at the promise later; awaiting it still rejects.
      this.#result.catch(() => undefined);
    }
    return this.#result;
  }

  waitFor(timeout: Duration): Promise<Result> {
    const timeoutMs = parseDuration(timeout, "timeout");
    return new Promise<Result>((resolve, reject) => {
      const timer = this.context.clock.schedule(timeoutMs, () =>
        reject(TimeoutError.ofWait(this.id, timeoutMs)),
      );
      this.result.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  async cancel(options: { readonly reason?: string } = {}): Promise<CancelResult> {
    const { reason = "" } = CANCEL.read(options, "cancel()");
    await this.stored();
    const reply: CancelReply = await this.context.cancel(this.task, this.id, reason);
    return reply;
  }

  promote(): Promise<ChangeResult> {
    return this.#change({ change: "promote" });
  }

  async reschedule(to: RescheduleOptions): Promise<ChangeResult> {
    return this.#change({ change: "reschedule", ...resolveReschedule(to) });
  }

  async changePriority(priority: number): Promise<ChangeResult> {
    return this.#change({ change: "prioritize", priority: priorityOption(priority, "priority") });
  }

  remove(): Promise<ChangeResult> {
    return this.#change({ change: "remove" });
  }

  async getState(): Promise<JobState | undefined> {
    await this.stored();
    return (await this.context.read(this.task, this.id))?.state;
  }

  async getProgress(): Promise<unknown> {
    await this.stored();
    const snapshot = await this.context.read(this.task, this.id);
    if (snapshot?.progress === undefined) return undefined;
    return this.context.decode(this.task, snapshot.progress);
  }

  async getLogs(): Promise<readonly LogLine[]> {
    await this.stored();
    return (await this.context.readDetails(this.task, this.id)).logs;
  }

  protected askForResult(): Promise<unknown> {
    return this.context.results.outcome(
      { task: this.task, id: this.id },
      { stored: Promise.resolve(), ttlMs: this.ttlMs },
    );
  }

  async #change(change: ChangeOfJob): Promise<ChangeResult> {
    await this.stored();
    return this.context.change({ task: this.task, id: this.id, ...change });
  }

  /** Resolves when the job is stored. */
  protected stored(): Promise<unknown> {
    return Promise.resolve();
  }
}

/** How many arguments handles take. */
export const HANDLE_ARGUMENTS = { throws: { waitFor: 1 }, rejects: { cancel: 1, getState: 0 } };

limitArguments(StoredJobHandle.prototype, "", {
  ...HANDLE_ARGUMENTS,
  rejects: {
    ...HANDLE_ARGUMENTS.rejects,
    ...{ promote: 0, reschedule: 1, changePriority: 1, remove: 0, getProgress: 0, getLogs: 0 },
  },
});

/** The option whose key a store found taken. */
const OPTION_OF_KEY = { unique: "deduplicate", idempotency: "idempotencyKey" } as const;

/** The handle of a job that a duplicate was dispatched for. */
class JoinedJobHandle<Result> extends StoredJobHandle<Result> {
  override get isDuplicate(): boolean {
    return true;
  }
}

/**
 * What `dispatch` returns: made → queued → sent → stored, joined to another, or failed. The promise behind it is made only when
 * somebody asks; when nobody did and it fails, the app's `error` event is told.
 */
export class DispatchedJob<Result>
  extends StoredJobHandle<Result>
  implements PendingJob<Result>, BatchItem<InsertReply>
{
  readonly [Symbol.toStringTag] = "PendingJob";
  bytes = 0;
  /** Set when it is ready to be sent, and nobody else's until it is. */
  #newJob: (NewJob & { watch?: boolean }) | undefined;
  #status: "open" | "sent" | "stored" | "joined" | "failed" = "open";
  #error: Error | undefined;
  #promise: Promise<JobHandle<Result>> | undefined;
  #resolve: ((handle: JobHandle<Result>) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  #isWatched = false;
  /** Its insert is under way, and may be answered with another job. */
  #mayJoin = false;
  #onDuplicate: "join" | "reject" = "join";
  /** The caller's transaction that it is stored in. */
  #transaction: object | undefined;
  /** Of the call that collects this job and will hand it on. */
  #collection: Countdown | undefined;

  // biome-ignore lint/suspicious/noThenProperty: dispatch returns a promise; only the resolved handle must not be one
  then<A = JobHandle<Result>, B = never>(
    onStored?: ((handle: JobHandle<Result>) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.stored().then(onStored, onFailed);
  }

  catch<B = never>(
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<JobHandle<Result> | B> {
    return this.stored().catch(onFailed);
  }

  finally(onEnd?: (() => void) | null): Promise<JobHandle<Result>> {
    return this.stored().finally(onEnd);
  }

  /** The job is complete and may be sent. */
  prepared(job: NewJob, bytes: number): void {
    this.#newJob = job;
    this.bytes = bytes;
    this.ttlMs = job.ttlMs;
  }

  joinTransaction(transaction: object): void {
    this.#transaction = transaction;
  }

  get transaction(): object | undefined {
    return this.#transaction;
  }

  /** Somebody wants the outcome, and the insert will say so. */
  get isWatched(): boolean {
    return this.#isWatched;
  }

  /** The job as it goes to the store now. */
  takeForSending(): NewJob {
    this.#status = "sent";
    const job = this.#newJob as NewJob & { watch?: boolean };
    this.#newJob = undefined;
    if (!this.#isWatched) return job;
    job.watch = true;
    this.#mayJoin = job.limits?.unique !== undefined || job.limits?.idempotency !== undefined;
    if (this.#mayJoin) this.context.results.keepOutcomes();
    return job;
  }

  override get isDuplicate(): boolean {
    return this.#status === "joined";
  }

  /** From now on a duplicate fails. */
  rejectDuplicates(): void {
    this.#onDuplicate = "reject";
  }

  succeed(reply: InsertReply): void {
    switch (reply.status) {
      case "inserted":
        this.#settleAs("stored");
        if (this.#isWatched) this.context.results.inserted({ task: this.task, id: this.id }, this.ttlMs);
        return;
      case "duplicate":
        if (this.#onDuplicate === "join" || reply.id === this.id) this.#join(reply);
        else this.fail(new DuplicateJobError(this, reply.id, OPTION_OF_KEY[reply.by]));
        return;
      case "reused":
        this.fail(new KeyReusedError(this, reply.id));
        return;
      case "throttled":
        this.fail(new ThrottledError(this, reply.retryAfterMs));
        return;
      case "refused":
        this.fail(reply.error);
        return;
      case "conflict":
        this.fail(
          new TaskoraError(
            "JOB_ID_CONFLICT",
            `Job ${this.id} (${this.task}) was not stored: another job has this id. Dispatch it again.`,
          ),
        );
        return;
    }
  }

  /** This is the handle of another job from now on, or of this one when a repeated insert found its key. */
  #join({ id, by }: Extract<InsertReply, { readonly status: "duplicate" }>): void {
    const from = { task: this.task, id: this.id };
    const isOther = id !== this.id;
    this.id = id;
    this.ttlMs = "unknown";
    this.context.results.redirect({ from, to: { task: this.task, id }, isTold: by === "unique" });
    this.#settleAs(isOther ? "joined" : "stored");
  }

  #settleAs(status: "stored" | "joined"): void {
    this.#status = status;
    this.#stopKeeping();
    this.#resolve?.(this.#handle());
    this.#collection?.done();
  }

  fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.#status = "failed";
    this.#stopKeeping();
    this.#error = error;
    this.#reject?.(error);
    if (this.#isWatched) this.context.results.abandon({ task: this.task, id: this.id }, error);
    if (this.#collection === undefined) this.#reportUnlessObserved();
    else this.#collection.done();
  }

  #stopKeeping(): void {
    if (this.#mayJoin) this.context.results.letOutcomesGo();
    this.#mayJoin = false;
  }

  /** Counts this job until it is stored or failed; a failure is not reported before {@link letGo}. */
  collect(collection: Countdown): void {
    this.#collection = collection;
    collection.add();
  }

  letGo(): void {
    this.#collection = undefined;
    if (this.#error !== undefined) this.#reportUnlessObserved();
  }

  /** A turn later, since `await` looks at a thenable only in the next microtask. */
  #reportUnlessObserved(): void {
    nextTurn(() => {
      if (this.#promise !== undefined || this.#isWatched || this.#error === undefined) return;
      this.context.reportError(this.#error, { task: this.task, jobId: this.id });
    });
  }

  protected override stored(): Promise<JobHandle<Result>> {
    this.#promise ??= this.#makePromise();
    return this.#promise;
  }

  protected override askForResult(): Promise<unknown> {
    const ref = { task: this.task, id: this.id };
    if (this.#status === "open") {
      this.#isWatched = true;
      return this.context.results.outcome(ref, { stored: undefined, ttlMs: undefined });
    }
    return this.context.results.outcome(ref, { stored: this.stored(), ttlMs: this.ttlMs });
  }

  #makePromise(): Promise<JobHandle<Result>> {
    if (this.#status === "stored" || this.#status === "joined") return Promise.resolve(this.#handle());
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  #handle(): JobHandle<Result> {
    const ref = { task: this.task, id: this.id };
    if (this.#status === "joined") return new JoinedJobHandle<Result>(ref, this.context, this.ttlMs);
    return new StoredJobHandle<Result>(ref, this.context, this.ttlMs);
  }
}
