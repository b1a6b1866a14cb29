export { createTaskora } from "./app/app.js";
export type { AppHealth, StoreLinkHealth } from "./app/app-health.js";
export type { AnyData, ClientInput } from "./app/dispatch/client-input.js";
export type { DispatchContext, DispatchMiddleware } from "./app/dispatch/dispatch-layers.js";
export type { DispatchOptions } from "./app/dispatch/dispatch-options.js";
export type { InlineTaskClient, InlineTaskOptions } from "./app/dispatch/inline-task.js";
export type { TaskClient } from "./app/dispatch/task-client.js";
export type { TaskLanes } from "./app/dispatch/task-lanes.js";
export type {
  AppErrorCode,
  AppErrorEvent,
  AppEvent,
  AppEvents,
  AppWarningEvent,
  JobEvent,
  TaskEvents,
  WarningCode,
} from "./app/event-types.js";
export type { AppListenOptions, ListenOptions } from "./app/events.js";
export type { JobHandle, PendingJob, RetryResult, WaitOptions } from "./app/handles/job-handle.js";
export type { KeyHandle } from "./app/handles/key-handle.js";
export type { JobMessage, MessagesOptions } from "./app/handles/messages.js";
export type {
  PendingWorkflow,
  ResumeResult,
  WorkflowHandle,
  WorkflowState,
} from "./app/handles/workflow-handle.js";
export type { Logger } from "./app/logger.js";
export type { AuditEntry, AuditList, AuditListQuery } from "./app/operate/audit-list.js";
export type { TaskBacklog } from "./app/operate/backlog.js";
export type { BulkOptions, JobFilter, StatesOption } from "./app/operate/bulk.js";
export type {
  AuditAction,
  AuditEvent,
  BulkResult,
  ChangeOptions,
  ChangeResult,
} from "./app/operate/change.js";
export type { JobWhere } from "./app/operate/chosen-jobs.js";
export type { CollectedBatch, CollectedInfo, CollectedOptions } from "./app/operate/collected.js";
export type { ErrorGroupInfo, ErrorListQuery, Errors } from "./app/operate/errors.js";
export type { Job, JobDetails } from "./app/operate/job.js";
export type { JobLogs } from "./app/operate/job-logs.js";
export type { JobCounts, JobKey, JobListQuery, Jobs } from "./app/operate/jobs.js";
export type { TaskRef } from "./app/operate/known-tasks.js";
export type {
  DurationMeasures,
  MeasuresQuery,
  SeriesOptions,
  TaskMeasures,
  TaskMeasuresStep,
} from "./app/operate/measures.js";
export type { Listing, Page } from "./app/operate/page.js";
export type { AppPools, PoolInfo } from "./app/operate/pools.js";
export type { AppStore, StoreInfo, StoreServer } from "./app/operate/store-info.js";
export type { ImplementedContract } from "./app/operate/task-contracts.js";
export type { DrainOptions, PauseOptions, TaskHandle } from "./app/operate/task-handle.js";
export type { TaskInfo, TaskListQuery, Tasks, TaskTotals } from "./app/operate/tasks.js";
export type { VersionCounts } from "./app/operate/versions.js";
export type {
  Release,
  WorkerInfo,
  WorkerJob,
  WorkerListQuery,
  Workers,
  WorkerTask,
  WorkerVitals,
} from "./app/operate/workers.js";
export type { TaskDefaults, TaskoraOptions } from "./app/options.js";
export type { CloseOptions, RunOptions, StartOptions } from "./app/process-options.js";
export type {
  ScheduleChanges,
  ScheduleInfo,
  ScheduleOptions,
  TaskSchedule,
} from "./app/schedules/schedule-options.js";
export type {
  ScheduleHandle,
  ScheduleListQuery,
  Schedules,
  TriggerResult,
  UpcomingOptions,
} from "./app/schedules/schedules.js";
export type { TaskData, TaskMessage, TaskResult } from "./app/task-types.js";
export type { MiddlewareSides, Taskora } from "./app/taskora.js";
export type { StepOptions } from "./app/workflows/step-source.js";
export type { WorkflowInfo, WorkflowList, WorkflowListQuery } from "./app/workflows/workflow-list.js";
export type { WorkflowOptions } from "./app/workflows/workflows.js";
export type { Clock } from "./core/clock.js";
export type { TaskContract } from "./core/contract.js";
export type { Duration } from "./core/duration.js";
export { type ErrorClasses, type ErrorOf, isTaskoraError } from "./core/error-classes.js";
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
export type { AttemptRecord, Encoded, JobRef, LogLine, TaskEvent } from "./core/job.js";
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
  ShutdownError,
  ThrottledError,
  TimeoutError,
  UnrecoverableError,
} from "./core/job-errors.js";
export { FilterError } from "./core/job-filter/filter-error.js";
export { FINAL_STATES, type FinalState, JOB_STATES, type JobState } from "./core/lifecycle.js";
export type { CollectOptions } from "./core/limits/collect.js";
export type { GlobalConcurrencyOptions, RateLimitOptions } from "./core/limits/limit.js";
export type {
  PostgresHealth,
  ReplicaHealth,
  ServerClients,
  ServerHealth,
  ServerMemory,
  ServerPersistence,
  StoreHealth,
} from "./core/observe/store-health.js";
export type { Register, TaskName } from "./core/register.js";
export type { Backoff, RetryOptions } from "./core/retry-policy.js";
export type { MissedPolicy, OverlapPolicy } from "./core/schedule.js";
export { jsonSerializer, type Serializer } from "./core/serializer.js";
export type { TroubleMessage, WorkerMessage } from "./core/telemetry/job-listener.js";
export type { DispatchOutcome, JobTelemetry, RunOutcome } from "./core/telemetry/job-telemetry.js";
export { WorkflowFailedError } from "./core/workflow/errors.js";
export type { StepSnapshot } from "./core/workflow/store.js";
export type { StandardSchema } from "./schema/standard-schema.js";
export type {
  BatchContext,
  BatchHandler,
  BatchHandlerEntry,
  BatchHandlerOptions,
  CollectedItem,
  CompleteOptions,
  Handler,
  HandlerEntry,
  HandlerOptions,
  HandlerSettings,
  JobContext,
  JobLog,
  LaneOptions,
  Middleware,
  MiddlewareContext,
  MigrationStep,
  RetentionOptions,
} from "./worker/handler.js";
