import { AsyncResource } from "node:async_hooks";
import type { Clock, TimerHandle } from "../core/clock.js";
import { DueHeap } from "../memory/due-heap.js";

/** 2026-01-01T00:00:00Z: a date that reads well in failures. */
const DEFAULT_START = Date.UTC(2026, 0, 1);

/**
 * A clock that stands still until it is told to move. Timers fire in order, each at its own time, and what
 * they set off (promises, other timers) settles before the next one fires. As with any timer, a callback runs in the
 * async context in which it was scheduled.
 */
export class VirtualClock implements Clock {
  readonly #timers = new DueHeap<() => void>();
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

  /** Sets the time of day forward, or back when `ms` is negative, as when a machine's clock is put right. No time passes. */
  step(ms: number): void {
    this.#offsetMs += ms;
  }

  schedule(delayMs: number, callback: () => void): TimerHandle {
    const timer = this.#timers.add(this.#passedMs + Math.max(0, delayMs), AsyncResource.bind(callback));
    return { cancel: () => this.#timers.remove(timer) };
  }

  /** Ms until the next timer fires; undefined: none is set. */
  get nextTimerInMs(): number | undefined {
    const { first } = this.#timers;
    return first === undefined ? undefined : Math.max(0, first.at - this.#passedMs);
  }

  /** Moves time forward by `ms`, firing what becomes due on the way, each timer at its time. */
  async advance(ms: number): Promise<void> {
    const target = this.#passedMs + ms;
    await settled();
    while (this.#fireNext(target)) await settled();
    this.#passedMs = Math.max(this.#passedMs, target);
    await settled();
  }

  /**
   * Moves time forward by `ms` in one leap: a timer that becomes due on the way fires once, late, like after a
   * pause of the process. For stretches in which nothing is due but what comes again and again.
   */
  async leap(ms: number): Promise<void> {
    await settled();
    this.#passedMs += ms;
    await this.advance(0);
  }

  #fireNext(target: number): boolean {
    const { first } = this.#timers;
    if (first === undefined || first.at > target) return false;
    this.#passedMs = Math.max(this.#passedMs, first.at);
    this.#timers.remove(first);
    first.value();
    return true;
  }
}

/** Resolves when every promise chain that is able to go on has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
