/**
 * The loop between a worker's lanes and the store: it sends what is to be sent, waits for what comes, and acts on what is
 * answered.
 *
 * pumped → calls that settle what ended and claim what is next, for all tasks (two at most under way) ⇄ answered; lanes
 * without known jobs wait in one claim meanwhile. A call that fails → a pause that grows → what it may have claimed is
 * recovered → pumped again.
 */
import type {
  Adapter,
  ClaimReply,
  ClaimRequest,
  SettleBatch,
  Settlement,
  SettleReply,
} from "../core/adapter.js";
import { nextMicrotask, nextTurn } from "../core/turns.js";
import { inRootContext } from "./async-context.js";
import { CallsUnderWay } from "./calls-under-way.js";
import type { Caretaker } from "./caretaker.js";
import type { Lane } from "./lane.js";
import { LeaseKeeper, type Renewal } from "./lease-keeper.js";
import { FIRST_PAUSE_MS, longerPauseMs } from "./pause.js";
import { PoolTurns } from "./pool-turns.js";
import { SuspectTrials, type TrialStep } from "./suspect-trials.js";
import { type EndedWait, WaitingClaim } from "./waiting-claim.js";
import { type WorkerHost, warnLost } from "./worker-host.js";

/** Calls to the store under way at once: one travels while the answer of the other is worked off. */
const MAX_IN_FLIGHT = 2;

export class WorkLoop {
  readonly #adapter: Adapter;
  readonly #host: WorkerHost;
  readonly #lanes: ReadonlyMap<string, Lane>;
  /** A lane that was left has nothing any more. */
  readonly #forget: (lane: Lane) => void;
  readonly #leaving = new Set<Lane>();
  readonly #caretaker: Caretaker;
  readonly #keeper: LeaseKeeper;
  readonly #trials: SuspectTrials;
  readonly #waiting: WaitingClaim;
  readonly #turns: PoolTurns;
  /** When it sent, or saw that there is nothing to send; by the monotonic clock. */
  movedAt = Number.NEGATIVE_INFINITY;
  /** Lanes whose lease is being confirmed before their jobs start, or before the end of one is looked at. */
  readonly #confirming = new Map<Lane, Promise<void>>();
  #phase: "working" | "quiet" | "stopping" | "stopped" = "working";
  readonly #inFlight = new CallsUnderWay();
  #isPumpScheduled = false;
  #pauseMs = 0;
  #isPaused = false;
  #trial: Promise<void> = Promise.resolve();
  #trialSentAt = Number.POSITIVE_INFINITY;
  #whenIdle: (() => void)[] = [];

  constructor(
    adapter: Adapter,
    host: WorkerHost,
    parts: {
      readonly lanes: ReadonlyMap<string, Lane>;
      readonly caretaker: Caretaker;
      readonly forget: (lane: Lane) => void;
    },
  ) {
    this.#adapter = adapter;
    this.#host = host;
    this.#lanes = parts.lanes;
    this.#forget = parts.forget;
    this.#caretaker = parts.caretaker;
    this.#keeper = new LeaseKeeper(adapter, host.clock, parts.lanes);
    this.#trials = new SuspectTrials(host.clock, parts.lanes, () => this.pump());
    this.#waiting = new WaitingClaim(adapter, host.clock, (end) => this.#waitEnded(end));
    this.#turns = new PoolTurns(adapter, { pump: () => this.pump(), reportError: host.reportError });
  }

  start(): void {
    this.#keeper.start(
      (renewal) => this.#renewed(renewal),
      (error) => this.#host.reportError(error),
    );
    this.pump();
  }

  /** A lane was added. */
  joined(lane: Lane): void {
    this.#trials.joined(lane);
    if (this.#phase !== "working") lane.quiet();
    this.pump();
  }

  /** Of a lane nothing more is claimed; it is forgotten when nothing of it is left. */
  left(lane: Lane): void {
    lane.retire();
    this.#leaving.add(lane);
    this.#waiting.abort();
    this.pump();
  }

  /** When the call was sent that has not been answered for longest; by the monotonic clock, infinite when none is under way. */
  get unansweredSince(): number {
    return Math.min(this.#inFlight.oldestSentAt, this.#trialSentAt, this.#waiting.underWaySince);
  }

  /** Begins no more jobs. What runs goes on, under a lease that is kept alive. */
  quiet(): void {
    if (this.#phase !== "working") return;
    this.#phase = "quiet";
    for (const lane of this.#lanes.values()) lane.quiet();
    this.#waiting.abort();
  }

  /** Begins jobs again. */
  resume(): void {
    if (this.#phase !== "quiet") return;
    this.#phase = "working";
    for (const lane of this.#lanes.values()) lane.resume();
    this.pump();
  }

  /** Claims no more, for good. Resolves when no claim waits and no trial begins; what came is given back. */
  async stopClaiming(): Promise<void> {
    this.#phase = "stopping";
    for (const lane of this.#lanes.values()) lane.quiet();
    this.#trials.stop();
    this.#waiting.abort();
    this.pump();
    await Promise.all([this.#waiting.over(), this.#trial]);
  }

  /** Sends nothing more. */
  stop(): void {
    this.#phase = "stopped";
  }

  /** Leases are not kept alive any longer. */
  stopKeeping(): void {
    this.#keeper.stop();
  }

  /** Sends what is to be sent at the end of the current microtask burst, and not in the context of the job that ended. */
  pump(): void {
    if (this.#isPumpScheduled) return;
    this.#isPumpScheduled = true;
    inRootContext(() =>
      nextMicrotask(() => {
        this.#isPumpScheduled = false;
        this.#pumpNow();
      }),
    );
  }

  /** Resolves with true when nothing is held and no call is under way, with false after `timeoutMs`. */
  idle(timeoutMs: number): Promise<boolean> {
    if (this.#isIdle()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#host.clock.schedule(timeoutMs, () => resolve(false));
      this.#whenIdle.push(() => {
        timer.cancel();
        resolve(true);
      });
    });
  }

  #isIdle(): boolean {
    if (this.#inFlight.count > 0 || this.#isPumpScheduled) return false;
    return this.#lanesWhere((lane) => lane.holds > 0).length === 0;
  }

  #lanesWhere(predicate: (lane: Lane) => boolean): Lane[] {
    return [...this.#lanes.values()].filter(predicate);
  }

  get #maySend(): boolean {
    return !this.#isPaused && this.#phase !== "stopped" && this.#inFlight.count < MAX_IN_FLIGHT;
  }

  /** While the process is kept for a suspect, what was asked for it may still come. */
  #forgetRetired(): void {
    if (this.#trials.isReserved) return;
    for (const lane of this.#leaving) {
      if (lane.isRetired && !lane.isIdle) continue;
      this.#leaving.delete(lane);
      if (!lane.isRetired) continue;
      this.#trials.left(lane);
      this.#forget(lane);
    }
  }

  #pumpNow(): void {
    this.movedAt = this.#host.clock.monotonic();
    if (this.#leaving.size > 0) this.#forgetRetired();
    for (const lane of this.#lanes.values()) {
      if (lane.isInDoubt) void this.confirmLease(lane);
      // What its pools had no slot for.
      else if (lane.prefetch.size > 0 && lane.boundTo.length > 0) lane.drain();
    }
    if (this.#maySend) this.#turns.share(this.#lanes.values());
    else this.#turns.rest(this.#lanes.values());
    while (this.#maySend) {
      const batches: SettleBatch[] = [];
      for (const lane of this.#lanes.values()) {
        const batch = lane.takeBatch();
        if (batch !== undefined) batches.push(batch);
      }
      if (batches.length === 0) break;
      void this.#settle(endsFirst(batches));
    }
    if (this.#phase === "working" || this.#phase === "quiet") {
      this.#tryApart();
      this.#waitOn();
    }
    if (this.#whenIdle.length > 0 && this.#isIdle()) {
      for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }

  async #settle(batches: readonly SettleBatch[]): Promise<void> {
    const call = this.#inFlight.sent(this.#host.clock.monotonic());
    try {
      const replies = await this.#adapter.settle(batches);
      // Answers that come in one piece may overtake each other on the way here, and jobs would begin in another order.
      if (!this.#inFlight.isOldest(call)) await new Promise<void>(nextTurn);
      this.#inFlight.ended(call);
      this.#pauseMs = 0;
      for (let i = 0; i < batches.length; i++) {
        const batch = batches[i] as SettleBatch;
        const lane = this.#lanes.get(batch.task) as Lane;
        if (batch.claim !== undefined) lane.leaseExtended(call.sentAt);
        this.#answered(lane, batch, replies[i] as SettleReply);
      }
    } catch (error) {
      this.#inFlight.ended(call);
      for (const batch of batches) this.#lanes.get(batch.task)?.batchFailed(batch);
      this.#pauseAfter(error);
    }
    // What a wait had brought along is settled.
    if (this.#waiting.pauseMs === 0) this.#waiting.release();
    this.pump();
  }

  #answered(lane: Lane, batch: SettleBatch, reply: SettleReply): void {
    const { telemetry } = this.#host;
    const isHeard = batch.settlements.length > 0 && telemetry.hearsWork;
    for (let i = 0; i < batch.settlements.length; i++) {
      const settlement = batch.settlements[i] as Settlement;
      const { id, event } = settlement;
      const status = reply.settled[i];
      if (isHeard && status !== undefined) telemetry.settled(settlement, status);
      if (status === "stale" && event !== "release") warnLost(this.#host, { task: batch.task, id });
      else if (event === "fail" && status === "applied")
        this.#host.jobFailed(settlement.error, { task: batch.task, jobId: id });
      if (lane.task.onCancel !== undefined) this.#cleanUp(lane, id, status === "cancelled");
    }
    this.#caretaker.nextDue(batch.task, reply.nextDueInMs);
    lane.batchAnswered(batch, reply);
    this.#learn(lane, batch.lease, reply);
  }

  /** A cancel that came when its handler had just ended still gets its `onCancel`. */
  #cleanUp(lane: Lane, id: string, isCancelled: boolean): void {
    const run = lane.tookEnd(id);
    if (run === undefined || !isCancelled) return;
    lane.cleaning.add(run);
    void run.cleanUp().then(() => {
      lane.cleaning.delete(run);
      this.pump();
    });
  }

  /** What an answer says beside its jobs. */
  #learn(lane: Lane, lease: string, { hasSuspects, lost }: ClaimReply): void {
    if (hasSuspects) this.#trials.found(lane);
    if (lost && lease === lane.lease) this.#loseLease(lane);
  }

  #loseLease(lane: Lane): void {
    this.#trials.leaseLost();
    for (const job of lane.loseLease()) warnLost(this.#host, job);
  }

  /** Keeps one claim waiting for all lanes that want a wake. */
  #waitOn(): void {
    const wanted = this.#lanesWhere((lane) => lane.wantsWake);
    if (this.#waiting.isIdle) {
      if (wanted.length > 0) this.#waiting.begin(wanted.map((lane) => lane.standingClaim()));
      return;
    }
    const isHeldUp = this.#lanesWhere((lane) => lane.prefetch.isHeldUp).length > 0;
    if (
      isHeldUp ||
      this.#turns.isHeldUp(this.#lanes.values()) ||
      this.#waiting.misses(wanted.map((lane) => lane.task.name))
    )
      this.#waiting.abort();
  }

  #waitEnded({ requests, replies, error }: EndedWait): void {
    if (replies?.some(({ anyDueSooner }) => anyDueSooner)) this.#caretaker.dueSooner();
    for (let i = 0; i < requests.length; i++) this.#stood(requests[i] as ClaimRequest, replies?.[i]);
    if (replies === undefined) this.#waitFailed(error);
    else if (replies.some(({ jobs }) => jobs.length > 0)) this.#holdWait();
    else this.#waiting.release();
    // Jobs that have begun look for more when they end; until then this would only delay them.
    if (!this.#waiting.isIdle && !this.#hasNews(replies)) return;
    this.pump();
  }

  #hasNews(replies: readonly ClaimReply[] | undefined): boolean {
    if (this.#trials.isReserved || replies?.some(({ hasSuspects }) => hasSuspects)) return true;
    return this.#lanesWhere((lane) => lane.prefetch.mayFindJobs).length > 0;
  }

  #stood(request: ClaimRequest, reply: ClaimReply | undefined): void {
    const lane = this.#lanes.get(request.task) as Lane;
    // When the store carried it out is not known.
    if (reply !== undefined && reply.jobs.length > 0) lane.leaseExtended(this.#keeper.aliveSince);
    lane.standingEnded(request, reply);
    if (reply === undefined) return;
    if (reply.nextDueInMs !== undefined) this.#caretaker.nextDue(request.task, reply.nextDueInMs);
    this.#learn(lane, request.lease, reply);
  }

  /**
   * Handlers that end at once are settled, and answered, before the next claim waits: their callers wait, nobody else
   * does. Where the store shares a core with this process it would not even begin until the wait is on its way.
   */
  #holdWait(): void {
    nextTurn(() => {
      if (this.#inFlight.count > 0) return;
      this.#waiting.release();
      this.pump();
    });
  }

  #waitFailed(error: unknown): void {
    const { clock, reportError } = this.#host;
    if (this.#phase === "working" || this.#phase === "quiet") reportError(error);
    this.#pauseMs = Math.max(this.#pauseMs, FIRST_PAUSE_MS);
    if (!this.#isPaused) this.#pause();
    clock.schedule(this.#waiting.pauseMs, () => {
      this.#waiting.release();
      this.pump();
    });
  }

  #tryApart(): void {
    const isWorking = this.#phase === "working";
    const isClaiming =
      this.#inFlight.count > 0 || this.#lanesWhere((lane) => lane.prefetch.isStanding).length > 0;
    const step = this.#trials.step({ isWorking, isClaiming });
    if (step?.do === "interrupt") this.#waiting.abort();
    else if (step?.do === "claim") this.#trial = this.#claimApart(step);
  }

  async #claimApart({ lane, request }: Extract<TrialStep, { readonly do: "claim" }>): Promise<void> {
    const sentAt = this.#host.clock.monotonic();
    this.#trialSentAt = sentAt;
    try {
      const [reply] = await this.#adapter.claim([request]);
      // What was claimed under a lease that is lost meanwhile belongs to others.
      if (reply === undefined || request.lease !== lane.lease) {
        this.#trials.claimed(lane, { jobs: [] });
      } else {
        this.#caretaker.nextDue(request.task, reply.nextDueInMs);
        if (reply.lost) this.#loseLease(lane);
        else lane.leaseExtended(sentAt);
        lane.received(reply);
        this.#trials.claimed(lane, reply);
      }
    } catch (error) {
      this.#trials.claimFailed();
      lane.prefetch.mistrust();
      this.#pauseAfter(error);
    }
    this.#trialSentAt = Number.POSITIVE_INFINITY;
    this.pump();
  }

  /** Renews these lanes now. */
  async renew(lanes: readonly Lane[]): Promise<void> {
    for (const renewal of await this.#keeper.renew(lanes)) this.#renewed(renewal);
  }

  /** Renews these lanes now, and tells of a failure itself. */
  async renewQuietly(lanes: readonly Lane[]): Promise<void> {
    try {
      await this.renew(lanes);
    } catch (error) {
      // That calls fail has been told.
      if (this.#pauseMs === 0) this.#host.reportError(error);
    }
  }

  /** Asks the store whether a lane still has its lease: it has begun its jobs, or lost them, when this resolves. */
  confirmLease(lane: Lane): Promise<void> {
    lane.isInDoubt = false;
    let confirmed = this.#confirming.get(lane);
    if (confirmed === undefined) {
      confirmed = this.renewQuietly([lane]).then(() => void this.#confirming.delete(lane));
      this.#confirming.set(lane, confirmed);
    }
    return confirmed;
  }

  #renewed({ lane, lease, reply }: Renewal): void {
    if (reply.lost) {
      if (lane.holds > 0 && lane.lease === lease) this.#loseLease(lane);
    } else {
      for (const { id, reason } of reply.cancelled) lane.cancel(id, reason);
      lane.drain();
    }
    this.pump();
  }

  /** The store did not do a call: wait a little, find out which claims exist, and go on. */
  #pauseAfter(error: unknown): void {
    if (this.#pauseMs === 0) this.#host.reportError(error);
    this.#pauseMs = longerPauseMs(this.#pauseMs);
    if (!this.#isPaused) this.#pause();
  }

  #pause(): void {
    if (this.#phase === "stopped") return;
    this.#isPaused = true;
    this.#host.clock.schedule(this.#pauseMs, () => void this.#goOn());
  }

  /** What a lost answer claimed is found only when no other answer is under way. That calls fail has been told. */
  async #goOn(): Promise<void> {
    const uncertain = () => this.#lanesWhere((lane) => lane.prefetch.isUncertain);
    if (this.#inFlight.count === 0 && uncertain().length > 0) {
      try {
        for (const renewal of await this.#keeper.recover(uncertain())) this.#renewed(renewal);
      } catch {
        this.#pauseMs = longerPauseMs(this.#pauseMs);
      }
    }
    this.#isPaused = false;
    if (uncertain().length > 0) this.#pause();
    this.pump();
  }
}

/** Ends before claims: what is active never is more than the slots there are, whatever order the store works in. */
function endsFirst(batches: readonly SettleBatch[]): readonly SettleBatch[] {
  if (batches.length === 1) return batches;
  const more = ({ claim, settlements }: SettleBatch) => (claim?.count ?? 0) - settlements.length;
  return batches.toSorted((a, b) => more(a) - more(b));
}
