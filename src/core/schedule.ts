import type { Duration } from "./duration.js";

/**
 * What becomes of slots at which no process could fire.
 *
 * - `"skip"`: nothing; the schedule goes on with its next slot. A slot that is the newest and less than 10 s late is
 *   not missed.
 * - `"catch-up"`: each gets its job, oldest first; of more than 1 000 the newest 1 000.
 * - `{ limit: 5 }`: the newest 5 get one, oldest first; 1 to 1 000.
 */
export type MissedPolicy = "skip" | "catch-up" | { readonly limit: number };

/** Whether a slot makes a job while the schedule's last one has not ended. */
export const OVERLAP_POLICIES = ["allow", "skip"] as const;

export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

/** When a schedule runs: at even distances, or when a cron expression says. */
export type ScheduleTiming = EvenSchedule | CronSchedule | EveryOrCron;

/** A schedule at even distances. */
export interface EvenSchedule {
  /**
   * Distance of two slots, at least 10 ms. The first comes one distance after the schedule is first stored, and all
   * later ones keep to that grid, however late their jobs run.
   */
  readonly every: Duration;
  readonly cron?: EveryOrCron | undefined;
  readonly timezone?: EveryOrCron | undefined;
}

/** A schedule of a cron expression. */
export interface CronSchedule {
  /** Five fields, six with seconds first, seven with years last, or `@daily` and the like. */
  readonly cron: string;
  /** IANA name such as `"Europe/Berlin"`. Default `"UTC"`, never the machine's. */
  readonly timezone?: string | undefined;
  readonly every?: EveryOrCron | undefined;
}

declare const everyOrCron: unique symbol;

/** Nothing has this type: it says in the words of the compiler that a schedule has one of both. */
export interface EveryOrCron {
  readonly [everyOrCron]: never;
  readonly every?: undefined;
  readonly cron?: undefined;
  readonly timezone?: undefined;
}

/** How a schedule behaves beside its times. */
export interface ScheduleRules {
  /** Default `"skip"`. */
  readonly onMissed?: MissedPolicy | undefined;
  /** `"skip"`: a slot passes without a job when the schedule's last one has not ended. Default `"allow"`. */
  readonly overlap?: OverlapPolicy | undefined;
  /**
   * Each job runs up to this much after its slot: always the same for the same slot, spread over the slots. Less than
   * `every`, at most `"1d"`. Default 0.
   */
  readonly jitter?: Duration | undefined;
}

/** When a schedule begins and ends. Times are on the store's clock. */
export interface ScheduleBounds {
  /**
   * No slot is before it: a `Date` or ms since the epoch. With `every` it is the first slot, and all others keep to the
   * grid through it. Default: none.
   */
  readonly startAt?: number | Date | undefined;
  /** No slot is after it. Default: none. */
  readonly endAt?: number | Date | undefined;
  /** Jobs that its slots make in all, from 1. The count survives restarts and changes. Default: no limit. */
  readonly limit?: number | undefined;
}

/** Times, bounds and rules of a schedule. */
export type ScheduleSettings = ScheduleTiming & ScheduleBounds & ScheduleRules;

/** What a schedule's jobs are given; may be left out where the task takes nothing. */
export type ScheduleData<Input> = undefined extends Input
  ? { readonly data?: Input | undefined }
  : { readonly data: Input };
