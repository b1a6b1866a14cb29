/**
 * What the board's HTTP API answers, beside what the library's own lists give. Times are ms since the epoch on the store's
 * clock, lengths are in ms.
 */
import type { BulkResult } from "../app/operate/change.js";
import type { Job } from "../app/operate/job.js";
import type { JobCounts } from "../app/operate/jobs.js";
import type { DurationMeasures } from "../app/operate/measures.js";
import type { Page } from "../app/operate/page.js";
import type { StoreInfo } from "../app/operate/store-info.js";
import type { ImplementedContract } from "../app/operate/task-contracts.js";
import type { VersionCounts } from "../app/operate/versions.js";
import type { ScheduleInfo } from "../app/schedules/schedule-options.js";
import type { WorkflowInfo } from "../app/workflows/workflow-list.js";
import type { StoredError } from "../core/errors.js";
import type { FinalState, JobState } from "../core/lifecycle.js";

/** What people, and programs, may do: each role may do what the one before it may. */
export const ROLES = ["metrics", "viewer", "operator", "admin"] as const;
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
  readonly startedAt: number;
  readonly silentMs: number;
  /** Names of what it has a handler for. */
  readonly tasks: readonly string[];
  /** Memory of its process. */
  readonly rssBytes?: number;
  /** Of a hundred turns of its event loop 99 came no later than this. */
  readonly lagMs?: number;
  /** Which build of the application it is. */
  readonly release?: string;
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
  /** The store does not answer: everything here is as old as that, and says nothing of now. */
  readonly away?: { readonly forMs: number; readonly message: string };
}

/** An overview as the stream has it: tasks by their names, so that of those that stay as they are nothing is sent again. */
export type LiveOverview = Omit<Overview, "tasks"> & { readonly tasks: Readonly<Record<string, TaskGlance>> };

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
  /** How long the job had waited at the end of the step that had waited longest; `null`: none is known to have waited. */
  readonly oldest: readonly (number | null)[];
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
  /** Of a failed one: why. */
  readonly error?: string;
  /** Of a failed one: the code of the library for that, where it has one. */
  readonly code?: string;
}

/** A page of jobs. */
export interface JobsPage extends Page<Job> {
  /** Of the tasks that are asked for, whatever the filter chooses; left out where it names other things. */
  readonly counts?: JobCounts;
}

/** What a change of many would do. */
export interface BulkPreview extends BulkResult {
  /** Some of the jobs that would be changed, 5 at most. */
  readonly sample: readonly Job[];
}

/** One node of a workflow's graph: a step, or the end of a group, which waits for its members. */
export interface WorkflowNode {
  /** Its place in the graph, from 0; larger than that of whatever it waits for. */
  readonly node: number;
  /** What its job is, or will be, a job of; undefined: it is the end of a group. */
  readonly task?: string;
  /** `pending`: its job does not exist yet. `started`: it does, and has not ended. */
  readonly state: "pending" | "started" | FinalState;
  /** Once it has started. */
  readonly jobId?: string;
  /** Why it did not complete. */
  readonly error?: StoredError;
  /** The node that must have completed before; undefined: none, or its members where it is the end of a group. */
  readonly after?: number;
  /** Of the end of a group: the last nodes of its members, as ranges with both ends included. */
  readonly members?: readonly (readonly [first: number, last: number])[];
  /** Of the end of a group: the first node in it; all from there to the end belong to it. */
  readonly first?: number;
  /** Whether the end of the workflow waited for it, or waits. Only where the jobs of all steps are stored, 300 at most. */
  readonly isCritical?: true;
}

/** A workflow with its graph. */
export interface WorkflowDetails extends WorkflowInfo {
  /** Every node, in the order of their numbers; empty: the graph is not stored any more. */
  readonly steps: readonly WorkflowNode[];
}

/** A schedule with its next slots. */
export interface ScheduleDetails extends ScheduleInfo {
  /** The next five at most, or as many as were asked for, ms since the epoch. */
  readonly upcoming: readonly number[];
}

/** What became of one slot of a schedule. */
export interface ScheduleRun {
  /** ms since the epoch. */
  readonly slot: number;
  /** Undefined: the slot made none, or it is not kept any more. */
  readonly job?: Job;
  /** The state of its job; `skipped`: the job before had not ended; `missed`: nobody could fire it; `gone`: not kept any more. */
  readonly outcome: JobState | "skipped" | "missed" | "gone";
}

/** What of a task's contracts is in flight, and who takes it. */
export interface TaskContracts {
  readonly task: string;
  /** Jobs that have not ended, the oldest version first; undefined: the store does not count them. */
  readonly versions?: readonly VersionCounts[];
  /** The newest version first, without schemas. */
  readonly contracts: readonly Omit<ImplementedContract, "input" | "output">[];
}

/** How the store is, and what is not as it should be. */
export interface StoreState extends StoreInfo {
  readonly notes: readonly Note[];
}
