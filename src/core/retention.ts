import type { Retention } from "./adapter.js";
import type { FinalState } from "./lifecycle.js";

/** How many finished jobs of a state stay; of those that may have no age none does. */
export function keptCount(retention: Retention, state: FinalState): number {
  const { ageMs, count } = retention[state];
  return ageMs <= 0 ? 0 : Math.max(0, count);
}

/**
 * Finished jobs that are not kept any more, of those of one state in the order of lists: the newest first.
 *
 * @param now also forgets by age; undefined: by count alone
 */
export function surplusOf<Job extends { readonly finishedAt?: number | undefined }>(
  jobs: readonly Job[],
  by: { readonly state: FinalState; readonly retention: Retention; readonly now?: number | undefined },
): readonly Job[] {
  const { state, retention, now = Number.NEGATIVE_INFINITY } = by;
  const count = keptCount(retention, state);
  const endedBefore = now - retention[state].ageMs;
  return jobs.filter(({ finishedAt = 0 }, index) => index >= count || finishedAt <= endedBefore);
}
