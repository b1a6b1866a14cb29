import { setMaxListeners } from "node:events";
import type { ClaimedJob, StoreTransaction } from "../core/adapter.js";
import { limitArguments } from "../core/arguments.js";
import { anything, text } from "../core/checks.js";
import { type Duration, parseDuration } from "../core/duration.js";
import type { LogLine } from "../core/job.js";
import { RetryRequest, SnoozeRequest, UnrecoverableError } from "../core/job-errors.js";
import { logLine } from "../core/log-line.js";
import { optionSet } from "../core/options.js";
import { willRetry } from "../core/outcome.js";
import { encodeValue, requireSize } from "../core/serializer.js";
import type { JobTelemetry } from "../core/telemetry/job-telemetry.js";
import type { CompleteOptions, JobLog, MiddlewareContext } from "./handler.js";
import { packMessage } from "./messages.js";
import type { ProgressAndLogs } from "./progress-and-logs.js";
import type { RunnableTask } from "./runnable-task.js";
import { thrownError } from "./thrown-error.js";
import { TransactionalEnd, type TransactionalEndParts } from "./transactional-end.js";

/** What a context writes to, and prolongs. */
export interface RunContextParts extends TransactionalEndParts {
  readonly progressAndLogs: ProgressAndLogs;
  /** Extends the lease of a run now. */
  readonly heartbeat: (job: ClaimedJob) => Promise<void>;
}

/** One whose signal may be passed to any number of waits: a dozen in one handler are no leak to warn of. */
export function abortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Gets what a handler logs. */
export type LogSink = (level: LogLine["level"], message: string, fields: LogLine["fields"]) => void;

/** What `taskora/logging` finds in a context. */
export interface LoggedContext {
  /** What is told of the run; undefined: nobody listens. */
  readonly told: JobTelemetry | undefined;
  /** Writes what the handler logs there as well. */
  alsoLog(sink: LogSink): void;
}

const RETRY = optionSet({ delay: parseDuration, reason: text });
const FAIL = optionSet({ cause: anything });

/** The `ctx` of one run. The abort controller is made on first use: most handlers never look at it. */
export class RunContext implements MiddlewareContext, LoggedContext {
  readonly id: string;
  readonly task: string;
  readonly lane: string | undefined;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly enqueuedAt: number;
  readonly headers: Readonly<Record<string, string>>;
  data: unknown = undefined;
  result: unknown = undefined;
  /** What somebody is told of this run; undefined: nobody listens. */
  told: JobTelemetry | undefined;
  readonly #job: ClaimedJob;
  readonly #task: RunnableTask;
  readonly #parts: RunContextParts;
  #controller: AbortController | undefined;
  #log: JobLog | undefined;
  #sink: LogSink | undefined;
  /** Messages of this run. */
  #emitted = 0;
  #end: TransactionalEnd | undefined;

  constructor(job: ClaimedJob, task: RunnableTask, parts: RunContextParts) {
    this.id = job.id;
    this.task = job.task;
    this.lane = task.lane;
    this.attempt = job.attempt;
    this.maxAttempts = job.maxAttempts ?? task.retry.attempts;
    this.enqueuedAt = job.enqueuedAt;
    this.headers = job.headers;
    this.#job = job;
    this.#task = task;
    this.#parts = parts;
  }

  get signal(): AbortSignal {
    this.#controller ??= abortController();
    return this.#controller.signal;
  }

  get log(): JobLog {
    this.#log ??= {
      info: (message, fields) => this.#write("info", message, fields),
      warn: (message, fields) => this.#write("warn", message, fields),
      error: (message, fields) => this.#write("error", message, fields),
    };
    return this.#log;
  }

  progress(value: unknown): void {
    const { name, serializer, maxResultBytes } = this.#task;
    const subject = { task: name, side: "progress" } as const;
    const progress = encodeValue(serializer, value, subject);
    requireSize(progress, maxResultBytes, subject);
    this.#parts.progressAndLogs.progress(this.#job, progress);
  }

  emit(value: unknown): void {
    const message = packMessage(this.#task, value, this.id);
    this.#emitted += 1;
    this.#parts.progressAndLogs.emit(this.#job, message, this.#emitted);
  }

  heartbeat(): Promise<void> {
    return this.#parts.heartbeat(this.#job);
  }

  /** How it ends in a transaction; undefined: nobody asked for one. */
  get transactionalEnd(): TransactionalEnd | undefined {
    return this.#end;
  }

  async within<Result>(work: (transaction: StoreTransaction) => Result | Promise<Result>): Promise<Result> {
    return this.endTogether([this]).within(work, this.signal);
  }

  async complete(result: unknown, options: CompleteOptions): Promise<void> {
    return this.endTogether([this]).complete(result, options);
  }

  /** The jobs of a batch, of which this is one, end in one transaction. */
  endTogether(contexts: readonly RunContext[]): TransactionalEnd {
    if (this.#end !== undefined) return this.#end;
    const end = new TransactionalEnd(
      contexts.map((context) => context.#job),
      this.#task,
      this.#parts,
    );
    for (const context of contexts) context.#end = end;
    return end;
  }

  retry(options: { readonly delay?: Duration; readonly reason?: string } = {}): never {
    const { delay, reason } = RETRY.read(options, "ctx.retry()");
    throw new RetryRequest(delay, reason ?? `attempt ${this.attempt} asked to be tried again`);
  }

  snooze(duration: Duration): never {
    throw new SnoozeRequest(parseDuration(duration, "ctx.snooze duration"));
  }

  fail(reason: string, options: { readonly cause?: unknown } = {}): never {
    throw new UnrecoverableError(text(reason, "ctx.fail reason"), FAIL.read(options, "ctx.fail()"));
  }

  willRetry(error: unknown): boolean {
    const { attempt, maxAttempts } = this;
    const reportPolicyError = () => undefined;
    return willRetry(thrownError(error), {
      attempt,
      maxAttempts,
      policy: this.#task.retry,
      reportPolicyError,
    });
  }

  /** Aborts {@link signal} with a typed reason. */
  abort(reason: Error): void {
    this.#controller ??= abortController();
    this.#controller.abort(reason);
  }

  #write(level: LogLine["level"], message: string, fields: LogLine["fields"]): void {
    this.#parts.progressAndLogs.log(this.#job, logLine(level, message, fields));
    this.#sink?.(level, message, fields);
  }

  alsoLog(sink: LogSink): void {
    this.#sink = sink;
  }
}

limitArguments(RunContext.prototype, "ctx.", {
  throws: { progress: 1, emit: 1, retry: 1, snooze: 1, fail: 2, willRetry: 1 },
  rejects: { heartbeat: 0, within: 1, complete: 2 },
});
