import type { TaskContract } from "../../core/contract.js";
import type { Duration } from "../../core/duration.js";
import type { TaskName } from "../../core/register.js";
import type { MissedPolicy, OverlapPolicy, ScheduleData, ScheduleSettings } from "../../core/schedule.js";
import type { TaskClient } from "../dispatch/task-client.js";
import type { ChangeOptions } from "../operate/change.js";
import type { TaskRef } from "../operate/known-tasks.js";
import type { TaskData } from "../task-types.js";

/** What {@link Taskora.schedule} takes. `data` must fit the task. */
export type ScheduleOptions<Task> = ScheduleSettings & {
  /** The task's client or contract, or its name; a name that is not registered leaves `data` unchecked by the compiler. */
  readonly task: Task;
  /** Its jobs wait in this lane of the task. Default: none. */
  readonly lane?: string | undefined;
} & ScheduleData<TaskData<Task>>;

/** What names a task. */
export type ScheduleTask = TaskName | TaskContract | TaskClient;

/** A schedule in a task's own options: its name is the task's unless given. */
export type TaskSchedule<Input> = ScheduleSettings & {
  readonly name?: string | undefined;
  /** Its jobs wait in this lane of the task. Default: none. */
  readonly lane?: string | undefined;
} & ScheduleData<Input>;

/**
 * What {@link Schedules.update} may change; what is left out stays. What was read can be written back: fields of
 * {@link ScheduleInfo} that nobody sets are passed over.
 */
export interface ScheduleChanges extends ChangeOptions, PassedOver {
  /** Another task. */
  readonly task?: TaskRef | undefined;
  /** What its jobs are given from now on, checked by the task's contract. */
  readonly data?: unknown;
  /** Instead of cron. */
  readonly every?: Duration | undefined;
  /** Instead of every. */
  readonly cron?: string | undefined;
  /** IANA name; only of schedules with `cron`. */
  readonly timezone?: string | undefined;
  /** No slot before it. */
  readonly startAt?: number | Date | undefined;
  /** No slot after it; a past one ends the schedule. */
  readonly endAt?: number | Date | undefined;
  /** A larger one lets a schedule that has ended go on. */
  readonly limit?: number | undefined;
  /** What becomes of slots that nobody could fire. */
  readonly onMissed?: MissedPolicy | undefined;
  /** `"skip"`: a slot passes while the last job has not ended. */
  readonly overlap?: OverlapPolicy | undefined;
  /** Spreads jobs over at most this time after their slots. */
  readonly jitter?: Duration | undefined;
}

/** What may stand beside changes. */
type PassedOver = { readonly [Key in keyof ScheduleReadings]?: ScheduleReadings[Key] | undefined };

/** What is read of a schedule, and set by nobody. Times are ms since the epoch on the store's clock. */
export interface ScheduleReadings {
  /** Unique in the store. */
  readonly name: string;
  /** Whether somebody has paused it: it then has no next slot. */
  readonly paused: boolean;
  /** Jobs that its slots have made; undefined: none yet. Triggered ones do not count. */
  readonly runs?: number;
  /** Set when no slot comes any more: its limit is reached, its end past, or its cron expression has no time ahead. */
  readonly ended?: true;
  /** Undefined: it is paused, or has ended. */
  readonly nextSlotAt?: number;
  /** The slot that was fired last. */
  readonly lastSlotAt?: number;
  /** When that was. */
  readonly lastFiredAt?: number;
  /** Its job. */
  readonly lastJobId?: string;
  /** Set when the stored record cannot be read: why. Other fields are then best effort. */
  readonly corrupt?: string;
}

/** A stored schedule, in the words in which it is written. Lengths are in ms, times ms since the epoch on the store's clock. */
export interface ScheduleInfo extends ScheduleReadings {
  /** What its jobs are jobs of. */
  readonly task: string;
  /** What its jobs are given; `undefined` when it cannot be read. */
  readonly data: unknown;
  /** Distance of two slots; undefined: it has `cron`. */
  readonly every?: number;
  /** As it was written; undefined of one at even distances. */
  readonly cron?: string;
  /** Of one with `cron`; `"UTC"` where none was given. */
  readonly timezone?: string;
  /** Undefined: it has no start. */
  readonly startAt?: number;
  /** Undefined: it has no end. */
  readonly endAt?: number;
  /** Jobs it makes in all; undefined: no limit. */
  readonly limit?: number;
  /** What becomes of slots that nobody could fire. */
  readonly onMissed: MissedPolicy;
  /** `"skip"`: a slot passes while the last job has not ended. */
  readonly overlap: OverlapPolicy;
  /** Its jobs run up to this long after their slots; 0: at the slot. */
  readonly jitter: number;
}
