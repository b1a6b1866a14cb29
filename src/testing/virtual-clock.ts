import type { Clock, TimerHandle } from "../core/clock.js";
import { type DueEntry, DueHeap } from "../memory/due-heap.js";

/** 2026-01-01T00:00:00Z: a date that reads well in failures. */
const DEFAULT_START = Date.UTC(2026, 0, 1);

/**
 * A clock that stands still until it is told to move. Timers fire in order, each at its own time, and what
 * they set off (promises, other timers) settles before the next one fires.
 */
export class VirtualClock implements Clock {
  readonly #timers = new DueHeap<() => void>();
  #now: number;

  /** @param startAt ms since the epoch; default 2026-01-01T00:00:00Z */
  constructor(startAt: number = DEFAULT_START) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): TimerHandle {
    const timer: DueEntry<() => void> = this.#timers.add(this.#now + Math.max(0, delayMs), callback);
    return { cancel: () => this.#timers.remove(timer) };
  }

  /** Ms until the next timer fires; undefined: none is set. */
  get nextTimerInMs(): number | undefined {
    const { first } = this.#timers;
    return first === undefined ? undefined : first.at - this.#now;
  }

  /** Moves time forward by `ms`, firing what becomes due on the way. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    await settled();
    for (let { first } = this.#timers; first !== undefined && first.at <= target; { first } = this.#timers) {
      this.#now = Math.max(this.#now, first.at);
      this.#timers.remove(first);
      first.value();
      await settled();
    }
    this.#now = target;
    await settled();
  }
}

/** Resolves when every promise chain that is able to go on has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
