/** Which class the errors of a code have, so that a code leads to their fields. */
import {
  type ErrorCode,
  type JobFailedError,
  type OptionError,
  type PayloadTooLargeError,
  type StoreError,
  TaskoraError,
  type ValidationError,
} from "./errors.js";
import type {
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
  UnrecoverableError,
} from "./job-errors.js";
import type { FilterError } from "./job-filter/filter-error.js";
import type { WorkflowFailedError } from "./workflow/errors.js";

/** The classes of codes that have one; the others are {@link TaskoraError} itself. */
export interface ErrorClasses {
  OPTION_INVALID: OptionError;
  NAME_INVALID: OptionError;
  DURATION_INVALID: OptionError;
  FILTER_INVALID: FilterError;
  CRON_INVALID: OptionError;
  TIME_ZONE_INVALID: OptionError;
  VALIDATION_FAILED: ValidationError;
  PAYLOAD_TOO_LARGE: PayloadTooLargeError;
  APP_CLOSED: AppClosedError;
  NOT_IMPLEMENTED: NotImplementedError;
  JOB_FAILED: JobFailedError;
  JOB_CANCELLED: CancelledError;
  JOB_EXPIRED: ExpiredError;
  JOB_NOT_FOUND: JobNotFoundError;
  JOB_UNRECOVERABLE: UnrecoverableError;
  JOB_THROTTLED: ThrottledError;
  JOB_DUPLICATE: DuplicateJobError;
  JOB_KEY_REUSED: KeyReusedError;
  JOB_REPLACED: JobReplacedError;
  WORKFLOW_FAILED: WorkflowFailedError;
  TIMEOUT: TimeoutError;
  LEASE_LOST: LeaseLostError;
  SHUTDOWN: ShutdownError;
  RETRY_REQUESTED: RetryRequest;
  SNOOZE_REQUESTED: SnoozeRequest;
  STORE_UNAVAILABLE: StoreError;
  STORE_FULL: StoreError;
  STORE_AUTH: StoreError;
  STORE_UNSUPPORTED: StoreError;
  STORE_FORMAT: StoreError;
  STORE_REPLY: StoreError;
}

/** The error of a code, with its fields. */
export type ErrorOf<Code extends ErrorCode> = Code extends keyof ErrorClasses
  ? ErrorClasses[Code] & { readonly code: Code }
  : TaskoraError & { readonly code: Code };

/**
 * Whether something that was caught is an error of taskora, and of this code where one is given, which then says its
 * fields. Errors of another copy of this library count too, such as of its CommonJS build.
 */
export function isTaskoraError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: Code,
): error is ErrorOf<Code> {
  return error instanceof TaskoraError && (code === undefined || error.code === code);
}
