import { createTaskora } from "../app/app.js";
import { type AppInternals, internalsOf, isApp } from "../app/app-internals.js";
import type { DispatchOptions } from "../app/dispatch/dispatch-options.js";
import type { TaskoraOptions } from "../app/options.js";
import type { ScheduleTask } from "../app/schedules/schedule-options.js";
import type { TaskData, TaskResult } from "../app/task-types.js";
import type { Taskora } from "../app/taskora.js";
import { limitArguments, requireNoMore } from "../core/arguments.js";
import { instant } from "../core/checks.js";
import { type Duration, formatDuration, parseDuration } from "../core/duration.js";
import { OptionError, TaskoraError } from "../core/errors.js";
import { TimeoutError } from "../core/job-errors.js";
import { describe, didYouMean, requireObject } from "../core/options.js";
import { memoryAdapter } from "../memory/memory-adapter.js";
import { createMemoryStore } from "../memory/memory-store.js";
import { StoreView } from "./store-view.js";
import { settled, VirtualClock } from "./virtual-clock.js";

/** What {@link createTestApp} takes: an app to copy, or the options of a new one. */
export type TestAppOptions = {
  /** What time it is at first, as a date or ms since the epoch. Default 2026-01-01T00:00:00Z. */
  readonly startAt?: Date | number | undefined;
} & (
  | { readonly from: TestedApp }
  | ({ readonly from?: undefined } & Omit<TaskoraOptions, "adapter" | "clock">)
);

/** An app made by `createTaskora()`. It says little, so that an app and its tests may see the two builds of this library. */
export interface TestedApp {
  implement(contract: never, entry: never): object;
}

/** What {@link TestApp.runJob} takes behind the task: data may be left out where the task takes none. */
export type RunJobArguments<Input> = undefined extends Input
  ? [data?: Input, options?: DispatchOptions]
  : [data: Input, options?: DispatchOptions];

/** Around what is due time passes timer by timer, for longer than the rounds in which due jobs are looked for. */
const AROUND_DUE_MS = 2500;
/** How far time is moved, as a message suggests, to watch jobs that go in circles. */
const WATCH_MS = 10 * 60_000;
/** More moves from one due time to the next than any sane test takes: something goes in circles. */
const MAX_MOVES = 5000;

/**
 * An app over the memory adapter whose time stands still until the test moves it. Delays, retries, TTLs, timeouts
 * and leases all follow that time; handlers run for real. It works from the first `runJob`, `advanceTime` or
 * `runUntilIdle` on, until `close`.
 */
export interface TestApp {
  /** Declare tasks, dispatch and inspect with it as in production. */
  readonly app: Taskora;
  /** What time it is for the app and its store. */
  readonly clock: VirtualClock;

  /**
   * Dispatches a job and works until it has ended, moving time over backoffs and delays. Time stands still while
   * handlers run, so a handler that never ends needs {@link advanceTime} to reach its timeout.
   *
   * @throws {JobFailedError | CancelledError | ExpiredError} what `job.result` rejects with
   * @throws {TaskoraError} `VALIDATION_FAILED`; `HANDLER_MISSING` when nothing here runs the task; `TIMEOUT` when the
   * task is paused
   */
  runJob<const Task extends ScheduleTask>(
    task: Task,
    ...given: RunJobArguments<TaskData<Task>>
  ): Promise<TaskResult<Task>>;

  /** Moves time forward, working on what becomes due on the way. */
  advanceTime(duration: Duration): Promise<void>;

  /**
   * Works until no job is left to run, moving time over backoffs and delays. Jobs of tasks without a handler here
   * stay where they are.
   *
   * @throws {TaskoraError} `TIMEOUT` when jobs go in circles, such as one that snoozes for ever
   */
  runUntilIdle(): Promise<void>;

  /** Ends the app as in production, aborting what still runs; jobs that are left are gone with it. */
  close(): Promise<void>;
  /** {@link close}, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** See {@link TestApp}, where its members are described. */
class VirtualApp implements TestApp {
  readonly app: Taskora;
  readonly clock: VirtualClock;
  readonly #view: StoreView;
  readonly #internals: AppInternals;
  /** Time has one mover at a time. */
  #moving: Promise<void> = Promise.resolve();

  constructor(options: TestAppOptions) {
    requireObject(options, "createTestApp()");
    const { from, startAt, ...own } = options;
    rejectReplaced(from, own);
    this.clock = new VirtualClock(startAt === undefined ? undefined : instant(startAt, "startAt"));
    const store = createMemoryStore({ clock: this.clock });
    const replaced = { adapter: memoryAdapter({ store }), clock: this.clock };
    this.app =
      from === undefined
        ? createTaskora({ logger: false, ...own, ...replaced })
        : internalsOf(from).copyOnto(replaced);
    this.#internals = internalsOf(this.app);
    this.#view = new StoreView(store, () => this.#internals.workedTasks());
  }

  runJob<const Task extends ScheduleTask>(
    task: Task,
    ...given: RunJobArguments<TaskData<Task>>
  ): Promise<TaskResult<Task>>;
  async runJob(
    task: { readonly name: string } | string,
    data?: unknown,
    options?: DispatchOptions,
  ): Promise<unknown> {
    const name = nameOf(task);
    const client = this.#internals.clientOf(name);
    const worked = this.#internals.workedTasks();
    if (client === undefined || !worked.includes(name)) throw handlerMissing(name, worked);
    await this.app.start();
    const job = client.dispatch(data, options);
    const { result } = job;
    await job;
    await this.#work(result);
    // A result that is there already wins.
    return this.#view.isPaused(name) ? Promise.race([result, Promise.reject(taskPaused(name))]) : result;
  }

  async advanceTime(duration: Duration): Promise<void> {
    const ms = parseDuration(duration, "duration");
    await this.app.start();
    await this.#inTurn(() => this.#advance(ms));
  }

  async runUntilIdle(): Promise<void> {
    await this.app.start();
    await this.#work(new Promise(() => undefined));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      let isClosed = false;
      const closing = this.app.close({ timeout: 0 }).finally(() => {
        isClosed = true;
      });
      // The worker's own deadlines are on the virtual clock too.
      for (await settled(); !isClosed; await settled())
        await this.clock.advance(this.clock.nextTimerInMs ?? 0);
      await closing;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Moves from one due time to the next until nothing is left to do, or `until` has settled. */
  async #work(until: Promise<unknown>): Promise<void> {
    let hasSettled = false;
    const settle = () => {
      hasSettled = true;
    };
    const settling = until.then(settle, settle);
    const startedAt = this.clock.monotonic();
    for (let moves = 0; moves < MAX_MOVES; ) {
      await settled();
      if (hasSettled || this.#view.isIdle) return;
      if (this.#view.isRunning) {
        await Promise.race([this.#view.changed(), settling]);
      } else {
        moves += 1;
        await this.#inTurn(() => this.#advanceToNext());
      }
    }
    throw goesInCircles(this.#view.describe(), this.clock.monotonic() - startedAt);
  }

  async #advanceToNext(): Promise<void> {
    if (this.#view.isRunning) return;
    const dueInMs = this.#view.nextDueInMs ?? 0;
    await this.#advance(dueInMs > 0 ? dueInMs : (this.clock.nextTimerInMs ?? 1));
  }

  async #advance(ms: number): Promise<void> {
    const target = this.clock.monotonic() + ms;
    await settled();
    for (let left = ms; left > 0; left = target - this.clock.monotonic()) {
      const { nextDueInMs = left, nextSlotInMs = left } = this.#view;
      const quietMs = Math.min(left, nextDueInMs, nextSlotInMs) - AROUND_DUE_MS;
      if (quietMs > 0 && !this.#view.isRunning) await this.clock.leap(quietMs);
      else await this.clock.advance(Math.min(left, AROUND_DUE_MS));
    }
    await this.clock.advance(0);
  }

  #inTurn(move: () => Promise<void>): Promise<void> {
    const done = this.#moving.then(move);
    this.#moving = done.then(undefined, () => undefined);
    return done;
  }
}

/**
 * Makes an app for tests, on memory and with virtual time.
 *
 * @param options `{ from: app }` takes tasks, handlers, middleware and settings from an app, whose own store is
 * not touched; otherwise the options of a new app, whose logger is silent unless given
 */
export function createTestApp(options?: TestAppOptions): TestApp;
export function createTestApp(options: TestAppOptions = {}, ...surplus: readonly unknown[]): TestApp {
  requireNoMore("createTestApp()", 1, surplus);
  return new VirtualApp(options);
}

limitArguments(VirtualApp.prototype, "", {
  rejects: { runJob: 3, advanceTime: 1, runUntilIdle: 0, close: 0 },
});

function nameOf(task: unknown): string {
  const name = typeof task === "object" && task !== null && "name" in task ? task.name : task;
  if (typeof name === "string") return name;
  throw new OptionError(
    `expected runJob() to be given a task's client, its contract or its name, got ${describe(task)}`,
    {
      option: "task",
    },
  );
}

/** What a test app brings itself, and what an app that is copied has settled already. */
function rejectReplaced(from: unknown, own: object): void {
  if (from !== undefined && !isApp(from)) {
    throw new OptionError(`expected from to be made by createTaskora(), got ${describe(from)}`, {
      option: "from",
    });
  }
  const taken = from === undefined ? ["adapter", "clock"] : Object.keys(own);
  const key = Object.keys(own).find((each) => taken.includes(each));
  if (key === undefined) return;
  const why =
    from === undefined ? "the test app brings its own" : "the settings are those of the app in from";
  throw new OptionError(`expected no ${key} in createTestApp(): ${why}`, { option: key });
}

function handlerMissing(task: string, known: readonly string[]): TaskoraError {
  return new TaskoraError(
    "HANDLER_MISSING",
    `The test app cannot run ${task}: no handler was given. ` +
      (didYouMean(task, known) ??
        "Call app.task() or app.implement() first, or create the test app from an app that has it."),
  );
}

function taskPaused(task: string): TimeoutError {
  return new TimeoutError(
    `The job of ${task} was stored but does not run: the task is paused. Resume it first, or dispatch instead of run.`,
    0,
  );
}

function goesInCircles(left: string, movedMs: number): TimeoutError {
  return new TimeoutError(
    `Jobs were still left after time was moved ${MAX_MOVES} times (${left}). One of them is probably given back for ever; ` +
      `use advanceTime("${formatDuration(WATCH_MS)}") to watch it for a while.`,
    movedMs,
  );
}
