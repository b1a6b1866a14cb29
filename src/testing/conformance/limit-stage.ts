/** What cases of limits and rates share. */
import type { ClaimedJob, NewJob } from "../../core/adapter.js";
import { idsOf, isTold, startWait } from "./patience.js";
import { anError, type EndEvent, LONG_MS, type Stage, TASK } from "./stage.js";

export type JobFields = Partial<NewJob> & { readonly id: string };

export async function completeAll(stage: Stage, jobs: readonly ClaimedJob[]): Promise<void> {
  await stage.settle(jobs.map(({ id, fence }) => ({ id, fence, event: "complete" })));
}

/** Takes one by one until nothing comes, completing each. */
export async function runAll(stage: Stage): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const [job] = await stage.takeAny({ count: 1 });
    if (job === undefined) return ids;
    ids.push(job.id);
    await completeAll(stage, [job]);
  }
}

/** What a waiter takes now; undefined: it is not woken. */
export async function takenByWaiter(stage: Stage): Promise<readonly string[] | undefined> {
  const { told, abort } = startWait(stage.adapter, TASK);
  AbortSignal.timeout(200).addEventListener("abort", abort);
  const reply = await told;
  return reply === undefined || !isTold(reply) ? undefined : idsOf(reply);
}

export const WAYS_TO_STOP: readonly { readonly how: string; readonly event: EndEvent }[] = [
  { how: "completes", event: { event: "complete" } },
  { how: "fails", event: { event: "fail", error: anError() } },
  { how: "is retried later", event: { event: "retry", error: anError(), delayMs: LONG_MS } },
  { how: "is cancelled", event: { event: "cancel", reason: "no" } },
  { how: "is snoozed", event: { event: "release", delayMs: LONG_MS } },
];
