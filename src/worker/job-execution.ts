/**
 * The life of one run: started → (interrupted by cancel, timeout, lost lease or shutdown) → settled → slot free.
 * Settled and slot free are two moments: a timed out handler is settled at once, but its slot stays taken until
 * it ends or its grace is past, so that concurrency is never silently exceeded.
 *
 * All of it happens in one async context: what others ask of a run enters that first, so that nothing of theirs reaches
 * the user's code (handler, middleware, filters of retry, `onCancel`, listeners of the signal), nor the other way round.
 */
import type { AsyncResource } from "node:async_hooks";
import type { ClaimedJob } from "../core/adapter.js";
import type { Clock, TimerHandle } from "../core/clock.js";
import type { JobRef } from "../core/job.js";
import {
  CancelledError,
  JobNotFoundError,
  LeaseLostError,
  ShutdownError,
  TimeoutError,
} from "../core/job-errors.js";
import type { Outcome } from "../core/outcome.js";
import type { JobTelemetry } from "../core/telemetry/job-telemetry.js";
import type { Telemetry } from "../core/telemetry/telemetry.js";
import { newRootContext } from "./async-context.js";
import { RunContext, type RunContextParts } from "./job-context.js";
import type { WorkerMeasures } from "./measures.js";
import { runJob } from "./run-job.js";
import type { RunnableTask } from "./runnable-task.js";
import type { SharedSlot, SlotUser } from "./slots.js";

/** What runs, and the lanes they are in, ask of their worker, and tell it. */
export interface RunHost extends RunContextParts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly workerId: string;
  /** What is counted of runs; undefined: nothing is. */
  readonly measures: WorkerMeasures | undefined;
  /** Something is to be sent, or looked at. */
  pump(): void;
  settle(run: JobExecution, outcome: Outcome): void;
  /** It has completed in a transaction of its handler's. */
  hasEnded(run: JobExecution): void;
  /** @param now by the app's monotonic clock */
  freeSlot(run: JobExecution, now: number): void;
  /** As `JobRun.reach`. */
  reach(job: ClaimedJob): Promise<number | undefined>;
  /** Asks the store whether the lease is still held when that is in doubt; {@link JobExecution.loseLease} comes before it resolves. */
  confirmLease(run: JobExecution, now: number): Promise<void> | undefined;
  /** Whether a job is stored as completed, or no more; false where the store does not say. */
  hasCompleted(job: ClaimedJob): Promise<boolean>;
  /** Its handler still runs though its job was taken from it, and its slot is given away. */
  overstays(run: JobExecution, message: string): void;
  warnLost(job: JobRef): void;
  /** `onCancel` or `onFailed` threw. */
  hookFailed(run: JobExecution, error: unknown): void;
}

type Interruption =
  | { readonly kind: "cancel"; readonly reason: string }
  | { readonly kind: "timeout" | "lost" | "shutdown" };

export class JobExecution implements SlotUser {
  readonly job: ClaimedJob;
  readonly task: RunnableTask;
  readonly ctx: RunContext;
  /** When it was made, by the app's monotonic clock. */
  readonly begunAt: number;
  /** When its end was first told, by the same clock. */
  endedAt: number | undefined;
  place = -1;
  sharedSlot: SharedSlot | undefined;
  /** What somebody is told of it; undefined: nobody listens. */
  message: JobTelemetry | undefined;
  readonly #host: RunHost;
  readonly #context: AsyncResource = newRootContext();
  #interruption: Interruption | undefined;
  #timeout: TimerHandle | undefined;
  #grace: TimerHandle | undefined;
  /** How the handler ended, while it is asked whether the job is still held here. */
  #late: Outcome | undefined;
  #isSettled = false;
  #isFree = false;

  /** @param begunAt now, by the app's monotonic clock: whoever begins several reads it less often */
  constructor(
    job: ClaimedJob,
    { task, begunAt }: { readonly task: RunnableTask; readonly begunAt: number },
    host: RunHost,
  ) {
    this.job = job;
    this.task = task;
    this.#host = host;
    this.begunAt = begunAt;
    this.ctx = new RunContext(job, task, host);
  }

  reach(): Promise<number | undefined> {
    return this.#host.reach(this.job);
  }

  now(): number {
    return this.#host.clock.now();
  }

  /**
   * It may have ended when this returns.
   *
   * @param work what it runs when it is part of a batch; else its own handler
   */
  start(work?: () => Promise<Outcome>): void {
    this.#context.runInAsyncScope(this.message === undefined ? this.#start : this.#startTold, this, work);
  }

  #startTold(work: (() => Promise<Outcome>) | undefined): void {
    const message = this.message as JobTelemetry;
    this.ctx.told = message;
    this.#host.telemetry.run(message, () => this.#start(work));
  }

  #start(work: (() => Promise<Outcome>) | undefined): void {
    const { timeoutMs } = this.task;
    if (timeoutMs !== undefined)
      this.#timeout = this.#host.clock.schedule(timeoutMs, () => this.#timeOut(timeoutMs));
    const outcome = work === undefined ? runJob(this) : work();
    if (outcome instanceof Promise) void outcome.then((ended) => this.#handlerEnded(ended));
    else this.#handlerEnded(outcome);
  }

  /** Somebody cancelled the job: tell the handler, wait for it up to its grace, then settle as cancelled. */
  cancel(reason: string): void {
    if (this.#interruption !== undefined || this.#isSettled) return;
    this.#context.runInAsyncScope(this.#cancel, this, reason);
  }

  #cancel(reason: string): void {
    this.#interrupt({ kind: "cancel", reason }, new CancelledError(this.job.id, reason));
    this.#afterGrace(() => {
      this.#warnOverstay();
      void this.#endCancelled(reason);
    });
  }

  /** Another worker has the job: tell the handler and settle nothing. */
  loseLease(): void {
    if (this.#interruption !== undefined || this.#isSettled) return;
    this.#context.runInAsyncScope(this.#loseLease, this);
  }

  #loseLease(): void {
    this.#interrupt({ kind: "lost" }, new LeaseLostError(this.job.id, this.job.task));
    this.#host.warnLost(this.job);
    void this.#settle({ kind: "lost" });
    this.#afterGrace(() => this.#overstay());
  }

  /** The store does not know the job any more: tell the handler and settle nothing. */
  vanish(): void {
    if (this.#interruption !== undefined || this.#isSettled) return;
    this.#context.runInAsyncScope(this.#vanish, this);
  }

  #vanish(): void {
    this.#interrupt({ kind: "lost" }, new JobNotFoundError(this.job.id, this.job.task));
    void this.#settle({ kind: "lost" });
    this.#afterGrace(() => this.#overstay());
  }

  /** The worker goes away: tell the handler; {@link abandon} follows when it does not end soon. */
  shutDown(): void {
    if (this.#interruption !== undefined || this.#isSettled || this.#late !== undefined) return;
    const reason = new ShutdownError(this.job.id);
    this.#context.runInAsyncScope(this.#interrupt, this, { kind: "shutdown" }, reason);
  }

  /** The worker waits no longer: give the job back, whatever the handler still does. What has ended is settled. */
  abandon(): void {
    this.shutDown();
    void this.#settle(this.#late ?? { kind: "released", delayMs: 0 });
    this.#free();
  }

  /** The job ends, or has ended, as cancelled: the user's own cleaning up. */
  cleanUp(): Promise<void> {
    return this.#context.runInAsyncScope(this.#cleanUp, this);
  }

  async #cleanUp(): Promise<void> {
    try {
      await this.task.onCancel?.(this.ctx.data, this.ctx);
    } catch (error) {
      this.#host.hookFailed(this, error);
    }
  }

  #interrupt(interruption: Interruption, reason: Error): void {
    this.#interruption = interruption;
    this.#timeout?.cancel();
    this.ctx.abort(reason);
  }

  #timeOut(timeoutMs: number): void {
    if (this.#interruption !== undefined || this.#isSettled) return;
    const error = TimeoutError.ofAttempt(this.task.name, this.job.attempt, timeoutMs);
    this.#interrupt({ kind: "timeout" }, error);
    void this.#settle({ kind: "threw", error });
    this.#afterGrace(() => this.#overstay());
  }

  #overstay(): void {
    this.#warnOverstay();
    this.#free();
  }

  #warnOverstay(): void {
    this.#host.overstays(
      this,
      `The handler of ${this.task.name} still runs ${this.task.graceMs} ms after job ${this.job.id} was taken from it; ` +
        "its slot is given to another job. Pass ctx.signal to what the handler waits for.",
    );
  }

  async #endCancelled(reason: string): Promise<void> {
    if (this.#isSettled) return;
    this.#isSettled = true;
    await this.cleanUp();
    this.#host.settle(this, { kind: "cancelled", reason });
    this.#free();
  }

  /** A handler that kept the event loop busy for longer than the lease is told of a loss before its end is looked at. */
  #handlerEnded(ended: Outcome): void {
    this.#timeout?.cancel();
    const isGivenBack = this.#interruption?.kind === "shutdown" && ended.kind === "threw";
    const outcome: Outcome = isGivenBack ? { kind: "released", delayMs: 0 } : ended;
    const now = this.#host.clock.monotonic();
    this.endedAt ??= now;
    const confirmed = this.#isSettled ? undefined : this.#host.confirmLease(this, now);
    if (confirmed === undefined) {
      this.#end(outcome, now);
      return;
    }
    this.#late = outcome;
    void confirmed.then(() => this.#end(outcome));
  }

  /** @param now when that is in this very turn */
  #end(outcome: Outcome, now?: number): void {
    this.#grace?.cancel();
    const interruption = this.#interruption;
    if (interruption?.kind === "cancel") {
      void this.#endCancelled(interruption.reason);
      return;
    }
    const failing = this.#settle(outcome);
    if (failing === undefined) this.#free(now);
    else void failing.then(() => this.#free());
  }

  /** Gives a promise where the user's `onFailed` comes before, or the store is asked. */
  #settle(outcome: Outcome): Promise<void> | undefined {
    if (this.#isSettled) return undefined;
    this.#isSettled = true;
    const end = this.ctx.transactionalEnd;
    if (end?.hasEnded) {
      this.#endedBefore(outcome);
      return undefined;
    }
    if (end?.isLeftToHandler && outcome.kind === "threw") return this.#settleUnlessEnded(outcome);
    if (end?.wasTaken && outcome.kind === "threw") return this.#settleTaken(outcome);
    return this.#settleAlone(outcome);
  }

  /** It has ended in a transaction: there is nothing to settle. */
  #endedBefore(outcome: Outcome): void {
    this.#host.hasEnded(this);
    if (outcome.kind === "threw" && this.#interruption === undefined)
      this.#host.hookFailed(this, outcome.error);
  }

  /** Whether a transaction of the handler's has committed before he threw is for the store to say. */
  async #settleUnlessEnded(outcome: Extract<Outcome, { readonly kind: "threw" }>): Promise<void> {
    if (await this.#host.hasCompleted(this.job)) this.#endedBefore(outcome);
    else await this.#settleAlone(outcome);
  }

  /** The store refused to end it in a transaction. */
  async #settleTaken(outcome: Extract<Outcome, { readonly kind: "threw" }>): Promise<void> {
    if (outcome.error instanceof CancelledError) {
      await this.cleanUp();
      this.#host.settle(this, { kind: "cancelled", reason: outcome.error.reason });
    } else if (outcome.error instanceof LeaseLostError) {
      if (this.#interruption === undefined) this.#host.warnLost(this.job);
    } else await this.#settleAlone(outcome);
  }

  #settleAlone(outcome: Outcome): Promise<void> | undefined {
    const { onFailed } = this.task;
    if (onFailed !== undefined && outcome.kind === "threw" && !this.ctx.willRetry(outcome.error))
      return this.#fail(outcome, onFailed);
    this.#host.settle(this, outcome);
    return undefined;
  }

  async #fail(
    outcome: Extract<Outcome, { readonly kind: "threw" }>,
    onFailed: NonNullable<RunnableTask["onFailed"]>,
  ): Promise<void> {
    try {
      await onFailed(this.ctx.data, this.ctx, outcome.error);
    } catch (error) {
      this.#host.hookFailed(this, error);
    }
    this.#host.settle(this, outcome);
  }

  #free(now?: number): void {
    if (this.#isFree) return;
    this.#isFree = true;
    this.#grace?.cancel();
    this.#host.freeSlot(this, now ?? this.#host.clock.monotonic());
  }

  #afterGrace(action: () => void): void {
    this.#grace = this.#host.clock.schedule(this.task.graceMs, action);
  }
}
