/**
 * What the board's HTTP API answers, beside what the library's own lists give. Times are ms since the epoch on the store's
 * clock, lengths are in ms.
 */
import type { DurationMeasures } from "../app/operate/measures.js";
import type { JobState } from "../core/lifecycle.js";

/** What people may do: each role may do what the one before it may. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Answer of every call that failed. */
export interface ApiError {
  readonly error: {
    /** A code of the library, or of the board: `BOARD_…`. */
    readonly code: string;
    readonly message: string;
    /** What to do. */
    readonly hint?: string;
    /** Of a filter that cannot be read: where, counted from 0. */
    readonly position?: number;
  };
}

/** Who is asking. */
export interface Me {
  readonly user: string;
  readonly role: Role;
  /** Patterns of tasks whose jobs are seen; undefined: all. */
  readonly tasks?: readonly string[];
  /** What the store can do; what it cannot is not shown. */
  readonly features: { readonly observe: boolean; readonly schedules: boolean; readonly workflows: boolean };
  /** Where the store is, without secrets. */
  readonly store: { readonly name: string; readonly address?: string };
  /** Version of the library. */
  readonly version: string;
  /** Whether there is a session that can be ended. */
  readonly canLogOut: boolean;
  /** `https://…/{traceId}`: where a trace is shown. */
  readonly traceUrl?: string;
}

/** Something that is not as it should be. */
export interface Note {
  /** Which rule found it. */
  readonly check: string;
  readonly severity: "warning" | "critical";
  readonly task?: string;
  /** What is the case, with names and numbers. */
  readonly what: string;
  /** What it does to jobs. */
  readonly why: string;
  /** What to do. */
  readonly advice: string;
}

/** Jobs per second, over the last seconds. */
export interface Rates {
  readonly in: number;
  readonly out: number;
  readonly failed: number;
}

/** A task at a glance. */
export interface TaskGlance {
  readonly name: string;
  readonly counts: Readonly<Record<JobState, number>>;
  readonly pausedAt?: number;
  /** Live processes with a handler for it. */
  readonly workers?: number;
  /** Since when the job waits that has waited longest. */
  readonly oldestWaitingSince?: number;
  readonly nextDueAt?: number;
  readonly rates?: Rates;
  /** Jobs that failed for good in the last 24 hours. */
  readonly failedLately?: number;
  /** Of the last ten minutes. */
  readonly wait?: DurationMeasures;
  /** Of the last ten minutes. */
  readonly run?: DurationMeasures;
  /** Jobs that ended per second in each part of the last five minutes, the oldest first; `null`: not known. */
  readonly bars: readonly (number | null)[];
  /** The worst of what is wrong with it. */
  readonly severity?: Note["severity"];
}

/** A job at work in a slot of a worker. */
export interface SlotJob {
  readonly task: string;
  readonly id: string;
  /** When its handler began. */
  readonly since: number;
}

/** A worker at a glance. */
export interface WorkerGlance {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly state: "running" | "quiet" | "closing" | "lost";
  readonly silentMs: number;
  /** Jobs it may run at once; undefined: it did not say. */
  readonly slots?: number;
  /** Jobs at work; those of `jobs` are 20 at most. */
  readonly running: number;
  readonly jobs: readonly SlotJob[];
}

/** The whole store at a glance: what Home shows, once a second. */
export interface Overview {
  readonly at: number;
  readonly tasks: readonly TaskGlance[];
  /** Undefined: the store keeps no list of them. */
  readonly workers?: readonly WorkerGlance[];
  readonly sum: {
    readonly counts: Readonly<Record<JobState, number>>;
    readonly rates?: Rates;
    /** Jobs that ended ever since, whatever the store still holds. */
    readonly done: {
      readonly completed: number;
      readonly failed: number;
      readonly cancelled: number;
      readonly expired: number;
    };
    readonly slots?: { readonly running: number; readonly size: number };
    /** Of the last ten minutes, of all tasks. */
    readonly wait?: DurationMeasures;
    readonly run?: DurationMeasures;
    /** How long what waits needs at this rate. */
    readonly drainsInMs?: number;
    /** As {@link TaskGlance.bars}, of all tasks. */
    readonly bars: readonly (number | null)[];
    /** Jobs that came per second, otherwise as `bars`. */
    readonly barsIn: readonly (number | null)[];
  };
  /** The job that has waited longest of tasks that are not paused. */
  readonly oldest?: { readonly task: string; readonly ms: number };
  /** The worst first. */
  readonly notes: readonly Note[];
  /** Since when there was no note, as this board saw it. */
  readonly okSince?: number;
}

/** Runs of a task in each step of some time, as columns. */
export interface TaskSeries {
  /** Beginnings of the steps. */
  readonly at: readonly number[];
  readonly stepMs: number;
  readonly completed: readonly number[];
  readonly failed: readonly number[];
  readonly retried: readonly number[];
  readonly cancelled: readonly number[];
  /** `null`: nothing ran. */
  readonly wait: Readonly<Record<"p50" | "p95" | "p99", readonly (number | null)[]>>;
  readonly run: Readonly<Record<"p50" | "p95" | "p99", readonly (number | null)[]>>;
  /** How long runs took: per step pairs of the upper bound of a bin, in ms, and the runs in it. */
  readonly runBins: readonly (readonly (readonly [number, number])[])[];
  /** Builds of the application that began to work in that time. */
  readonly releases: readonly { readonly name: string; readonly at: number }[];
}

/** A change of many jobs that goes on in the board. */
export interface Operation {
  readonly id: string;
  readonly action: "retry" | "cancel" | "remove" | "promote" | "reschedule" | "prioritize";
  readonly filter: string;
  readonly by: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly state: "running" | "done" | "stopped" | "failed";
  readonly matched: number;
  readonly applied: number;
  readonly refused: number;
  readonly missing: number;
  readonly error?: string;
}
