import type { ClaimedJob, StoreTransaction } from "../core/adapter.js";
import type { Duration } from "../core/duration.js";
import type { LogLine } from "../core/job.js";
import type { Outcome } from "../core/outcome.js";
import type { JobTelemetry } from "../core/telemetry/job-telemetry.js";
import { newRootContext } from "./async-context.js";
import type { CollectedItem, CompleteOptions, JobLog, MiddlewareContext } from "./handler.js";
import { abortController, type LoggedContext, type LogSink, type RunContext } from "./job-context.js";
import type { JobExecution } from "./job-execution.js";
import { readJob, runRead } from "./run-job.js";
import type { TransactionalEnd } from "./transactional-end.js";

/** Cuts claimed jobs into batches: jobs of one key that stand together, `maxSize` at most. */
export function batchesOf(jobs: readonly ClaimedJob[]): readonly (readonly ClaimedJob[])[] {
  const batches: ClaimedJob[][] = [];
  let batch: ClaimedJob[] = [];
  for (const job of jobs) {
    const first = batch[0]?.collect;
    if (job.collect === undefined || job.collect.key !== first?.key || batch.length >= first.maxSize) {
      batch = [];
      batches.push(batch);
    }
    batch.push(job);
  }
  return batches;
}

/**
 * Jobs whose handler runs once for all of them. Each is a run of its own that may be cancelled, time out or lose its
 * lease. It is decoded and validated alone, so that a bad one fails alone, and ends as the handler ends.
 */
export class CollectedBatch {
  readonly #runs: readonly JobExecution[];
  readonly #ready = new Set<JobExecution>();
  readonly #outcome: Promise<Outcome>;
  #resolve: (outcome: Outcome) => void = () => {};
  #unread: number;
  #held: number;

  constructor(runs: readonly JobExecution[]) {
    this.#runs = runs;
    this.#unread = runs.length;
    this.#held = runs.length;
    this.#outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  start(): void {
    for (const run of this.#runs) run.start(() => this.#take(run));
  }

  /** One of its jobs gave up the slot they share. Returns whether the slot is free. */
  partFreed(): boolean {
    this.#held -= 1;
    return this.#held === 0;
  }

  /** Reads one job; the handler starts when all were read. */
  async #take(run: JobExecution): Promise<Outcome> {
    const ended = await readJob(run);
    if (ended === undefined) this.#ready.add(run);
    this.#unread -= 1;
    // The handler's context is that of none of its jobs.
    if (this.#unread === 0) void newRootContext().runInAsyncScope(this.#run, this);
    return ended ?? this.#outcome;
  }

  async #run(): Promise<void> {
    // Reading may be asynchronous: the order is that of the claim.
    const runs = this.#runs.filter((run) => this.#ready.has(run));
    const [lead] = runs;
    if (lead === undefined) return;
    const ctx = new BatchContext(runs.map((run) => run.ctx));
    this.#resolve(
      await runRead({
        job: lead.job,
        task: lead.task,
        ctx,
        now: () => lead.now(),
        reach: () => lead.reach(),
      }),
    );
  }
}

/** The `ctx` of a batch: its first job's, with what it says told to every job. */
class BatchContext implements MiddlewareContext, LoggedContext {
  readonly id: string;
  readonly task: string;
  readonly lane: string | undefined;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly enqueuedAt: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly items: readonly CollectedItem[];
  readonly log: JobLog;
  data: unknown;
  result: unknown = undefined;
  readonly #parts: readonly RunContext[];
  readonly #lead: RunContext;
  #signal: AbortSignal | undefined;

  constructor(parts: readonly RunContext[]) {
    const [lead] = parts;
    if (lead === undefined) throw new RangeError("a batch has at least one job");
    this.#parts = parts;
    this.#lead = lead;
    this.id = lead.id;
    this.task = lead.task;
    this.lane = lead.lane;
    this.attempt = Math.max(...parts.map((part) => part.attempt));
    this.maxAttempts = lead.maxAttempts;
    this.enqueuedAt = Math.min(...parts.map((part) => part.enqueuedAt));
    this.headers = lead.headers;
    this.data = parts.map((part) => part.data);
    this.items = parts.map(({ id, attempt, enqueuedAt, headers }) => ({ id, attempt, enqueuedAt, headers }));
    const toAll = (level: LogLine["level"]): JobLog[typeof level] => {
      return (message, fields) => {
        for (const part of parts) part.log[level](message, fields);
      };
    };
    this.log = { info: toAll("info"), warn: toAll("warn"), error: toAll("error") };
  }

  /** Aborts when every job of the batch was interrupted, with the last one's reason. */
  get signal(): AbortSignal {
    this.#signal ??= this.#joinedSignal();
    return this.#signal;
  }

  #joinedSignal(): AbortSignal {
    const controller = abortController();
    const signals = this.#parts.map((part) => part.signal);
    const look = ({ reason }: AbortSignal) => {
      if (signals.every(({ aborted }) => aborted)) controller.abort(reason);
    };
    for (const signal of signals) signal.addEventListener("abort", () => look(signal));
    const last = signals.at(-1);
    if (last !== undefined) look(last);
    return controller.signal;
  }

  get told(): JobTelemetry | undefined {
    return this.#lead.told;
  }

  /** One line for all of its jobs, by the name of the first. */
  alsoLog(sink: LogSink): void {
    this.#lead.alsoLog(sink);
  }

  progress(value: unknown): void {
    for (const part of this.#parts) part.progress(value);
  }

  emit(value: unknown): void {
    for (const part of this.#parts) part.emit(value);
  }

  heartbeat(): Promise<void> {
    return this.#lead.heartbeat();
  }

  get transactionalEnd(): TransactionalEnd | undefined {
    return this.#lead.transactionalEnd;
  }

  within<Result>(work: (transaction: StoreTransaction) => Result | Promise<Result>): Promise<Result> {
    return this.#lead.endTogether(this.#parts).within(work, this.signal);
  }

  complete(result: unknown, options: CompleteOptions): Promise<void> {
    return this.#lead.endTogether(this.#parts).complete(result, options);
  }

  retry(options?: { readonly delay?: Duration; readonly reason?: string }): never {
    return this.#lead.retry(options);
  }

  fail(reason: string, options?: { readonly cause?: unknown }): never {
    return this.#lead.fail(reason, options);
  }

  /** Whether any of its jobs would. */
  willRetry(error: unknown): boolean {
    return this.#parts.some((part) => part.willRetry(error));
  }

  snooze(duration: Duration): never {
    return this.#lead.snooze(duration);
  }
}
