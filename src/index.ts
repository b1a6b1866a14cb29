export {
  type CloseOptions,
  createTaskora,
  type MiddlewareSides,
  Taskora,
} from "./app/app.js";
export type { CollectedInfo, CollectedPeek, CollectedReader } from "./app/collected.js";
export type {
  DeadLetterProgress,
  DeadLetterQuery,
  DeadLetterResult,
  DeadLetters,
} from "./app/dead-letters.js";
export type { DispatchOptions, RescheduleOptions } from "./app/dispatch-options.js";
export type {
  AppErrorEvent,
  AppEvents,
  AppWarningEvent,
  TaskEvent,
  TaskEvents,
  UnimplementedContract,
  WarningCode,
} from "./app/events.js";
export type { InlineTaskOptions } from "./app/inline-task.js";
export type {
  Inspector,
  JobDetailsInfo,
  JobInfo,
  JobInfoPage,
  JobStats,
  VersionStats,
} from "./app/inspector.js";
export type { CancelResult, ChangeResult, JobHandle, PendingJob } from "./app/job-handle.js";
export type { Logger } from "./app/logger.js";
export type { TaskDefaults, TaskoraOptions } from "./app/options.js";
export type {
  ScheduleChanges,
  ScheduleInfo,
  ScheduleInput,
  ScheduleOptions,
  ScheduleTask,
  TaskSchedule,
} from "./app/schedule-options.js";
export type { Schedules } from "./app/schedules.js";
export type { StepOptions } from "./app/step-source.js";
export type { DispatchContext, DispatchMiddleware, TaskClient } from "./app/task-client.js";
export type { DrainOptions, PauseResult, TaskOperations } from "./app/task-operations.js";
export type { PendingWorkflow, WorkflowHandle, WorkflowState, WorkflowStep } from "./app/workflow-handle.js";
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
} from "./app/workflow-part.js";
export type { WorkflowOptions } from "./app/workflows.js";
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
export type {
  AdmissionFlow,
  AdmissionOptions,
  DebounceFlow,
  IdempotencyFlow,
  ThrottleFlow,
  UniqueFlow,
} from "./core/admission-flow.js";
export type { Clock, TimerHandle } from "./core/clock.js";
export type { CollectFlow, CollectOptions } from "./core/collect-flow.js";
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
export type { GroupFlow, GroupOption } from "./core/group-flow.js";
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
export type { JobFlow } from "./core/job-flow.js";
export { FINAL_STATES, type FinalState, JOB_STATES, type JobState } from "./core/lifecycle.js";
export type { LimitFlow, RateFlow, RateLimitOptions } from "./core/limit-flow.js";
export type { Settled } from "./core/packed-list.js";
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
export type { StandardSchema } from "./core/standard-schema.js";
export { WorkflowFailedError, WorkflowNotResumableError } from "./core/workflow-errors.js";
export type { GraphPart, StepSnapshot, StepsQuery, WorkflowStore } from "./core/workflow-store.js";
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
