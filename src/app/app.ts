import { limitArguments, requireNoMore } from "../core/arguments.js";
import { aFunction } from "../core/checks.js";
import type {
  ContractInput,
  ContractItem,
  ContractPayload,
  ContractResult,
  ContractReturn,
  TaskContract,
} from "../core/contract.js";
import type { CollectOptions } from "../core/limits/collect.js";
import { type Check, optionSet, requireObject } from "../core/options.js";
import { jsonSerializer } from "../core/serializer.js";
import { requireTaskName } from "../core/task-name.js";
import type { OptionalSchemaInput, OptionalSchemaOutput, StandardSchema } from "../schema/standard-schema.js";
import { requireWireTypes } from "../schema/wire-types.js";
import type { Handler, HandlerEntry, Middleware } from "../worker/handler.js";
import { type AppParts, createAppParts } from "./app-parts.js";
import type { DispatchMiddleware } from "./dispatch/dispatch-layers.js";
import { type InlineTaskOptions, registeredContract, splitInline } from "./dispatch/inline-task.js";
import { BoundTaskClient, type TaskClient } from "./dispatch/task-client.js";
import type { AppEvents } from "./event-types.js";
import type { AppListenOptions } from "./events.js";
import { requireContract } from "./features.js";
import { untilTerminated } from "./handles/until-terminated.js";
import type { PendingWorkflow } from "./handles/workflow-handle.js";
import type { Jobs } from "./operate/jobs.js";
import type { Tasks } from "./operate/tasks.js";
import type { Workers } from "./operate/workers.js";
import { resolveOptions, type TaskoraOptions } from "./options.js";
import {
  CLOSE,
  type CloseOptions,
  RUN,
  type RunOptions,
  START,
  type StartOptions,
} from "./process-options.js";
import { producerTask, type RegisteredContract, runnableTask } from "./registry.js";
import type { ScheduleOptions, ScheduleResult, ScheduleTask } from "./schedules/schedule-options.js";
import type { ScheduleHandle, Schedules } from "./schedules/schedules.js";
import type { WorkflowList } from "./workflows/workflow-list.js";
import type { Fits, LinkResult, WorkflowLink } from "./workflows/workflow-part.js";
import type { WorkflowOptions } from "./workflows/workflows.js";

/** Middleware for one side or both. */
export interface MiddlewareSides {
  /** Goes around every handler of tasks that are implemented afterwards. */
  readonly handle?: Middleware | undefined;
  /** Goes around every dispatch of this app, of tasks known before too. */
  readonly dispatch?: DispatchMiddleware | undefined;
}

/** A store that is away keeps a close waiting for this long beyond its timeout: handlers are told, jobs given back. */
const GIVE_UP_MS = 1500;

const SIDES = optionSet({
  handle: aFunction<Middleware>(),
  dispatch: aFunction<DispatchMiddleware>(),
} satisfies {
  readonly [Key in keyof Required<MiddlewareSides>]: Check<unknown>;
});

/**
 * The registry of one process: adapter, tasks, middleware and defaults. Life: made → (first dispatch: connected) →
 * `start()`: working → `close()`: closed → `start()` again.
 */
export class Taskora implements AsyncDisposable {
  readonly #options: TaskoraOptions;
  readonly #parts: AppParts;
  readonly #runLayers: Middleware[] = [];
  #changing: Promise<void> = Promise.resolve();
  /** The close that was asked for last, until a start is. */
  #closing: Promise<void> | undefined;

  /** Use {@link createTaskora}. */
  constructor(options: TaskoraOptions) {
    this.#options = options;
    this.#parts = createAppParts(resolveOptions(options), this);
  }

  /**
   * Declares a task with its handler in one place.
   *
   * @throws {TaskoraError} `NAME_INVALID`, `OPTION_INVALID`, `CONTRACT_CONFLICT`, `CONTRACT_INVALID`, and `NOT_SUPPORTED`
   * for what the adapter declines
   */
  task<
    Input extends StandardSchema | undefined = undefined,
    Output extends StandardSchema | undefined = undefined,
    Collect extends CollectOptions | undefined = undefined,
  >(
    name: string,
    options: InlineTaskOptions<Input, Output, Collect>,
  ): TaskClient<OptionalSchemaInput<Input>, OptionalSchemaOutput<Output>>;
  task<Payload = unknown, Return = unknown>(
    name: string,
    handler: Handler<Payload, Return>,
  ): TaskClient<Payload, Awaited<Return>>;
  task(name: string, given: InlineTaskOptions<undefined, undefined> | Handler): TaskClient {
    requireTaskName(name);
    const options = typeof given === "function" ? { handler: given } : given;
    const { contract, entry, schedules } = splitInline(name, options);
    this.#implement(this.#carried(contract), entry);
    for (const { name: own = name, ...schedule } of schedules) {
      this.#parts.schedules.declare(own, { ...schedule, task: name });
    }
    return this.#client(contract);
  }

  /**
   * Makes a contract known so that it can be dispatched; the handler lives elsewhere. Idempotent.
   *
   * @throws {TaskoraError} `CONTRACT_CONFLICT` when the name already means another contract, `CONTRACT_INVALID`, and
   * `NOT_SUPPORTED` for what the adapter declines
   */
  register<C extends TaskContract>(contract: C): TaskClient<ContractInput<C>, ContractResult<C>> {
    const registered = this.#carried(registeredContract(contract));
    this.#register(registered);
    return this.#client(registered);
  }

  /**
   * Gives a contract its handler. Works before and after {@link start}.
   *
   * @throws {TaskoraError} `CONTRACT_CONFLICT` when it has one already, `CONTRACT_INVALID`, `OPTION_INVALID`, and
   * `NOT_SUPPORTED` for what the adapter declines
   */
  implement<C extends TaskContract>(
    contract: C,
    entry: HandlerEntry<ContractPayload<C>, ContractReturn<C>, ContractItem<C>>,
  ): TaskClient<ContractInput<C>, ContractResult<C>> {
    const registered = this.#carried(registeredContract(contract));
    this.#implement(registered, entry as HandlerEntry);
    return this.#client(registered);
  }

  /**
   * Makes a task run by itself, at even distances or as a cron expression says. Every process that declares it agrees
   * on one schedule; any started process that has the task's handler fires it. Stored at {@link start}, or when
   * {@link schedules} is first used; `schedules.upsert` stores one at once.
   *
   * @throws {TaskoraError} `OPTION_INVALID`, `DURATION_INVALID`, `CRON_INVALID`, `TIME_ZONE_INVALID`, `NAME_INVALID`,
   * `VALIDATION_FAILED`, `SCHEDULE_CONFLICT`, `NOT_SUPPORTED`
   */
  schedule<const Task extends ScheduleTask>(
    name: string,
    options: ScheduleOptions<Task>,
  ): ScheduleHandle<ScheduleResult<Task>> {
    requireObject(options, `schedule ${name}`);
    const task: ScheduleTask = options.task;
    if (typeof task === "object" && task !== null && !("dispatch" in task))
      this.#register(this.#carried(registeredContract(task)));
    this.#parts.schedules.declare(name, options);
    return this.schedules.handle(name);
  }

  /** The schedules that the store holds: list, make, pause, resume, change, remove and trigger them. */
  get schedules(): Schedules {
    return this.#parts.schedules.api;
  }

  /**
   * Adds middleware: a function goes around every handler, an object may name both sides. The first added is the
   * outermost. Tasks implemented before do not get it, so add middleware first.
   */
  use(middleware: Middleware | MiddlewareSides): this {
    const { handle, dispatch } = SIDES.read(
      typeof middleware === "function" ? { handle: middleware } : middleware,
      "use()",
    );
    if (handle !== undefined) this.#runLayers.push(handle);
    if (dispatch !== undefined) this.#parts.dispatchLayers.push(dispatch);
    return this;
  }

  /**
   * Listens to events of all tasks that the store has met, from every process, or to the app's own `error`, `warning` and
   * `audit`; `*` is any of them. Events of tasks arrive once the app is connected. Returns what stops it.
   *
   * @throws {OptionError} when there is no such event
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter tells no events of tasks
   */
  on<Type extends keyof AppEvents>(
    type: Type,
    listener: (event: AppEvents[Type]) => void,
    options?: AppListenOptions,
  ): () => void {
    return this.#parts.events.on(type, listener, options);
  }

  /**
   * Resolves with the next event, as {@link on} would tell it; connects for it. Rejects with the reason of `signal` when that
   * aborts, and with `APP_CLOSED` when the app closes first.
   *
   * @throws {OptionError} when there is no such event
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter tells no events of tasks
   */
  once<Type extends keyof AppEvents>(type: Type, options?: AppListenOptions): Promise<AppEvents[Type]> {
    return this.#parts.events.next(type, options) as Promise<AppEvents[Type]>;
  }

  /** Connects without working; dispatching and inspecting do it by themselves. Waits for listeners to be heard. */
  async connect(): Promise<void> {
    await this.#connect();
    await this.#parts.events.sync();
  }

  /**
   * Connects and works on every task that has a handler, or on some, until {@link close}. Idempotent.
   *
   * @throws {OptionError} when a pattern of `tasks` chooses none, or when it works on others already
   * @throws {TaskoraError} `APP_CLOSED` when it is closed while it connects; the store's own errors
   */
  async start(options: StartOptions = {}): Promise<void> {
    const { tasks } = START.read(options, "start()");
    this.#closing = undefined;
    await this.#inTurn(async () => {
      this.#parts.worker.choose(tasks);
      await this.#startWorking();
    });
  }

  /** {@link start}, then waits for SIGINT or SIGTERM, then {@link close}. SIGUSR2 makes it {@link quiet}. */
  async run(options: RunOptions = {}): Promise<void> {
    RUN.read(options, "run()");
    const { tasks, ...close } = options;
    await untilTerminated({ start: () => this.start({ tasks }), quiet: () => this.quiet() });
    await this.close(close);
  }

  /**
   * Begins no more jobs in this process, until {@link resume} or {@link close}: what runs goes on and is kept, jobs that
   * were claimed ahead are given back, dispatching and everything else works. An app that is not started yet starts
   * quietly.
   */
  quiet(): void {
    this.#parts.worker.quiet();
  }

  /** Begins jobs again after {@link quiet}. */
  resume(): void {
    this.#parts.worker.resume();
  }

  /**
   * Lets active jobs end for up to `timeout`, stores what was dispatched, gives the rest back and disconnects. Idempotent.
   * Dispatching is possible while handlers run, then refused with `APP_CLOSED` until {@link start} undoes this. Takes
   * `timeout` and 2 s at most, whatever the store does.
   */
  close(options: CloseOptions = {}): Promise<void> {
    const { timeout: timeoutMs = 30_000 } = CLOSE.read(options, "close()");
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Starts a workflow made with `chain`, `group`, `chord`, `map` and `chunk`. Returns at once, like `dispatch`: the
   * promise resolves when the store has it, and already has `id` and `result`.
   */
  workflow<Link extends WorkflowLink>(
    link: Link & Fits<undefined, Link>,
    options?: WorkflowOptions,
  ): PendingWorkflow<LinkResult<Link>> {
    return this.#parts.workflows.start(link, options);
  }

  /** The jobs that the store holds: count, list, read and change them. */
  get jobs(): Jobs {
    return this.#parts.jobs;
  }

  /** The tasks that this app declares and the store has met: list, pause, resume and drain them. */
  get tasks(): Tasks {
    return this.#parts.tasks;
  }

  /** The live workers of all apps over this store. */
  get workers(): Workers {
    return this.#parts.workers;
  }

  /** The workflows that the store holds: list, read, cancel and resume them. */
  get workflows(): WorkflowList {
    return this.#parts.workflows.list;
  }

  /**
   * For generated code: a contract in its registered form.
   *
   * @internal
   */
  registerGenerated(contract: RegisteredContract): TaskClient {
    this.#register(contract);
    return this.#client(contract);
  }

  /**
   * For generated code.
   *
   * @internal
   */
  implementGenerated(contract: RegisteredContract, entry: HandlerEntry): void {
    this.#implement(contract, entry);
  }

  /**
   * For `taskora/testing`: an app with the tasks, handlers, middleware and settings of this one, over another store
   * and clock. What is added here later is not in it.
   *
   * @internal
   */
  copyOnto(replaced: Pick<TaskoraOptions, "adapter" | "clock">): Taskora {
    const copy = new Taskora({ ...this.#options, ...replaced });
    copy.#runLayers.push(...this.#runLayers);
    copy.#parts.dispatchLayers.push(...this.#parts.dispatchLayers);
    copy.#parts.registry.copy(this.#parts.registry);
    copy.#parts.schedules.copy(this.#parts.schedules);
    return copy;
  }

  /**
   * For `taskora/testing`: the names of tasks that have a handler here.
   *
   * @internal
   */
  workedTasks(): readonly string[] {
    return this.#parts.registry.runnable().map((task) => task.name);
  }

  /**
   * For `taskora/testing`: the client of a task that is known here.
   *
   * @internal
   */
  clientOf(name: string): BoundTaskClient<unknown, unknown> | undefined {
    const contract = this.#parts.registry.contract(name);
    return contract === undefined ? undefined : this.#client(contract);
  }

  /** A contract that no generator has looked at. */
  #carried(contract: RegisteredContract): RegisteredContract {
    if (this.#parts.settings.serializer !== jsonSerializer) return contract;
    const { name: task, input, output } = contract;
    requireWireTypes(input, { task, side: "input" });
    requireWireTypes(output, { task, side: "output" });
    return contract;
  }

  #register(contract: RegisteredContract): void {
    requireContract(this.#parts.settings.adapter, contract);
    this.#parts.registry.register(contract);
    this.#parts.events.hearMore();
  }

  #implement(contract: RegisteredContract, entry: HandlerEntry): void {
    requireContract(this.#parts.settings.adapter, contract);
    const task = runnableTask(contract, entry, {
      settings: this.#parts.settings,
      middleware: this.#runLayers,
    });
    for (const added of this.#parts.registry.implement(contract, task)) this.#parts.worker.add(added);
    this.#parts.schedules.taskAdded();
    this.#parts.events.hearMore();
  }

  #client<Input, Result>(contract: RegisteredContract): BoundTaskClient<Input, Result> {
    return new BoundTaskClient<Input, Result>(producerTask(contract), this.#parts.clientHost);
  }

  /** `start` and `close` follow one another, however they are called. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#changing.then(change);
    this.#changing = done.then(undefined, () => undefined);
    return done;
  }

  #connect(): Promise<void> {
    return this.#parts.connection.ensure("use the store");
  }

  async #startWorking(): Promise<void> {
    this.#parts.connection.open();
    await this.#connect();
    await this.#parts.worker.start();
  }

  async #close(timeoutMs: number): Promise<void> {
    const { connection, inserts, preparing, settings } = this.#parts;
    connection.beginClosing();
    if (connection.isConnecting && inserts.isIdle && preparing.size === 0) void connection.close();
    // Whatever still waits for the store then is told that it is away.
    const giveUp = settings.clock.schedule(timeoutMs + GIVE_UP_MS, () => void connection.close());
    try {
      await this.#inTurn(() => this.#stopWorking(timeoutMs));
    } catch (error) {
      this.#closing = undefined;
      throw error;
    } finally {
      giveUp.cancel();
    }
  }

  async #stopWorking(timeoutMs: number): Promise<void> {
    this.#parts.connection.beginClosing();
    await this.#parts.worker.stop(timeoutMs);
    await Promise.all(this.#parts.preparing);
    await this.#parts.inserts.idle();
    this.#parts.implementers.stop();
    this.#parts.results.closeAll();
    await this.#parts.heartbeat.stop();
    this.#parts.events.reset();
    await this.#parts.connection.close();
  }
}

limitArguments(Taskora.prototype, "", {
  throws: {
    ...{ task: 2, register: 1, implement: 2, schedule: 2, use: 1, on: 3 },
    ...{ workflow: 2, close: 1, quiet: 0, resume: 0 },
  },
  rejects: { once: 2, connect: 0, start: 1, run: 1 },
});

/**
 * Makes an app. Nothing is connected until the first dispatch or `start()`.
 *
 * @throws {OptionError} on an unknown option ("did you mean") or a bad range
 */
export function createTaskora(options: TaskoraOptions): Taskora;
export function createTaskora(options: TaskoraOptions, ...surplus: readonly unknown[]): Taskora {
  requireNoMore("createTaskora()", 1, surplus);
  return new Taskora(options);
}
