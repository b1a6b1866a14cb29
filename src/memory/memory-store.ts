import { randomUUID } from "node:crypto";
import { requireNoMore } from "../core/arguments.js";
import { objectWith } from "../core/checks.js";
import { type Clock, steadyClock, systemClock } from "../core/clock.js";
import { OptionError } from "../core/errors.js";
import { describe, optionSet } from "../core/options.js";
import { type Listeners, publishTo } from "../core/subscription.js";
import { Wakes } from "../core/waiting-claims.js";
import { Announcements } from "./announcements.js";
import { AuditLog } from "./observe/audit-log.js";
import { ToldContracts } from "./observe/contract-schemas.js";
import { MeasureBook } from "./observe/measure-book.js";
import { ScheduleBook } from "./schedule-book.js";
import { TaskStore, type TaskSurroundings } from "./task-store.js";
import { WorkflowShelf } from "./workflow-shelf.js";

/** Jobs in this process that several adapters share. Make one with {@link createMemoryStore}. */
export interface MemoryStore {
  /**
   * The store's clock: what is due, expired or past its lease is decided by it. It runs on evenly when the clock of the
   * machine is set.
   */
  readonly clock: Clock;
  /** Forgets everything it holds, as FLUSHALL does: for tests of what an application does then. */
  clear(): void;
}

/** The same in the ES module and in the CommonJS build: a process may hold both. */
const STORE_MARK = Symbol.for("taskora.memory.store");

/** What is behind a {@link MemoryStore}: the tasks and who waits for them. */
export class JobStore implements MemoryStore {
  readonly clock: Clock;
  readonly wakes = new Wakes();
  readonly announcements = new Announcements();
  readonly workflows = new WorkflowShelf();
  readonly schedules = new ScheduleBook();
  readonly toldContracts = new ToldContracts();
  readonly auditLog = new AuditLog();
  readonly measures = new MeasureBook();
  /** Those who hear of tasks that are met for the first time. */
  readonly metListeners: Listeners = new Set();
  readonly #tasks = new Map<string, TaskStore>();
  #data: string = randomUUID();

  constructor(clock: Clock) {
    this.clock = steadyClock(clock);
    Object.defineProperty(this, STORE_MARK, { value: true });
  }

  /** Names what it holds; another name since it was cleared. */
  get data(): string {
    return this.#data;
  }

  /** Those who wait and listen stay. */
  clear(): void {
    this.#data = randomUUID();
    for (const [name, { eventListeners, cancelListeners }] of this.#tasks) {
      const listeners = { eventListeners, cancelListeners };
      this.#tasks.set(name, this.#newTask(name, listeners));
    }
    this.announcements.clear();
    this.workflows.clear();
    this.schedules.clear();
    this.toldContracts.clear();
    this.auditLog.clear();
    this.measures.clear();
    this.wakes.clear();
  }

  /** Ms until each task needs a sweep; those of `own` also while jobs wait in them. */
  due(own: ReadonlySet<string>, now: number): readonly { readonly task: string; readonly inMs: number }[] {
    return [...this.#tasks.values()].flatMap((task) => {
      const isWanted = task.hasNext || task.hasSuspects || !task.newer.isEmpty;
      const lying = this.workflows.dueInMs(task.name, now);
      const soonest = own.has(task.name) && isWanted ? 0 : task.nextDueInMs(now);
      const inMs = lying === undefined ? soonest : Math.min(lying, soonest ?? lying);
      return inMs === undefined ? [] : [{ task: task.name, inMs }];
    });
  }

  /** Names of tasks that anybody has stored something of, or works on. */
  known(): readonly string[] {
    return [...this.#tasks.values()].filter(({ isMet }) => isMet).map(({ name }) => name);
  }

  /** The tasks with these names, in their order. */
  tasks(names: readonly string[]): TaskStore[] {
    return names.map((name) => this.task(name));
  }

  task(name: string): TaskStore {
    let task = this.#tasks.get(name);
    if (task === undefined) {
      task = this.#newTask(name);
      this.#tasks.set(name, task);
    }
    return task;
  }

  #newTask(name: string, listeners?: TaskSurroundings["listeners"]): TaskStore {
    const wake = () => this.wakes.mark(name);
    const met = () => publishTo(this.metListeners, { kind: "met", task: name });
    const surroundings = { clock: this.clock, workflows: this.workflows, wake, met };
    return new TaskStore(name, listeners === undefined ? surroundings : { ...surroundings, listeners });
  }
}

/** An empty store. Adapters made over the same one see the same jobs, like processes over one Redis. */
export function createMemoryStore(options?: { readonly clock?: Clock | undefined }): MemoryStore;
export function createMemoryStore(options: object = {}, ...surplus: readonly unknown[]): MemoryStore {
  requireNoMore("createMemoryStore()", 1, surplus);
  return new JobStore(STORE.read(options, "createMemoryStore()").clock ?? systemClock);
}

/** The check of an option `clock`. */
export const clockOption = objectWith<Clock>("a clock", ["now", "monotonic", "schedule"]);

const STORE = optionSet({ clock: clockOption });

/**
 * The jobs behind a store.
 *
 * @throws {OptionError} when it was not made by {@link createMemoryStore}
 */
export function jobsOf(store: unknown): JobStore {
  if (typeof store === "object" && store !== null && STORE_MARK in store) return store as object as JobStore;
  throw new OptionError(`expected store to be made by createMemoryStore(), got ${describe(store)}`, {
    option: "store",
  });
}
