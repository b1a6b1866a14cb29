import type { FinalState, JobState } from "../lifecycle.js";

/** How often jobs of a task ended, per state that they ended in. */
export type EndCounts = Readonly<Record<FinalState, number>>;

/**
 * A task as it stands, in numbers that many may read each second. The difference of two readings is what came and went
 * between them.
 *
 * `in` and `out` count what the store did, whoever asked for it, and outlive the jobs. A job that ended and was revived came
 * twice, and ends twice. One that was removed by hand before it ended counts as cancelled, one that was discarded by its TTL
 * as expired, one that a debounced job replaced as cancelled. One that was refused for its limits never came. So `in` is what
 * has not ended yet and the sum of `out`; jobs that ended without the store knowing how to count have no part in either.
 */
export interface TaskGauges {
  /** The store's time of this reading, ms since the epoch. */
  readonly now: number;
  /** Jobs per state, as readers see them. */
  readonly counts: Readonly<Record<JobState, number>>;
  /** Since when the task is paused, ms since the epoch on the store's clock; undefined: it is not. */
  readonly pausedAt?: number;
  /**
   * Since when the job waits that has waited longest, ms since the epoch on the store's clock; undefined: none waits. A job
   * that had a due time waits since then. Found among the first few of each of the {@link GAUGED_PRIORITIES} highest
   * priorities: of jobs that were given back to the front no more are looked at. Overdue jobs may be among them.
   */
  readonly oldestWaitingSince?: number;
  /** When the next delayed or retrying job is due, ms since the epoch on the store's clock; past: nobody made it waiting yet. */
  readonly nextDueAt?: number;
  /** How many jobs have come. Falls when the store is emptied. */
  readonly in: number;
  /** How many have ended. One whose TTL is past counts once a claim or a sweep has ended it. */
  readonly out: EndCounts;
}

/** Of so many priorities a gauge looks for the job that has waited longest. */
export const GAUGED_PRIORITIES = 10;
