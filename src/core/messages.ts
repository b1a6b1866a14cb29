/** How messages of running jobs are read. */
import type { JobRef, StoredMessage } from "./job.js";
import type { JobState } from "./lifecycle.js";

/** Which messages of a job are read. */
export interface MessagesQuery extends JobRef {
  /** Those with a higher number; 0: all that are kept. */
  readonly after: number;
  /** Most messages, 1 to `MAX_MESSAGES`. */
  readonly limit: number;
}

/** Messages of one job. */
export interface MessagePage {
  /** In the order of their numbers; the newest `MAX_MESSAGES` of a job are kept. */
  readonly messages: readonly StoredMessage[];
  /** As a reader sees it; undefined: the job is not stored. */
  readonly state?: JobState;
}
