export {
  type CloseOptions,
  createTaskora,
  type MiddlewareSides,
  Taskora,
} from "./app/app.js";
export type { DispatchOptions, RescheduleOptions } from "./app/dispatch/dispatch-options.js";
export type { InlineTaskOptions } from "./app/dispatch/inline-task.js";
export type { DispatchContext, DispatchMiddleware, TaskClient } from "./app/dispatch/task-client.js";
export type {
  AppErrorEvent,
  AppEvents,
  AppWarningEvent,
  TaskEvent,
  TaskEvents,
  UnimplementedContract,
  WarningCode,
} from "./app/events.js";
export type { CancelResult, ChangeResult, JobHandle, PendingJob } from "./app/handles/job-handle.js";
export type {
  PendingWorkflow,
  WorkflowHandle,
  WorkflowState,
  WorkflowStep,
} from "./app/handles/workflow-handle.js";
export type { CollectedInfo, CollectedPeek, CollectedReader } from "./app/inspect/collected.js";
export type {
  DeadLetterProgress,
  DeadLetterQuery,
  DeadLetterResult,
  DeadLetters,
} from "./app/inspect/dead-letters.js";
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
  ScheduleInput,
  ScheduleOptions,
  ScheduleTask,
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
export type {
  Adapter,
  CallOptions,
  CancelReply,
  CancelRequest,
  ChangeReply,
  ClaimedJob,
  ClaimReply,
  ClaimRequest,
  CollectedKey,
  CollectedQuery,
  ControlReply,
  ControlRequest,
  HeldClaim,
  InsertReply,
  JobChange,
  JobDetails,
  JobNote,
  JobPage,
  ListQuery,
  NewJob,
  Notice,
  RenewReply,
  RenewRequest,
  Retention,
  SettleBatch,
  Settlement,
  SettleReply,
  SettleStatus,
  StateCounts,
  SweepReply,
  SweepRequest,
  Topic,
  UnstartedState,
  WaitReply,
  WaitRequest,
  WatchReply,
} from "./core/adapter.js";
export type { Clock, TimerHandle } from "./core/clock.js";
export type { TaskContract } from "./core/contract.js";
export type {
  ContractGap,
  ContractStore,
  ImplementedTask,
  LiveWorker,
  OpenState,
  VersionCount,
  VersionPage,
  VersionQuery,
  WorkerAnnouncement,
} from "./core/contract-store.js";
export type { Duration } from "./core/duration.js";
export {
  ERROR_CODES,
  type ErrorCode,
  type IssueKind,
  JobFailedError,
  OptionError,
  PayloadTooLargeError,
  type StoredError,
  TaskoraError,
  ValidationError,
  type ValidationIssue,
} from "./core/errors.js";
export type {
  AttemptRecord,
  Encoded,
  JobEvent,
  JobEventType,
  JobOutcome,
  JobRef,
  JobSnapshot,
  LogLine,
  TaskChange,
  TaskChangeType,
} from "./core/job.js";
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
export type {
  AdmissionOptions,
  JobAdmission,
  JobDebounce,
  JobIdempotency,
  JobThrottle,
  JobUnique,
} from "./core/limits/admission.js";
export type { CollectOptions, JobCollect } from "./core/limits/collect.js";
export type { GroupOption, JobGroup } from "./core/limits/group.js";
export type { JobLimits } from "./core/limits/job-limits.js";
export type { JobLimit, JobRate, RateLimitOptions } from "./core/limits/limit.js";
export type { Backoff, ErrorFilter, RetryOptions } from "./core/retry-policy.js";
export type {
  MissedPolicy,
  ScheduleData,
  ScheduleRules,
  ScheduleSettings,
  ScheduleTiming,
} from "./core/schedule.js";
export type {
  DueScheduleQuery,
  DueSchedules,
  FireReply,
  FireRequest,
  ScheduledJob,
  ScheduleListQuery,
  SchedulePage,
  ScheduleReadings,
  ScheduleStore,
  ScheduleWrite,
  ScheduleWriteReply,
  StoredSchedule,
} from "./core/schedule-store.js";
export { jsonSerializer, type Serializer } from "./core/serializer.js";
export { WorkflowFailedError, WorkflowNotResumableError } from "./core/workflow/errors.js";
export type { Settled } from "./core/workflow/packed-list.js";
export type { GraphPart, StepSnapshot, StepsQuery, WorkflowStore } from "./core/workflow/store.js";
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
  RetentionRule,
} from "./worker/handler.js";
