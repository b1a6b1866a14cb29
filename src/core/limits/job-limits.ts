import type { JobStep, JobWorkflow } from "../workflow/step.js";
import type { JobAdmission } from "./admission.js";
import type { JobCollect } from "./collect.js";
import type { JobGroup } from "./group.js";
import type { JobLimit, JobRate } from "./limit.js";

/**
 * What decides, beside priority and time, whether a job is stored and when it may run. It is chosen at dispatch,
 * stored with the job as plain data and kept until the job is forgotten; a job without it pays nothing for it.
 */
export interface JobLimits extends JobAdmission {
  /** Waits in this group, which takes turns with the others. */
  readonly group?: JobGroup;
  /** Runs with only so many others of its key. */
  readonly limit?: JobLimit;
  /** Starts only so often. */
  readonly rate?: JobRate;
  /** Runs in one batch with others. Not with a group. */
  readonly collect?: JobCollect;
  /** Runs a step of a workflow. */
  readonly step?: JobStep;
  /** Stands for a workflow. */
  readonly workflow?: JobWorkflow;
}
