import { JOB_STATES, type JobState } from "../lifecycle.js";
import type { JobTelemetry } from "./job-telemetry.js";

/** States that a process brings a job to by itself; what a store does by its own clock is told by nobody. */
export type ToldState = Exclude<JobState, "expired">;

export const TOLD_STATES: readonly ToldState[] = JOB_STATES.filter((state) => state !== "expired");

/** The state that a dispatch has brought its job to; undefined: the job was not stored. */
export function stateAfterDispatch({ outcome, delayMs }: JobTelemetry): ToldState | undefined {
  if (outcome !== "stored") return undefined;
  return delayMs > 0 ? "delayed" : "waiting";
}

/** The state that a settled run has brought its job to; undefined: it was not this run that did. */
export function stateAfterRun({ outcome, settled, delayMs }: JobTelemetry): ToldState | undefined {
  if (settled === "cancelled") return "cancelled";
  if (settled !== "applied") return undefined;
  switch (outcome) {
    case "completed":
    case "failed":
    case "cancelled":
      return outcome;
    case "retried":
      return "retrying";
    case "released":
      return delayMs > 0 ? "delayed" : "waiting";
    default:
      return undefined;
  }
}
