import type { ContractGap } from "../core/contract-store.js";
import type { ErrorCode, StoredError, TaskoraError } from "../core/errors.js";
import type { JobEventType, JobRef, LogLine, TaskEvent, TaskEventType } from "../core/job.js";
import type { AuditEvent } from "./operate/change.js";

/** What every event of a job says. Its `task` and `id` name the job wherever one is asked for. */
interface ToldOfJob<Type extends JobEventType> extends JobRef {
  /** The state entered, or what happened within one: also the name it is listened to by. */
  readonly type: Type;
  /** ms since the epoch, on the store's clock. */
  readonly at: number;
  /** Attempts used, the running one included. */
  readonly attempt: number;
}

/** Of what happens in a run, or ends one. */
interface ToldOfRun<Type extends JobEventType> extends ToldOfJob<Type> {
  /** The lease that runs it, or ran it. */
  readonly worker: string;
}

interface DelayedEvent extends ToldOfJob<"delayed"> {
  /** How long the job waits. */
  readonly delayMs: number;
}

interface CompletedEvent<Result> extends ToldOfRun<"completed"> {
  /** What the handler returned. */
  readonly result: Result;
}

interface RetryingEvent extends ToldOfJob<"retrying"> {
  /** How long the job waits for its next attempt. */
  readonly delayMs: number;
  /** Why the attempt failed; undefined of one that was rescheduled by hand while it waited. */
  readonly error?: StoredError;
  /** The lease of the attempt that failed. */
  readonly worker?: string;
}

interface FailedEvent extends ToldOfJob<"failed"> {
  /** Why it failed: that of its last attempt, or that it lost its worker too often. */
  readonly error: StoredError;
  /** The lease of its last attempt; undefined of one that lost its worker. */
  readonly worker?: string;
}

interface CancelledEvent extends ToldOfJob<"cancelled"> {
  /** What whoever asked for it said, `""` when that was nothing; `replaced` when it was debounced away. */
  readonly reason: string;
  /** The job that took its place, when it was debounced away. */
  readonly replacedBy?: string;
  /** The lease that ran it; undefined of one that waited. */
  readonly worker?: string;
}

interface ProgressEvent extends ToldOfRun<"progress"> {
  /** As given to `ctx.progress`. */
  readonly progress: unknown;
}

interface LogEvent extends ToldOfRun<"log"> {
  /** What the handler wrote. */
  readonly line: LogLine;
}

interface MessageEvent extends ToldOfRun<"message"> {
  /** Its number; the message itself is read with `messages()` of the job's handle. */
  readonly number: number;
}

/** Events of the jobs of a task, by their type. */
interface JobEvents<Result> {
  readonly waiting: ToldOfJob<"waiting">;
  readonly delayed: DelayedEvent;
  readonly active: ToldOfRun<"active">;
  readonly completed: CompletedEvent<Result>;
  readonly retrying: RetryingEvent;
  readonly failed: FailedEvent;
  readonly cancelled: CancelledEvent;
  readonly expired: ToldOfJob<"expired">;
  readonly stalled: ToldOfRun<"stalled">;
  readonly progress: ProgressEvent;
  readonly log: LogEvent;
  readonly message: MessageEvent;
  readonly removed: ToldOfJob<"removed">;
}

/** What happened to a job, from whichever process made it happen. Narrows by `type`. */
export type JobEvent<Result = unknown> = JobEvents<Result>[JobEventType];

/** Events of one task: of its jobs, and of the task as a whole. `*` is any of them. */
export type TaskEvents<Result = unknown> = JobEvents<Result> & {
  readonly [Type in TaskEventType]: Extract<TaskEvent, { readonly type: Type }>;
} & { readonly "*": JobEvent<Result> | TaskEvent };

/** Events of an app: those of all tasks, and its own. `*` is any of them. */
export type AppEvents<Result = unknown> = Omit<TaskEvents<Result>, "*"> & {
  readonly error: AppErrorEvent;
  readonly warning: AppWarningEvent;
  readonly audit: AuditEvent;
  readonly "*": AppEvent<Result>;
};

/** Anything an app tells. Narrows by `type`. */
export type AppEvent<Result = unknown> =
  | JobEvent<Result>
  | TaskEvent
  | AppErrorEvent
  | AppWarningEvent
  | AuditEvent;

/** What an event of the app itself may be about. */
interface AboutApp {
  /** The task it is about, when it is one. */
  readonly task?: string;
  /** The job it is about, when it is one. */
  readonly jobId?: string;
  /** The name of the schedule it is about, when it is one. */
  readonly schedule?: string;
}

/** What every `error` event says. */
interface ToldOfError<Code extends AppErrorCode, Thrown> extends AboutApp {
  readonly type: "error";
  /** What went wrong. */
  readonly code: Code;
  /** What was thrown, with its causes. */
  readonly error: Thrown;
}

/**
 * Something went wrong outside of any caller's sight. Narrows by `code`.
 *
 * - `LISTENER_FAILED`: a listener of an event threw, or its promise was rejected.
 * - `HOOK_FAILED`: `onCancel`, `onFailed`, a function in `retry`, or a dispatch middleware whose job is stored threw; `task` and
 *   `jobId` say of which job.
 * - `UNEXPECTED`: something that taskora has no code for.
 * - any other: that of the error, which is a `TaskoraError`.
 */
export type AppErrorEvent =
  | ToldOfError<ErrorCode, TaskoraError>
  | ToldOfError<Exclude<AppErrorCode, ErrorCode>, unknown>;

/** The codes of `error` events. */
export type AppErrorCode = ErrorCode | UserCode | "UNEXPECTED";

/** Which code of the application threw. */
export type UserCode = "LISTENER_FAILED" | "HOOK_FAILED";

/** What every `warning` event says. */
interface ToldOfWarning<Code extends string> extends AboutApp {
  readonly type: "warning";
  /** What is wrong, for programs. */
  readonly code: Code;
  /** What is wrong and what to do, for people. */
  readonly message: string;
}

interface JobWarning extends ToldOfWarning<"LEASE_LOST" | "JOB_GONE" | "HANDLER_OVERSTAYS"> {
  readonly task: string;
  readonly jobId: string;
}

interface ScheduleWarning
  extends ToldOfWarning<"SCHEDULE_BEHIND" | "SCHEDULE_ENDED" | "SCHEDULE_WITHOUT_TASK"> {
  readonly task: string;
  readonly schedule: string;
}

interface ContractWarning extends ToldOfWarning<"CONTRACT_NOT_IMPLEMENTED"> {
  readonly task: string;
  /** The contract that nobody implements. */
  readonly contract: UnimplementedContract;
}

interface EventsLostWarning extends ToldOfWarning<"EVENTS_LOST"> {
  /** How many events one listener was not given; undefined: nobody knows. */
  readonly missed?: number;
}

/**
 * Something works but should be looked at. Narrows by `code`.
 *
 * - `CONTRACT_NOT_IMPLEMENTED`: this process dispatches jobs that no live worker would run. Once per contract.
 * - `EVENTS_LOST`: listeners here missed events: the link to the store was interrupted, a listener was too slow, or the store
 *   has more tasks than one process listens to.
 * - `HANDLER_OVERSTAYS`: a handler still runs though its job was taken from it and its grace is over; its slot is given away.
 * - `JOB_GONE`: a job that ran here is not stored any more, so nothing of it can be settled.
 * - `LEASE_LOST`: a job that ran here belongs to another worker; how it ends here is discarded.
 * - `SCHEDULE_BEHIND`: a schedule missed more slots than it may catch up with; the oldest are dropped.
 * - `SCHEDULE_ENDED`: a schedule that is declared here never runs any more.
 * - `SCHEDULE_WITHOUT_TASK`: nobody has met the task of a schedule that is declared here.
 * - `STORE_EMPTIED`: the store holds other data than before, since it was emptied or another has taken its place. What
 *   this process declared is declared again, and what it waits for is asked again.
 */
export type AppWarningEvent =
  | JobWarning
  | ScheduleWarning
  | ContractWarning
  | EventsLostWarning
  | ToldOfWarning<"STORE_EMPTIED">;

/** The codes of `warning` events. */
export type WarningCode = AppWarningEvent["code"];

/** A contract that no live worker implements, and what is in the way. */
export interface UnimplementedContract {
  readonly version: number;
  /** `""`: not generated. */
  readonly fingerprint: string;
  readonly reason: ContractGap;
}

/** What is said of an error beside it. */
export type ErrorAbout = AboutApp & { readonly code?: UserCode };

/** What is said of a warning beside its message. */
export type WarningAbout = AppWarningEvent extends infer Event
  ? Event extends AppWarningEvent
    ? Omit<Event, "type" | "message">
    : never
  : never;
