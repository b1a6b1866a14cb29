import type { StateCounts } from "../core/adapter.js";

/**
 * How long it stands what the store said of a task. Jobs that take longer always go by what is there; of shorter ones a task
 * with a job of higher priority comes so much later at most, and the store is asked 50 times a second at most.
 */
const FRESH_MS = 20;

/** What is known of the next job of a task. */
export class Front {
  /** The next job has no higher priority, as far as was known then. */
  atMost = Number.POSITIVE_INFINITY;
  /** It has that priority. */
  isExact = false;
  /** Jobs that wait, where that is known. */
  waiting = Number.POSITIVE_INFINITY;
  #knownAt = Number.NEGATIVE_INFINITY;

  /** Whether the store need not be asked. */
  isFresh(now: number): boolean {
    return now - this.#knownAt < FRESH_MS;
  }

  /** The store was asked; undefined: it did not answer. */
  looked(counts: StateCounts | undefined, now: number): void {
    this.#knownAt = now;
    this.waiting = Number.POSITIVE_INFINITY;
    this.isExact = counts !== undefined;
    if (counts === undefined) return;
    this.atMost = counts.nextPriority ?? 0;
    if (counts.waiting > 0) this.waiting = counts.waiting;
  }

  /** Jobs were claimed, fewer than were asked for: nothing is left. */
  emptied(now: number): void {
    this.#knownAt = now;
    this.waiting = Number.POSITIVE_INFINITY;
  }

  /** So many were claimed, a job of this priority last. */
  took(count: number, priority: number): void {
    this.atMost = priority;
    this.isExact = false;
    const left = this.waiting - count;
    this.waiting = left > 0 ? left : Number.POSITIVE_INFINITY;
  }
}
