/**
 * Tries suspects apart: jobs that were lost together with others, one of which may kill or block its process. While one
 * is tried the process begins nothing else, of no task, so that only the culprit can be hit by it.
 *
 * open → (suspects wait) draining: nothing is claimed until nothing runs, or for the length of a lease → claiming →
 * trying: until it has ended, or has lasted as long as a lease → open, for at least as long as that took while other work
 * goes on.
 */
import type { ClaimReply, ClaimRequest } from "../core/adapter.js";
import type { Clock, TimerHandle } from "../core/clock.js";
import type { Lane } from "./lane.js";

/**
 * So many are tried one by one; then twice as many at once after each time that went well. A worker that died with a
 * thousand jobs mostly did so for none of them, and to try each alone would take as long as all of them together.
 */
const TRIED_ALONE = 20;
const MOST_DOUBLINGS = 9;

type Phase = "open" | "draining" | "claiming" | "trying";

/** What the worker is doing, as far as trials are concerned. */
export interface WorkerActivity {
  /** It begins jobs at all. */
  readonly isWorking: boolean;
  /** A call is under way that may bring jobs. */
  readonly isClaiming: boolean;
}

/** What is to be done for a trial. {@link SuspectTrials.claimed} or {@link SuspectTrials.claimFailed} follows a claim. */
export type TrialStep =
  | { readonly do: "interrupt" }
  | { readonly do: "claim"; readonly lane: Lane; readonly request: ClaimRequest };

export class SuspectTrials {
  readonly #clock: Clock;
  readonly #lanes: ReadonlyMap<string, Lane>;
  /** Asks for another {@link step}. */
  readonly #pump: () => void;
  readonly #wanted = new Set<Lane>();
  #phase: Phase = "open";
  /** When the phase has lasted long enough, on the monotonic clock. */
  #phaseEndsAt = Number.NEGATIVE_INFINITY;
  #triedSince = 0;
  #timer: TimerHandle | undefined;
  #triedWell = 0;

  constructor(clock: Clock, lanes: ReadonlyMap<string, Lane>, pump: () => void) {
    this.#clock = clock;
    this.#lanes = lanes;
    this.#pump = pump;
  }

  /** Whether the process is kept for a suspect, so that nothing else may be claimed. */
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

  /** A lane was added: it is as reserved as the others. */
  joined(lane: Lane): void {
    lane.isReserved = this.isReserved;
  }

  /** A lane is about to be forgotten. */
  left(lane: Lane): void {
    this.#wanted.delete(lane);
  }

  /** Looks again at what may be done. Called whenever something ended or was answered. */
  step(activity: WorkerActivity): TrialStep | undefined {
    switch (this.#phase) {
      case "open":
        if (this.#wanted.size === 0 || !activity.isWorking) return undefined;
        return this.#isOver || !this.#isBusy(activity) ? this.#drain() : undefined;
      case "draining":
        if (!activity.isWorking) this.#open(0);
        else if (!this.#isBusy(activity) || (this.#isOver && !activity.isClaiming)) return this.#claim();
        return undefined;
      case "claiming":
        return undefined;
      case "trying":
        if (this.#isOver || !this.#isBusy(activity)) this.#end();
        return undefined;
    }
  }

  /** What the claim for a trial came to. */
  claimed(lane: Lane, { jobs, hasSuspects }: Pick<ClaimReply, "jobs" | "hasSuspects">): void {
    if (hasSuspects) this.#wanted.add(lane);
    if (jobs.length === 0) this.#open(0);
    else this.#enter("trying", lane.task.leaseMs);
  }

  /** Whether something was taken is not known. */
  claimFailed(): void {
    this.#open(0);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  get #isOver(): boolean {
    return this.#clock.monotonic() >= this.#phaseEndsAt;
  }

  #isBusy({ isClaiming }: WorkerActivity): boolean {
    if (isClaiming) return true;
    for (const lane of this.#lanes.values()) if (lane.holds > 0) return true;
    return false;
  }

  #drain(): TrialStep {
    const [lane] = this.#wanted;
    this.#enter("draining", lane?.task.leaseMs ?? 0);
    this.#pump();
    return { do: "interrupt" };
  }

  #claim(): TrialStep | undefined {
    const [lane] = this.#wanted;
    if (lane === undefined) return undefined;
    this.#wanted.delete(lane);
    this.#enter("claiming", Number.POSITIVE_INFINITY);
    this.#triedSince = this.#clock.monotonic();
    const { name, leaseMs } = lane.task;
    const count = this.#countFor(lane);
    return { do: "claim", lane, request: { task: name, lease: lane.lease, leaseMs, count, apart: true } };
  }

  #countFor(lane: Lane): number {
    const doublings = Math.min(Math.max(0, this.#triedWell + 1 - TRIED_ALONE), MOST_DOUBLINGS);
    return Math.min(2 ** doublings, lane.concurrency, ...lane.boundTo.map(({ size }) => size));
  }

  /** Other work goes on for as long as was kept from it. */
  #end(): void {
    this.#triedWell += 1;
    this.#open(this.#clock.monotonic() - this.#triedSince);
    this.#pump();
  }

  #open(forMs: number): void {
    this.#enter("open", forMs);
    for (const lane of this.#lanes.values()) lane.prefetch.mayFindJobs = true;
  }

  #enter(phase: Phase, forMs: number): void {
    this.#phase = phase;
    for (const lane of this.#lanes.values()) lane.isReserved = this.isReserved;
    this.#phaseEndsAt = this.#clock.monotonic() + forMs;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (forMs > 0 && Number.isFinite(forMs)) {
      this.#timer = this.#clock.schedule(forMs, this.#pump);
    }
  }
}
