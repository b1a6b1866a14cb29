import type { Adapter } from "../../core/adapter.js";
import { OptionError, TaskoraError } from "../../core/errors.js";
import type { FilterPattern } from "../../core/job-filter/job-filter.js";
import { fitsPattern } from "../../core/job-filter/match-filter.js";
import { requireStoredName } from "../../core/lane-name.js";
import { describe, didYouMean } from "../../core/options.js";
import type { TaskName } from "../../core/register.js";
import { isFormerName } from "../../core/task-name.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import type { Registry } from "../registry.js";

/**
 * What names a task: its name, or anything that has it, such as a client, a contract, or a task of a list. A lane of it is named
 * by its client, or as `"email.send/secondary"`.
 */
export type TaskRef = TaskName | { readonly name: string };

/** What is asked for the tasks there are. */
export interface KnownTasksHost {
  readonly adapter: Adapter;
  readonly registry: Registry;
}

/**
 * Which tasks there are: those that the app declares, and those that the store has met. So an app that declares nothing can
 * operate what others run, and a misspelt name is told from an idle task. Needs a connection.
 */
export class KnownTasks {
  readonly #host: KnownTasksHost;

  constructor(host: KnownTasksHost) {
    this.#host = host;
  }

  /** Every one, in the order of names. */
  async all(): Promise<readonly string[]> {
    const names = new Set([...this.#host.registry.names(), ...(await this.#host.adapter.tasks())]);
    names.delete(WORKFLOW_TASK);
    return [...names].sort();
  }

  /**
   * Refuses a pattern of a filter that no task fits: a misspelt one would choose nothing, or, turned around, everything.
   *
   * @throws {TaskoraError} `TASK_NOT_FOUND`, with the nearest known name
   */
  async requireChosen(patterns: readonly FilterPattern[]): Promise<void> {
    if (patterns.length === 0) return;
    const known = [...this.#host.registry.formerNames(), ...(await this.all())];
    const unknown = patterns.find((pattern) => !known.some((name) => fitsPattern(pattern, name)));
    if (unknown !== undefined) throw taskNotFound(unknown.join("*"), known);
  }

  /**
   * Refuses a name that means no task. The store is asked once, and only about what the app does not declare.
   *
   * @throws {TaskoraError} `TASK_NOT_FOUND`, with the nearest known name
   */
  async require(task: string | readonly string[]): Promise<void> {
    const names = typeof task === "string" ? [task] : task;
    if (names.length === 0) return;
    const declared = new Set([...this.#host.registry.names(), ...this.#host.registry.formerNames()]);
    const asked = names.filter((name) => name !== WORKFLOW_TASK && !declared.has(name));
    if (asked.length === 0) return;
    const stored = new Set(await this.#host.adapter.tasks());
    const unknown = asked.find((name) => !stored.has(name));
    if (unknown !== undefined) throw taskNotFound(unknown, [...declared, ...stored]);
  }
}

function taskNotFound(task: string, known: readonly string[]): TaskoraError {
  const families = task.includes("*")
    ? known.flatMap((name) => (name.includes(".") ? [`${name.split(".")[0]}.*`] : []))
    : [];
  const hint =
    didYouMean(task, [...families, ...known]) ??
    "Check the name, or register the task's contract in this app.";
  return new TaskoraError(
    "TASK_NOT_FOUND",
    `There is no task "${task}": this app does not declare it, and the store has never met it. ${hint}`,
  );
}

/**
 * Takes the name of a task, or what has one.
 *
 * @throws {OptionError} for what is neither, and `NAME_INVALID` for a name that no task can have
 */
export function taskName(value: unknown, option: string): string {
  const name = isNamed(value) ? value.name : value;
  if (isFormerName(name)) return name;
  if (typeof name === "string") return requireStoredName(name, option);
  throw new OptionError(
    `expected ${option} to be the name of a task, or what has one such as its client, got ${describe(value)}`,
    { option },
  );
}

function isNamed(value: unknown): value is { readonly name: unknown } {
  return (typeof value === "object" || typeof value === "function") && value !== null && "name" in value;
}
