import type { Adapter } from "../../core/adapter.js";
import { OptionError, TaskoraError } from "../../core/errors.js";
import { JOB_STATES } from "../../core/lifecycle.js";
import { describe, didYouMean } from "../../core/options.js";
import { requireTaskName } from "../../core/task-name.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import type { Registry } from "../registry.js";

/** What is asked for the tasks there are. */
export interface KnownTasksHost {
  readonly adapter: Adapter;
  readonly registry: Registry;
  warn(message: string): void;
}

/**
 * Which tasks there are. A task is known when the app declares it, or when the store has jobs of it, a pause, or a live
 * worker; so an app that declares nothing can operate what others run, and a misspelt name is told from an idle task.
 * The store is asked only about what the app does not declare.
 */
export class KnownTasks {
  readonly #host: KnownTasksHost;

  constructor(host: KnownTasksHost) {
    this.#host = host;
  }

  /**
   * What a call without a name is about: the tasks of the app, or those of all live workers where it declares none. That
   * there are none either is a warning, since the store may have jobs all the same.
   */
  async all(): Promise<readonly string[]> {
    const declared = this.#host.registry.names();
    if (declared.length > 0) return declared;
    const announced = await this.#announced();
    if (announced.length === 0) {
      this.#host.warn(
        "This app declares no tasks and no worker is alive, so a call without a task's name looks at none. " +
          "Name the task, or register its contract.",
      );
    }
    return announced;
  }

  /**
   * Refuses a name that means no task. Needs a connection.
   *
   * @throws {TaskoraError} `TASK_NOT_FOUND`, with the nearest known name
   */
  async require(task: string): Promise<void> {
    const declared = [...this.#host.registry.names(), ...this.#host.registry.formerNames()];
    if (task === WORKFLOW_TASK || declared.includes(task)) return;
    if (await this.#isStored(task)) return;
    const announced = await this.#announced();
    if (!announced.includes(task)) throw taskNotFound(task, [...declared, ...announced]);
  }

  async #isStored(task: string): Promise<boolean> {
    const [counts] = await this.#host.adapter.count([task]);
    return counts?.pausedAt !== undefined || JOB_STATES.some((state) => (counts?.[state] ?? 0) > 0);
  }

  async #announced(): Promise<readonly string[]> {
    const workers = (await this.#host.adapter.contracts?.workers()) ?? [];
    return [...new Set(workers.flatMap(({ tasks }) => tasks.map(({ task }) => task)))].sort();
  }
}

function taskNotFound(task: string, known: readonly string[]): TaskoraError {
  const hint = didYouMean(task, known) ?? "Check the name, or register the task's contract in this app.";
  return new TaskoraError(
    "TASK_NOT_FOUND",
    `There is no task "${task}": this app does not declare it, and the store has neither jobs nor a live worker of it. ` +
      hint,
  );
}

/**
 * Takes the name of a task.
 *
 * @throws {OptionError} for what is no text, and `NAME_INVALID` for a name that no task can have
 */
export function taskName(value: unknown, option: string): string {
  if (typeof value === "string") return requireTaskName(value, option);
  throw new OptionError(`expected ${option} to be the name of a task, got ${describe(value)}`, { option });
}
