import type { ChangeReply, JobChange } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { anAbortSignal } from "../../core/checks.js";
import type { TimerHandle } from "../../core/clock.js";
import { type Duration, parseDuration } from "../../core/duration.js";
import type { JobRef } from "../../core/job.js";
import { TimeoutError } from "../../core/job-errors.js";
import type { JobState } from "../../core/lifecycle.js";
import { optionSet } from "../../core/options.js";
import { priorityOption, type RescheduleOptions, resolveReschedule } from "../dispatch/dispatch-options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import {
  type AuditAction,
  CHANGE,
  type ChangeOptions,
  type ChangeResult,
  saidBy,
  type ToldChange,
} from "../operate/change.js";
import type { JobDetails } from "../operate/job.js";
import { followMessages, type JobMessage, type MessagesOptions, readMessagesOptions } from "./messages.js";

/**
 * What retrying a failed job did. `applied`: with a handle whose result is that of the new run; handles of before stay
 * rejected.
 */
export type RetryResult<Result = unknown, Message = unknown, Data = unknown> =
  | { readonly status: "applied"; readonly job: JobHandle<Result, Message, Data> }
  | { readonly status: "missing" }
  | { readonly status: "refused"; readonly state: JobState };

/** How long a result is waited for. */
export interface WaitOptions {
  /** Rejects with `TimeoutError` then; the job goes on. Default: never. */
  readonly timeout?: Duration | undefined;
  /** Rejects with its reason when it aborts; the job goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** One dispatched job, from any process. */
export interface JobHandle<Result = unknown, Message = unknown, Data = unknown> {
  /** Of a dispatched duplicate: that of the job that is there, from when the store has answered. */
  readonly id: string;
  /** The name of its task. */
  readonly task: string;
  /** Whether the dispatch stored nothing, since another job stands for its key: this is the handle of that one. */
  readonly isDuplicate: boolean;
  /**
   * The validated result. Rejects with `JobFailedError`, `CancelledError`, `ExpiredError`, `JobReplacedError` or
   * `JobNotFoundError`.
   * Asking before the dispatch was sent saves a round trip.
   */
  readonly result: Promise<Result>;
  /** As {@link result}, but no longer than a time, or until a signal aborts; the job goes on. */
  waitFor(wait: Duration | WaitOptions): Promise<Result>;
  /** The job as it stands, with its history and its logs; `undefined` when it is not stored (any more). */
  get(): Promise<JobDetails<Data, Result> | undefined>;
  /** `undefined` when the job is not stored (any more). */
  getState(): Promise<JobState | undefined>;
  /** Ends what has not started, and asks the worker of what is active to stop; the reason is kept with the job. */
  cancel(change?: ChangeOptions): Promise<ChangeResult>;
  /** Makes a failed job wait again, as a fresh first attempt: its TTL starts anew, its history stays. */
  retry(change?: ChangeOptions): Promise<RetryResult<Result, Message, Data>>;
  /** Lets a delayed or retrying job run now, behind those already waiting. */
  promote(change?: ChangeOptions): Promise<ChangeResult>;
  /** Gives a waiting, delayed or retrying job another time. */
  reschedule(to: RescheduleOptions): Promise<ChangeResult>;
  /** Moves a waiting, delayed or retrying job to the back of another priority, −1 000 to 1 000; higher runs first. */
  changePriority(priority: number, change?: ChangeOptions): Promise<ChangeResult>;
  /** Deletes the job with everything kept about it. An active one must be cancelled first. */
  remove(change?: ChangeOptions): Promise<ChangeResult>;
  /**
   * What the handler emits, from the first message that is kept, or those after a number; ends when the job has. Messages come
   * in order and none is merged; of a job the newest 1 000 are kept, and a gap in the numbers is what a slow listener missed.
   * Rejects with the reason of `signal`, and with `APP_CLOSED` when the app closes first.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps no messages
   */
  messages(options?: MessagesOptions): AsyncIterable<JobMessage<Message>>;
  /** Its task and id: with them `jobs.handle()` makes another handle, in whatever process. */
  toJSON(): JobRef;
}

/** A {@link JobHandle} that is also the promise of being stored. */
export interface PendingJob<Result = unknown, Message = unknown>
  extends JobHandle<Result, Message>,
    Promise<JobHandle<Result, Message>> {}

/** A change without the job it is of. */
export type ChangeOfJob = JobChange extends infer C
  ? C extends JobChange
    ? Omit<C, "id" | "task">
    : never
  : never;

const WAIT = optionSet({ timeout: parseDuration, signal: anAbortSignal });

const ACTIONS = {
  revive: "job.retry",
  promote: "job.promote",
  remove: "job.remove",
  reschedule: "job.reschedule",
  prioritize: "job.prioritize",
} as const satisfies { readonly [Change in JobChange["change"]]: AuditAction };

/** The handle of a job that is stored, or believed to be. No thenable, so async functions can return it. */
export class StoredJobHandle<Result, Message = unknown, Data = unknown>
  implements JobHandle<Result, Message, Data>
{
  id: string;
  readonly task: string;
  protected readonly context: ProducerContext;
  #result: Promise<Result> | undefined;

  /** `"unknown"` for a handle made from an id alone. */
  protected ttlMs: number | "unknown" | undefined;

  constructor(ref: JobRef, context: ProducerContext, ttlMs?: number | "unknown") {
    this.task = ref.task;
    this.id = ref.id;
    this.context = context;
    this.ttlMs = ttlMs;
  }

  get isDuplicate(): boolean {
    return false;
  }

  get result(): Promise<Result> {
    if (this.#result === undefined) {
      this.#result = this.askForResult() as Promise<Result>;
      // Reading the property must not crash a process that looks at the promise later; awaiting it still rejects.
      this.#result.catch(() => undefined);
    }
    return this.#result;
  }

  waitFor(wait: Duration | WaitOptions): Promise<Result> {
    const isTime = typeof wait === "number" || typeof wait === "string";
    const { timeout: timeoutMs, signal } = WAIT.read(isTime ? { timeout: wait } : wait, "waitFor()");
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return new Promise<Result>((resolve, reject) => {
      const timer = timeoutMs === undefined ? undefined : this.#rejectAfter(timeoutMs, reject);
      const abort = () => reject(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      this.result.then(resolve, reject).finally(() => {
        timer?.cancel();
        signal?.removeEventListener("abort", abort);
      });
    });
  }

  #rejectAfter(timeoutMs: number, reject: (error: Error) => void): TimerHandle {
    return this.context.clock.schedule(timeoutMs, () => reject(TimeoutError.ofWait(this.id, timeoutMs)));
  }

  async cancel(change: ChangeOptions = {}): Promise<ChangeResult> {
    const said = CHANGE.read(change, "cancel()");
    await this.stored();
    const result = await this.context.cancel(this.#ref, said.reason ?? "");
    this.#audit({ action: "job.cancel", status: result.status, ...saidBy(said) });
    return result;
  }

  async retry(change: ChangeOptions = {}): Promise<RetryResult<Result, Message, Data>> {
    const result = await this.#change({ change: "revive" }, CHANGE.read(change, "retry()"));
    if (result.status === "refused") return result;
    if (result.status === "missing") return { status: "missing" };
    return {
      status: "applied",
      job: new StoredJobHandle<Result, Message, Data>(this.#ref, this.context, "unknown"),
    };
  }

  async promote(change: ChangeOptions = {}): Promise<ChangeResult> {
    return this.#change({ change: "promote" }, CHANGE.read(change, "promote()"));
  }

  async reschedule(to: RescheduleOptions): Promise<ChangeResult> {
    const { reason, by, address, ...when } = resolveReschedule(to);
    return this.#change({ change: "reschedule", ...when }, { reason, by, address });
  }

  async changePriority(priority: number, change: ChangeOptions = {}): Promise<ChangeResult> {
    const wanted = { change: "prioritize", priority: priorityOption(priority, "priority") } as const;
    return this.#change(wanted, CHANGE.read(change, "changePriority()"));
  }

  async remove(change: ChangeOptions = {}): Promise<ChangeResult> {
    return this.#change({ change: "remove" }, CHANGE.read(change, "remove()"));
  }

  messages(options: MessagesOptions = {}): AsyncIterable<JobMessage<Message>> {
    const from = readMessagesOptions(options);
    this.context.requireFeature("messages", `messages() of a job of ${this.task}`);
    const ref = async () => {
      await this.stored();
      return this.#ref;
    };
    return followMessages(ref, { ...from, context: this.context }) as AsyncIterable<JobMessage<Message>>;
  }

  async get(): Promise<JobDetails<Data, Result> | undefined> {
    await this.stored();
    return (await this.context.readDetails(this.#ref)) as JobDetails<Data, Result> | undefined;
  }

  async getState(): Promise<JobState | undefined> {
    await this.stored();
    return (await this.context.read(this.#ref))?.state;
  }

  toJSON(): JobRef {
    return this.#ref;
  }

  /** What Node prints of it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `JobHandle { task: '${this.task}', id: '${this.id}' }`;
  }

  get #ref(): JobRef {
    return { task: this.task, id: this.id };
  }

  protected askForResult(): Promise<unknown> {
    return this.context.results.outcome(this.#ref, { stored: Promise.resolve(), ttlMs: this.ttlMs });
  }

  async #change(change: ChangeOfJob, said: ChangeOptions): Promise<ChangeReply> {
    await this.stored();
    const reply = await this.context.change({ ...this.#ref, ...change });
    this.#audit({ action: ACTIONS[change.change], status: reply.status, ...saidBy(said) });
    return reply;
  }

  #audit(change: Omit<ToldChange, "task" | "jobId">): void {
    this.context.audit({ ...change, task: this.task, jobId: this.id });
  }

  /** Resolves when the job is stored. */
  protected stored(): Promise<unknown> {
    return Promise.resolve();
  }
}

/** How many arguments handles take. */
export const HANDLE_ARGUMENTS = { throws: { waitFor: 1, messages: 1 }, rejects: { cancel: 1, getState: 0 } };

limitArguments(StoredJobHandle.prototype, "", {
  ...HANDLE_ARGUMENTS,
  rejects: {
    ...HANDLE_ARGUMENTS.rejects,
    ...{ get: 0, retry: 1, promote: 1, reschedule: 1, changePriority: 2, remove: 1 },
  },
});
