/**
 * One task within a worker: its lease, and the way of its jobs from prefetch over slots to the outbox of settlements.
 */
import type {
  ClaimedJob,
  ClaimReply,
  ClaimRequest,
  HeldClaim,
  SettleBatch,
  Settlement,
  StateCounts,
} from "../core/adapter.js";
import type { JobRef } from "../core/job.js";
import type { JobTelemetry } from "../core/telemetry/job-telemetry.js";
import { nextTurn } from "../core/turns.js";
import { batchesOf, CollectedBatch } from "./collected-batch.js";
import { Front } from "./front.js";
import { JobExecution, type RunHost } from "./job-execution.js";
import { type Pool, type PoolMember, type PoolShare, shareOf } from "./pool.js";
import { Prefetch } from "./prefetch.js";
import type { RunnableTask } from "./runnable-task.js";
import { SettlementOutbox } from "./settlement-outbox.js";
import { Slots } from "./slots.js";

/** Synchronous handlers run one after the other for about this long, then the event loop gets its turn. */
const LONGEST_DRAIN_MS = 5;

export class Lane implements PoolMember {
  #task: RunnableTask;
  readonly slots = new Slots<JobExecution>();
  readonly prefetch: Prefetch;
  readonly outbox = new SettlementOutbox();
  /** Runs that ended as cancelled in the store after their handler had ended, while their `onCancel` is at work. */
  readonly cleaning = new Set<JobExecution>();
  /** Runs whose settlement is not answered yet, by job id; kept only for tasks with an `onCancel`. */
  readonly #unanswered = new Map<string, JobExecution>();
  /** By the monotonic clock. */
  leaseExtendedAt = Number.NEGATIVE_INFINITY;
  /** When the store answered a claim; by the monotonic clock. */
  claimedAt = Number.NEGATIVE_INFINITY;
  /** Nothing is claimed, since the process is kept for a suspect of some task. */
  isReserved = false;
  /** Jobs are here, and whether the lease is still held is to be asked before they begin. */
  isInDoubt = false;
  /** What is next, as far as pools have to know. */
  readonly front = new Front();
  /** When it got a slot of a pool last, counted in slots. */
  turn = 0;
  /** Jobs that its pools let it claim in the next call. */
  granted = Number.POSITIVE_INFINITY;
  /** Jobs that its pools let a claim that waits take. */
  spare = Number.POSITIVE_INFINITY;
  readonly #host: RunHost;
  /** How far the store's clock is ahead of the monotonic one; undefined: it has not said. */
  #storeAheadMs: number | undefined;
  #pools: readonly Pool[];
  #share: PoolShare;
  #leaseNumber = 1;
  #isQuiet = false;
  #isRetired = false;
  /**
   * Jobs are being begun, or go on being begun when the event loop has had its turn: what ends or arrives meanwhile begins
   * no others itself.
   */
  #isDraining = false;

  /** @param pools that the task is in */
  constructor(task: RunnableTask, host: RunHost, pools: readonly Pool[]) {
    this.#task = task;
    this.#host = host;
    this.#pools = pools;
    this.prefetch = new Prefetch(this);
    for (const pool of pools) pool.join(this);
    this.#share = shareOf(this, pools);
  }

  /** A pool that it is in has another size. */
  resized(): void {
    this.#share = shareOf(this, this.#pools);
  }

  get task(): RunnableTask {
    return this.#task;
  }

  /** Its task is worked on no more: nothing is claimed, what did not begin is given back, what runs goes on. */
  retire(): void {
    this.#isRetired = true;
    this.quiet();
  }

  /** Whether it was retired and has not {@link returned}. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Whether nothing of it is held, under way or waited for. */
  get isIdle(): boolean {
    return this.holds + this.prefetch.claimed + this.prefetch.standing === 0;
  }

  /** Its task is worked on again before it was idle, perhaps with another number of jobs at once. */
  returned(task: RunnableTask, pools: readonly Pool[]): void {
    this.leavePools();
    this.#task = task;
    this.#pools = pools;
    for (const pool of pools) pool.join(this);
    this.resized();
    this.#isRetired = false;
    this.resume();
  }

  /** Its worker works no more. */
  leavePools(): void {
    for (const pool of this.#pools) pool.leave(this);
  }

  get isCollected(): boolean {
    return this.task.isCollected;
  }

  get isSized(): boolean {
    return this.task.concurrency !== undefined || this.task.pool !== undefined;
  }

  /** The pools that count what it does. */
  get boundTo(): readonly Pool[] {
    return this.#share.boundTo;
  }

  /** Jobs that run at once: as the task says, else as many as the pools that somebody has given a size. */
  get concurrency(): number {
    return this.#share.concurrency;
  }

  /** What is claimed in a pool is what can run. */
  get claimsAhead(): boolean {
    return this.#share.claimsAhead;
  }

  get running(): number {
    return this.slots.taken;
  }

  get occupied(): number {
    return Math.min(this.concurrency, this.slots.taken + this.prefetch.claimed);
  }

  get standing(): number {
    return Math.min(this.concurrency, this.prefetch.standing);
  }

  /** Slots that it has for jobs that may be there. */
  get demand(): number {
    return this.#mayClaim ? this.prefetch.demand(this.slots.taken) : 0;
  }

  /** Whether it has slots, and jobs may have come that it was not told of. */
  get mayHaveMissed(): boolean {
    return this.#mayClaim && this.prefetch.mayStand(this.slots.taken);
  }

  /** Whether a slot is free for a job that may come: a claim of it waits, or should be sent. */
  get wantsJobs(): boolean {
    const isFree = this.slots.taken + this.prefetch.size < this.concurrency;
    return this.#mayClaim && isFree && this.boundTo.every(({ running, size }) => running < size);
  }

  /** The store said what waits; undefined: it did not answer. */
  looked(counts: StateCounts | undefined, now: number): void {
    this.front.looked(counts, now);
    if (counts !== undefined) this.prefetch.mayFindJobs = counts.waiting > 0 && counts.pausedAt === undefined;
  }

  get lease(): string {
    return `${this.#host.workerId}.${this.#leaseNumber}`;
  }

  /** Whether the lease may have ended, as far as can be told without asking the store. */
  isOverdue(now: number): boolean {
    return now - this.leaseExtendedAt >= this.task.leaseMs;
  }

  /** A call that was sent at this moment, or no earlier, has extended the lease. */
  leaseExtended(at: number): void {
    this.leaseExtendedAt = Math.max(this.leaseExtendedAt, at);
  }

  /** Jobs this lane holds a claim on. */
  get holds(): number {
    return this.slots.taken + this.prefetch.size + this.outbox.size + this.cleaning.size;
  }

  /** Whether code of the user is at work on a job. */
  get runsHandlers(): boolean {
    return !this.slots.isEmpty || this.cleaning.size > 0;
  }

  get #mayClaim(): boolean {
    return !this.#isQuiet && !this.isReserved;
  }

  /** Whether a claim of it should wait. */
  get wantsWake(): boolean {
    return this.spare > 0 && this.mayHaveMissed;
  }

  /** What to claim when the lane is woken. Until {@link standingEnded} it claims nothing else. */
  standingClaim(): ClaimRequest {
    return {
      ...this.#claim(this.prefetch.stand(this.slots.taken, this.spare)),
      task: this.task.name,
      lease: this.lease,
    };
  }

  /** The standing claim is no more; `reply` is undefined when it failed. */
  standingEnded(request: ClaimRequest, reply: ClaimReply | undefined): void {
    const isOwn = request.lease === this.lease;
    this.prefetch.stood(reply?.jobs.length ?? 0);
    // It may have come through.
    if (reply === undefined && isOwn) this.prefetch.mistrust();
    if (reply === undefined) return;
    this.#tookFrom(request.count, reply.jobs);
    if (isOwn) this.received(reply);
  }

  /** Takes what should be sent now, or `undefined` when there is nothing. */
  takeBatch(): SettleBatch | undefined {
    const count = this.#mayClaim ? this.prefetch.claim(this.slots.taken, this.granted) : 0;
    this.granted -= count;
    if (this.outbox.isEmpty && count === 0) return undefined;
    const { name, retention } = this.task;
    const settlements = this.outbox.take();
    const batch = { task: name, lease: this.lease, retention, settlements };
    return count === 0 ? batch : { ...batch, claim: this.#claim(count) };
  }

  /** Jobs of a first version are newer than no worker's. */
  #claim(count: number): Pick<ClaimRequest, "leaseMs" | "count" | "version"> {
    const { leaseMs, version } = this.task;
    return version > 1 ? { leaseMs, count, version } : { leaseMs, count };
  }

  /** The call of `batch` was answered. */
  batchAnswered(batch: SettleBatch, reply: Pick<ClaimReply, "jobs" | "now">): void {
    const { jobs } = reply;
    this.outbox.answered(batch.settlements);
    if (batch.claim !== undefined) {
      this.prefetch.answered(batch.claim.count, jobs.length);
      this.#tookFrom(batch.claim.count, jobs);
    }
    // What was claimed under a lease that is lost meanwhile belongs to others.
    if (batch.lease === this.lease) this.received(reply);
  }

  #tookFrom(asked: number, jobs: readonly ClaimedJob[]): void {
    this.claimedAt = this.#host.clock.monotonic();
    const last = jobs.at(-1);
    if (last !== undefined) this.front.took(jobs.length, last.priority);
    if (jobs.length < asked) this.front.emptied(performance.now());
  }

  /** The call of `batch` failed: its settlements are kept for the next one. */
  batchFailed(batch: SettleBatch): void {
    this.outbox.failed(batch.settlements);
    this.prefetch.failed(batch.claim?.count ?? 0);
  }

  /** Jobs that were claimed. */
  received({ jobs, now }: Pick<ClaimReply, "jobs" | "now">): void {
    if (now !== undefined) this.#storeAheadMs = now - this.#host.clock.monotonic();
    const { telemetry, workerId } = this.#host;
    if (jobs.length > 0 && telemetry.hearsWork) telemetry.claimed(jobs, workerId);
    this.prefetch.add(jobs);
    if (this.#isQuiet) this.giveBack();
    else this.drain();
  }

  /**
   * Begins jobs while there are slots. After a pause of the process longer than the lease others may have run them
   * already, so the store is asked first.
   */
  drain(now = this.#host.clock.monotonic()): void {
    if (this.prefetch.size === 0) return;
    if (this.isOverdue(now)) {
      this.isInDoubt = true;
      this.#host.pump();
      return;
    }
    if (this.task.isCollected) {
      for (const jobs of batchesOf(this.prefetch.takeAll())) this.#startBatch(jobs, now);
      return;
    }
    if (this.#isDraining) return;
    this.#isDraining = true;
    const hadTime = this.#startJobs(now);
    if (hadTime) this.#isDraining = false;
    else nextTurn(() => this.#drainOn());
    this.prefetch.watch(this.#host.clock, () => this.giveBack());
  }

  #drainOn(): void {
    this.#isDraining = false;
    this.drain();
  }

  /**
   * A handler that is synchronous has ended when its start returns, and the next may start in its slot. Returns whether
   * that was over in {@link LONGEST_DRAIN_MS}.
   */
  #startJobs(now: number): boolean {
    // The first begins in this very turn; each of the others when the one before it has begun.
    let readAt: number | undefined = now;
    const pools = this.boundTo;
    const isHeard = this.#host.telemetry.hearsWork;
    while (this.slots.taken < this.concurrency && pools.every(({ running, size }) => running < size)) {
      const job = this.prefetch.next();
      if (job === undefined) return true;
      const begunAt: number = readAt ?? this.#host.clock.monotonic();
      readAt = undefined;
      const run = new JobExecution(job, { task: this.task, begunAt }, this.#host);
      this.slots.enter(run);
      this.#measureWait(run);
      if (isHeard) run.message = this.#messageOf(run);
      run.start();
      if (begunAt - now >= LONGEST_DRAIN_MS) return false;
    }
    return true;
  }

  #startBatch(jobs: readonly ClaimedJob[], begunAt: number): void {
    const runs = jobs.map((job) => new JobExecution(job, { task: this.task, begunAt }, this.#host));
    const batch = new CollectedBatch(runs);
    this.slots.enterTogether(runs, batch);
    const isHeard = this.#host.telemetry.hearsWork;
    for (const run of runs) {
      this.#measureWait(run);
      if (isHeard) run.message = this.#messageOf(run);
    }
    batch.start();
  }

  /** Until its handler begins a job waits, wherever it does. One that is put back for its version goes on waiting. */
  #measureWait(run: JobExecution): void {
    const { measures } = this.#host;
    const waitedMs = measures === undefined ? undefined : this.#waitOf(run);
    if (waitedMs !== undefined) measures?.started(run.task.name, waitedMs);
  }

  #waitOf({ job, begunAt, task }: JobExecution): number | undefined {
    if (this.#storeAheadMs === undefined || job.version > task.version) return undefined;
    return begunAt + this.#storeAheadMs - job.waitingSince;
  }

  #messageOf(run: JobExecution): JobTelemetry {
    const { telemetry, workerId } = this.#host;
    const { maxAttempts } = run.ctx;
    const waitMs = this.#waitOf(run);
    return telemetry.starting(run.job, { worker: workerId, waitMs, maxAttempts });
  }

  /** A run has given its slot back. */
  slotFreed(run: JobExecution, now: number): void {
    this.slots.leave(run);
    this.prefetch.ran(now - run.begunAt);
    if (this.prefetch.size > 0) this.drain(now);
    this.#host.pump();
  }

  /** A run's end is told to the store; the store may know better, see {@link tookEnd}. */
  awaitsAnswer(run: JobExecution): void {
    if (this.task.onCancel !== undefined) this.#unanswered.set(run.job.id, run);
  }

  /** The store has answered the settlement of this job. Returns its run, of a task with an `onCancel`. */
  tookEnd(id: string): JobExecution | undefined {
    const run = this.#unanswered.get(id);
    this.#unanswered.delete(id);
    return run;
  }

  /** A cancel was asked for a job that may be here. */
  cancel(id: string, reason: string): void {
    for (const run of this.slots.of(id)) run.cancel(reason);
    const job = this.prefetch.take(id);
    if (job === undefined) return;
    this.#endUnrun(job, { id, fence: job.fence, event: "cancel", reason });
    this.#host.pump();
  }

  /**
   * The lease is gone: everything under it belongs to others, and a new lease is taken. Returns jobs that had ended here;
   * runs say so themselves.
   */
  loseLease(): readonly JobRef[] {
    this.#leaseNumber += 1;
    this.prefetch.forget();
    const dropped = this.outbox.forget();
    for (const settlement of dropped) this.#host.telemetry.settled(settlement, "stale");
    const ended = dropped.filter(({ event }) => event !== "release");
    this.#unanswered.clear();
    for (const run of this.slots.runs) run.loseLease();
    return ended.map(({ id }) => ({ task: this.task.name, id }));
  }

  /** These jobs are stored no more. */
  dropMissing(ids: ReadonlySet<string>): void {
    this.prefetch.drop(ids);
    this.outbox.drop(ids);
    for (const run of this.slots.runs) if (ids.has(run.job.id)) run.vanish();
    this.prefetch.mayFindJobs = true;
  }

  /** Every claim known here; complete only while no call is under way. */
  heldClaims(): HeldClaim[] {
    const running = this.slots.runs.map((run) => run.job);
    return [...running, ...this.prefetch.jobs, ...this.outbox.claims].map(({ id, fence }) => ({ id, fence }));
  }

  /** Claims no more and gives back what did not begin. */
  quiet(): void {
    this.#isQuiet = true;
    this.giveBack();
  }

  /** Claims again. */
  resume(): void {
    if (this.#isRetired) return;
    this.#isQuiet = false;
    this.prefetch.mayFindJobs = true;
  }

  /** Gives jobs back that did not begin. */
  giveBack(): void {
    const jobs = this.prefetch.takeAll();
    for (const job of jobs) this.#endUnrun(job, { id: job.id, fence: job.fence, event: "release" });
    if (jobs.length > 0) this.#host.pump();
  }

  #endUnrun(job: ClaimedJob, settlement: Settlement): void {
    this.#host.telemetry.notRun(job, settlement, this.#host.workerId);
    this.outbox.add(settlement);
  }
}
