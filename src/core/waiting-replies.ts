/** What a claim that waits is answered, in every store. */
import type { ClaimReply, ClaimRequest } from "./adapter-work.js";

/** Nothing was claimed, and nothing is to be told. */
const NOTHING: ClaimReply = { jobs: [], lost: false };

/** Whether an answer ends the wait. */
export function isNews({ jobs, lost, hasSuspects, nextDueInMs, anyDueSooner }: ClaimReply): boolean {
  return (
    jobs.length > 0 || lost || hasSuspects === true || nextDueInMs !== undefined || anyDueSooner === true
  );
}

/** A reply per request, of which some have been answered. */
export function repliesTo(
  requests: readonly ClaimRequest[],
  claimed?: ReadonlyMap<ClaimRequest | undefined, ClaimReply>,
): readonly ClaimReply[] {
  return requests.map((request) => claimed?.get(request) ?? NOTHING);
}

/** The same replies, which also tell that something is due. */
export function tellingDue([first = NOTHING, ...others]: readonly ClaimReply[]): readonly ClaimReply[] {
  return [{ ...first, anyDueSooner: true }, ...others];
}
