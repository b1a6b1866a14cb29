import type { Retention } from "./adapter.js";
import type { FinalState } from "./lifecycle.js";

/** How many finished jobs of a state stay; of those that may have no age none does. */
export function keptCount(retention: Retention, state: FinalState): number {
  const { ageMs, count } = retention[state];
  return ageMs <= 0 ? 0 : Math.max(0, count);
}
