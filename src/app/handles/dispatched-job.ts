import type { InsertReply, NewJob } from "../../core/adapter.js";
import type { BatchItem } from "../../core/batcher.js";
import type { Countdown } from "../../core/countdown.js";
import { TaskoraError } from "../../core/errors.js";
import { DuplicateJobError, KeyReusedError, ThrottledError } from "../../core/job-errors.js";
import type { ToldDispatch } from "../../core/telemetry/telemetry.js";
import { nextTurn } from "../../core/turns.js";
import { type JobHandle, type PendingJob, StoredJobHandle } from "./job-handle.js";

/** The option whose key a store found taken. */
const OPTION_OF_KEY = { unique: "deduplicate", idempotency: "idempotency" } as const;

/** The handle of a job that a duplicate was dispatched for. */
class JoinedJobHandle<Result, Message = unknown> extends StoredJobHandle<Result, Message> {
  override get isDuplicate(): boolean {
    return true;
  }
}

/**
 * What `dispatch` returns: made → queued → sent → stored, joined to another, or failed. The promise behind it is made only when
 * somebody asks; when nobody did and it fails, the app's `error` event is told.
 */
export class DispatchedJob<Result, Message = unknown>
  extends StoredJobHandle<Result, Message>
  implements PendingJob<Result, Message>, BatchItem<InsertReply>
{
  readonly [Symbol.toStringTag] = "PendingJob";
  bytes = 0;
  /** Who is told how its dispatch ends; undefined: nobody is. */
  told: ToldDispatch | undefined;
  /** Set when it is ready to be sent, and nobody else's until it is. */
  #newJob: (NewJob & { watch?: boolean }) | undefined;
  #status: "open" | "sent" | "stored" | "joined" | "failed" = "open";
  #error: Error | undefined;
  #promise: Promise<JobHandle<Result, Message>> | undefined;
  #resolve: ((handle: JobHandle<Result, Message>) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  #isWatched = false;
  /** Whoever is told what the store says, beside those who hold the handle. */
  #asked: { resolve(handle: JobHandle<Result, Message>): void; reject(error: Error): void } | undefined;
  /** Its insert is under way, and may be answered with another job. */
  #mayJoin = false;
  #onDuplicate: "join" | "reject" = "join";
  /** The caller's transaction that it is stored in. */
  #transaction: object | undefined;
  /** Of the call that collects this job and will hand it on. */
  #collection: Countdown | undefined;

  // biome-ignore lint/suspicious/noThenProperty: dispatch returns a promise; only the resolved handle must not be one
  then<A = JobHandle<Result, Message>, B = never>(
    onStored?: ((handle: JobHandle<Result, Message>) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.stored().then(onStored, onFailed);
  }

  catch<B = never>(
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<JobHandle<Result, Message> | B> {
    return this.stored().catch(onFailed);
  }

  finally(onEnd?: (() => void) | null): Promise<JobHandle<Result, Message>> {
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

  /** What the store says of it, for the app itself: a failure is reported as if nobody had asked. */
  answered(): Promise<JobHandle<Result, Message>> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
    });
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
    this.told?.stored(status === "stored" ? "stored" : "duplicate");
    this.#stopKeeping();
    this.#resolve?.(this.#handle());
    this.#asked?.resolve(this.#handle());
    this.#collection?.done();
  }

  fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.#status = "failed";
    this.told?.refused(error);
    this.#stopKeeping();
    this.#error = error;
    this.#reject?.(error);
    this.#asked?.reject(error);
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

  protected override stored(): Promise<JobHandle<Result, Message>> {
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

  #makePromise(): Promise<JobHandle<Result, Message>> {
    if (this.#status === "stored" || this.#status === "joined") return Promise.resolve(this.#handle());
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  #handle(): JobHandle<Result, Message> {
    const ref = { task: this.task, id: this.id };
    if (this.#status === "joined") return new JoinedJobHandle<Result, Message>(ref, this.context, this.ttlMs);
    return new StoredJobHandle<Result, Message>(ref, this.context, this.ttlMs);
  }
}
