/** When finished jobs beyond their count are dropped, and where to begin: finding the oldest that stays costs a step for each that does. */
import type { SettleBatch } from "../../core/adapter.js";
import { type Clock, systemClock } from "../../core/clock.js";
import { keptCount } from "../../core/retention.js";

/** A count may be exceeded by a tenth; two processes may do their part of it. */
const SHARE = 20;
/** Counts above it are left to sweeps. */
const MOST = 200_000;
/** So old is a place before dropping begins there, in ms: a job that ended before another may be committed after it. */
const LAG_MS = 300;

/** Places of the final states; what stands there or before was dropped. */
export type Places = readonly number[];
export const NOWHERE: Places = [0, 0, 0, 0];

interface TaskTrims {
  /** Settled since the last was dropped. */
  ended: number;
  /** Undefined: looking from the first place costs little. */
  after: Places | undefined;
  young: { readonly at: number; readonly places: Places }[];
}

/**
 * Counts what this process has ended of each task since it dropped the last. Rows that were dropped stay in the way while a
 * transaction is open somewhere, so it remembers up to where they were, once they cost something. A sweep of everything
 * begins at the first place.
 */
export class TrimTurns {
  readonly #tasks = new Map<string, TaskTrims>();
  readonly #clock: Pick<Clock, "monotonic">;

  constructor(clock: Pick<Clock, "monotonic"> = systemClock) {
    this.#clock = clock;
  }

  /** Where the batch should begin to drop what is too much; null: it should not. */
  begin({ task, retention, settlements }: SettleBatch): Places | null {
    // Any of them may end its job: a cancel that was asked for comes first.
    if (settlements.length === 0) return null;
    const trims = this.#of(task);
    trims.ended += settlements.length;
    const counts = (["completed", "failed", "cancelled"] as const)
      .map((state) => keptCount(retention, state))
      .filter((count) => count > 0 && count <= MOST);
    if (counts.length === 0 || trims.ended <= Math.floor(Math.min(...counts) / SHARE)) return null;
    trims.ended = 0;
    return this.after(task);
  }

  /** Where whoever drops should begin. */
  after(task: string): Places {
    const trims = this.#tasks.get(task);
    if (trims?.after === undefined) return NOWHERE;
    const until = this.#clock.monotonic() - LAG_MS;
    const count = trims.young.findIndex(({ at }) => at > until);
    for (const { places } of trims.young.splice(0, count < 0 ? trims.young.length : count))
      trims.after = furthest(trims.after, places);
    return trims.after;
  }

  /**
   * What came of it.
   *
   * @param from where it began
   * @param trimmed how many went, the last place of each state, and 1 where much was read in vain
   */
  dropped(task: string, from: Places, trimmed: readonly (number | null)[] | undefined | null): void {
    if (trimmed === undefined || trimmed === null) return;
    const trims = this.#of(task);
    const isWhole = from.every((place) => place === 0);
    const isSlow = trimmed[5] === 1;
    if (isWhole && !isSlow) trims.after = undefined;
    if (isSlow) trims.after ??= NOWHERE;
    if (trims.after === undefined) trims.young = [];
    else
      trims.young.push({
        at: this.#clock.monotonic(),
        places: trimmed.slice(1, 5).map((place) => place ?? 0),
      });
  }

  #of(task: string): TaskTrims {
    const known = this.#tasks.get(task);
    if (known !== undefined) return known;
    const trims: TaskTrims = { ended: 0, after: undefined, young: [] };
    this.#tasks.set(task, trims);
    return trims;
  }
}

function furthest(a: Places, b: Places): Places {
  return a.map((place, nth) => Math.max(place, b[nth] ?? 0));
}
