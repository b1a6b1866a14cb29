/** A job by the application's own key, in place of an id that it would have to keep. */
import { limitArguments } from "../../core/arguments.js";
import { priorityOption, type RescheduleOptions, resolveReschedule } from "../dispatch/dispatch-options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import { CHANGE, type ChangeOptions, type ChangeResult } from "../operate/change.js";
import type { JobDetails } from "../operate/job.js";
import { type JobHandle, type RetryResult, StoredJobHandle } from "./job-handle.js";

/**
 * Whichever job of a task holds a key of `deduplicate` or `idempotency` when it is asked for. Each call finds it anew and then
 * acts on that job by its id: one that ends in between answers for itself, and another that takes the key meanwhile is left
 * alone. Where nobody holds the key the answer is `undefined`, or `missing`.
 */
export interface KeyHandle<Result = unknown, Message = unknown, Data = unknown> {
  /** As it was dispatched with. */
  readonly key: string;
  /** The name of the task. */
  readonly task: string;
  /**
   * The handle of the job that holds the key now; undefined: nobody does. The holder of an idempotency key may have ended, and
   * may even be stored no more.
   */
  holder(): Promise<JobHandle<Result, Message, Data> | undefined>;
  /** As {@link JobHandle.get}. */
  get(): Promise<JobDetails<Data, Result> | undefined>;
  /** As {@link JobHandle.cancel}. */
  cancel(change?: ChangeOptions): Promise<ChangeResult>;
  /** As {@link JobHandle.retry}. */
  retry(change?: ChangeOptions): Promise<RetryResult<Result, Message, Data>>;
  /** As {@link JobHandle.promote}. */
  promote(change?: ChangeOptions): Promise<ChangeResult>;
  /** As {@link JobHandle.reschedule}. */
  reschedule(to: RescheduleOptions): Promise<ChangeResult>;
  /** As {@link JobHandle.changePriority}. */
  changePriority(priority: number, change?: ChangeOptions): Promise<ChangeResult>;
  /** As {@link JobHandle.remove}. The key of `deduplicate` is free then; one of `idempotency` stays for its window. */
  remove(change?: ChangeOptions): Promise<ChangeResult>;
}

const MISSING = { status: "missing" } as const;

/** The handle of a key. */
export class HeldKey<Result, Message = unknown, Data = unknown> implements KeyHandle<Result, Message, Data> {
  readonly task: string;
  readonly key: string;
  readonly #context: ProducerContext;

  constructor({ task, key }: { readonly task: string; readonly key: string }, context: ProducerContext) {
    this.task = task;
    this.key = key;
    this.#context = context;
  }

  async holder(): Promise<JobHandle<Result, Message, Data> | undefined> {
    const ref = await this.#context.holder({ task: this.task, key: this.key });
    return ref && new StoredJobHandle<Result, Message, Data>(ref, this.#context, "unknown");
  }

  async get(): Promise<JobDetails<Data, Result> | undefined> {
    return (await this.holder())?.get();
  }

  async cancel(change: ChangeOptions = {}): Promise<ChangeResult> {
    const said = CHANGE.read(change, "cancel()");
    return (await this.holder())?.cancel(said) ?? MISSING;
  }

  async retry(change: ChangeOptions = {}): Promise<RetryResult<Result, Message, Data>> {
    const said = CHANGE.read(change, "retry()");
    return (await this.holder())?.retry(said) ?? MISSING;
  }

  async promote(change: ChangeOptions = {}): Promise<ChangeResult> {
    const said = CHANGE.read(change, "promote()");
    return (await this.holder())?.promote(said) ?? MISSING;
  }

  async reschedule(to: RescheduleOptions): Promise<ChangeResult> {
    resolveReschedule(to);
    return (await this.holder())?.reschedule(to) ?? MISSING;
  }

  async changePriority(priority: number, change: ChangeOptions = {}): Promise<ChangeResult> {
    const wanted = priorityOption(priority, "priority");
    const said = CHANGE.read(change, "changePriority()");
    return (await this.holder())?.changePriority(wanted, said) ?? MISSING;
  }

  async remove(change: ChangeOptions = {}): Promise<ChangeResult> {
    const said = CHANGE.read(change, "remove()");
    return (await this.holder())?.remove(said) ?? MISSING;
  }

  /** What Node prints of it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `KeyHandle { task: '${this.task}', key: '${this.key}' }`;
  }
}

limitArguments(HeldKey.prototype, "", {
  rejects: {
    ...{ holder: 0, get: 0, cancel: 1, retry: 1, promote: 1, reschedule: 1, changePriority: 2, remove: 1 },
  },
});
