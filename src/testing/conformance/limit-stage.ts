/** What cases of limits and rates share. */
import type { ClaimedJob, NewJob } from "../../core/adapter.js";
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

/** Whether a waiter is woken now. */
export async function isWoken(stage: Stage): Promise<boolean> {
  const signal = AbortSignal.timeout(200);
  const { tasks } = await stage.adapter.wait({ tasks: [TASK], timeoutMs: 60_000, signal });
  return tasks.length > 0;
}

export const WAYS_TO_STOP: readonly { readonly how: string; readonly event: EndEvent }[] = [
  { how: "completes", event: { event: "complete" } },
  { how: "fails", event: { event: "fail", error: anError() } },
  { how: "is retried later", event: { event: "retry", error: anError(), delayMs: LONG_MS } },
  { how: "is cancelled", event: { event: "cancel", reason: "no" } },
  { how: "is snoozed", event: { event: "release", delayMs: LONG_MS } },
];
