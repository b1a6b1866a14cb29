import type { InsertReply } from "../core/adapter.js";
import type { Batcher } from "../core/batcher.js";
import type { CollectOptions } from "../core/collect-flow.js";
import type {
  ContractInput,
  ContractItem,
  ContractPayload,
  ContractResult,
  ContractReturn,
  TaskContract,
} from "../core/contract.js";
import { type Duration, parseDuration } from "../core/duration.js";
import { createJobIdSource } from "../core/job-id.js";
import { rejectUnknownKeys, requireList } from "../core/options.js";
import type { OptionalSchemaInput, OptionalSchemaOutput, StandardSchema } from "../core/standard-schema.js";
import { requireTaskName } from "../core/task-name.js";
import type { Handler, HandlerEntry, Middleware } from "../worker/handler.js";
import type { Worker } from "../worker/worker.js";
import { AppSchedules } from "./app-schedules.js";
import { createAppWorker, randomFraction } from "./app-worker.js";
import { Connection } from "./connection.js";
import { createDeadLetters, type DeadLetters } from "./dead-letters.js";
import { type AppEvents, EventHub } from "./events.js";
import { ImplementerWatch } from "./implementer-watch.js";
import { type InlineTaskOptions, registeredContract, splitInline } from "./inline-task.js";
import { createInserts } from "./inserts.js";
import { createInspector, type Inspector } from "./inspector.js";
import { type DispatchedJob, type JobHandle, StoredJobHandle } from "./job-handle.js";
import { type AppSettings, resolveOptions, type TaskoraOptions } from "./options.js";
import { createProducerContext } from "./producer-context.js";
import { producerTask, type RegisteredContract, Registry, runnableTask } from "./registry.js";
import { ResultHub } from "./results.js";
import type { ScheduleOptions, ScheduleTask } from "./schedule-options.js";
import type { Schedules } from "./schedules.js";
import {
  BoundTaskClient,
  type DispatchMiddleware,
  type TaskClient,
  type TaskClientHost,
} from "./task-client.js";
import { createTaskOperations, type TaskOperations } from "./task-operations.js";
import { untilTerminated } from "./until-terminated.js";
import type { PendingWorkflow, WorkflowHandle } from "./workflow-handle.js";
import type { Fits, LinkResult, WorkflowLink } from "./workflow-part.js";
import { type WorkflowOptions, Workflows } from "./workflows.js";

/** Middleware for one side or both. */
export interface MiddlewareSides {
  readonly run?: Middleware;
  readonly dispatch?: DispatchMiddleware;
}

/** How an app is closed. */
export interface CloseOptions {
  /** How long active handlers may take to end. Default `"30s"`. */
  readonly timeout?: Duration;
}

/**
 * The registry of one process: adapter, tasks, middleware and defaults. Life: made → (first dispatch: connected) →
 * `start()`: working → `close()`: closed → `start()` again.
 */
export class Taskora implements AsyncDisposable {
  readonly #options: TaskoraOptions;
  readonly #settings: AppSettings;
  readonly #registry = new Registry();
  readonly #connection: Connection;
  readonly #events: EventHub;
  readonly #results: ResultHub;
  readonly #inserts: Batcher<DispatchedJob<unknown>, InsertReply>;
  readonly #clientHost: TaskClientHost;
  readonly #runLayers: Middleware[] = [];
  readonly #dispatchLayers: DispatchMiddleware[] = [];
  readonly #inspector: Inspector;
  readonly #workflows: Workflows;
  readonly #implementers: ImplementerWatch;
  readonly #schedules: AppSchedules;
  /** Dispatches whose schema or middleware is still at work. */
  readonly #preparing = new Set<Promise<void>>();
  #worker: Worker | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #changing: Promise<void> = Promise.resolve();

  /** Use {@link createTaskora}. */
  constructor(options: TaskoraOptions) {
    const settings = resolveOptions(options);
    const { adapter, serializer, logger, clock } = settings;
    this.#options = options;
    this.#settings = settings;
    this.#connection = new Connection(adapter, () => this.#events.sync());
    this.#events = new EventHub({
      adapter,
      serializer,
      logger,
      taskNames: () => this.#registry.names(),
      isConnected: () => this.#connection.isConnected,
    });
    const connect = () => this.#connect();
    const reportError = (error: unknown) => this.#events.reportError(error);
    this.#results = new ResultHub({ adapter, serializer, clock, connect, reportError });
    this.#inserts = createInserts({
      adapter,
      isReady: () => this.#connection.isReady,
      results: this.#results,
      connect: () => this.connect(),
    });
    this.#inspector = createInspector({
      adapter,
      serializer,
      connect,
      taskNames: () => this.#registry.names(),
    });
    this.#implementers = new ImplementerWatch({
      clock,
      contracts: adapter.contracts,
      isConnected: () => this.#connection.isReady,
      warn: (message, reason, { name, version, fingerprint }) =>
        this.#events.warn(message, {
          task: name,
          code: "CONTRACT_NOT_IMPLEMENTED",
          contract: { version, fingerprint, reason },
        }),
      reportError,
    });
    const newId = createJobIdSource({ now: () => clock.now(), random: randomFraction });
    this.#clientHost = {
      context: createProducerContext({ settings, results: this.#results, events: this.#events, connect }),
      events: this.#events,
      inserts: this.#inserts,
      serializer,
      maxPayloadBytes: settings.maxPayloadBytes,
      validateOnDispatch: settings.validateOnDispatch,
      layers: this.#dispatchLayers,
      implementers: this.#implementers,
      newId,
      isOpen: () => this.#connection.isOpen,
      preparing: this.#preparing,
    };
    this.#workflows = new Workflows({ adapter, host: this.#clientHost, connect, app: this });
    const { context } = this.#clientHost;
    const [registry, events] = [this.#registry, this.#events];
    this.#schedules = new AppSchedules({ settings, context, registry, events, connect, newId });
  }

  /**
   * Declares a task with its handler in one place.
   *
   * @throws {TaskoraError} `NAME_INVALID`, `OPTION_INVALID`, `CONTRACT_CONFLICT`
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
    this.#implement(contract, entry);
    for (const { name: own = name, ...schedule } of schedules) {
      this.#schedules.declare(own, { ...schedule, task: name });
    }
    return this.#client(contract);
  }

  /**
   * Makes a contract known so that it can be dispatched; the handler lives elsewhere. Idempotent.
   *
   * @throws {TaskoraError} `CONTRACT_CONFLICT` when the name already means another contract
   */
  register<C extends TaskContract>(contract: C): TaskClient<ContractInput<C>, ContractResult<C>> {
    const registered = registeredContract(contract);
    this.#register(registered);
    return this.#client(registered);
  }

  /**
   * Gives a contract its handler. Works before and after {@link start}.
   *
   * @throws {TaskoraError} `CONTRACT_CONFLICT` when it has one already, `OPTION_INVALID`
   */
  implement<C extends TaskContract>(
    contract: C,
    entry: HandlerEntry<ContractPayload<C>, ContractReturn<C>, ContractItem<C>>,
  ): TaskClient<ContractInput<C>, ContractResult<C>> {
    const registered = registeredContract(contract);
    this.#implement(registered, entry as HandlerEntry);
    return this.#client(registered);
  }

  /**
   * Makes a task run by itself, at even distances or as a cron expression says. Every process that declares it agrees
   * on one schedule; any started process that has the task's handler fires it. Stored at {@link start}, or when
   * {@link schedules} is first used.
   *
   * @throws {TaskoraError} `OPTION_INVALID`, `DURATION_INVALID`, `CRON_INVALID`, `TIME_ZONE_INVALID`, `NAME_INVALID`,
   * `VALIDATION_FAILED`, `SCHEDULE_CONFLICT`, `NOT_SUPPORTED`
   */
  schedule<const Task extends ScheduleTask>(name: string, options: ScheduleOptions<Task>): void {
    const task: ScheduleTask = options.task;
    if (typeof task === "object" && !("dispatch" in task)) this.#register(registeredContract(task));
    this.#schedules.declare(name, options);
  }

  /** Stored schedules: read them, pause, resume, change, remove and trigger them. */
  get schedules(): Schedules {
    return this.#schedules.api;
  }

  /**
   * Adds middleware: a function goes around every handler, an object may name both sides. The first added is the
   * outermost. Tasks implemented before do not get it, so add middleware first.
   */
  use(middleware: Middleware | MiddlewareSides): this {
    const sides = typeof middleware === "function" ? { run: middleware } : middleware;
    rejectUnknownKeys(sides, ["run", "dispatch"], "use()");
    for (const [side, layer] of Object.entries(sides)) {
      if (layer !== undefined) requireList([layer], { option: `use().${side}`, of: "functions" });
    }
    if (sides.run !== undefined) this.#runLayers.push(sides.run);
    if (sides.dispatch !== undefined) this.#dispatchLayers.push(sides.dispatch);
    return this;
  }

  /**
   * Listens to events of all tasks, from every process, or to the app's own `error` and `warning`. Task events
   * arrive once the app is connected. Returns what stops it.
   *
   * @throws {OptionError} when there is no such event
   */
  on<Type extends keyof AppEvents>(type: Type, listener: (event: AppEvents[Type]) => void): () => void {
    return this.#events.on(type, listener);
  }

  /** Connects without working; dispatching and inspecting do it by themselves. Waits for listeners to be heard. */
  async connect(): Promise<void> {
    await this.#connect();
    await this.#events.sync();
  }

  /** Connects and works on every task that has a handler, until {@link close}. Idempotent. */
  start(): Promise<void> {
    return this.#inTurn(() => this.#startWorking());
  }

  /** {@link start}, then waits for SIGINT or SIGTERM, then {@link close}. */
  async run(options?: CloseOptions): Promise<void> {
    await untilTerminated(() => this.start());
    await this.close(options);
  }

  /**
   * Stores what was dispatched, lets active jobs end for up to `timeout`, gives the rest back and disconnects.
   * Idempotent. {@link start} undoes it; until then dispatching is refused with `APP_CLOSED`.
   */
  close(options: CloseOptions = {}): Promise<void> {
    rejectUnknownKeys(options, ["timeout"], "close()");
    const timeoutMs = parseDuration(options.timeout ?? "30s", "close timeout");
    return this.#inTurn(() => this.#stopWorking(timeoutMs));
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
    return this.#workflows.start(link, options);
  }

  /** The handle of a workflow started elsewhere. Does not look whether it exists. */
  findWorkflow<Result = unknown>(id: string): WorkflowHandle<Result> {
    return this.#workflows.find(id);
  }

  /** Reads counts, pages and single jobs. */
  inspect(): Inspector {
    return this.#inspector;
  }

  /**
   * Operations on a task that is known by name alone, such as in a tool: pause, resume, drain, and its jobs by id.
   *
   * @throws {TaskoraError} `NAME_INVALID`
   */
  operations(task: string): TaskOperations & { job(id: string): JobHandle } {
    requireTaskName(task);
    const { context } = this.#clientHost;
    return {
      ...createTaskOperations(task, context),
      job: (id) => new StoredJobHandle({ task, id }, context, "unknown"),
    };
  }

  /** Jobs that ended as failed. */
  get deadLetters(): DeadLetters {
    const { adapter } = this.#settings;
    return createDeadLetters({
      adapter,
      inspector: this.#inspector,
      connect: () => this.#connect(),
      taskNames: () => this.#registry.names(),
    });
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
    copy.#dispatchLayers.push(...this.#dispatchLayers);
    copy.#registry.copy(this.#registry);
    copy.#schedules.copy(this.#schedules);
    return copy;
  }

  /**
   * For `taskora/testing`: the names of tasks that have a handler here.
   *
   * @internal
   */
  workedTasks(): readonly string[] {
    return this.#registry.runnable().map((task) => task.name);
  }

  /**
   * For `taskora/testing`: the client of a task that is known here.
   *
   * @internal
   */
  clientOf(name: string): BoundTaskClient<unknown, unknown> | undefined {
    const contract = this.#registry.contract(name);
    return contract === undefined ? undefined : this.#client(contract);
  }

  #register(contract: RegisteredContract): void {
    this.#registry.register(contract);
    if (this.#connection.isOpen) this.#syncEvents();
  }

  #implement(contract: RegisteredContract, entry: HandlerEntry): void {
    const task = runnableTask(contract, entry, { settings: this.#settings, middleware: this.#runLayers });
    for (const added of this.#registry.implement(contract, task)) {
      this.#worker?.add(added).catch((error: unknown) => this.#events.reportError(error));
    }
    this.#schedules.taskAdded();
    if (this.#connection.isConnected) this.#syncEvents();
  }

  #syncEvents(): void {
    this.#events.sync().catch((error: unknown) => this.#events.reportError(error));
  }

  #client<Input, Result>(contract: RegisteredContract): BoundTaskClient<Input, Result> {
    return new BoundTaskClient<Input, Result>(producerTask(contract), this.#clientHost);
  }

  /** `start` and `close` follow one another, however they are called. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#changing.then(change);
    this.#changing = done.then(undefined, () => undefined);
    return done;
  }

  #connect(): Promise<void> {
    return this.#connection.ensure("use the store");
  }

  async #startWorking(): Promise<void> {
    if (this.#worker !== undefined) return;
    this.#connection.open();
    await this.#connect();
    const worker = createAppWorker(this.#settings, this.#events);
    this.#worker = worker;
    // With a store inside this process nothing else would keep it running while it waits for jobs.
    this.#keepAlive = setInterval(() => undefined, 2 ** 30);
    try {
      await Promise.all(this.#registry.runnable().map((task) => worker.add(task)));
      await worker.start();
      await this.#schedules.start();
    } catch (error) {
      await this.#dropWorker(0);
      throw error;
    }
  }

  async #stopWorking(timeoutMs: number): Promise<void> {
    this.#connection.beginClosing();
    this.#implementers.stop();
    await Promise.all(this.#preparing);
    await this.#inserts.idle();
    await this.#dropWorker(timeoutMs);
    this.#results.closeAll();
    this.#events.reset();
    await this.#connection.close();
  }

  async #dropWorker(timeoutMs: number): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await Promise.all([worker?.stop(timeoutMs), this.#schedules.stop()]);
    clearInterval(this.#keepAlive);
  }
}

/**
 * Makes an app. Nothing is connected until the first dispatch or `start()`.
 *
 * @throws {OptionError} on an unknown option ("did you mean") or a bad range
 */
export function createTaskora(options: TaskoraOptions): Taskora {
  return new Taskora(options);
}
