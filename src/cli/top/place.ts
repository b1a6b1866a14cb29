/** Where somebody is on the screens of `taskora top`, and what stands there. */
import type { ErrorGroupInfo, Job, JobDetails, JobState, ScheduleInfo } from "taskora";
import type { Span } from "./cells.js";

/** Screens that a number key opens, in their order. */
export const VIEWS = ["tasks", "jobs", "workers", "errors", "schedules"] as const;
export type View = (typeof VIEWS)[number];

/** States through which the list of jobs goes, those that are looked for most first. */
export const JOB_VIEWS = ["all", "active", "failed", "retrying", "waiting", "delayed", "completed"] as const;

/** One screen with everything that was chosen there. */
export interface Place {
  readonly view: View | "job";
  /** Of jobs: those of this task. */
  readonly task?: string;
  /** Of one job. */
  readonly id?: string;
  /** Of jobs the language of `taskora jobs list`, elsewhere a part of the row's text. */
  readonly filter: string;
  /** Of jobs; all but completed ones where it is "all". */
  readonly state: "all" | JobState;
  /** The row that is chosen, and where it stood: it may have gone. */
  readonly key?: string;
  readonly index: number;
  /** The first line that is shown of a job. */
  readonly scroll: number;
}

/** The first screen of a view. */
export function placeOf(view: View | "job", more: Partial<Place> = {}): Place {
  return { view, filter: "", state: "all", index: 0, scroll: 0, ...more };
}

/** What was read for a place beside the sample. */
export type Loaded =
  | { readonly view: "jobs"; readonly jobs: readonly Job[]; readonly isMore: boolean }
  | { readonly view: "job"; readonly job: JobDetails | undefined }
  | { readonly view: "errors"; readonly errors: readonly ErrorGroupInfo[] }
  | { readonly view: "schedules"; readonly schedules: readonly ScheduleInfo[] }
  /** It cannot be read: the filter is wrong, or the store does not have it. */
  | { readonly view: Place["view"]; readonly problem: string };

/** What a row is, for what is done to it. */
export type Target =
  | { readonly kind: "task"; readonly task: string; readonly isPaused: boolean }
  | { readonly kind: "job"; readonly task: string; readonly id: string }
  /** Failed jobs whose error has a text. */
  | { readonly kind: "error"; readonly task: string; readonly where: string }
  | { readonly kind: "worker"; readonly id: string; readonly isPaused: boolean }
  | { readonly kind: "schedule"; readonly name: string; readonly isPaused: boolean }
  /** Everything that a list of jobs would show if it had no end. */
  | {
      readonly kind: "jobs";
      readonly task?: string;
      readonly state: "all" | JobState;
      readonly where: string;
    };

/** A column of a table. Where there is no room, those with the highest `drop` go first. */
export interface TopColumn {
  readonly title: string;
  readonly align?: "right";
  readonly width: number;
  /** Takes what room is left; `width` is the least. */
  readonly isWide?: true;
  readonly drop?: number;
}

/** A row of a table. */
export interface TopRow {
  readonly key: string;
  readonly target: Target;
  readonly cells: readonly Span[];
}

/** A table on the screen. */
export interface TopTable {
  readonly columns: readonly TopColumn[];
  readonly rows: readonly TopRow[];
  /** Said where there is no row. */
  readonly empty: string;
}
