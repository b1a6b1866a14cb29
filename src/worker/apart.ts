/**
 * Tries suspects apart: jobs that were lost together with others, one of which may kill or block its process. While one
 * is tried the process begins nothing else, of no task, so that only the culprit can be hit by it.
 *
 * open → (suspects wait) draining: nothing is claimed until nothing runs, or for the length of a lease → claiming →
 * trying: until it has ended, or has lasted as long as a lease → open, for at least as long as that took while other work
 * goes on.
 */
import type { Adapter, ClaimReply } from "../core/adapter.js";
import type { Clock, TimerHandle } from "../core/clock.js";
import type { Lane } from "./lane.js";

/**
 * So many are tried one by one; then twice as many at once after each time that went well. A worker that died with a
 * thousand jobs mostly did so for none of them, and to try each alone would take as long as all of them together.
 */
const TRIED_ALONE = 20;
const MOST_DOUBLINGS = 9;

/** What this asks of its worker. */
export interface ApartHost {
  readonly clock: Clock;
  lanes(): Iterable<Lane>;
  /** Whether the worker begins jobs at all. */
  isWorking(): boolean;
  /** Whether a call is under way that may bring jobs. */
  isClaiming(): boolean;
  claimed(task: string, reply: ClaimReply): void;
  /** Whether something was taken is not known. */
  claimFailed(error: unknown): void;
  /** Ends the wait for wakes, with whatever it would claim. */
  interruptWait(): void;
  pump(): void;
}

export class Apart {
  readonly #adapter: Adapter;
  readonly #host: ApartHost;
  readonly #wanted = new Set<Lane>();
  #phase: "open" | "draining" | "claiming" | "trying" = "open";
  /** When the phase has lasted long enough, on the monotonic clock. */
  #phaseEndsAt = Number.NEGATIVE_INFINITY;
  #triedSince = 0;
  #timer: TimerHandle | undefined;
  #triedWell = 0;
  #claimed: Promise<void> = Promise.resolve();

  constructor(adapter: Adapter, host: ApartHost) {
    this.#adapter = adapter;
    this.#host = host;
  }

  /** Whether lanes may not claim, since the process is kept for a suspect. */
  get isReserved(): boolean {
    return this.#phase !== "open";
  }

  /** The store has suspects of this lane's task. */
  found(lane: Lane): void {
    this.#wanted.add(lane);
  }

  /** A lease was lost, perhaps since one of several suspects blocked the process: they are tried one by one again. */
  leaseLost(): void {
    this.#triedWell = 0;
  }

  /** Looks again at what may be done. Called whenever something ended or was answered. */
  update(): void {
    switch (this.#phase) {
      case "open":
        if (this.#wanted.size > 0 && this.#host.isWorking() && (this.#isOver || !this.#isBusy)) this.#drain();
        return;
      case "draining":
        if (!this.#host.isWorking()) this.#open(0);
        else if (!this.#isBusy || (this.#isOver && !this.#host.isClaiming())) this.#claimed = this.#claim();
        return;
      case "claiming":
        return;
      case "trying":
        if (this.#isOver || !this.#isBusy) this.#end();
        return;
    }
  }

  /** Resolves when no claim of this is under way. */
  stop(): Promise<void> {
    this.#timer?.cancel();
    return this.#claimed;
  }

  get #isOver(): boolean {
    return this.#host.clock.monotonic() >= this.#phaseEndsAt;
  }

  get #isBusy(): boolean {
    if (this.#host.isClaiming()) return true;
    for (const lane of this.#host.lanes()) if (lane.holds > 0) return true;
    return false;
  }

  #drain(): void {
    const [lane] = this.#wanted;
    this.#enter("draining", lane?.task.leaseMs ?? 0);
    this.#host.interruptWait();
    this.update();
  }

  async #claim(): Promise<void> {
    const [lane] = this.#wanted;
    if (lane === undefined) return;
    this.#wanted.delete(lane);
    this.#enter("claiming", Number.POSITIVE_INFINITY);
    this.#triedSince = this.#host.clock.monotonic();
    try {
      const { jobs, hasSuspects } = await this.#take(lane);
      if (hasSuspects) this.#wanted.add(lane);
      if (jobs.length === 0) this.#open(0);
      else this.#enter("trying", lane.task.leaseMs);
    } catch (error) {
      this.#open(0);
      lane.isUncertain = true;
      this.#host.claimFailed(error);
    }
    this.#host.pump();
  }

  async #take(lane: Lane): Promise<Pick<ClaimReply, "jobs" | "hasSuspects">> {
    const { lease, task } = lane;
    const sentAt = this.#host.clock.monotonic();
    const request = { task: task.name, lease, leaseMs: task.leaseMs, count: this.#countFor(lane) };
    const [reply] = await this.#adapter.claim([{ ...request, apart: true }]);
    // What was claimed under a lease that is lost meanwhile belongs to others.
    if (reply === undefined || lease !== lane.lease) return { jobs: [] };
    this.#host.claimed(task.name, reply);
    if (reply.lost) lane.loseLease();
    else lane.leaseExtendedAt = Math.max(lane.leaseExtendedAt, sentAt);
    lane.received(reply.jobs);
    return reply;
  }

  #countFor(lane: Lane): number {
    const doublings = Math.min(Math.max(0, this.#triedWell + 1 - TRIED_ALONE), MOST_DOUBLINGS);
    return Math.min(2 ** doublings, lane.task.concurrency);
  }

  /** Other work goes on for as long as was kept from it. */
  #end(): void {
    this.#triedWell += 1;
    this.#open(this.#host.clock.monotonic() - this.#triedSince);
    this.#host.pump();
  }

  #open(forMs: number): void {
    this.#enter("open", forMs);
    for (const lane of this.#host.lanes()) lane.isWet = true;
  }

  #enter(phase: "open" | "draining" | "claiming" | "trying", forMs: number): void {
    this.#phase = phase;
    this.#phaseEndsAt = this.#host.clock.monotonic() + forMs;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (forMs > 0 && Number.isFinite(forMs)) {
      this.#timer = this.#host.clock.schedule(forMs, () => this.#host.pump());
    }
  }
}
