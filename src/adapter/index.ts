/** The `taskora/adapter` entry: the port, for those who write a store or test one. Apps need nothing of it. */
export type {
  Adapter,
  CallOptions,
  CancelReply,
  CancelRequest,
  ChangeReply,
  ClaimedJob,
  ClaimReply,
  ClaimRequest,
  ClaimWait,
  CollectedKey,
  CollectedQuery,
  ControlReply,
  ControlRequest,
  HeldClaim,
  InsertOptions,
  InsertReply,
  JobAnnotation,
  JobChange,
  JobDetails,
  JobPage,
  JobReading,
  KeyRef,
  ListQuery,
  MessagePage,
  MessagesQuery,
  NewerJob,
  NewJob,
  Notice,
  ReadOptions,
  RenewReply,
  RenewRequest,
  Retention,
  SettleBatch,
  Settlement,
  SettleOptions,
  SettleReply,
  SettleStatus,
  StateCounts,
  StoreTransaction,
  Survey,
  SurveyRequest,
  SweepReply,
  SweepRequest,
  Topic,
  UnstartedState,
  WatchReply,
} from "../core/adapter.js";
export { DEFAULT_STALL_LIMIT, dueIn, MAX_DRAINED } from "../core/adapter.js";
export { type Clock, systemClock, type TimerHandle } from "../core/clock.js";
export type {
  ContractStore,
  ImplementedTask,
  LiveWorker,
  OpenState,
  ProlongReply,
  ProlongRequest,
  TellRequest,
  ToldVitals,
  VersionCount,
  VersionPage,
  VersionQuery,
  WorkerAnnouncement,
} from "../core/contract-store.js";
export { OPEN_STATES } from "../core/contract-store.js";
export {
  type ErrorCode,
  OptionError,
  type StoredError,
  StoreError,
  stalledError,
  TaskoraError,
} from "../core/errors.js";
export {
  ADAPTER_FEATURES,
  type AdapterFeature,
  declinedBy,
  type Feature,
  hasFeature,
} from "../core/features.js";
export type {
  AttemptRecord,
  Encoded,
  JobEventType,
  JobOutcome,
  JobRef,
  JobSnapshot,
  LogLine,
  RawJobEvent,
  StoredMessage,
  TaskEvent,
  TaskEventType,
} from "../core/job.js";
export { MAX_HISTORY, MAX_LOG_LINES, MAX_MESSAGE_BYTES, MAX_MESSAGES } from "../core/job.js";
export {
  applyMove,
  cancelMove,
  changeMove,
  endBy,
  expireMove,
  type JobMove,
  type MovingChange,
  mayChange,
  promoteMove,
  reclaimMove,
  type SettlementMove,
  settlementMove,
  startRun,
  toldOf,
} from "../core/job-moves.js";
export {
  dueReply,
  jobsIn,
  lastClaimedFirst,
  type PlacedJob,
  type Position,
  pageOf,
  positionIn,
  soonestOf,
} from "../core/job-order.js";
export {
  canHappen,
  FINAL_STATES,
  type FinalState,
  isFinalState,
  JOB_STATES,
  type JobState,
  LIFECYCLE,
  type LifecycleEvent,
  move,
} from "../core/lifecycle.js";
export type {
  JobAdmission,
  JobDebounce,
  JobIdempotency,
  JobThrottle,
  JobUnique,
} from "../core/limits/admission.js";
export { type JobCollect, MAX_COLLECTED } from "../core/limits/collect.js";
export type { JobGroup } from "../core/limits/group.js";
export type { JobLimits } from "../core/limits/job-limits.js";
export { type JobLimit, type JobRate, type LimitOverride, MAX_LIMIT } from "../core/limits/limit.js";
export { MAX_LIMIT_KEY_LENGTH } from "../core/limits/limit-key.js";
export {
  type AuditLine,
  type AuditPage,
  type AuditQuery,
  KEPT_AUDIT_LINES,
  type KeptAuditLine,
} from "../core/observe/audit-log.js";
export {
  type ContractRef,
  type ContractSchema,
  type ContractSchemas,
  KEPT_CONTRACTS,
  MAX_CONTRACT_BYTES,
  type ToldContract,
} from "../core/observe/contract-schemas.js";
export { type EndCounts, GAUGED_PRIORITIES, type TaskGauges } from "../core/observe/gauges.js";
export {
  addCounts,
  ERROR_DAY_MS,
  ERRORS_KEPT_MS,
  type ErrorCount,
  type ErrorGroup,
  type ErrorKind,
  type ErrorSample,
  type ErrorsQuery,
  errorDays,
  type MeasureCounts,
  type MeasurePoint,
  type MeasureStore,
  MOST_ERROR_GROUPS,
  MOST_MARKS,
  MOST_POINTS,
  mergeErrorGroups,
  OTHER_ERRORS,
  OTHER_KIND,
  type ReleaseMark,
  type SeriesQuery,
  SPANS,
  type Span,
  spanStart,
  spanStarts,
  type TaskCounts,
  type WorkerMeasures,
} from "../core/observe/measure-store.js";
export type { ObserveStore } from "../core/observe/observe-store.js";
export type {
  PostgresHealth,
  ReplicaHealth,
  ServerClients,
  ServerHealth,
  ServerMemory,
  ServerPersistence,
  StoreHealth,
} from "../core/observe/store-health.js";
export { type GivenCommand, MAX_VITALS_BYTES, type WorkerCommand } from "../core/observe/vitals.js";
export { keptCount, surplusOf } from "../core/retention.js";
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
} from "../core/schedule-store.js";
export {
  claimedJobOf,
  copyEncoded,
  countSeen,
  dueAtOf,
  type EventDetails,
  eventOf,
  isOverdue,
  isSameJob,
  type KeptMessages,
  keepMessage,
  messagesOf,
  newStoredJob,
  outcomeOf,
  readingOf,
  type StoredJob,
  seenJob,
  seenState,
  snapshotOf,
} from "../core/stored-job.js";
export { storedText } from "../core/stored-text.js";
export {
  type Listeners,
  OutcomeWatchers,
  publishTo,
  Subscription,
  Subscriptions,
} from "../core/subscription.js";
export { type PendingWait, WaitingClaims, type WaitingClaimsOptions, Wakes } from "../core/waiting-claims.js";
export { type PackedItem, packList, type Settled } from "../core/workflow/packed-list.js";
export { type JobStep, type JobWorkflow, WORKFLOW_TASK } from "../core/workflow/step.js";
export {
  GRAPH_KEPT_MS,
  GRAPH_MISSING_ERROR,
  type GraphNode,
  type GraphPart,
  type JoinNode,
  LIST_TOO_LARGE_ERROR,
  MAX_LIST_BYTES,
  MAX_PART_NODES,
  MAX_WORKFLOW_STEPS,
  type NodeRange,
  type StepNode,
  type StepSnapshot,
  type StepsQuery,
  type StepTemplate,
  stepError,
  stepJobId,
  type WorkflowStore,
} from "../core/workflow/store.js";
