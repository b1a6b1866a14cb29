/** What the library's own entries ask of an app beside its public methods, for either build of this library. */

import type { Adapter } from "../core/adapter.js";
import type { Clock } from "../core/clock.js";
import { OptionError } from "../core/errors.js";
import type { JobRef } from "../core/job.js";
import { describe } from "../core/options.js";
import type { LateListener, Listener } from "../core/telemetry/telemetry.js";
import type { HandlerEntry } from "../worker/handler.js";
import type { TaskClient } from "./dispatch/task-client.js";
import type { ToldChange } from "./operate/change.js";
import type { Job } from "./operate/job.js";
import type { TaskoraOptions } from "./options.js";
import type { RegisteredContract } from "./registry.js";
import type { Taskora } from "./taskora.js";

/** The same in the ES module and in the CommonJS build: a process may hold both. */
const INTERNALS = Symbol.for("taskora.app");

/** Not for users: nothing here is checked. */
export interface AppInternals {
  /** For generated code: a contract in its registered form. */
  registerGenerated(contract: RegisteredContract): TaskClient;
  /** For generated code. */
  implementGenerated(contract: RegisteredContract, entry: HandlerEntry): void;
  /**
   * For `taskora/testing`: an app with the tasks, handlers, middleware and settings of this one, over another store
   * and clock. What is added here later is not in it.
   */
  copyOnto(replaced: Pick<TaskoraOptions, "adapter" | "clock">): Taskora;
  /** Names of tasks that have a handler here. */
  workedTasks(): readonly string[];
  /** The client of a task that is known here. */
  clientOf(name: string): TaskClient | undefined;
  /** For the board: what it does beside the public methods. */
  readonly operated: {
    /** The client of a task of which only this is known, as a worker told it. Nothing is registered. */
    clientAs(contract: Pick<RegisteredContract, "name" | "version" | "fingerprint">): TaskClient;
    /** Jobs in one call; undefined: it is not stored (any more). */
    readJobs(refs: readonly JobRef[]): Promise<readonly (Job | undefined)[]>;
    /** Tells of something that was done by hand. */
    audit(change: ToldChange): void;
  };
  /** For telemetry: tells a listener how jobs go here, now or once there is one. Returns what takes it away. */
  listen(listener: Listener | LateListener): () => void;
  /** For telemetry: what there is to be looked at. */
  readonly observed: {
    readonly adapter: Adapter;
    readonly clock: Clock;
    connect(): Promise<void>;
    /** Name of the worker; undefined: there is none. */
    workerId(): string | undefined;
    /** Slots of the worker: those in use, and the most there may be. */
    slots(): { readonly used: number; readonly size: number };
  };
}

/** Gives an app what only {@link internalsOf} finds. */
export function setInternals(app: object, internals: AppInternals): void {
  Object.defineProperty(app, INTERNALS, { value: internals });
}

/** Whether a value was made by `createTaskora()`, of whichever build. */
export function isApp(value: unknown): value is object {
  return typeof value === "object" && value !== null && INTERNALS in value;
}

/** @throws {OptionError} when it was not made by `createTaskora()` */
export function internalsOf(app: object): AppInternals {
  if (isApp(app)) return (app as { readonly [INTERNALS]: AppInternals })[INTERNALS];
  throw new OptionError(`expected an app made by createTaskora(), got ${describe(app)}`);
}
