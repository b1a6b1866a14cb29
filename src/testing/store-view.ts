import { JOB_STATES } from "../core/lifecycle.js";
import { Subscription } from "../core/subscription.js";
import { WORKFLOW_TASK } from "../core/workflow/step.js";
import { jobsOf, type MemoryStore } from "../memory/memory-store.js";
import type { TaskStore } from "../memory/task-store.js";

/** What a test app wants to know of its store: whether anything runs, and what comes next. */
export class StoreView {
  readonly #store: MemoryStore;
  readonly #taskNames: () => readonly string[];

  /** @param taskNames the tasks that are looked at: those somebody works on */
  constructor(store: MemoryStore, taskNames: () => readonly string[]) {
    this.#store = store;
    this.#taskNames = taskNames;
  }

  /** Whether a handler is at work. */
  get isRunning(): boolean {
    return this.#tasks().some((task) => task.counts.active > 0);
  }

  /** Whether no job is left that will run. Those of a paused task wait for somebody. */
  get isIdle(): boolean {
    if (this.#workflows.counts.delayed > 0) return false;
    return this.#tasks().every(({ counts, pausedAt }) => {
      const waiting = pausedAt === undefined ? counts.waiting : 0;
      return [counts.active, waiting, counts.delayed, counts.retrying].every((count) => count === 0);
    });
  }

  isPaused(task: string): boolean {
    return jobsOf(this.#store).task(task).pausedAt !== undefined;
  }

  /** Ms until the next job is due, expires or loses its lease; undefined: none does. */
  get nextDueInMs(): number | undefined {
    const now = this.#store.clock.now();
    const tasks = [...this.#tasks(), this.#workflows];
    const dues = tasks.map((task) => task.nextDueInMs(now) ?? Number.POSITIVE_INFINITY);
    const first = Math.min(Number.POSITIVE_INFINITY, ...dues);
    return first === Number.POSITIVE_INFINITY ? undefined : first;
  }

  /** Ms until the next slot of a schedule; undefined: none comes. */
  get nextSlotInMs(): number | undefined {
    const { clock, schedules } = jobsOf(this.#store);
    const slotAt = schedules.nextSlotAt(this.#taskNames());
    return slotAt === undefined ? undefined : Math.max(0, slotAt - clock.now());
  }

  /** Resolves when something happens to a job. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      const tasks = this.#tasks();
      const subscription = new Subscription(() => {
        subscription.end();
        for (const task of tasks) task.eventListeners.delete(subscription);
        resolve();
      });
      for (const task of tasks) task.eventListeners.add(subscription);
    });
  }

  /** The states that hold jobs, for a message: `email.send: 1 delayed`. */
  describe(): string {
    return this.#tasks()
      .flatMap((task) => JOB_STATES.map((state) => ({ task: task.name, state, count: task.counts[state] })))
      .filter(({ count }) => count > 0)
      .map(({ task, state, count }) => `${task}: ${count} ${state}`)
      .join(", ");
  }

  get #workflows(): TaskStore {
    return jobsOf(this.#store).task(WORKFLOW_TASK);
  }

  #tasks(): readonly TaskStore[] {
    return jobsOf(this.#store).tasks(this.#taskNames());
  }
}
