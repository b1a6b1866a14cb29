import { type Clock, systemClock } from "../core/clock.js";
import { TaskStore } from "./task-store.js";
import { WakeBoard } from "./wake-board.js";

/** What several adapter instances share: the jobs and the clock. Make one with {@link createMemoryStore}. */
export class MemoryStore {
  /** The store's clock: what is due, expired or past its lease is decided by it. */
  readonly clock: Clock;
  readonly #tasks = new Map<string, TaskStore>();
  readonly #wakeBoard = new WakeBoard();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** @internal */
  get wakeBoard(): WakeBoard {
    return this.#wakeBoard;
  }

  /** @internal */
  task(name: string): TaskStore {
    let task = this.#tasks.get(name);
    if (task === undefined) {
      task = new TaskStore(name);
      this.#tasks.set(name, task);
    }
    return task;
  }
}

/** An empty store. Adapters made over the same one see the same jobs, like processes over one Redis. */
export function createMemoryStore(options: { readonly clock?: Clock } = {}): MemoryStore {
  return new MemoryStore(options.clock ?? systemClock);
}
