/** What callers know of a schedule, as it is stored beside its name, task and payload. */
import { instant, integer, oneOf } from "../../core/checks.js";
import { durationFrom, formatDuration, parseDuration } from "../../core/duration.js";
import { OptionError, TaskoraError } from "../../core/errors.js";
import { type Check, describe, type OptionValues, optionSet, required } from "../../core/options.js";
import {
  type MissedPolicy,
  OVERLAP_POLICIES,
  type OverlapPolicy,
  type ScheduleSettings,
} from "../../core/schedule.js";
import { cronInvalid, timeZoneInvalid } from "../../core/schedule-errors.js";
import type { ScheduledJob, StoredSchedule } from "../../core/schedule-store.js";
import { cronSlots, intervalSlots, type Slots, within } from "./slots.js";

/** When a schedule has slots. */
export type PlannedTiming = PlannedSpan &
  (
    | { readonly every: number; readonly cron?: undefined; readonly timezone?: undefined }
    | { readonly cron: string; readonly timezone: string; readonly every?: undefined }
  );

/** Where they begin and end, both included. */
interface PlannedSpan {
  readonly startAt?: number;
  readonly endAt?: number;
}

/** How a schedule behaves beside its times, with every default filled in. */
export interface PlannedRules {
  readonly onMissed: MissedPolicy;
  readonly overlap: OverlapPolicy;
  readonly jitter: number;
  /** Slots that may be fired in all. */
  readonly limit?: number;
}

/** What its jobs are beside their payload. */
export type JobTemplate = Omit<ScheduledJob, "task" | "id" | "payload" | "dueAt">;

/** A schedule's whole plan. Stored as JSON. */
export interface SchedulePlan {
  readonly timing: PlannedTiming;
  readonly rules: PlannedRules;
  /** Undefined: who declared it did not know the task; who fires it does. */
  readonly job?: JobTemplate;
  /** Intervals are counted from here, ms since the epoch on the store's clock. */
  readonly anchorAt: number;
  readonly paused: boolean;
  /** Fingerprint of what the code said when it was last applied; `""`: no code declares it. */
  readonly declared: string;
}

const MAX_JITTER_MS = 86_400_000;
const MOST_CAUGHT_UP = 1000;
const MOST_RUNS = 1_000_000_000;
const CAUGHT_UP = optionSet({ limit: required(integer(1, MOST_CAUGHT_UP)) });

/** How the settings of a schedule are read. */
export const SETTINGS_SHAPE = {
  every: durationFrom("10ms"),
  cron: textOr(cronInvalid),
  timezone: textOr(timeZoneInvalid),
  startAt: instant,
  endAt: instant,
  limit: integer(1, MOST_RUNS),
  onMissed: missedPolicy,
  overlap: oneOf(OVERLAP_POLICIES),
  jitter: parseDuration,
} satisfies { readonly [Key in keyof Required<ScheduleSettings>]: Check<unknown> };

const SETTINGS = optionSet(SETTINGS_SHAPE);

function textOr(refusal: (value: unknown, why: string) => Error): Check<string> {
  return (value) => {
    if (typeof value === "string") return value;
    throw refusal(value, "it is no text");
  };
}

function missedPolicy(value: unknown): MissedPolicy {
  mostCaughtUp(value);
  return value as MissedPolicy;
}

/**
 * Checks settings and fills in the defaults.
 *
 * @throws {OptionError} `OPTION_INVALID`, `DURATION_INVALID`, `CRON_INVALID`, `TIME_ZONE_INVALID`
 */
export function planSettings(settings: ScheduleSettings): {
  readonly timing: PlannedTiming;
  readonly rules: PlannedRules;
} {
  const given = SETTINGS.read(settings, "the schedule");
  const timing = planTiming(given);
  return { timing, rules: planRules(given, timing) };
}

function planTiming(given: OptionValues<typeof SETTINGS_SHAPE>): PlannedTiming {
  const { every, cron, timezone } = given;
  if ((every === undefined) === (cron === undefined)) {
    const got = every === undefined ? "neither" : "both";
    throw new OptionError(`expected a schedule to have every or cron, got ${got}`);
  }
  if (cron === undefined) {
    if (timezone !== undefined) throw timezoneBesideEvery();
    return { every: every as number, ...planSpan(given) };
  }
  const timing = { cron, timezone: timezone ?? "UTC", ...planSpan(given) };
  const slots = cronSlots(timing.cron, timing.timezone);
  if (slots.after(0) === undefined) throw cronInvalid(cron, "there is no such date");
  const { startAt, endAt } = timing;
  const first = startAt === undefined ? undefined : slots.after(startAt - 1);
  if (endAt === undefined || startAt === undefined || (first !== undefined && first <= endAt)) return timing;
  throw new OptionError(
    `expected endAt to leave room for a slot of ${describe(cron)} after startAt, got none`,
    {
      option: "endAt",
    },
  );
}

function planSpan({ startAt, endAt }: OptionValues<typeof SETTINGS_SHAPE>): PlannedSpan {
  if (startAt !== undefined && endAt !== undefined && endAt < startAt) {
    const [start, end] = [startAt, endAt].map((at) => new Date(at).toISOString());
    throw new OptionError(`expected endAt to be at or after startAt (${start}), got ${end}`, {
      option: "endAt",
    });
  }
  return { ...(startAt === undefined ? {} : { startAt }), ...(endAt === undefined ? {} : { endAt }) };
}

/**
 * Refuses a cron expression whose last time is past: it would never run. An `endAt` may be past, since code that was
 * right when it was written starts again later.
 *
 * @param now ms since the epoch
 * @throws {OptionError} `CRON_INVALID`
 */
export function requireSlotAhead(timing: PlannedTiming, now: number): void {
  if (timing.cron === undefined) return;
  const from = Math.max(now, (timing.startAt ?? 0) - 1);
  if (cronSlots(timing.cron, timing.timezone).after(from) === undefined)
    throw cronInvalid(timing.cron, "its last time is past, so it has no slot ahead");
}

export function timezoneBesideEvery(): OptionError {
  return new OptionError("expected timezone beside cron only: every is the same in all time zones", {
    option: "timezone",
  });
}

function planRules(given: OptionValues<typeof SETTINGS_SHAPE>, timing: PlannedTiming): PlannedRules {
  const { onMissed = "skip", overlap = "allow", jitter = 0, limit } = given;
  const max = Math.min(MAX_JITTER_MS, (timing.every ?? Number.POSITIVE_INFINITY) - 1);
  if (jitter <= max) return { onMissed, overlap, jitter, ...(limit === undefined ? {} : { limit }) };
  throw new OptionError(
    `expected jitter to be less than every and at most "1d", got "${formatDuration(jitter)}"`,
    { option: "jitter" },
  );
}

/**
 * How many missed slots may fire; undefined: the policy is to skip.
 *
 * @throws {OptionError} for any other value
 */
export function mostCaughtUp(policy: unknown): number | undefined {
  if (policy === "skip") return undefined;
  if (policy === "catch-up") return MOST_CAUGHT_UP;
  if (typeof policy === "object" && policy !== null) return CAUGHT_UP.read(policy, "onMissed").limit;
  throw new OptionError(
    `expected onMissed to be "skip", "catch-up" or { limit: <1 to ${MOST_CAUGHT_UP}> }, got ${describe(policy)}`,
    { option: "onMissed" },
  );
}

/** @throws {TaskoraError} `CRON_INVALID`, `TIME_ZONE_INVALID`: another machine may know more time zones */
export function slotsOf(plan: Pick<SchedulePlan, "timing" | "anchorAt">): Slots {
  const { timing } = plan;
  if (timing.cron !== undefined) return within(cronSlots(timing.cron, timing.timezone), timing);
  const anchorAt = timing.startAt === undefined ? plan.anchorAt : timing.startAt - timing.every;
  return within(intervalSlots(timing.every, anchorAt), timing);
}

/** Whether a schedule has made all the jobs that it may. */
export function isSpent(
  { rules }: Pick<SchedulePlan, "rules">,
  { runs = 0 }: { readonly runs?: number },
): boolean {
  return rules.limit !== undefined && runs >= rules.limit;
}

/**
 * Reads a stored plan.
 *
 * @throws {TaskoraError} `SCHEDULE_BROKEN` when it is none
 */
export function readPlan(stored: Pick<StoredSchedule, "name" | "plan">): SchedulePlan {
  const broken = (cause?: unknown) =>
    new TaskoraError(
      "SCHEDULE_BROKEN",
      `The stored schedule ${stored.name} cannot be read. It may come from a newer version of taskora; ` +
        "update this process, or remove the schedule and declare it again.",
      { cause },
    );
  let plan: SchedulePlan | null;
  try {
    plan = JSON.parse(stored.plan) as SchedulePlan | null;
  } catch (error) {
    throw broken(error);
  }
  const isPlan = typeof plan?.timing === "object" && typeof plan.rules === "object";
  if (plan === null || !isPlan || typeof plan.anchorAt !== "number") throw broken();
  return plan;
}

/** The settings a plan was made from. */
export function settingsOf({
  timing,
  rules,
}: Pick<SchedulePlan, "timing" | "rules">): SchedulePlan["timing"] & SchedulePlan["rules"] {
  return { ...timing, ...rules };
}

/** Whether two timings have the same slots, wherever they end. */
export function isSameTiming(a: PlannedTiming, b: PlannedTiming): boolean {
  return a.every === b.every && a.cron === b.cron && a.timezone === b.timezone && a.startAt === b.startAt;
}
