import { MOST_TASKS, OTHER_TASKS } from "../app/telemetry/store-standing.js";

/** Which tasks have values of their own: those that were met first, so that none loses them when others come. */
export class TaskLabels {
  readonly #own = new Set<string>();

  /** The label of a task: its name, or that of all others. */
  of(task: string): string {
    if (this.#own.has(task)) return task;
    if (this.#own.size >= MOST_TASKS) return OTHER_TASKS;
    this.#own.add(task);
    return task;
  }
}
