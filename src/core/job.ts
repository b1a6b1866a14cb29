import type { StoredError } from "./errors.js";
import type { FinalState, JobState } from "./lifecycle.js";

/** A value as the serializer made it: JSON text, or the bytes of a binary serializer. Stored as it is. */
export type Encoded = string | Uint8Array;

/** Where a job is found. Ids are unique within a task. */
export interface JobRef {
  readonly task: string;
  readonly id: string;
}

/** One past run of a job. */
export interface AttemptRecord {
  /** From 1. A run that ended by a crash, a release or a snooze does not raise the next one's number. */
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly worker: string;
  /** How it ended. `stalled`: its worker's lease ran out. */
  readonly outcome: "completed" | "failed" | "stalled" | "cancelled";
  readonly error?: StoredError;
}

/** One line a handler wrote with `ctx.log`. */
export interface LogLine {
  readonly at: number;
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A stored job as the inspector reads it. Times are ms since the epoch on the store's clock. */
export interface JobSnapshot extends JobRef {
  readonly state: JobState;
  readonly payload: Encoded;
  /** The contract version it was dispatched with. */
  readonly version: number;
  /** The contract fingerprint it was dispatched with; `""` when there was none. */
  readonly fingerprint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly priority: number;
  /** Attempts used so far: 0 before the first run, and the running attempt's number while active. */
  readonly attempt: number;
  /** The limit given at dispatch; undefined: the task's own. */
  readonly maxAttempts?: number;
  /** How often it was blamed for the loss of its worker: when it ran there alone, or apart from other suspects. */
  readonly stalls: number;
  readonly enqueuedAt: number;
  /** When a delayed or retrying job becomes waiting. */
  readonly dueAt?: number;
  /** When a job that was not started yet expires. */
  readonly expiresAt?: number;
  /** Start of the current or last run. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** The worker of the current run. */
  readonly worker?: string;
  readonly result?: Encoded;
  /** The error of the last attempt that failed. */
  readonly error?: StoredError;
  /** Why it was cancelled. */
  readonly reason?: string;
  /** The job that took its place, when it was debounced away. */
  readonly replacedBy?: string;
  /** Encoded by the serializer. */
  readonly progress?: Encoded;
  /** Set when the stored record cannot be read: why. Other fields are then best effort. */
  readonly corrupt?: string;
}

/** How a job ended, as a waiting caller needs it. */
export interface JobOutcome extends JobRef {
  readonly state: FinalState;
  readonly attempt: number;
  readonly result?: Encoded;
  readonly error?: StoredError;
  readonly reason?: string;
  /** The job that took its place: it is cancelled. */
  readonly replacedBy?: string;
}

/** What happened to a job. The type is the state it entered, or something that happened within a state. */
export type JobEventType = JobState | "stalled" | "progress" | "log" | "removed";

/** A transition as it is published. `at` is on the store's clock. */
export interface JobEvent extends JobRef {
  readonly type: JobEventType;
  readonly at: number;
  /** Attempts used, the running one included. */
  readonly attempt: number;
  readonly worker?: string;
  readonly error?: StoredError;
  readonly result?: Encoded;
  readonly reason?: string;
  /** For cancelled: the job that took its place. */
  readonly replacedBy?: string;
  readonly progress?: Encoded;
  /** For delayed and retrying: how long the job waits. */
  readonly delayMs?: number;
}

/** What can happen to a task as a whole. */
export const TASK_CHANGES = ["paused", "resumed", "drained"] as const;

export type TaskChangeType = (typeof TASK_CHANGES)[number];

/** What somebody did to a task, as it is published. `at` is ms since the epoch on the store's clock. */
export interface TaskChange {
  readonly task: string;
  readonly type: TaskChangeType;
  readonly at: number;
  /** Of `drained`: how many jobs the step ended; a long queue is drained in several. */
  readonly count?: number;
}
