/** What became of the slots of a schedule, from the jobs that are kept. */
import type { Job } from "../../app/operate/job.js";
import type { OverlapPolicy } from "../../core/schedule.js";
import type { ScheduleRun } from "../api.js";

/**
 * One for each slot, in their order.
 *
 * @param slots the oldest first
 * @param jobs that of each slot, where it is kept
 */
export function runsOfSlots(
  slots: readonly number[],
  jobs: readonly (Job | undefined)[],
  overlap: OverlapPolicy,
): readonly ScheduleRun[] {
  return slots.map((slot, nth): ScheduleRun => {
    const job = jobs[nth];
    if (job !== undefined) return { slot, job, outcome: job.state };
    return { slot, outcome: withoutJob(jobs, nth, overlap) };
  });
}

/** Where jobs of older slots are kept, one that is not there was not made. */
function withoutJob(
  jobs: readonly (Job | undefined)[],
  at: number,
  overlap: OverlapPolicy,
): ScheduleRun["outcome"] {
  const isOlderKept = jobs.slice(0, at).some((job) => job !== undefined);
  if (!isOlderKept) return "gone";
  return overlap === "skip" ? "skipped" : "missed";
}
