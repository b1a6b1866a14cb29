/** What the rules look at. */
import type { StoreServer } from "../../app/operate/store-info.js";
import type { TaskInfo } from "../../app/operate/tasks.js";
import type { VersionCounts } from "../../app/operate/versions.js";
import type { WorkerInfo } from "../../app/operate/workers.js";
import type { ScheduleInfo } from "../../app/schedules/schedule-options.js";
import type { JobState } from "../../core/lifecycle.js";
import type { Measured } from "./measured.js";

/** What is looked at, in the order in which it is shown. */
export const CHECKS = [
  ...["access", "eviction", "memory", "persistence", "replicas", "clients", "clock", "latency"],
  ...["workers", "waits", "failures", "pauses", "contracts", "schedules", "postgres", "contents"],
] as const;

/** A task, and how its jobs went lately where that is known. */
export interface ExaminedTask extends TaskInfo, Partial<Measured> {
  /** What live workers have for it. */
  readonly implemented?: readonly WorkerInfo["tasks"][number][];
  /** Jobs that have not ended; undefined: there are too many to count them by version. */
  readonly versions?: readonly VersionCounts[];
}

/** A schedule, and the job it made last where that holds it up. */
export interface ExaminedSchedule extends ScheduleInfo {
  /** Its last job, which has not ended, and the schedule waits for that. */
  readonly heldBy?: { readonly id: string; readonly state: JobState };
}

/** What the rules judge. */
export interface Examined {
  /** The store's clock when it was looked at, ms since the epoch. */
  readonly now: number;
  readonly kind: string;
  readonly servers: readonly StoreServer[];
  /** How long some small calls took, in ms. */
  readonly callsMs: readonly number[];
  readonly tasks: readonly ExaminedTask[];
  readonly schedules: readonly ExaminedSchedule[];
  readonly workers: readonly WorkerInfo[];
}
