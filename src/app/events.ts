import type { Adapter, Notice } from "../core/adapter.js";
import { aFunction } from "../core/checks.js";
import type { ContractGap } from "../core/contract-store.js";
import { OptionError, type StoredError } from "../core/errors.js";
import {
  type JobEvent,
  type JobEventType,
  TASK_CHANGES,
  type TaskChange,
  type TaskChangeType,
} from "../core/job.js";
import { JOB_STATES } from "../core/lifecycle.js";
import { describe, didYouMean } from "../core/options.js";
import { decodeValue, type Serializer } from "../core/serializer.js";
import { EventListener } from "./event-listener.js";
import { requireFeature } from "./features.js";
import type { WriteLine } from "./logger.js";
import type { AuditEvent } from "./operate/change.js";
import type { WorkLog } from "./work-log.js";

/** A transition of a job, from whichever process made it. `type` is the state entered, or what happened in it. */
export interface TaskEvent<Result = unknown> {
  /** The state entered, or what happened within one: also the name it is listened to by. */
  readonly type: JobEventType;
  /** The name of the task, for listeners of all tasks. */
  readonly task: string;
  /** The job's; `task.job(id)` gives its handle. */
  readonly id: string;
  /** ms since the epoch, on the store's clock. */
  readonly at: number;
  /** Attempts used, the running one included. */
  readonly attempt: number;
  /** The lease that ran it; undefined of what happens to a job that waits. */
  readonly worker?: string;
  /** Of `failed`, `retrying` and `stalled`. */
  readonly error?: StoredError;
  /** Of `completed`. */
  readonly result?: Result;
  /** Of `cancelled`. */
  readonly reason?: string;
  /** Of `cancelled`: the job that took its place. */
  readonly replacedBy?: string;
  /** Of `progress`. */
  readonly progress?: unknown;
  /** Of `delayed` and `retrying`: how long the job waits. */
  readonly delayMs?: number;
}

/** Something went wrong outside of any caller's sight. */
export interface AppErrorEvent {
  /** The error's code, or `UNEXPECTED`. */
  readonly code: string;
  /** What was thrown, with its causes. */
  readonly error: unknown;
  /** The task it happened with, when it was one. */
  readonly task?: string;
  /** The job it happened with, when it was one. */
  readonly jobId?: string;
  /** The name of the schedule it happened with, when it was one. */
  readonly schedule?: string;
}

/** Something works but should be looked at. */
export interface AppWarningEvent {
  /** What is wrong and what to do, for people; use `code` in programs. */
  readonly message: string;
  /** The task it is about, when it is one. */
  readonly task?: string;
  /** The job it is about, when it is one. */
  readonly jobId?: string;
  /** Of warnings that a program may want to act on. */
  readonly code?: WarningCode;
  /** Of `EVENTS_LOST`, when it is known: how many events one listener was not given. */
  readonly missed?: number;
  /** Of `CONTRACT_NOT_IMPLEMENTED`. */
  readonly contract?: UnimplementedContract;
  /** The name of the schedule it is about, when it is one. */
  readonly schedule?: string;
}

/**
 * - `CONTRACT_NOT_IMPLEMENTED`: this process dispatches jobs that no live worker would run. Once per contract.
 * - `LEASE_LOST`: a job that ran here, `task` and `jobId`, belongs to another worker; how it ends here is discarded.
 * - `STORE_EMPTIED`: the store holds other data than before, since it was emptied or another has taken its place. What
 *   this process declared is declared again, and what it waits for is asked again.
 * - `EVENTS_LOST`: listeners here missed events: the link to the store was interrupted, or a listener was too slow.
 */
export type WarningCode = "CONTRACT_NOT_IMPLEMENTED" | "LEASE_LOST" | "STORE_EMPTIED" | "EVENTS_LOST";

/** A contract that no live worker implements, and what is in the way. */
export interface UnimplementedContract {
  readonly version: number;
  /** `""`: not generated. */
  readonly fingerprint: string;
  readonly reason: ContractGap;
}

/** What somebody did to a task as a whole: paused, resumed or drained it. */
export type TaskChangeEvents = { readonly [Type in TaskChangeType]: TaskChange };

/** Events of one task: of its jobs, and of the task as a whole. */
export type TaskEvents<Result = unknown> = {
  readonly [Type in JobEventType]: TaskEvent<Result>;
} & TaskChangeEvents;

/** Events of an app: those of all its tasks, and its own. */
export type AppEvents = TaskEvents & {
  readonly error: AppErrorEvent;
  readonly warning: AppWarningEvent;
  readonly audit: AuditEvent;
};

type Listener = (event: never) => void;

const TASK_EVENT_TYPES: readonly string[] = [
  ...JOB_STATES,
  "stalled",
  "progress",
  "log",
  "removed",
  ...TASK_CHANGES,
];
const APP_EVENT_TYPES: readonly string[] = [...TASK_EVENT_TYPES, "error", "warning", "audit"];

/** `""` stands for "all tasks" among the listeners of store events. */
const ALL_TASKS = "";

/** What the hub needs from its app. */
export interface EventHubHost {
  readonly adapter: Adapter;
  readonly serializer: Serializer;
  readonly log: WorkLog;
  readonly write: WriteLine;
  taskNames(): readonly string[];
  /** Whether the adapter is connected, so that subscribing is possible now. */
  isConnected(): boolean;
  /** Somebody listens to what happens to jobs. */
  listened(): void;
}

/**
 * Hands events to listeners. The store publishes only what some process subscribed to, and this hub subscribes
 * only to tasks somebody here listens to. A listener that throws is reported and breaks nothing.
 */
export class EventHub {
  readonly #host: EventHubHost;
  readonly #listeners = new Map<string, Map<string, Set<EventListener>>>();
  readonly #subscriptions = new Map<string, Promise<() => Promise<void>>>();

  constructor(host: EventHubHost) {
    this.#host = host;
  }

  /**
   * Adds a listener of one task, or of all when `task` is undefined; returns what removes it.
   *
   * @throws {OptionError} when there is no such event, with "did you mean"
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter tells no events
   */
  on(type: string, listener: Listener, task: string = ALL_TASKS): () => void {
    requireEvent(type, task === ALL_TASKS ? APP_EVENT_TYPES : TASK_EVENT_TYPES);
    if (TASK_EVENT_TYPES.includes(type)) requireFeature(this.#host.adapter, "events", `on("${type}")`);
    aFunction()(listener, `the listener of "${type}"`);
    const byType = this.#listeners.get(task) ?? new Map<string, Set<EventListener>>();
    this.#listeners.set(task, byType);
    const listeners = byType.get(type) ?? new Set<EventListener>();
    byType.set(type, listeners);
    const added = new EventListener(listener as (event: unknown) => unknown, {
      failed: (error) => this.#listenerFailed(type, error),
      caughtUp: (missed) => this.#listenerWasSlow(type, missed),
    });
    listeners.add(added);
    if (this.#host.isConnected()) void this.sync().catch((error: unknown) => this.reportError(error));
    return () => {
      listeners.delete(added);
      this.#unsubscribeUnheard();
    };
  }

  /** Whether anybody listens to what happens to jobs. */
  get isListened(): boolean {
    return this.#subscriptions.size > 0;
  }

  /** Subscribes to what is listened to and not subscribed yet; resolves when nothing later can be missed. */
  async sync(): Promise<void> {
    const { adapter } = this.#host;
    for (const task of this.#wantedTasks()) {
      if (this.#subscriptions.has(task)) continue;
      const subscription = adapter.subscribe({ kind: "events", task }, (notice) => this.#receive(notice));
      this.#subscriptions.set(task, subscription);
      subscription.catch(() => this.#subscriptions.delete(task));
    }
    if (this.isListened) this.#host.listened();
    await Promise.all(this.#subscriptions.values());
  }

  /** Ends subscriptions that nobody here needs any more, so that the store stops publishing for them. */
  #unsubscribeUnheard(): void {
    const wanted = new Set(this.#wantedTasks());
    for (const [task, subscription] of this.#subscriptions) {
      if (wanted.has(task)) continue;
      this.#subscriptions.delete(task);
      const ended = subscription.then(
        (stop) => stop(),
        () => undefined,
      );
      ended.catch((error: unknown) => this.reportError(error));
    }
  }

  /** Forgets subscriptions; the adapter is being closed. */
  reset(): void {
    this.#subscriptions.clear();
  }

  /** Tells `error` listeners and the logger. */
  reportError(error: unknown, about: Omit<AppErrorEvent, "code" | "error"> = {}): void {
    const code = (error as { code?: unknown } | null)?.code;
    const event: AppErrorEvent = { code: typeof code === "string" ? code : "UNEXPECTED", error, ...about };
    const isHeard = this.#emit(ALL_TASKS, "error", event);
    this.#host.log.error(error, { ...about, isHeard });
  }

  /** Tells `audit` listeners. */
  audit(event: AuditEvent): void {
    this.#emit(ALL_TASKS, "audit", event);
  }

  /** Tells `warning` listeners, or the logger when there are none. */
  warn(message: string, about: Omit<AppWarningEvent, "message"> = {}): void {
    const event: AppWarningEvent = { message, ...about };
    if (this.#emit(ALL_TASKS, "warning", event)) return;
    const { task, jobId, schedule, code } = about;
    this.#host.write("warn", message, { task, jobId, schedule, code });
  }

  #wantedTasks(): readonly string[] {
    if (this.#hears(ALL_TASKS)) return this.#host.taskNames();
    return [...this.#listeners.keys()].filter((task) => task !== ALL_TASKS && this.#hears(task));
  }

  #hears(task: string): boolean {
    const byType = this.#listeners.get(task);
    return byType !== undefined && TASK_EVENT_TYPES.some((type) => (byType.get(type)?.size ?? 0) > 0);
  }

  #receive(notice: Notice): void {
    if (notice.kind === "lost") {
      this.warn("The link for events was interrupted; events may be missing. Read states with app.jobs.", {
        code: "EVENTS_LOST",
      });
      return;
    }
    if (notice.kind === "task") {
      this.#emit(notice.change.task, notice.change.type, notice.change);
      this.#emit(ALL_TASKS, notice.change.type, notice.change);
      return;
    }
    if (notice.kind !== "event") return;
    const event = this.#decode(notice.event);
    this.#emit(event.task, event.type, event);
    this.#emit(ALL_TASKS, event.type, event);
  }

  #decode(event: JobEvent): TaskEvent {
    const { result, progress, ...plain } = event;
    const decode = (data: typeof result) =>
      data === undefined
        ? undefined
        : decodeValue(this.#host.serializer, data, { task: event.task, side: "output" });
    try {
      return {
        ...plain,
        ...(result === undefined ? {} : { result: decode(result) }),
        ...(progress === undefined ? {} : { progress: decode(progress) }),
      };
    } catch (error) {
      this.reportError(error, { task: event.task, jobId: event.id });
      return plain;
    }
  }

  #emit(task: string, type: string, event: unknown): boolean {
    const listeners = this.#listeners.get(task)?.get(type);
    if (listeners === undefined || listeners.size === 0) return false;
    for (const listener of [...listeners]) listener.call(event);
    return true;
  }

  #listenerFailed(type: string, error: unknown): void {
    if (type === "error") this.#host.write("error", "a listener of the error event threw", { error });
    else this.reportError(error);
  }

  /** A listener of the app's own events is not told of itself: that could go on for ever. */
  #listenerWasSlow(type: string, missed: number): void {
    const message =
      `A listener of ${type} was slower than the events and was not given ${missed} of them. ` +
      "Let it finish sooner, or only note what it gets and work on that elsewhere.";
    if (TASK_EVENT_TYPES.includes(type)) this.warn(message, { code: "EVENTS_LOST", missed });
    else this.#host.write("warn", message, { code: "EVENTS_LOST" });
  }
}

function requireEvent(type: unknown, known: readonly string[]): void {
  if (typeof type === "string" && known.includes(type)) return;
  const near = typeof type === "string" ? didYouMean(type, known) : undefined;
  throw new OptionError(`there is no event ${describe(type)}. ${near ?? `Events: ${known.join(", ")}.`}`, {
    option: "type",
  });
}
