/** States of jobs as they are shown: never by colour alone. */
import type { JobState } from "../../../src/core/lifecycle.js";

/** In the order of a job's life. */
export const STATES: readonly JobState[] = [
  "waiting",
  "active",
  "delayed",
  "retrying",
  "completed",
  "failed",
  "cancelled",
  "expired",
];

export const STATE_MARK: Readonly<Record<JobState, string>> = {
  waiting: "W",
  active: "A",
  delayed: "D",
  retrying: "R",
  completed: "✔",
  failed: "✖",
  cancelled: "⊘",
  expired: "E",
};
