import { formatDuration } from "./duration.js";
import { TaskoraError } from "./errors.js";
import { WORKFLOW_TASK } from "./workflow/step.js";

/** The job was cancelled, by whoever gave `reason`. */
export class CancelledError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "CancelledError";
  override readonly name: string = "CancelledError";
  readonly jobId: string;
  readonly reason: string;

  constructor(jobId: string, reason: string) {
    super("JOB_CANCELLED", `Job ${jobId} was cancelled: ${reason === "" ? "no reason was given" : reason}.`);
    this.jobId = jobId;
    this.reason = reason;
  }
}

/** The job's TTL passed before a worker started it. */
export class ExpiredError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "ExpiredError";
  override readonly name: string = "ExpiredError";
  readonly jobId: string;

  constructor(jobId: string, task: string) {
    super(
      "JOB_EXPIRED",
      task === WORKFLOW_TASK
        ? `Workflow ${jobId} expired: it did not end within its ttl, and its steps were cancelled. Raise ttl.`
        : `Job ${jobId} (${task}) expired: no worker started it within its ttl. Add workers, or raise ttl.`,
    );
    this.jobId = jobId;
  }
}

/** A debounced job did not run: a later one with its key took its place. */
export class JobReplacedError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "JobReplacedError";
  override readonly name: string = "JobReplacedError";
  readonly jobId: string;
  /** The job that took its place; it may have been replaced too. */
  readonly replacedBy: string;

  constructor(jobId: string, task: string, replacedBy: string) {
    super(
      "JOB_REPLACED",
      `Job ${jobId} (${task}) was debounced away: job ${replacedBy} took its place before it started. ` +
        "Wait for that one instead.",
    );
    this.jobId = jobId;
    this.replacedBy = replacedBy;
  }
}

/** The job was not stored: another one stands for its key, and `onDuplicate` is `"reject"`. */
export class DuplicateJobError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "DuplicateJobError";
  override readonly name: string = "DuplicateJobError";
  readonly jobId: string;
  /** The job that is there. */
  readonly existingId: string;
  /** The option whose key is taken. */
  readonly option: "deduplicate" | "idempotency";

  constructor(
    job: { readonly id: string; readonly task: string },
    existingId: string,
    option: "deduplicate" | "idempotency",
  ) {
    super(
      "JOB_DUPLICATE",
      `Job ${job.id} (${job.task}) was not stored: job ${existingId} stands for its ${option} key. ` +
        'Wait for that one, or leave out onDuplicate: "reject" to get its handle.',
    );
    this.jobId = job.id;
    this.existingId = existingId;
    this.option = option;
  }
}

/** The job was not stored: its idempotency key was used before for another payload. */
export class KeyReusedError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "KeyReusedError";
  override readonly name: string = "KeyReusedError";
  readonly jobId: string;
  /** The job that was dispatched first with the key. */
  readonly existingId: string;

  constructor(job: { readonly id: string; readonly task: string }, existingId: string) {
    super(
      "JOB_KEY_REUSED",
      `Job ${job.id} (${job.task}) was not stored: its idempotency key stands for job ${existingId}, which has ` +
        "another payload. Use a key of its own for each request, and the same payload when one is repeated.",
    );
    this.jobId = job.id;
    this.existingId = existingId;
  }
}

/** The job was not stored: its throttle has let through as many as it may. */
export class ThrottledError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "ThrottledError";
  override readonly name: string = "ThrottledError";
  override readonly retryable: boolean = true;
  readonly jobId: string;
  /** When the throttle will have room again, should nobody else take it; from 1. */
  readonly retryAfterMs: number;

  constructor(job: { readonly id: string; readonly task: string }, retryAfterMs: number) {
    super(
      "JOB_THROTTLED",
      `Job ${job.id} (${job.task}) was not stored: its throttle is full for another ${formatDuration(retryAfterMs)}. ` +
        "Dispatch it again then, or drop it.",
    );
    this.jobId = job.id;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The store knows no such job: it was pruned by retention, removed, or never stored. */
export class JobNotFoundError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "JobNotFoundError";
  override readonly name: string = "JobNotFoundError";
  readonly jobId: string;

  constructor(jobId: string, task: string) {
    super(
      "JOB_NOT_FOUND",
      `Job ${jobId} is not stored under ${task}: it was pruned, removed or never dispatched there. ` +
        "Raise retention when results are read late.",
    );
    this.jobId = jobId;
  }
}

/** An attempt or a wait took longer than allowed. */
export class TimeoutError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "TimeoutError";
  override readonly name: string = "TimeoutError";
  readonly timeoutMs: number;

  constructor(message: string, timeoutMs: number) {
    super("TIMEOUT", message);
    this.timeoutMs = timeoutMs;
  }

  static ofAttempt(task: string, attempt: number, timeoutMs: number): TimeoutError {
    return new TimeoutError(
      `Attempt ${attempt} of ${task} ran longer than its timeout of ${formatDuration(timeoutMs)}. ` +
        "Raise timeout, or pass ctx.signal to what the handler waits for.",
      timeoutMs,
    );
  }

  static ofWait(jobId: string, timeoutMs: number): TimeoutError {
    return new TimeoutError(
      `Job ${jobId} did not end within ${formatDuration(timeoutMs)}; it goes on. Wait longer, or cancel it.`,
      timeoutMs,
    );
  }
}

/** The reason of `ctx.signal` when another worker has been given the job. */
export class LeaseLostError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "LeaseLostError";
  override readonly name: string = "LeaseLostError";
  constructor(jobId: string, task: string) {
    super(
      "LEASE_LOST",
      `The lease on job ${jobId} (${task}) ended and the job was given to another worker; what this one returns is ` +
        "discarded. Do not block the event loop for longer than lease, or raise lease.",
    );
  }
}

/** The reason of `ctx.signal` when the worker shuts down before the handler ended. */
export class ShutdownError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "ShutdownError";
  override readonly name: string = "ShutdownError";
  constructor(jobId: string) {
    super(
      "SHUTDOWN",
      `The worker shut down before job ${jobId} ended; the job was given back and uses no attempt.`,
    );
  }
}

/** Thrown by `ctx.retry()`: another attempt is wanted, whatever the retry filters say. */
export class RetryRequest extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "RetryRequest";
  override readonly name: string = "RetryRequest";
  /** undefined: the policy's backoff. */
  readonly delayMs: number | undefined;

  constructor(delayMs: number | undefined, reason: string) {
    super("RETRY_REQUESTED", reason);
    this.delayMs = delayMs;
  }
}

/**
 * Ends a job as failed, whatever attempts are left and whatever the retry filters say. Throw it, or call `ctx.fail()`.
 * A class of your own that extends it counts as well.
 */
export class UnrecoverableError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "UnrecoverableError";
  override readonly name: string = "UnrecoverableError";

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super("JOB_UNRECOVERABLE", message, options);
  }
}

/** Thrown by `ctx.snooze()`: the job goes back for a while and uses no attempt. */
export class SnoozeRequest extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "SnoozeRequest";
  override readonly name: string = "SnoozeRequest";
  readonly delayMs: number;

  constructor(delayMs: number) {
    super("SNOOZE_REQUESTED", `The handler gave the job back for ${formatDuration(delayMs)}.`);
    this.delayMs = delayMs;
  }
}

/** What a generated handler stub throws until it is filled in. */
export class NotImplementedError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "NotImplementedError";
  override readonly name: string = "NotImplementedError";
  constructor(task: string) {
    super(
      "NOT_IMPLEMENTED",
      `The handler of ${task} is still the generated stub. Write it, then run the job again.`,
    );
  }
}

/** The app is closed or closing and takes no more work. */
export class AppClosedError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "AppClosedError";
  override readonly name: string = "AppClosedError";
  constructor(action: string) {
    super("APP_CLOSED", `Cannot ${action}: the app is closing. Wait for close() to end, or do it before.`);
  }
}
