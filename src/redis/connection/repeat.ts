/** Does over what a lost connection or a passing trouble of the store interrupted, until a deadline. */

import { isLinkLost, isPassing, replyCode, toStoreError } from "./store-errors.js";
import type { StoreLink } from "./store-link.js";

const PASSING_RETRY_MS = 100;
const FIRST_REPEAT_MS = 10;
const LONGEST_REPEAT_MS = 500;

/**
 * Runs `attempt` over the open link until it succeeds, fails for good or the deadline is past.
 *
 * @param deadlineAt by `performance.now()`
 * @throws {TaskoraError} what the store said last: `STORE_UNAVAILABLE`, or at once `STORE_FULL`, `STORE_AUTH`, …
 */
export async function repeat<T>(link: StoreLink, attempt: () => Promise<T>, deadlineAt: number): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      if (link.wire === undefined) await link.ready(deadlineAt);
      return await attempt();
    } catch (error) {
      requireRepeatable(link, error, deadlineAt);
      if (isPassing(error)) await pause(PASSING_RETRY_MS);
      else if (failures > 0) await pause(Math.min(FIRST_REPEAT_MS * 2 ** failures, LONGEST_REPEAT_MS));
    }
  }
}

/** Throws the error as the caller gets it, unless another try may succeed before the deadline. */
export function requireRepeatable(link: StoreLink, error: unknown, deadlineAt: number): void {
  if (!isLinkLost(error) && !isPassing(error)) throw toStoreError(error, link.where);
  // After a failover this is a replica now; the address or the sentinels lead to the new primary.
  if (replyCode(error) === "READONLY") link.drop();
  if (performance.now() >= deadlineAt) throw toStoreError(error, link.where);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
