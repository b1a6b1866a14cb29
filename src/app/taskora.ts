import type { ContractInput, ContractMessage, ContractResult, TaskContract } from "../core/contract.js";
import type { CollectOptions } from "../core/limits/collect.js";
import type { StandardSchema } from "../schema/standard-schema.js";
import type { Handler, Middleware } from "../worker/handler.js";
import type { AppHealth } from "./app-health.js";
import type { ClientInput } from "./dispatch/client-input.js";
import type { DispatchMiddleware } from "./dispatch/dispatch-layers.js";
import type { InlineTaskClient, InlineTaskOptions } from "./dispatch/inline-task.js";
import type { TaskClient } from "./dispatch/task-client.js";
import type { AppEvents } from "./event-types.js";
import type { AppListenOptions } from "./events.js";
import type { PendingWorkflow } from "./handles/workflow-handle.js";
import type { AuditList } from "./operate/audit-list.js";
import type { Errors } from "./operate/errors.js";
import type { Jobs } from "./operate/jobs.js";
import type { TaskRef } from "./operate/known-tasks.js";
import type { AppPools } from "./operate/pools.js";
import type { AppStore } from "./operate/store-info.js";
import type { Tasks } from "./operate/tasks.js";
import type { Workers } from "./operate/workers.js";
import type { CloseOptions, RunOptions, StartOptions } from "./process-options.js";
import type { ScheduleOptions, ScheduleTask } from "./schedules/schedule-options.js";
import type { ScheduleHandle, Schedules } from "./schedules/schedules.js";
import type { ContractEntry, TaskResult } from "./task-types.js";
import type { WorkflowList } from "./workflows/workflow-list.js";
import type { Fitting, LinkResult, WorkflowLink } from "./workflows/workflow-part.js";
import type { WorkflowOptions } from "./workflows/workflows.js";

/** Middleware for one side or both. */
export interface MiddlewareSides {
  /** Goes around every handler of tasks that are implemented afterwards. */
  readonly handle?: Middleware | undefined;
  /** Goes around every dispatch of this app, of tasks known before too. */
  readonly dispatch?: DispatchMiddleware | undefined;
}

/**
 * The registry of one process: adapter, tasks, middleware and defaults. Make one with {@link createTaskora}. Life: made →
 * (first dispatch: connected) → `start()`: working → `close()`: closed → `start()` again.
 */
export interface Taskora {
  /**
   * Declares a task with its handler in one place.
   *
   * @throws {TaskoraError} `NAME_INVALID`, `OPTION_INVALID`, `CONTRACT_CONFLICT`, `CONTRACT_INVALID`, and `NOT_SUPPORTED`
   * for what the adapter declines
   */
  task<
    Data = unknown,
    Return = unknown,
    Input extends StandardSchema | undefined = undefined,
    Output extends StandardSchema | undefined = undefined,
    Collect extends CollectOptions | undefined = undefined,
    Emits extends StandardSchema | undefined = undefined,
  >(
    name: string,
    task: Handler<Data, Return> | InlineTaskOptions<Data, Return, Input, Output, Collect, Emits>,
  ): InlineTaskClient<Data, Return, Input, Output, Collect, Emits>;

  /**
   * Makes a contract known so that it can be dispatched; the handler lives elsewhere. Idempotent.
   *
   * @throws {TaskoraError} `CONTRACT_CONFLICT` when the name already means another contract, `CONTRACT_INVALID`, and
   * `NOT_SUPPORTED` for what the adapter declines
   */
  register<C extends TaskContract>(
    contract: C,
  ): TaskClient<ClientInput<ContractInput<C>>, ContractResult<C>, ContractMessage<C>>;

  /**
   * Gives a contract its handler. Works before and after {@link start}.
   *
   * @throws {TaskoraError} `CONTRACT_CONFLICT` when it has one already, `CONTRACT_INVALID`, `OPTION_INVALID`, and
   * `NOT_SUPPORTED` for what the adapter declines
   */
  implement<C extends TaskContract>(
    contract: C,
    entry: ContractEntry<C>,
  ): TaskClient<ClientInput<ContractInput<C>>, ContractResult<C>, ContractMessage<C>>;

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
  ): ScheduleHandle<TaskResult<Task>>;

  /** The schedules that the store holds: list, make, pause, resume, change, remove and trigger them. */
  readonly schedules: Schedules;

  /**
   * Adds middleware: a function goes around every handler, an object may name both sides. The first added is the
   * outermost. Tasks implemented before do not get it, so add middleware first.
   */
  use(middleware: Middleware | MiddlewareSides): this;

  /**
   * Listens to events of all tasks that the store has met, from every process, or to the app's own `error`, `warning` and
   * `audit`; `*` is any of them. Events of tasks arrive once the app is connected. Returns what stops it.
   *
   * @throws {OptionError} when there is no such event
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter tells no events of tasks
   */
  on<Type extends keyof AppEvents, const Task extends TaskRef = TaskRef>(
    type: Type,
    listener: (event: AppEvents<TaskResult<Task>>[Type]) => void,
    options?: AppListenOptions<Task>,
  ): () => void;

  /**
   * Resolves with the next event, as {@link on} would tell it; connects for it. Who asks for the one after when he is given one, in the
   * same turn of the event loop, misses none, also of those that come together. Rejects with the reason of `signal` when that
   * aborts, and with `APP_CLOSED` when the app closes first.
   *
   * @throws {OptionError} when there is no such event
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter tells no events of tasks
   */
  once<Type extends keyof AppEvents, const Task extends TaskRef = TaskRef>(
    type: Type,
    options?: AppListenOptions<Task>,
  ): Promise<AppEvents<TaskResult<Task>>[Type]>;

  /** Connects without working; dispatching and inspecting do it by themselves. Waits for listeners to be heard. */
  connect(): Promise<void>;

  /**
   * Connects and works on every task that has a handler, or on some, until {@link close}. Idempotent.
   *
   * @throws {OptionError} when a pattern of `tasks` chooses none, or when it works on others already
   * @throws {TaskoraError} `APP_CLOSED` when it is closed while it connects; the store's own errors
   */
  start(options?: StartOptions): Promise<void>;

  /** {@link start}, then waits for SIGINT or SIGTERM, then {@link close}. SIGUSR2 makes it {@link quiet}. */
  run(options?: RunOptions): Promise<void>;

  /**
   * How this process is, for a probe: whether it goes on, and whether it takes jobs. Asks nobody, and never fails. See
   * docs/scaling.md.
   */
  health(): AppHealth;

  /**
   * Begins no more jobs in this process, until {@link resume} or {@link close}: what runs goes on and is kept, jobs that
   * were claimed ahead are given back, dispatching and everything else works. An app that is not started yet starts
   * quietly.
   */
  quiet(): void;

  /** Begins jobs again after {@link quiet}. */
  resume(): void;

  /**
   * Lets active jobs end for up to `timeout`, stores what was dispatched, gives the rest back and disconnects. Idempotent.
   * Dispatching is possible while handlers run, then refused with `APP_CLOSED` until {@link start} undoes this. Takes
   * `timeout` and 2 s at most, whatever the store does.
   */
  close(options?: CloseOptions): Promise<void>;

  /**
   * Starts a workflow made with `chain`, `group`, `chord`, `map` and `chunk`. Returns at once, like `dispatch`: the
   * promise resolves when the store has it, and already has `id` and `result`.
   */
  workflow<Link extends WorkflowLink>(
    link: Fitting<undefined, Link>,
    options?: WorkflowOptions,
  ): PendingWorkflow<LinkResult<Link>>;

  /** The jobs that the store holds: count, list, read and change them. */
  readonly jobs: Jobs;

  /** The tasks that this app declares and the store has met: list, pause, resume and drain them. */
  readonly tasks: Tasks;

  /** The live workers of all apps over this store. */
  readonly workers: Workers;
  /** The kinds of errors that jobs had, of all apps over this store. */
  readonly errors: Errors;

  /** The pools of this process: how many jobs of their tasks run at once, now and from now on. */
  readonly pools: AppPools;

  /** What was changed by hand, by whom and why, in every process. */
  readonly audit: AuditList;

  /** The store itself: where it is, and how its servers are. */
  readonly store: AppStore;

  /** The workflows that the store holds: list, read, cancel and resume them. */
  readonly workflows: WorkflowList;

  /** {@link close}, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}
