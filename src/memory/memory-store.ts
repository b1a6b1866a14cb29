import { requireNoMore } from "../core/arguments.js";
import { objectWith } from "../core/checks.js";
import { type Clock, steadyClock, systemClock } from "../core/clock.js";
import { OptionError } from "../core/errors.js";
import { describe, optionSet } from "../core/options.js";
import { Announcements } from "./contract-store.js";
import { ScheduleBook } from "./schedule-book.js";
import { TaskStore } from "./task-store.js";
import { WakeBoard } from "./wake-board.js";
import { WorkflowBoard } from "./workflow-board.js";

/** Jobs in this process that several adapters share. Make one with {@link createMemoryStore}. */
export interface MemoryStore {
  /**
   * The store's clock: what is due, expired or past its lease is decided by it. It runs on evenly when the clock of the
   * machine is set.
   */
  readonly clock: Clock;
}

/** What is behind a {@link MemoryStore}: the tasks and who waits for them. */
export class JobStore implements MemoryStore {
  readonly clock: Clock;
  readonly wakeBoard = new WakeBoard();
  readonly announcements = new Announcements();
  readonly workflows = new WorkflowBoard({
    task: (name) => this.task(name),
    wake: (name) => this.wakeBoard.mark(name),
  });
  readonly schedules = new ScheduleBook();
  readonly #tasks = new Map<string, TaskStore>();

  constructor(clock: Clock) {
    this.clock = steadyClock(clock);
  }

  /** The tasks with these names, in their order. */
  tasks(names: readonly string[]): TaskStore[] {
    return names.map((name) => this.task(name));
  }

  task(name: string): TaskStore {
    let task = this.#tasks.get(name);
    if (task === undefined) {
      task = new TaskStore(name, { clock: this.clock, workflows: this.workflows });
      this.#tasks.set(name, task);
    }
    return task;
  }
}

/** An empty store. Adapters made over the same one see the same jobs, like processes over one Redis. */
export function createMemoryStore(options?: { readonly clock?: Clock }): MemoryStore;
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
  if (store instanceof JobStore) return store;
  throw new OptionError(`expected store to be made by createMemoryStore(), got ${describe(store)}`, {
    option: "store",
  });
}
