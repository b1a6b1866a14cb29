import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { OptionError } from "../core/errors.js";
import type { WorkerCommand } from "../core/observe/vitals.js";
import { describe } from "../core/options.js";
import { chooseTasks, type TaskChoice } from "../core/task-patterns.js";
import type { WorkerMessage } from "../core/telemetry/job-listener.js";
import type { Telemetry } from "../core/telemetry/telemetry.js";
import { inRootContext } from "../worker/async-context.js";
import type { RunnableTask } from "../worker/runnable-task.js";
import { Worker, type WorkerPulse } from "../worker/worker.js";
import type { EventHub } from "./events.js";
import { requireFeature } from "./features.js";
import type { Heartbeat } from "./handles/heartbeat.js";
import { KeepAlive } from "./handles/keep-alive.js";
import type { AppSettings } from "./options.js";
import type { AppSchedules } from "./schedules/app-schedules.js";
import { VERSION } from "./version.js";
import type { WorkLog } from "./work-log.js";
import { keptWorkflows } from "./workflows/workflows.js";

/** What an app works with. */
export interface AppWorkerHost {
  readonly settings: AppSettings;
  readonly events: EventHub;
  readonly log: WorkLog;
  readonly schedules: AppSchedules;
  readonly heartbeat: Heartbeat;
  readonly telemetry: Telemetry;
  /** Ends the work of this process as a signal would: an operator asked for it. */
  readonly app: { terminate(): void };
  /** The tasks that have a handler. */
  readonly registry: { runnable(): readonly RunnableTask[] };
}

/** Lets an app work: on its tasks by a worker, a new one with a name of its own after each start, and on its schedules. */
export class AppWorker {
  readonly #host: AppWorkerHost;
  #worker: Worker | undefined;
  /** Name of the worker. */
  #id: string | undefined;
  /** The worker that is being stopped. */
  #stopping: Worker | undefined;
  #isQuiet = false;
  #isStarted = false;
  /** As they were given; undefined: all tasks are worked on. */
  #patterns: readonly string[] | undefined;
  #isChosen: TaskChoice = () => true;
  readonly #keepAlive = new KeepAlive();

  constructor(host: AppWorkerHost) {
    this.#host = host;
  }

  /**
   * Says which tasks the next {@link start} works on.
   *
   * @throws {OptionError} when a pattern chooses none, or when it works on others already
   */
  choose(patterns: readonly string[] | undefined): void {
    if (this.#worker !== undefined) {
      if (patterns === undefined || isDeepStrictEqual(patterns, this.#patterns)) return;
      throw new OptionError(
        `expected tasks of start() only before this app works, got ${describe(patterns)}. Call close() first`,
        { option: "tasks" },
      );
    }
    const names = this.#host.registry.runnable().flatMap(({ name, contract }) => [name, contract]);
    this.#isChosen =
      patterns === undefined
        ? () => true
        : chooseTasks(patterns, { names: [...new Set(names)], option: "tasks" });
    this.#patterns = patterns;
  }

  /** A former name goes with the task. */
  get #chosen(): readonly RunnableTask[] {
    return this.#host.registry.runnable().filter((task) => this.#works(task));
  }

  #works({ name, contract }: RunnableTask): boolean {
    return this.#isChosen(name) || this.#isChosen(contract);
  }

  /** The adapter must be connected. Idempotent. */
  start(): Promise<void> {
    return inRootContext(() => this.#start());
  }

  async #start(): Promise<void> {
    if (this.#worker !== undefined) return;
    const { log, schedules, settings } = this.#host;
    const tasks = this.#chosen;
    const worker = this.#makeWorker();
    this.#worker = worker;
    if (this.#isQuiet) worker.quiet();
    // With a store inside this process nothing else would keep it running while it waits for jobs.
    this.#keepAlive.hold();
    try {
      await Promise.all(tasks.map((task) => worker.add(task)));
      await worker.start();
      await schedules.start();
      this.#isStarted = true;
      log.started(tasks, settings.pools);
      this.#tell("started");
      if (this.#isQuiet) log.quiet();
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  /** Lets active jobs end for up to `timeoutMs`. Idempotent. */
  async stop(timeoutMs: number): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#isQuiet = false;
    this.#isStarted = false;
    this.#stopping = worker;
    await Promise.all([worker?.stop(timeoutMs), this.#host.schedules.stop()]);
    this.#stopping = undefined;
    this.#keepAlive.end();
    this.#host.heartbeat.update();
    this.#host.log.closed();
    if (worker !== undefined) this.#tell("stopped");
  }

  /** Whether a handler is at work, also one that a stop waits for. */
  get runsHandlers(): boolean {
    return (this.#worker ?? this.#stopping)?.runsHandlers ?? false;
  }

  /** Begins no more jobs until {@link resume} or {@link stop}. */
  quiet(): void {
    if (this.#isQuiet) return;
    this.#isQuiet = true;
    this.#host.log.quiet();
    this.#worker?.quiet();
    this.#tell("quiet");
  }

  resume(): void {
    if (!this.#isQuiet) return;
    this.#isQuiet = false;
    this.#host.log.resumed();
    this.#worker?.resume();
    this.#tell("resumed");
  }

  /** Name of the worker, a new one after each start; undefined: it has not started yet. */
  get id(): string | undefined {
    return this.#id;
  }

  /** As {@link Worker.slots}; none while it does not work. */
  get slots(): Worker["slots"] {
    return this.#worker?.slots ?? { used: 0, size: 0 };
  }

  #tell(event: WorkerMessage["event"]): void {
    if (this.#id !== undefined) this.#host.telemetry.worker({ worker: this.#id, event });
  }

  get isWorking(): boolean {
    return this.#worker !== undefined;
  }

  /** Undefined: it does not work. */
  get pulse(): (WorkerPulse & { readonly state: "starting" | "running" | "quiet" }) | undefined {
    const worker = this.#worker;
    if (worker === undefined) return undefined;
    const state = this.#isQuiet ? "quiet" : "running";
    return { ...worker.pulse, state: this.#isStarted ? state : "starting" };
  }

  /** The store holds other data than before. */
  async storeReplaced(): Promise<void> {
    await this.#worker?.storeReplaced();
  }

  /** A task has got its handler. */
  add(task: RunnableTask): void {
    if (!this.#works(task)) return;
    inRootContext(() => this.#worker?.add(task))?.catch((error: unknown) =>
      this.#host.events.reportError(error),
    );
  }

  /** A task has no handler here any more. */
  remove(name: string): void {
    inRootContext(() => this.#worker?.remove(name))?.catch((error: unknown) =>
      this.#host.events.reportError(error),
    );
  }

  #obey(command: WorkerCommand): void {
    if (command === "close") this.#host.app.terminate();
    else this[command]();
  }

  #makeWorker(): Worker {
    const { settings, events, log, heartbeat, telemetry } = this.#host;
    // On a command line it must not look like a flag.
    const id = randomBytes(6).toString("base64url").replace(/^[-_]/, "w");
    this.#id = id;
    return new Worker(settings.adapter, {
      clock: settings.clock,
      telemetry,
      workerId: id,
      place: { host: hostname(), pid: process.pid },
      isMeasured: settings.metrics,
      release: settings.release,
      versions: { node: process.version, taskora: VERSION },
      obey: (command) => this.#obey(command),
      keptBeside: keptWorkflows(settings),
      pools: settings.pools,
      random: randomFraction,
      requireTransactions: (asked) => requireFeature(settings.adapter, "transactions", asked),
      surveyed: (data) => {
        log.storeAnswered();
        heartbeat.surveyed(data);
      },
      warn: (message, about) => events.warn(message, about),
      reportError: (error, about) => events.reportError(error, about),
      jobFailed: (error, about) => log.jobFailed(error, about),
    });
  }
}

/** In [0, 1), with 48 good bits. */
export function randomFraction(): number {
  return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
}
