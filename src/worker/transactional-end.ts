/**
 * Ends a job, or those of a batch, within a transaction: their end and what the handler writes are committed together, or
 * neither is.
 *
 * Life: open → under way (in `ctx.within` or `ctx.complete`) → ended, when the store's own transaction has committed; left to the
 * handler, when it was a transaction of his, since only he knows whether that commits; taken, when the store says that the job
 * is no longer this run's; or open again, when anything else went wrong.
 */
import type { Adapter, ClaimedJob, SettleStatus, StoreTransaction } from "../core/adapter.js";
import { anObject } from "../core/checks.js";
import { OptionError } from "../core/errors.js";
import type { Encoded } from "../core/job.js";
import { CancelledError, LeaseLostError } from "../core/job-errors.js";
import { optionSet } from "../core/options.js";
import { completion } from "../core/outcome.js";
import type { CompleteOptions } from "./handler.js";
import type { ProgressAndLogs } from "./progress-and-logs.js";
import { packResult } from "./run-job.js";
import type { RunnableTask } from "./runnable-task.js";

/** The store, and what is asked of the worker. */
export interface TransactionalEndParts {
  readonly adapter: Adapter;
  readonly progressAndLogs: ProgressAndLogs;
  /** @throws `NOT_SUPPORTED` where the store has no transactions */
  requireTransactions(asked: string): void;
}

const COMPLETE = optionSet({ within: anObject });

export class TransactionalEnd {
  readonly #jobs: readonly ClaimedJob[];
  readonly #task: RunnableTask;
  readonly #parts: TransactionalEndParts;
  #result: Encoded | undefined;
  #state: "open" | "under way" | "ended" | "left to the handler" | "taken" = "open";

  /** @param jobs at least one; all of `task`, claimed under one lease */
  constructor(jobs: readonly ClaimedJob[], task: RunnableTask, parts: TransactionalEndParts) {
    this.#jobs = jobs;
    this.#task = task;
    this.#parts = parts;
  }

  /** The job has ended, and its end is on disk. */
  get hasEnded(): boolean {
    return this.#state === "ended";
  }

  /** It ends, or has ended, if a transaction of the handler's commits. */
  get isLeftToHandler(): boolean {
    return this.#state === "left to the handler";
  }

  /** What the job ended with; undefined: it did not end, as far as is known. */
  get completed(): { readonly result: Encoded | undefined } | undefined {
    return this.hasEnded || this.isLeftToHandler ? { result: this.#result } : undefined;
  }

  /** The store would not have it end as completed: it is somebody else's, or cancelled. */
  get wasTaken(): boolean {
    return this.#state === "taken";
  }

  async within<Result>(
    work: (transaction: StoreTransaction) => Result | Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const { adapter } = this.#parts;
    this.#parts.requireTransactions("ctx.within()");
    if (typeof work !== "function") {
      throw new OptionError(
        "expected ctx.within() to be given a function; a transaction of yours goes to ctx.complete(result, { within })",
        { option: "ctx.within()" },
      );
    }
    signal.throwIfAborted();
    return this.#begun("ctx.within()", async () => {
      // What is written meanwhile may go with the transaction, so nothing else should be on its way.
      await this.#flush();
      const result = await adapter.transaction?.(async (transaction) => {
        const given = await work(transaction);
        await this.#complete(given, transaction);
        return given;
      });
      this.#state = "ended";
      return result as Result;
    });
  }

  async complete(result: unknown, options: CompleteOptions): Promise<void> {
    this.#parts.requireTransactions("ctx.complete()");
    const { within } = COMPLETE.read(options, "ctx.complete()");
    if (within === undefined) {
      throw new OptionError(
        "expected ctx.complete() to be given { within: transaction }; without one the job ends with what the handler returns",
        { option: "within" },
      );
    }
    await this.#begun("ctx.complete()", async () => {
      await this.#complete(result, within);
      this.#state = "left to the handler";
    });
  }

  /** Runs one call at a time; one that failed may be done over, as libraries do with transactions that conflict. */
  async #begun<T>(call: string, work: () => Promise<T>): Promise<T> {
    const before = this.#state;
    if (before === "under way" || before === "ended") {
      throw new OptionError(
        `${call} was called a second time for job ${this.#lead.id} (${this.#lead.task}), which ${
          before === "ended" ? "has ended" : "is being ended"
        } in a transaction already`,
        { option: call },
      );
    }
    this.#state = "under way";
    try {
      return await work();
    } finally {
      if (this.#isUnderWay) this.#state = before;
    }
  }

  /** A getter of its own, since the state changes where the compiler does not look. */
  get #isUnderWay(): boolean {
    return this.#state === "under way";
  }

  async #complete(result: unknown, within: object): Promise<void> {
    const { task, lease } = this.#lead;
    const packed = await packResult({ job: this.#lead, task: this.#task }, result);
    this.#result = packed;
    await this.#flush();
    const settlements = this.#jobs.map((job) => completion(job, packed));
    const batch = { task, lease, retention: this.#task.retention, settlements };
    const [reply] = await this.#parts.adapter.settle([batch], { within });
    for (const [index, job] of this.#jobs.entries()) this.#require(job, reply?.settled[index]);
  }

  #require(job: ClaimedJob, status: SettleStatus | undefined): void {
    if (status === "applied") return;
    this.#state = "taken";
    if (status === "cancelled") throw new CancelledError(job.id, "");
    throw new LeaseLostError(job.id, job.task);
  }

  async #flush(): Promise<void> {
    await Promise.all(this.#jobs.map((job) => this.#parts.progressAndLogs.flushJob(job)));
  }

  get #lead(): ClaimedJob {
    return this.#jobs[0] as ClaimedJob;
  }
}
