/**
 * One task within a worker: its lease, its running jobs, jobs claimed ahead and settlements to be sent.
 *
 * A lane is *wet* when the store may have jobs for it and *dry* when a claim came back short: then a claim of it waits.
 * Jobs are claimed ahead only while runs are so short that the buffer is worked off within {@link AHEAD_MS}; a
 * buffered job that is not started within {@link MAX_BUFFERED_MS} goes back to the store, so that no job waits
 * behind a slow neighbour while another worker is free.
 */
import type { ClaimedJob, ClaimRequest, HeldClaim, SettleBatch, Settlement } from "../core/adapter.js";
import type { Clock, TimerHandle } from "../core/clock.js";
import type { JobRef } from "../core/job.js";
import { nextTurn } from "../core/turns.js";
import { batchesOf, CollectedBatch } from "./collected-batch.js";
import type { JobExecution } from "./job-run.js";
import type { RunnableTask } from "./runnable-task.js";

/** How much work, in time, may be claimed ahead. */
const AHEAD_MS = 5;
/** How long a claimed job may wait in the buffer before it is given back. */
const MAX_BUFFERED_MS = 20;
/**
 * Claimed jobs at most, those ahead included. Fewer and larger calls cost less per job: at c = 10 and handlers that do
 * nothing, a limit of 1 000 gave half as many jobs a second again as one of 128.
 */
const MAX_CLAIMED_WITH_AHEAD = 1000;
/**
 * Items of one settle call. Two calls of 500 overlap where one of 1 000 would be waited for: measured at c = 1 000,
 * 4.4 µs of Redis per job against 5.3, and 2.6 ms per call against 5.5.
 */
const MAX_BATCH = 500;

/** Synchronous handlers run one after the other for about this long, then the event loop gets its turn. */
const LONGEST_DRAIN_MS = 5;

/** What a lane asks of its worker. */
export interface LaneHost {
  readonly clock: Clock;
  readonly workerId: string;
  run(lane: Lane, job: ClaimedJob): JobExecution;
  /** Asks the store whether the lane still has its lease; {@link Lane.drain} or {@link Lane.loseLease} follows. */
  confirmLease(lane: Lane): void;
  /** A job that ran here belongs to another worker. */
  warnLost(job: JobRef): void;
  pump(): void;
  /** Whether nothing may be claimed, since the process is kept for a suspect of some task. */
  isReserved(): boolean;
  leaseLost(): void;
}

export class Lane {
  readonly task: RunnableTask;
  readonly running = new Map<string, JobExecution>();
  /** Handlers that still run although their job was taken from them and runs here again; they keep their slot. */
  readonly overstaying = new Set<JobExecution>();
  /** The store may have jobs. */
  isWet = true;
  /** The answer of a call was lost, so the store may hold claims that nobody here knows of. */
  isUncertain = false;
  /** By the monotonic clock. */
  leaseExtendedAt = Number.NEGATIVE_INFINITY;
  /** Jobs whose settlement waits for their notes. */
  readonly awaited = new Set<HeldClaim>();
  /** Runs whose settlement is not answered yet, by job id; kept only for tasks with an `onCancel`. */
  readonly unanswered = new Map<string, JobExecution>();
  /** Runs that the store ended as cancelled after their handler had ended, while their `onCancel` is at work. */
  readonly cleaning = new Set<JobExecution>();
  /** Batches that run: each takes one slot. Empty for tasks that collect nothing. */
  readonly #batches = new Map<JobExecution, CollectedBatch>();
  #batchCount = 0;
  readonly #host: LaneHost;
  #leaseNumber = 1;
  #buffer: ClaimedJob[] = [];
  #bufferTimer: TimerHandle | undefined;
  #settlements: Settlement[] = [];
  /** Settlements in a call under way. */
  #sending = 0;
  #claiming = 0;
  /** Jobs to take in the moment of the next wake; 0 when that is not asked for. */
  #standing = 0;
  /** Exponentially weighted mean of run times; starts high, so that a lane earns its buffer. */
  #meanRunMs = 50;
  /** Runs started ever, to see whether the buffer moves. */
  #started = 0;
  /** The last jobs count for limits while they are claimed: claimed ahead they would keep others from running. */
  #isGated = false;
  #isQuiet = false;
  /**
   * Buffered jobs are being started, or go on being started when the event loop has had its turn: what ends or arrives
   * meanwhile starts no others itself.
   */
  #isDraining = false;

  constructor(task: RunnableTask, host: LaneHost) {
    this.task = task;
    this.#host = host;
  }

  get lease(): string {
    return `${this.#host.workerId}.${this.#leaseNumber}`;
  }

  /** Whether the lease may have ended, as far as can be told without asking the store. */
  get isOverdue(): boolean {
    return this.#host.clock.monotonic() - this.leaseExtendedAt >= this.task.leaseMs;
  }

  /** Jobs of a first version are newer than no worker's. */
  get #runsNewer(): { readonly version?: number } {
    return this.task.version > 1 ? { version: this.task.version } : {};
  }

  /** Jobs this lane holds a claim on. */
  get holds(): number {
    return (
      this.#taken +
      this.#buffer.length +
      this.#settlements.length +
      this.#sending +
      this.awaited.size +
      this.cleaning.size
    );
  }

  /** Whether code of the user is at work on a job. */
  get runsHandlers(): boolean {
    return this.running.size + this.overstaying.size + this.cleaning.size > 0;
  }

  /** Slots in use. */
  get #taken(): number {
    return this.running.size + this.overstaying.size - this.#batches.size + this.#batchCount;
  }

  /** Whether a wake could be used. */
  get hasRoom(): boolean {
    return this.#mayClaim && this.#taken + this.#buffer.length + this.#claiming < this.task.concurrency;
  }

  get #mayClaim(): boolean {
    return !this.#isQuiet && !this.#host.isReserved();
  }

  /** Whether it should be waited for: room, nothing known to be there, and no claim of it under way. */
  get wantsWake(): boolean {
    return this.hasRoom && !this.isWet && !this.isUncertain && this.#claiming === 0;
  }

  /** Whether a claim of it waits. */
  get isStanding(): boolean {
    return this.#standing > 0;
  }

  /** Whether it should claim and cannot, since a claim of it stands. */
  get isHeldUp(): boolean {
    return this.isWet && this.#standing > 0;
  }

  /** Takes what should be sent now, or `undefined` when there is nothing. */
  takeBatch(): SettleBatch | undefined {
    const count = this.#claimCount();
    if (this.#settlements.length === 0 && count === 0) return undefined;
    const settlements = this.#settlements.splice(0, MAX_BATCH);
    const { name, retention, leaseMs } = this.task;
    this.#claiming += count;
    this.#sending += settlements.length;
    const claim = count > 0 ? { claim: { leaseMs, count, ...this.#runsNewer } } : {};
    return { task: name, lease: this.lease, retention, settlements, ...claim };
  }

  /** The call of `batch` was answered with these jobs. */
  batchAnswered(batch: SettleBatch, jobs: readonly ClaimedJob[]): void {
    this.#claiming -= batch.claim?.count ?? 0;
    this.#sending -= batch.settlements.length;
    this.#receive(jobs);
  }

  /**
   * What to claim when the lane is woken. Until {@link standingEnded} it claims nothing else: of two claims under way
   * over two connections a lost one could not be told from the other.
   */
  standingClaim(): ClaimRequest {
    this.#standing = this.#roomToClaim();
    const { name, leaseMs } = this.task;
    return { task: name, lease: this.lease, leaseMs, count: this.#standing, ...this.#runsNewer };
  }

  /** The standing claim is no more; it took these jobs. */
  standingEnded(jobs: readonly ClaimedJob[]): void {
    this.#standing = 0;
    if (jobs.length > 0) this.#receive(jobs);
  }

  /** Jobs that were claimed by themselves. */
  received(jobs: readonly ClaimedJob[]): void {
    this.#receive(jobs);
  }

  #receive(jobs: readonly ClaimedJob[]): void {
    if (jobs.length > 0) this.#isGated = jobs.some((job) => job.isGated === true);
    this.#buffer.push(...jobs);
    if (this.#isQuiet) this.giveBack();
    else this.drain();
  }

  /** The call of `batch` failed: its settlements are kept for the next one. */
  batchFailed(batch: SettleBatch): void {
    this.#claiming -= batch.claim?.count ?? 0;
    this.#sending -= batch.settlements.length;
    this.#settlements.unshift(...batch.settlements);
    if ((batch.claim?.count ?? 0) > 0) {
      this.isUncertain = true;
      this.isWet = true;
    }
  }

  /**
   * Starts buffered jobs while there are slots. After a pause of the process longer than the lease others may have
   * run them already, so the store is asked first.
   */
  drain(): void {
    if (this.#buffer.length === 0) return;
    if (this.isOverdue) {
      this.#host.confirmLease(this);
      return;
    }
    if (this.task.isCollected) {
      for (const jobs of batchesOf(this.#buffer.splice(0))) this.#startBatch(jobs);
      return;
    }
    if (this.#isDraining) return;
    this.#isDraining = true;
    const hadTime = this.#startBuffered(performance.now() + LONGEST_DRAIN_MS);
    if (hadTime) this.#isDraining = false;
    else nextTurn(() => this.#drainOn());
    this.#watchBuffer();
  }

  #drainOn(): void {
    this.#isDraining = false;
    this.drain();
  }

  /**
   * A handler that is synchronous has ended when its start returns, and the next may start in its slot. Returns whether
   * that was over before `endAt`.
   */
  #startBuffered(endAt: number): boolean {
    while (this.#buffer.length > 0 && this.#taken < this.task.concurrency) {
      // A shift does not move the rest of the buffer.
      const run = this.#enter(this.#buffer.shift() as ClaimedJob);
      this.#started += 1;
      run.start();
      if (run.startedAt >= endAt) return false;
    }
    return true;
  }

  settle(settlement: Settlement): void {
    this.#settlements.push(settlement);
    this.#host.pump();
  }

  /** A run has given its slot back after `ranMs`. */
  slotFreed(run: JobExecution, ranMs: number): void {
    if (this.running.get(run.job.id) === run) this.running.delete(run.job.id);
    this.overstaying.delete(run);
    this.#leaveBatch(run);
    this.#meanRunMs += (ranMs - this.#meanRunMs) * 0.1;
    if (this.#buffer.length > 0) this.drain();
    this.#host.pump();
  }

  /** A cancel was asked for a job that may be here. */
  cancel(id: string, reason: string): void {
    this.running.get(id)?.cancel(reason);
    const index = this.#buffer.findIndex((job) => job.id === id);
    const job = this.#buffer[index];
    if (job === undefined) return;
    this.#buffer.splice(index, 1);
    this.settle({ id, fence: job.fence, event: "cancel", reason });
  }

  /** The lease is gone: everything under it belongs to others, and a new lease is taken. */
  loseLease(): void {
    this.#leaseNumber += 1;
    this.#host.leaseLost();
    this.#buffer = [];
    for (const { id, event } of this.#settlements.splice(0)) {
      if (event !== "release") this.#host.warnLost({ task: this.task.name, id });
    }
    this.unanswered.clear();
    for (const run of [...this.running.values()]) run.loseLease();
    this.isWet = true;
    this.isUncertain = false;
  }

  /** These jobs are stored no more. */
  dropVanished(ids: ReadonlySet<string>): void {
    this.#buffer = this.#buffer.filter((job) => !ids.has(job.id));
    this.#settlements = this.#settlements.filter((settlement) => !ids.has(settlement.id));
    for (const run of [...this.running.values()]) if (ids.has(run.job.id)) run.vanish();
    this.isWet = true;
  }

  /** Every claim known here; complete only while no call is under way. */
  heldClaims(): HeldClaim[] {
    const running = Array.from(this.running.values(), (run) => run.job);
    const known = [...running, ...this.#buffer, ...this.#settlements, ...this.awaited];
    return known.map(({ id, fence }) => ({ id, fence }));
  }

  /** Claims no more and gives buffered jobs back. */
  quiet(): void {
    this.#isQuiet = true;
    this.giveBack();
  }

  /** Claims again. */
  resume(): void {
    this.#isQuiet = false;
    this.isWet = true;
  }

  /** Gives jobs back that were claimed ahead. */
  giveBack(): void {
    const jobs = this.#buffer.splice(0);
    for (const { id, fence } of jobs) this.#settlements.push({ id, fence, event: "release" });
    if (jobs.length > 0) this.#host.pump();
  }

  #claimCount(): number {
    if (!this.isWet || this.isUncertain || !this.#mayClaim || this.#standing > 0) return 0;
    return this.#roomToClaim();
  }

  #roomToClaim(): number {
    const claimed = this.#taken + this.#buffer.length + this.#claiming;
    const free = this.task.concurrency + this.#ahead() - claimed;
    return Math.max(0, Math.min(free, MAX_BATCH));
  }

  #ahead(): number {
    const { concurrency, isCollected } = this.task;
    if (isCollected || this.#isGated || concurrency >= MAX_CLAIMED_WITH_AHEAD) return 0;
    const worth = Math.floor((concurrency * AHEAD_MS) / Math.max(this.#meanRunMs, 0.01));
    return Math.min(worth, MAX_CLAIMED_WITH_AHEAD - concurrency);
  }

  #startBatch(jobs: readonly ClaimedJob[]): void {
    const runs = jobs.map((job) => this.#enter(job));
    const batch = new CollectedBatch(runs);
    for (const run of runs) this.#batches.set(run, batch);
    this.#batchCount += 1;
    batch.start();
  }

  #leaveBatch(run: JobExecution): void {
    const batch = this.#batches.get(run);
    if (batch === undefined) return;
    this.#batches.delete(run);
    if (batch.partFreed()) this.#batchCount -= 1;
  }

  #enter(job: ClaimedJob): JobExecution {
    const run = this.#host.run(this, job);
    const earlier = this.running.get(job.id);
    if (earlier !== undefined) this.overstaying.add(earlier);
    this.running.set(job.id, run);
    return run;
  }

  /** Slots get free again and again while jobs are short; when none does for a while, the buffer goes back. */
  #watchBuffer(): void {
    if (this.#buffer.length === 0 || this.#bufferTimer !== undefined) return;
    const startedBefore = this.#started;
    this.#bufferTimer = this.#host.clock.schedule(MAX_BUFFERED_MS, () => {
      this.#bufferTimer = undefined;
      if (this.#started !== startedBefore) {
        this.#watchBuffer();
        return;
      }
      this.#meanRunMs = Math.max(this.#meanRunMs, MAX_BUFFERED_MS);
      this.giveBack();
    });
  }
}
