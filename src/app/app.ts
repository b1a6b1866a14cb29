import { limitArguments, requireNoMore } from "../core/arguments.js";
import { aFunction } from "../core/checks.js";
import type { ContractInput, ContractMessage, ContractResult, TaskContract } from "../core/contract.js";
import type { CollectOptions } from "../core/limits/collect.js";
import { type Check, optionSet, requireObject } from "../core/options.js";
import { jsonSerializer } from "../core/serializer.js";
import { requireTaskName } from "../core/task-name.js";
import type { StandardSchema } from "../schema/standard-schema.js";
import { requireWireTypes } from "../schema/wire-types.js";
import type { Handler, HandlerEntry, Middleware } from "../worker/handler.js";
import { type AppHealth, readHealth } from "./app-health.js";
import { type AppInternals, setInternals } from "./app-internals.js";
import { type AppParts, createAppParts } from "./app-parts.js";
import type { ClientInput } from "./dispatch/client-input.js";
import type { DispatchMiddleware } from "./dispatch/dispatch-layers.js";
import {
  type InlineTaskClient,
  type InlineTaskOptions,
  registeredContract,
  splitInline,
} from "./dispatch/inline-task.js";
import { BoundTaskClient, stepsOf, type TaskClient } from "./dispatch/task-client.js";
import type { AppEvents } from "./event-types.js";
import type { AppListenOptions } from "./events.js";
import { requireContract, requireHandler } from "./features.js";
import { untilTerminated } from "./handles/until-terminated.js";
import type { PendingWorkflow } from "./handles/workflow-handle.js";
import { withLentStore } from "./lent-store.js";
import type { AuditList } from "./operate/audit-list.js";
import type { Errors } from "./operate/errors.js";
import { decodeJob } from "./operate/job.js";
import type { Jobs } from "./operate/jobs.js";
import type { TaskRef } from "./operate/known-tasks.js";
import type { AppPools } from "./operate/pools.js";
import type { AppStore } from "./operate/store-info.js";
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
import type { ScheduleOptions, ScheduleTask } from "./schedules/schedule-options.js";
import type { ScheduleHandle, Schedules } from "./schedules/schedules.js";
import type { ContractEntry, TaskResult } from "./task-types.js";
import type { MiddlewareSides, Taskora } from "./taskora.js";
import type { WorkflowList } from "./workflows/workflow-list.js";
import type { Fitting, LinkResult, WorkflowLink } from "./workflows/workflow-part.js";
import type { WorkflowOptions } from "./workflows/workflows.js";

/** A store that is away keeps a close waiting for this long beyond its timeout: handlers are told, jobs given back. */
const GIVE_UP_MS = 1500;

const SIDES = optionSet({
  handle: aFunction<Middleware>(),
  dispatch: aFunction<DispatchMiddleware>(),
} satisfies {
  readonly [Key in keyof Required<MiddlewareSides>]: Check<unknown>;
});

/** See {@link Taskora}, where its members are described. */
class App implements Taskora {
  readonly #options: TaskoraOptions;
  readonly #parts: AppParts;
  readonly #runLayers: Middleware[] = [];
  #changing: Promise<void> = Promise.resolve();
  /** The close that was asked for last, until a start is. */
  #closing: Promise<void> | undefined;
  /** Ends a `run()` that waits for a signal. */
  #stopRunning: (() => void) | undefined;

  constructor(options: TaskoraOptions) {
    this.#options = options;
    const clientOf = (name: string) => this.#clientOf(name);
    const stepsIn = (name: string) => {
      const client = clientOf(name);
      return client && stepsOf(client);
    };
    this.#parts = createAppParts(resolveOptions(options), {
      connect: () => this.connect(),
      terminate: () => this.#terminate(),
      stepsOf: stepsIn,
    });
    setInternals(this, {
      registerGenerated: (contract) => {
        this.#register(contract);
        return this.#client(contract);
      },
      implementGenerated: (contract, entry) => this.#implement(contract, entry),
      copyOnto: (replaced) => this.#copyOnto(replaced),
      workedTasks: () => this.#parts.registry.runnable().map((task) => task.name),
      clientOf,
      listen: (listener) => this.#parts.telemetry.add(listener),
      observed: this.#observed(),
      operated: this.#operated(),
    });
  }

  task<
    Data = unknown,
    Return = unknown,
    Input extends StandardSchema | undefined = undefined,
    Output extends StandardSchema | undefined = undefined,
    Collect extends CollectOptions | undefined = undefined,
    Emits extends StandardSchema | undefined = undefined,
  >(
    name: string,
    given: Handler<Data, Return> | InlineTaskOptions<Data, Return, Input, Output, Collect, Emits>,
  ): InlineTaskClient<Data, Return, Input, Output, Collect, Emits>;
  task(name: string, given: Handler | InlineTaskOptions<unknown, unknown, undefined, undefined>): TaskClient {
    requireTaskName(name);
    const options = typeof given === "function" ? { handler: given } : given;
    const { contract, entry, schedules } = splitInline(name, options);
    this.#implement(this.#carried(contract), entry);
    for (const { name: own = name, ...schedule } of schedules) {
      this.#parts.schedules.declare(own, { ...schedule, task: name });
    }
    return this.#client(contract);
  }

  register<C extends TaskContract>(
    contract: C,
  ): TaskClient<ClientInput<ContractInput<C>>, ContractResult<C>, ContractMessage<C>> {
    const registered = this.#carried(registeredContract(contract));
    this.#register(registered);
    return this.#client<ClientInput<ContractInput<C>>, ContractResult<C>, ContractMessage<C>>(registered);
  }

  implement<C extends TaskContract>(
    contract: C,
    entry: ContractEntry<C>,
  ): TaskClient<ClientInput<ContractInput<C>>, ContractResult<C>, ContractMessage<C>> {
    const registered = this.#carried(registeredContract(contract));
    this.#implement(registered, entry as HandlerEntry);
    return this.#client<ClientInput<ContractInput<C>>, ContractResult<C>, ContractMessage<C>>(registered);
  }

  schedule<const Task extends ScheduleTask>(
    name: string,
    options: ScheduleOptions<Task>,
  ): ScheduleHandle<TaskResult<Task>> {
    requireObject(options, `schedule ${name}`);
    const task: ScheduleTask = options.task;
    if (typeof task === "object" && task !== null && !("dispatch" in task))
      this.#register(this.#carried(registeredContract(task)));
    this.#parts.schedules.declare(name, options);
    return this.schedules.handle(name);
  }

  get schedules(): Schedules {
    return this.#parts.schedules.api;
  }

  use(middleware: Middleware | MiddlewareSides): this {
    const { handle, dispatch } = SIDES.read(
      typeof middleware === "function" ? { handle: middleware } : middleware,
      "use()",
    );
    if (handle !== undefined) this.#runLayers.push(handle);
    if (dispatch !== undefined) this.#parts.dispatchLayers.push(dispatch);
    return this;
  }

  on<Type extends keyof AppEvents, const Task extends TaskRef = TaskRef>(
    type: Type,
    listener: (event: AppEvents<TaskResult<Task>>[Type]) => void,
    options?: AppListenOptions<Task>,
  ): () => void {
    return this.#parts.events.on(type, listener, options);
  }

  once<Type extends keyof AppEvents, const Task extends TaskRef = TaskRef>(
    type: Type,
    options?: AppListenOptions<Task>,
  ): Promise<AppEvents<TaskResult<Task>>[Type]> {
    return this.#parts.events.next(type, options) as Promise<AppEvents<TaskResult<Task>>[Type]>;
  }

  async connect(): Promise<void> {
    await this.#connect();
    await this.#parts.events.sync();
  }

  async start(options: StartOptions = {}): Promise<void> {
    const { tasks } = START.read(options, "start()");
    this.#closing = undefined;
    await this.#inTurn(async () => {
      this.#parts.worker.choose(tasks);
      await this.#startWorking();
    });
  }

  async run(options: RunOptions = {}): Promise<void> {
    RUN.read(options, "run()");
    const { tasks, ...close } = options;
    const heard = (stop: () => void) => {
      this.#stopRunning = stop;
    };
    try {
      await untilTerminated({ start: () => this.start({ tasks }), quiet: () => this.quiet(), heard });
    } finally {
      this.#stopRunning = undefined;
    }
    await this.close(close);
  }

  /** As SIGTERM does: what `run()` was given for its close holds. */
  #terminate(): void {
    if (this.#stopRunning !== undefined) this.#stopRunning();
    else this.close().catch((error: unknown) => this.#parts.events.reportError(error));
  }

  health(): AppHealth {
    return readHealth(this.#parts);
  }

  quiet(): void {
    this.#parts.worker.quiet();
  }

  resume(): void {
    this.#parts.worker.resume();
  }

  close(options: CloseOptions = {}): Promise<void> {
    const { timeout: timeoutMs = 30_000 } = CLOSE.read(options, "close()");
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  workflow<Link extends WorkflowLink>(
    link: Fitting<undefined, Link>,
    options?: WorkflowOptions,
  ): PendingWorkflow<LinkResult<Link>> {
    return this.#parts.workflows.start(link as WorkflowLink, options);
  }

  get jobs(): Jobs {
    return this.#parts.jobs;
  }

  get tasks(): Tasks {
    return this.#parts.tasks;
  }

  get workers(): Workers {
    return this.#parts.workers;
  }

  get errors(): Errors {
    return this.#parts.errors;
  }

  get pools(): AppPools {
    return this.#parts.pools;
  }

  get audit(): AuditList {
    return this.#parts.audit;
  }

  get store(): AppStore {
    return this.#parts.store;
  }

  get workflows(): WorkflowList {
    return this.#parts.workflows.list;
  }

  #copyOnto(replaced: Pick<TaskoraOptions, "adapter" | "clock">): Taskora {
    const copy = new App({ ...this.#options, ...replaced });
    copy.#runLayers.push(...this.#runLayers);
    copy.#parts.dispatchLayers.push(...this.#parts.dispatchLayers);
    copy.#parts.registry.copy(this.#parts.registry);
    copy.#parts.schedules.copy(this.#parts.schedules);
    return copy;
  }

  #observed(): AppInternals["observed"] {
    const { settings, worker } = this.#parts;
    return {
      adapter: settings.adapter,
      clock: settings.clock,
      connect: () => this.#connect(),
      workerId: () => worker.id,
      slots: () => worker.slots,
    };
  }

  #operated(): AppInternals["operated"] {
    const { settings, clientHost } = this.#parts;
    return {
      clientAs: (contract) => this.#client({ ...contract, input: undefined, output: undefined }),
      readJobs: async (refs) => {
        await this.#connect();
        const jobs = await settings.adapter.read(refs);
        return jobs.map((job) => job && decodeJob(settings.serializer, job));
      },
      audit: (change) => clientHost.context.audit(change),
    };
  }

  #clientOf(name: string): BoundTaskClient<unknown, unknown> | undefined {
    const contract = this.#parts.registry.contract(name);
    return contract === undefined ? undefined : this.#client(contract);
  }

  /** A contract that no generator has looked at. */
  #carried(contract: RegisteredContract): RegisteredContract {
    if (this.#parts.settings.serializer !== jsonSerializer) return contract;
    const { name: task, input, output, emits } = contract;
    requireWireTypes(input, { task, side: "input" });
    requireWireTypes(output, { task, side: "output" });
    requireWireTypes(emits, { task, side: "emits" });
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
    requireHandler(this.#parts.settings.adapter, contract.name, entry);
    for (const added of this.#parts.registry.implement(contract, task)) this.#parts.worker.add(added);
    this.#parts.schedules.taskAdded();
    this.#parts.events.hearMore();
  }

  #client<Input, Result, Message>(contract: RegisteredContract): BoundTaskClient<Input, Result, Message> {
    const { settings, clientHost } = this.#parts;
    return new BoundTaskClient<Input, Result, Message>(producerTask(contract, settings.defaults), clientHost);
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
    this.#parts.messages.closeAll();
    await this.#parts.heartbeat.stop();
    await this.#parts.auditKeeper.idle();
    this.#parts.events.reset();
    await this.#parts.connection.close();
  }
}

limitArguments(App.prototype, "", {
  throws: {
    ...{ task: 2, register: 1, implement: 2, schedule: 2, use: 1, on: 3 },
    ...{ workflow: 2, close: 1, quiet: 0, resume: 0, health: 0 },
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
  return new App(withLentStore(options));
}
