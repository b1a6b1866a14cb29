/** How long a job has waited and run: one rule for filters, the terminal and the board. */
import type { JobSnapshot } from "./job.js";

/** What is looked at of a job. Times are ms since the epoch on the store's clock. */
export type TimedJob = Pick<
  JobSnapshot,
  "state" | "enqueuedAt" | "waitingSince" | "startedAt" | "finishedAt"
>;

/**
 * How long a job has waited, in ms: up to now while it waits, up to its start while it runs. Undefined while it is kept for a time or a
 * backoff. Since when it waited is kept no longer than until it ends: then its dispatch stands for that, so that the length has delays,
 * backoffs and earlier runs in it; up to its last start, or to its end when it never started.
 */
export function waitMsOf(job: TimedJob, now: number): number | undefined {
  const { state, enqueuedAt, waitingSince = enqueuedAt, startedAt, finishedAt } = job;
  if (state === "delayed" || state === "retrying") return undefined;
  // One that waits for its next run has the start of the run before.
  if (state === "waiting") return now - waitingSince;
  return (startedAt ?? finishedAt ?? now) - waitingSince;
}

/** How long the last run of a job took, or has taken by now, in ms. Undefined when it never ran, or when its end is not kept. */
export function runMsOf({ state, startedAt, finishedAt }: TimedJob, now: number): number | undefined {
  if (startedAt === undefined) return undefined;
  const endedAt = state === "active" ? now : finishedAt;
  return endedAt === undefined ? undefined : endedAt - startedAt;
}
