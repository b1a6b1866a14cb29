/** When finished jobs beyond their count are dropped: finding the oldest that stays costs a step for each that does. */
import type { SettleBatch } from "../../core/adapter.js";
import { keptCount } from "../../core/retention.js";

/** A count may be exceeded by a tenth; two processes may do their part of it. */
const SHARE = 20;
/** Counts above it are left to sweeps. */
const MOST = 200_000;

/** Counts what this process has ended of each task since it dropped the last. */
export class TrimTurns {
  readonly #ended = new Map<string, number>();

  /** Whether the batch should drop what is too much. */
  isDue({ task, retention, settlements }: SettleBatch): boolean {
    // Any of them may end its job: a cancel that was asked for comes first.
    if (settlements.length === 0) return false;
    const ended = (this.#ended.get(task) ?? 0) + settlements.length;
    const counts = (["completed", "failed", "cancelled"] as const)
      .map((state) => keptCount(retention, state))
      .filter((count) => count > 0 && count <= MOST);
    const isDue = counts.length > 0 && ended > Math.floor(Math.min(...counts) / SHARE);
    this.#ended.set(task, isDue ? 0 : ended);
    return isDue;
  }
}
