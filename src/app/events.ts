import type { Adapter, Notice } from "../core/adapter.js";
import { aFunction, anAbortSignal } from "../core/checks.js";
import type { Clock } from "../core/clock.js";
import { OptionError, TaskoraError } from "../core/errors.js";
import { type RawJobEvent, TASK_EVENTS } from "../core/job.js";
import { AppClosedError } from "../core/job-errors.js";
import { JOB_STATES } from "../core/lifecycle.js";
import { describe, didYouMean, optionSet } from "../core/options.js";
import { decodeValue, type Serializer } from "../core/serializer.js";
import type { TroubleMessage } from "../core/telemetry/job-listener.js";
import { nextTurn } from "../core/turns.js";
import { choosesEvent, eventFilter, onlyTask } from "./chosen-events.js";
import { EventListener } from "./event-listener.js";
import type { AppErrorEvent, AppEvent, ErrorAbout, JobEvent, WarningAbout } from "./event-types.js";
import { requireFeature } from "./features.js";
import type { WriteLine } from "./logger.js";
import { NoticeTurns } from "./notice-turns.js";
import type { AuditEvent } from "./operate/change.js";
import { type TaskRef, taskName } from "./operate/known-tasks.js";
import { TaskSubscriptions, type Wanted } from "./task-subscriptions.js";
import type { WorkLog } from "./work-log.js";

/** How long somebody listens. */
export interface ListenOptions {
  /** Ends it when it aborts; one that has aborted already lets nothing begin. Default: until the returned function is called. */
  readonly signal?: AbortSignal | undefined;
}

/** How long somebody listens, and to what. */
export interface AppListenOptions<Task extends TaskRef = TaskRef> extends ListenOptions {
  /** Only what is about this task. Default: about any that the store has met, declared by this app or not. */
  readonly task?: Task | undefined;
  /**
   * Only events of jobs that a filter such as `"task:email.* state:failed error:421"` chooses, by what events tell: task, id, error,
   * code, worker, attempt, words, and their type as the state. Default: all.
   */
  readonly where?: string | undefined;
}

type Listener = (event: never) => void;

/** Stands for any type of event. */
const ANY = "*";
const TASK_EVENT_TYPES: readonly string[] = [
  ...JOB_STATES,
  "stalled",
  "progress",
  "log",
  "message",
  "removed",
  ...TASK_EVENTS,
  ANY,
];
const APP_EVENT_TYPES: readonly string[] = [...TASK_EVENT_TYPES, "error", "warning", "audit"];

/** `""` stands for "all tasks" among the listeners of store events. */
const ALL_TASKS = "";

/** One interruption of a link is told by each of its topics; what comes within this time is one to the listeners. */
const ONE_INTERRUPTION_MS = 1000;

const LISTEN = optionSet({ signal: anAbortSignal, task: taskName, where: eventFilter });
const LISTEN_TO_TASK = optionSet({ signal: anAbortSignal });

/** What the hub needs from its app. */
export interface EventHubHost {
  readonly adapter: Adapter;
  readonly clock: Clock;
  readonly serializer: Serializer;
  readonly log: WorkLog;
  readonly write: WriteLine;
  /** Names of the tasks that this app declares. */
  taskNames(): readonly string[];
  /** Connects, if it is not connected yet, and hears what is listened to. */
  connect(): Promise<void>;
  /** Whether the adapter is connected, so that subscribing is possible now. */
  isConnected(): boolean;
  /** Somebody listens to what happens to jobs. */
  listened(): void;
  /** Something was changed by hand. */
  audited(event: AuditEvent): void;
  readonly telemetry: { troubled(message: TroubleMessage): void };
}

/** Hands events to listeners. A listener that throws is reported and breaks nothing. */
export class EventHub {
  readonly #host: EventHubHost;
  readonly #listeners = new Map<string, Map<string, Set<EventListener>>>();
  readonly #subscriptions: TaskSubscriptions;
  readonly #notices = new NoticeTurns((notice) => this.#receive(notice));
  /** Who waits for one event, and is told when the app closes. */
  readonly #waiting = new Set<() => void>();
  #isLossTold = false;
  #isCrowdTold = false;

  constructor(host: EventHubHost) {
    this.#host = host;
    this.#subscriptions = new TaskSubscriptions({
      adapter: host.adapter,
      wanted: () => this.#wanted(),
      declared: () => host.taskNames(),
      receive: (notice) => this.#notices.take(notice),
      tooMany: () => this.#tooManyTasks(),
      failed: (error) => this.#lookedAfter(error),
    });
  }

  /**
   * Adds a listener; returns what removes it.
   *
   * @throws {OptionError} when there is no such event, with "did you mean", or for bad options
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter tells no events
   */
  on(type: string, listener: Listener, options: AppListenOptions = {}): () => void {
    requireEvent(type, APP_EVENT_TYPES);
    const { signal, where, task = (where && onlyTask(where)) ?? ALL_TASKS } = LISTEN.read(options, "on()");
    if (where === undefined) return this.#add(type, listener, { signal, task });
    aFunction()(listener, `the listener of "${type}"`);
    const chosen = (event: AppEvent) =>
      choosesEvent(where, event) ? (listener as (event: AppEvent) => unknown)(event) : undefined;
    return this.#add(type, chosen, { signal, task });
  }

  /** As {@link on}, of one task. */
  onTask(
    task: string,
    type: string,
    given: { readonly listener: Listener; readonly options: ListenOptions },
  ): () => void {
    requireEvent(type, TASK_EVENT_TYPES);
    const { signal } = LISTEN_TO_TASK.read(given.options, "on()");
    return this.#add(type, given.listener, { signal, task });
  }

  /** Resolves with the next event, which is asked for in turn without missing one; see {@link on} for what it refuses. Rejects when the app closes or the signal aborts. */
  next(type: string, options: AppListenOptions = {}): Promise<AppEvent> {
    return new Promise((resolve, reject) => {
      const { signal, task } = LISTEN.read(options, "once()");
      const { where } = options;
      if (signal?.aborted === true) throw signal.reason;
      const heard = (event: AppEvent): void => {
        this.#notices.hold();
        end(() => resolve(event));
      };
      const stop = this.on(type, heard, { task, where });
      const end = (settle: () => void): void => {
        stop();
        this.#waiting.delete(close);
        signal?.removeEventListener("abort", abort);
        settle();
      };
      const abort = (): void => end(() => reject(signal?.reason));
      const close = (): void => end(() => reject(new AppClosedError(`wait for the event ${type}`)));
      this.#waiting.add(close);
      signal?.addEventListener("abort", abort, { once: true });
      if (isOfTasks(type)) this.#host.connect().catch((error: unknown) => end(() => reject(error)));
    });
  }

  #add(
    type: string,
    listener: Listener,
    { signal, task }: { readonly signal: AbortSignal | undefined; readonly task: string },
  ): () => void {
    if (isOfTasks(type)) requireFeature(this.#host.adapter, "events", `on("${type}")`);
    aFunction()(listener, `the listener of "${type}"`);
    if (signal?.aborted === true) return () => undefined;
    const added = new EventListener(listener as (event: unknown) => unknown, {
      failed: (error) => this.#listenerFailed(type, error),
      caughtUp: (missed) => this.#listenerWasSlow(type, missed),
    });
    const listeners = this.#listenersOf(task, type);
    listeners.add(added);
    this.hearMore();
    const stop = (): void => {
      signal?.removeEventListener("abort", stop);
      // Whoever waits for one event after the other wants the next in this turn, and misses none meanwhile.
      if (listeners.delete(added)) nextTurn(() => this.#subscriptions.endUnwanted());
    };
    signal?.addEventListener("abort", stop, { once: true });
    return stop;
  }

  #listenersOf(task: string, type: string): Set<EventListener> {
    const byType = this.#listeners.get(task) ?? new Map<string, Set<EventListener>>();
    this.#listeners.set(task, byType);
    const listeners = byType.get(type) ?? new Set<EventListener>();
    byType.set(type, listeners);
    return listeners;
  }

  /** Whether anybody listens to what happens to jobs. */
  get isListened(): boolean {
    return this.#subscriptions.isOpen;
  }

  /** Subscribes to what is listened to and not subscribed yet; resolves when nothing later can be missed. */
  async sync(): Promise<void> {
    const { tasks, all } = this.#wanted();
    if (!all && tasks.length === 0) return;
    const subscribed = this.#subscriptions.sync();
    this.#host.listened();
    await subscribed;
  }

  /** There is more to listen to: a listener, or a task that is declared. */
  hearMore(): void {
    if (this.#host.isConnected()) this.sync().catch((error: unknown) => this.#lookedAfter(error));
  }

  /** Forgets subscriptions; the adapter is being closed. */
  reset(): void {
    this.#subscriptions.reset();
    for (const close of [...this.#waiting]) close();
    this.#notices.end();
  }

  /** Tells `error` listeners and the logger. */
  reportError(error: unknown, about: ErrorAbout = {}): void {
    this.#host.telemetry.troubled({ error, task: about.task, jobId: about.jobId });
    const event = errorEvent(error, about);
    const isHeard = this.#emit(event);
    this.#emit(event, ANY);
    const { code: _, ...subject } = about;
    this.#host.log.error(error, { ...subject, isHeard });
  }

  /** Tells `audit` listeners. */
  audit(event: AuditEvent): void {
    this.#host.audited(event);
    this.#emit(event);
    this.#emit(event, ANY);
  }

  /** Tells `warning` listeners, or the logger when there are none. */
  warn(message: string, about: WarningAbout): void {
    const event = { type: "warning", message, ...about } as AppEvent;
    this.#emit(event, ANY);
    if (this.#emit(event)) return;
    const { task, jobId, schedule, code } = about;
    this.#host.write("warn", message, { task, jobId, schedule, code });
  }

  /** What the hub did by itself failed; what a close cut off is nobody's error. */
  #lookedAfter(error: unknown): void {
    if (this.#host.isConnected()) this.reportError(error);
  }

  #wanted(): Wanted {
    const heard = [...this.#listeners.keys()].filter((task) => this.#hears(task));
    return { tasks: heard.filter((task) => task !== ALL_TASKS), all: heard.includes(ALL_TASKS) };
  }

  #hears(task: string): boolean {
    const byType = this.#listeners.get(task);
    return byType !== undefined && TASK_EVENT_TYPES.some((type) => (byType.get(type)?.size ?? 0) > 0);
  }

  #receive(notice: Notice): void {
    if (notice.kind === "lost") this.#linkWasLost();
    else if (notice.kind === "task") this.#tell(notice.event);
    else if (notice.kind === "event") this.#tell(this.#decode(notice.event));
  }

  #tell(event: AppEvent): void {
    this.#emit(event);
    this.#emit(event, ANY);
  }

  /** What every store tells of each type, and conformance asks for, is what the types promise. */
  #decode(event: RawJobEvent): JobEvent {
    const { result, progress, ...plain } = event;
    const decode = (data: typeof result) =>
      data === undefined
        ? undefined
        : decodeValue(this.#host.serializer, data, { task: event.task, side: "output" });
    try {
      if (event.type === "completed") return { ...plain, result: decode(result) } as JobEvent;
      if (event.type === "progress") return { ...plain, progress: decode(progress) } as JobEvent;
    } catch (error) {
      this.reportError(error, { task: event.task, jobId: event.id });
    }
    return plain as JobEvent;
  }

  /** Tells listeners of its task and of all tasks; gives whether anybody heard. */
  #emit(event: AppEvent, type: string = event.type): boolean {
    const heard = this.#emitTo(ALL_TASKS, type, event);
    const isOfTask = type !== ANY || isOfTasks(event.type);
    if (event.task === undefined || !isOfTask) return heard;
    return this.#emitTo(event.task, type, event) || heard;
  }

  #emitTo(task: string, type: string, event: AppEvent): boolean {
    const listeners = this.#listeners.get(task)?.get(type);
    if (listeners === undefined || listeners.size === 0) return false;
    for (const listener of [...listeners]) listener.call(event);
    return true;
  }

  /** A listener that hears errors is not told of its own: that could go on for ever. */
  #listenerFailed(type: string, error: unknown): void {
    if (type === "error") {
      this.#host.write("error", "a listener of the error event threw", { error });
      return;
    }
    const isHeard = this.#emit(errorEvent(error, { code: "LISTENER_FAILED" }));
    this.#host.log.error(error, { isHeard });
  }

  /** A listener of the app's own events is not told of itself: that could go on for ever. */
  #listenerWasSlow(type: string, missed: number): void {
    const message =
      `A listener of ${type} was slower than the events and was not given ${missed} of them. ` +
      "Let it finish sooner, or only note what it gets and work on that elsewhere.";
    if (type !== ANY && isOfTasks(type)) this.warn(message, { code: "EVENTS_LOST", missed });
    else this.#host.write("warn", message, { code: "EVENTS_LOST" });
  }

  #linkWasLost(): void {
    if (this.#isLossTold) return;
    this.#isLossTold = true;
    this.#host.clock.schedule(ONE_INTERRUPTION_MS, () => {
      this.#isLossTold = false;
    });
    this.warn("The link for events was interrupted; events may be missing. Read states with app.jobs.", {
      code: "EVENTS_LOST",
    });
  }

  #tooManyTasks(): void {
    if (this.#isCrowdTold) return;
    this.#isCrowdTold = true;
    this.warn(
      "The store has more tasks than one process listens to; events of some are not told here. Name the tasks to listen " +
        "to: on(type, listener, { task }).",
      { code: "EVENTS_LOST" },
    );
  }
}

function errorEvent(error: unknown, { code, ...about }: ErrorAbout): AppErrorEvent {
  if (code !== undefined) return { type: "error", code, error, ...about };
  if (error instanceof TaskoraError) return { type: "error", code: error.code, error, ...about };
  return { type: "error", code: "UNEXPECTED", error, ...about };
}

/** Whether it comes from the store. */
function isOfTasks(type: string): boolean {
  return TASK_EVENT_TYPES.includes(type);
}

function requireEvent(type: unknown, known: readonly string[]): void {
  if (typeof type === "string" && known.includes(type)) return;
  const near = typeof type === "string" ? didYouMean(type, known) : undefined;
  throw new OptionError(`there is no event ${describe(type)}. ${near ?? `Events: ${known.join(", ")}.`}`, {
    option: "type",
  });
}
