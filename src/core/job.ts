import type { StoredError } from "./errors.js";
import type { FinalState, JobState } from "./lifecycle.js";
import type { TaskName } from "./register.js";

/** A value as the serializer made it: JSON text, or the bytes of a binary serializer. Stored as it is. */
export type Encoded = string | Uint8Array;

/** Where a job is found. Ids are unique within a task. */
export interface JobRef {
  /** The name of the contract. Jobs of one task share a queue, its limits and its counts. */
  readonly task: TaskName;
  /** Unique within its task, chosen by whoever inserts; text of any kind, `__proto__` too. */
  readonly id: string;
}

/** One past run of a job. */
export interface AttemptRecord {
  /** From 1. A run that ended by a crash, a release or a snooze does not raise the next one's number. */
  readonly attempt: number;
  /** When the claim was made, which is before the handler begins. */
  readonly startedAt: number;
  /** When the store was told, or, of a stalled one, when a sweep found the lease past. */
  readonly endedAt: number;
  /** The lease it ran under. */
  readonly worker: string;
  /** How it ended. `stalled`: its worker's lease ran out. */
  readonly outcome: "completed" | "failed" | "stalled" | "cancelled";
  /** Of `failed` attempts; stalled and cancelled ones have none. */
  readonly error?: StoredError;
}

/** Runs of a job that are kept, the newest. */
export const MAX_HISTORY = 20;
/** Log lines of a job that are kept, the newest. */
export const MAX_LOG_LINES = 1000;

/** Messages of a job that are kept, the newest. */
export const MAX_MESSAGES = 1000;
/** Longest message of a job, encoded, in bytes. */
export const MAX_MESSAGE_BYTES = 16_384;

/** One message that a handler emitted, as it is stored. */
export interface StoredMessage {
  /** From 1, over all runs of the job. A gap: what is missing was dropped. */
  readonly number: number;
  /** ms since the epoch on the store's clock; the store sets it when the message arrives. */
  readonly at: number;
  /** Number of the run that emitted it. */
  readonly attempt: number;
  /** As the serializer wrote it. */
  readonly message: Encoded;
}

/** One line a handler wrote with `ctx.log`. */
export interface LogLine {
  /** ms since the epoch on the store's clock; the store sets it when the line arrives. */
  readonly at: number;
  /** Kept as it is; nothing is filtered. */
  readonly level: "info" | "warn" | "error";
  /** Workers cut it at 16 384 characters. */
  readonly message: string;
  /** Plain JSON, each field at most 16 384 characters of it. Undefined: none were given. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A stored job as the inspector reads it. Times are ms since the epoch on the store's clock. */
export interface JobSnapshot extends JobRef {
  /** As a reader sees it: a job whose TTL has passed is `expired`, swept or not. */
  readonly state: JobState;
  /** As the serializer wrote it; bytes stay bytes, text stays text. */
  readonly payload: Encoded;
  /** The contract version it was dispatched with. */
  readonly version: number;
  /** The contract fingerprint it was dispatched with; `""` when there was none. */
  readonly fingerprint: string;
  /** What travelled with it, `{}` when nothing did. */
  readonly headers: Readonly<Record<string, string>>;
  /** −1 000 to 1 000, as it is now; higher runs first. */
  readonly priority: number;
  /** Attempts used so far: 0 before the first run, and the running attempt's number while active. */
  readonly attempt: number;
  /** The limit given at dispatch; undefined: the task's own. */
  readonly maxAttempts?: number;
  /** How often it was blamed for the loss of its worker: when it ran there alone, or apart from other suspects. */
  readonly stalls: number;
  /** When it was stored. A revival does not change it. */
  readonly enqueuedAt: number;
  /** The group it takes turns in. */
  readonly group?: string;
  /**
   * Since when it waits, or had waited when it was claimed: since it was stored, since its time or its backoff was over, or since somebody
   * made it wait. Only while it is waiting or active.
   */
  readonly waitingSince?: number;
  /** When a delayed or retrying job becomes waiting. */
  readonly dueAt?: number;
  /** When a job that was not started yet expires. */
  readonly expiresAt?: number;
  /** Start of the current or last run. */
  readonly startedAt?: number;
  /** When it entered a final state; of an expired one when its TTL was over. */
  readonly finishedAt?: number;
  /** The worker of the current run. */
  readonly worker?: string;
  /** Of a completed job, as the serializer wrote it. */
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
  /** One of the final states; a job that was discarded by its TTL is told as `expired`. */
  readonly state: FinalState;
  /** Attempts used: 0 of a job that never ran. */
  readonly attempt: number;
  /** Of `completed`, as the serializer wrote it; undefined: the handler returned nothing. */
  readonly result?: Encoded;
  /** Of `failed`: that of the last attempt. A completed job that failed before has none here. */
  readonly error?: StoredError;
  /** Of `cancelled`. */
  readonly reason?: string;
  /** The job that took its place: it is cancelled. */
  readonly replacedBy?: string;
}

/** What happened to a job. The type is the state it entered, or something that happened within a state. */
export type JobEventType = JobState | "stalled" | "progress" | "log" | "message" | "removed";

/** A transition as a store tells it. `at` is on the store's clock. */
export interface RawJobEvent extends JobRef {
  /** The state it entered, or what happened within one. */
  readonly type: JobEventType;
  /** ms since the epoch on the store's clock. Events of one task come in this order. */
  readonly at: number;
  /** Attempts used, the running one included. */
  readonly attempt: number;
  /** The lease that ran it; undefined of what happens to a job that waits. */
  readonly worker?: string;
  /** Of `failed` and `retrying`: why the attempt failed. */
  readonly error?: StoredError;
  /** Of `completed`, as the serializer wrote it; undefined: the handler returned nothing. */
  readonly result?: Encoded;
  /** Of `cancelled`: what whoever asked for it said, `""` when that was nothing. */
  readonly reason?: string;
  /** For cancelled: the job that took its place. */
  readonly replacedBy?: string;
  /** Of `progress`, as the serializer wrote it. */
  readonly progress?: Encoded;
  /** Of `log`: what was written; `at` is that of the event. */
  readonly line?: LogLine;
  /** Of `message`: its number. The message itself is read with `Adapter.messages`. */
  readonly number?: number;
  /** For delayed and retrying: how long the job waits. */
  readonly delayMs?: number;
}

/** What can happen to a task as a whole. */
export const TASK_EVENTS = ["paused", "resumed", "drained"] as const;

export type TaskEventType = (typeof TASK_EVENTS)[number];

/** What every event of a task as a whole says. */
interface ToldOfTask<Type extends TaskEventType> {
  /** What was done; each is told once, a pause of a paused task is not. */
  readonly type: Type;
  /** Its name. */
  readonly task: string;
  /** ms since the epoch on the store's clock. */
  readonly at: number;
}

/** Somebody drained a task. */
interface DrainedEvent extends ToldOfTask<"drained"> {
  /** How many jobs the step ended; a long queue is drained in several. */
  readonly count: number;
}

/** What somebody did to a task as a whole. Narrows by `type`. */
export type TaskEvent = ToldOfTask<"paused"> | ToldOfTask<"resumed"> | DrainedEvent;
