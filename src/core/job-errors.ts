import { formatDuration } from "./duration.js";
import { TaskoraError } from "./errors.js";

/** The job was cancelled, by whoever gave `reason`. */
export class CancelledError extends TaskoraError {
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
  override readonly name: string = "ExpiredError";
  readonly jobId: string;

  constructor(jobId: string, task: string) {
    super(
      "JOB_EXPIRED",
      `Job ${jobId} (${task}) expired: no worker started it within its ttl. Add workers, or raise ttl.`,
    );
    this.jobId = jobId;
  }
}

/** The store knows no such job: it was pruned by retention, removed, or never stored. */
export class JobNotFoundError extends TaskoraError {
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
  override readonly name: string = "RetryRequest";
  /** undefined: the policy's backoff. */
  readonly delayMs: number | undefined;

  constructor(delayMs: number | undefined, reason: string) {
    super("RETRY_REQUESTED", reason);
    this.delayMs = delayMs;
  }
}

/** Thrown by `ctx.snooze()`: the job goes back for a while and uses no attempt. */
export class SnoozeRequest extends TaskoraError {
  override readonly name: string = "SnoozeRequest";
  readonly delayMs: number;

  constructor(delayMs: number) {
    super("SNOOZE_REQUESTED", `The handler gave the job back for ${formatDuration(delayMs)}.`);
    this.delayMs = delayMs;
  }
}

/** What a generated handler stub throws until it is filled in. */
export class NotImplementedError extends TaskoraError {
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
  override readonly name: string = "AppClosedError";
  constructor(action: string) {
    super("APP_CLOSED", `Cannot ${action}: the app is closing. Wait for close() to end, or do it before.`);
  }
}
