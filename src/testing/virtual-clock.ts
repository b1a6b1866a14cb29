import { AsyncResource } from "node:async_hooks";
import type { Clock, TimerHandle } from "../core/clock.js";
import { nextTurn } from "../core/turns.js";
import { type DueEntry, DueHeap } from "../memory/due-heap.js";

/** 2026-01-01T00:00:00Z: a date that reads well in failures. */
const DEFAULT_START = Date.UTC(2026, 0, 1);
/** What comes again and again comes at least this often, so that longer timers are somebody's. */
const LONGEST_ROUND_MS = 60_000;

interface Timer {
  readonly callback: () => void;
  /** The context in which it was set. */
  readonly context: AsyncResource;
  /** Its entry among the timers that are never leapt over. */
  readonly exact: DueEntry<undefined> | undefined;
}

/**
 * A clock that stands still until it is told to move. Timers fire in order, each at its own time, and what
 * they set off (promises, other timers) settles before the next one fires. As with any timer, a callback runs in the
 * async context in which it was scheduled.
 */
export interface VirtualClock extends Clock {
  /** Sets the time of day forward, or back when `ms` is negative, as when a machine's clock is put right. No time passes. */
  step(ms: number): void;
  /** Ms until the next timer fires; undefined: none is set. */
  readonly nextTimerInMs: number | undefined;
  /** Moves time forward by `ms`, firing what becomes due on the way, each timer at its time. */
  advance(ms: number): Promise<void>;
  /**
   * Moves time forward in one leap, by `ms` or to the next timer that is somebody's: one that was set while time stood
   * still, or for longer than a minute. Others that become due on the way fire once, late, like after a pause of the
   * process. For stretches in which nothing is due but what comes again and again.
   */
  leap(ms: number): Promise<void>;
}

/** See {@link VirtualClock}, where its members are described. */
class StillClock implements VirtualClock {
  readonly #timers = new DueHeap<Timer>();
  /** Timers that fire at their time also while others are leapt over. */
  readonly #exact = new DueHeap<undefined>();
  #isMoving = false;
  /** What {@link now} shows beyond the time that has passed. */
  #offsetMs: number;
  #passedMs = 0;

  /** @param startAt ms since the epoch; default 2026-01-01T00:00:00Z */
  constructor(startAt: number = DEFAULT_START) {
    this.#offsetMs = startAt;
  }

  now(): number {
    return this.#offsetMs + this.#passedMs;
  }

  monotonic(): number {
    return this.#passedMs;
  }

  step(ms: number): void {
    this.#offsetMs += ms;
  }

  schedule(delayMs: number, callback: () => void): TimerHandle {
    const at = this.#passedMs + Math.max(0, delayMs);
    const isExact = !this.#isMoving || delayMs > LONGEST_ROUND_MS;
    const exact = isExact ? this.#exact.add(at, undefined) : undefined;
    const context = new AsyncResource("VirtualTimer");
    const timer = this.#timers.add(at, { callback, context, exact });
    return { cancel: () => this.#remove(timer) };
  }

  get nextTimerInMs(): number | undefined {
    const { first } = this.#timers;
    return first === undefined ? undefined : Math.max(0, first.at - this.#passedMs);
  }

  async advance(ms: number): Promise<void> {
    const target = this.#passedMs + ms;
    this.#isMoving = true;
    await settled();
    while (this.#fireNext(target)) await settled();
    this.#passedMs = Math.max(this.#passedMs, target);
    await settled();
    this.#isMoving = false;
  }

  async leap(ms: number): Promise<void> {
    await settled();
    const target = this.#passedMs + ms;
    this.#passedMs = Math.max(this.#passedMs, Math.min(target, this.#exact.first?.at ?? target));
    await this.advance(0);
  }

  #fireNext(target: number): boolean {
    const { first } = this.#timers;
    if (first === undefined || first.at > target) return false;
    this.#passedMs = Math.max(this.#passedMs, first.at);
    this.#remove(first);
    first.value.context.runInAsyncScope(first.value.callback);
    return true;
  }

  #remove(timer: DueEntry<Timer>): void {
    this.#timers.remove(timer);
    if (timer.value.exact !== undefined) this.#exact.remove(timer.value.exact);
  }
}

export const VirtualClock: new (startAt?: number) => VirtualClock = StillClock;

/** Resolves when every promise chain that is able to go on has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => nextTurn(resolve));
}
