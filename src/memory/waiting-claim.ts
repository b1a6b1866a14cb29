import type { ClaimReply, ClaimRequest, ClaimWait } from "../core/adapter.js";
import type { Clock } from "../core/clock.js";
import { isNews, repliesTo, tellingDue } from "../core/waiting-replies.js";
import { ANY_TASK_DUE, marksOf, type PendingWait, type Wakes } from "./wakes.js";

/** What waiting claims of one adapter work with. */
export interface WaitingParts {
  readonly wakes: Wakes;
  readonly clock: Clock;
  /** Those under way, which a close ends. */
  readonly waits: Set<PendingWait>;
  readonly isOpen: () => boolean;
  readonly claim: (requests: readonly ClaimRequest[]) => readonly ClaimReply[];
}

/** Claims what comes: each wake is followed by a claim, until one has something to tell. */
export async function claimWhenWoken(
  parts: WaitingParts,
  requests: readonly ClaimRequest[],
  { waitMs, signal }: ClaimWait,
): Promise<readonly ClaimReply[]> {
  const marks = [...requests.flatMap(marksOf), ANY_TASK_DUE];
  const endsAt = parts.clock.monotonic() + waitMs;
  while (requests.length > 0 && !signal?.aborted) {
    const woken = await nextWake(parts, { marks, waitMs: endsAt - parts.clock.monotonic(), signal });
    if (woken.length === 0) break;
    if (!parts.isOpen()) {
      for (const mark of woken) parts.wakes.mark(mark);
      break;
    }
    const replies = claimWoken(parts, requests, woken);
    if (replies.some(isNews)) return replies;
  }
  return repliesTo(requests);
}

interface WakeWait {
  readonly marks: readonly string[];
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
}

async function nextWake(
  { wakes, clock, waits }: WaitingParts,
  { marks, waitMs, signal }: WakeWait,
): Promise<readonly string[]> {
  const wait = wakes.wait(marks, waitMs, clock);
  const end = () => wait.end();
  waits.add(wait);
  signal?.addEventListener("abort", end, { once: true });
  try {
    return await wait.woken;
  } finally {
    signal?.removeEventListener("abort", end);
    waits.delete(wait);
  }
}

function claimWoken(
  { claim }: WaitingParts,
  requests: readonly ClaimRequest[],
  marks: readonly string[],
): readonly ClaimReply[] {
  const woken = requests.filter((request) => marksOf(request).some((mark) => marks.includes(mark)));
  const claimed = claim(woken);
  const replies = repliesTo(
    requests,
    new Map(claimed.map((reply, index) => [woken[index] as ClaimRequest, reply])),
  );
  return marks.includes(ANY_TASK_DUE) ? tellingDue(replies) : replies;
}
