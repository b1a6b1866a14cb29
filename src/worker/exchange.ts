/**
 * The calls between a worker's lanes and the store: each settles what ended and claims what is next, for all tasks.
 *
 * scheduled → pumped (two calls at most) ⇄ answered; a call that fails → a pause that grows → what it may have claimed
 * is recovered → pumped again.
 */
import type { Adapter, SettleBatch, SettleReply } from "../core/adapter.js";
import type { Clock } from "../core/clock.js";
import { nextMicrotask } from "../core/turns.js";
import { inRootContext } from "./async-context.js";
import type { Lane } from "./lane.js";

/** Calls to the store under way at once: one travels while the answer of the other is worked off. */
const MAX_IN_FLIGHT = 2;
/** Pause after a failed call, growing to the second, so that a store that is away is not hammered. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1000;
/** What the exchange asks of its worker. */
export interface ExchangeHost {
  readonly clock: Clock;
  readonly lanes: ReadonlyMap<string, Lane>;
  /** Applies the answer for one lane. */
  answered(lane: Lane, batch: SettleBatch, reply: SettleReply): void;
  /** A call has ended, in whatever way. */
  ended(): void;
  /** Everything that could be sent has been. */
  pumped(): void;
  /** Finds out what the store holds for lanes after an answer was lost. */
  recover(lanes: readonly Lane[]): Promise<void>;
  reportError(error: unknown): void;
}

export class Exchange {
  readonly #adapter: Adapter;
  readonly #host: ExchangeHost;
  #inFlight = 0;
  #isPumpScheduled = false;
  #pauseMs = 0;
  #isPaused = false;
  #isStopped = false;
  #whenQuiet: (() => void)[] = [];

  constructor(adapter: Adapter, host: ExchangeHost) {
    this.#adapter = adapter;
    this.#host = host;
  }

  /** Whether a call is under way. */
  get isUnderWay(): boolean {
    return this.#inFlight > 0;
  }

  /** Whether the last call failed, which has been reported. */
  get isFailing(): boolean {
    return this.#pauseMs > 0;
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

  /** Sends nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves with true when nothing is held and no call is under way, with false after `timeoutMs`. */
  quiet(timeoutMs: number): Promise<boolean> {
    if (this.#isQuiet()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#host.clock.schedule(timeoutMs, () => resolve(false));
      this.#whenQuiet.push(() => {
        timer.cancel();
        resolve(true);
      });
    });
  }

  #isQuiet(): boolean {
    if (this.#inFlight > 0 || this.#isPumpScheduled) return false;
    return this.#lanesWhere((lane) => lane.holds > 0).length === 0;
  }

  #lanesWhere(predicate: (lane: Lane) => boolean): Lane[] {
    return [...this.#host.lanes.values()].filter(predicate);
  }

  #pumpNow(): void {
    while (!this.#isPaused && !this.#isStopped && this.#inFlight < MAX_IN_FLIGHT) {
      const batches: SettleBatch[] = [];
      for (const lane of this.#host.lanes.values()) {
        const batch = lane.takeBatch();
        if (batch !== undefined) batches.push(batch);
      }
      if (batches.length === 0) break;
      this.#inFlight += 1;
      void this.#call(batches);
    }
    this.#host.pumped();
    if (this.#whenQuiet.length > 0 && this.#isQuiet()) {
      for (const resolve of this.#whenQuiet.splice(0)) resolve();
    }
  }

  async #call(batches: readonly SettleBatch[]): Promise<void> {
    const { clock, lanes } = this.#host;
    const sentAt = clock.monotonic();
    try {
      const replies = await this.#adapter.settle(batches);
      this.#inFlight -= 1;
      this.#pauseMs = 0;
      for (let i = 0; i < batches.length; i++) {
        const batch = batches[i] as SettleBatch;
        const lane = lanes.get(batch.task) as Lane;
        const requested = batch.claim?.count ?? 0;
        if (requested > 0) lane.leaseExtendedAt = Math.max(lane.leaseExtendedAt, sentAt);
        this.#host.answered(lane, batch, replies[i] as SettleReply);
        if (requested > 0 && (replies[i]?.jobs.length ?? 0) < requested) lane.isWet = false;
      }
    } catch (error) {
      this.#inFlight -= 1;
      for (const batch of batches) lanes.get(batch.task)?.batchFailed(batch);
      this.#pauseAfter(error);
    }
    this.#host.ended();
    this.pump();
  }

  /** A call of somebody else's failed: lanes that became uncertain by it are recovered as those of own calls. */
  callFailed(error: unknown): void {
    this.#pauseAfter(error);
  }

  /** Lanes are uncertain by what somebody else did, and reported. */
  recoverSoon(): void {
    this.#pauseMs = Math.max(this.#pauseMs, FIRST_PAUSE_MS);
    if (!this.#isPaused) this.#pause();
  }

  /** The store did not do a call: wait a little, find out which claims exist, and go on. */
  #pauseAfter(error: unknown): void {
    if (this.#pauseMs === 0) this.#host.reportError(error);
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, FIRST_PAUSE_MS), MAX_PAUSE_MS);
    if (!this.#isPaused) this.#pause();
  }

  #pause(): void {
    if (this.#isStopped) return;
    this.#isPaused = true;
    this.#host.clock.schedule(this.#pauseMs, () => void this.#resume());
  }

  /** What a lost answer claimed is found only when no other answer is under way. */
  async #resume(): Promise<void> {
    const uncertain = () => this.#lanesWhere((lane) => lane.isUncertain);
    if (this.#inFlight === 0 && uncertain().length > 0) {
      try {
        await this.#host.recover(uncertain());
      } catch (error) {
        this.#host.reportError(error);
      }
    }
    this.#isPaused = false;
    if (uncertain().length > 0) this.#pause();
    this.pump();
  }
}
