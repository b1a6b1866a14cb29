export { type CloseOptions, createTaskora, type MiddlewareSides, Taskora } from "./app/app.js";
export type { DispatchOptions } from "./app/dispatch/dispatch-options.js";
export type { InlineTaskOptions } from "./app/dispatch/inline-task.js";
export type { DispatchContext, DispatchMiddleware, TaskClient } from "./app/dispatch/task-client.js";
export type {
  AppErrorEvent,
  AppEvents,
  AppWarningEvent,
  TaskEvent,
  TaskEvents,
  WarningCode,
} from "./app/events.js";
export type { CancelResult, ChangeResult, JobHandle, PendingJob } from "./app/handles/job-handle.js";
export type {
  PendingWorkflow,
  WorkflowHandle,
  WorkflowState,
  WorkflowStep,
} from "./app/handles/workflow-handle.js";
export type { CollectedInfo, CollectedPeek } from "./app/inspect/collected.js";
export type { DeadLetterQuery, DeadLetterResult, DeadLetters } from "./app/inspect/dead-letters.js";
export type {
  Inspector,
  JobDetailsInfo,
  JobInfo,
  JobInfoPage,
  JobStats,
  VersionStats,
} from "./app/inspect/inspector.js";
export type { DrainOptions, PauseResult, TaskOperations } from "./app/inspect/task-operations.js";
export type { Logger } from "./app/logger.js";
export type { TaskDefaults, TaskoraOptions } from "./app/options.js";
export type {
  ScheduleChanges,
  ScheduleInfo,
  ScheduleOptions,
  TaskSchedule,
} from "./app/schedules/schedule-options.js";
export type { Schedules } from "./app/schedules/schedules.js";
export type { StepOptions } from "./app/workflows/step-source.js";
export {
  chain,
  chord,
  chunk,
  type FailurePolicy,
  type GroupOptions,
  group,
  map,
  type WorkflowLink,
  type WorkflowPart,
} from "./app/workflows/workflow-part.js";
export type { WorkflowOptions } from "./app/workflows/workflows.js";
export type { StateCounts } from "./core/adapter.js";
export type { Clock } from "./core/clock.js";
export type { TaskContract } from "./core/contract.js";
export type { LiveWorker } from "./core/contract-store.js";
export type { Duration } from "./core/duration.js";
export {
  ERROR_CODES,
  type ErrorCode,
  JobFailedError,
  OptionError,
  PayloadTooLargeError,
  type StoredError,
  TaskoraError,
  ValidationError,
  type ValidationIssue,
} from "./core/errors.js";
export type { AttemptRecord, Encoded, LogLine, TaskChange } from "./core/job.js";
export {
  AppClosedError,
  CancelledError,
  DuplicateJobError,
  ExpiredError,
  JobNotFoundError,
  JobReplacedError,
  KeyReusedError,
  LeaseLostError,
  NotImplementedError,
  RetryRequest,
  ShutdownError,
  SnoozeRequest,
  ThrottledError,
  TimeoutError,
} from "./core/job-errors.js";
export { FINAL_STATES, type FinalState, JOB_STATES, type JobState } from "./core/lifecycle.js";
export type { CollectOptions } from "./core/limits/collect.js";
export type { RateLimitOptions } from "./core/limits/limit.js";
export type { Backoff, RetryOptions } from "./core/retry-policy.js";
export type { MissedPolicy } from "./core/schedule.js";
export { jsonSerializer, type Serializer } from "./core/serializer.js";
export { WorkflowFailedError, WorkflowNotResumableError } from "./core/workflow/errors.js";
export type { Settled } from "./core/workflow/packed-list.js";
export type { StandardSchema } from "./schema/standard-schema.js";
export type {
  CollectedItem,
  Handler,
  HandlerEntry,
  HandlerOptions,
  JobContext,
  JobLog,
  Middleware,
  MiddlewareContext,
  MigrationStep,
  RetentionOptions,
} from "./worker/handler.js";
