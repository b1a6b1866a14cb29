/** What somebody who was let in may do, and which tasks they see. */
import { laneParts } from "../../core/lane-name.js";
import { taskPattern } from "../../core/task-patterns.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import { ROLES, type Role } from "../api.js";
import { BoardFailure } from "../http/answer.js";
import { type BoardPermissions, EVERYTHING } from "../options.js";
import type { BoardUser } from "./board-user.js";

/** Rights of one user, for one request. */
export class Rights {
  readonly #user: BoardUser;
  readonly #permissions: BoardPermissions;
  readonly #patterns: readonly RegExp[] | undefined;
  readonly #seen = new Map<string, boolean>();

  constructor(user: BoardUser, permissions: BoardPermissions) {
    this.#user = user;
    this.#permissions = permissions;
    this.#patterns = user.tasks?.map(taskPattern);
  }

  /** Whether the role is this one, or may do more. */
  is(role: Role): boolean {
    return ROLES.indexOf(this.#user.role) >= ROLES.indexOf(role);
  }

  /** @throws {BoardFailure} */
  require(role: Role): void {
    if (this.is(role)) return;
    throw new BoardFailure(403, "BOARD_FORBIDDEN", {
      message: `This needs the role ${role}; ${this.#user.name} has ${this.#user.role}.`,
      hint: "Ask whoever runs the board.",
    });
  }

  /** Whether they see every task, whatever its name. */
  get seesAll(): boolean {
    return this.#patterns === undefined && this.#permissions === EVERYTHING;
  }

  /** Whether jobs of a task are shown. The jobs that stand for workflows are shown as workflows alone. */
  sees(task: string): boolean {
    const known = this.#seen.get(task);
    if (known !== undefined) return known;
    const isTheirs = this.#patterns === undefined || this.#patterns.some((pattern) => fits(pattern, task));
    const sees = task !== WORKFLOW_TASK && isTheirs && this.#permits("read", task);
    this.#seen.set(task, sees);
    return sees;
  }

  /** Whether an action on a task, or on none, is allowed that the role allows. */
  may(action: string, task: string | undefined): boolean {
    if (task !== undefined && !this.sees(task)) return false;
    return task === undefined ? this.#permissions(this.#user, action, task) : this.#permits(action, task);
  }

  /** A lane belongs to its task: what is not allowed on `email.send` is not allowed on `email.send/secondary`. */
  #permits(action: string, task: string): boolean {
    const names = new Set([laneParts(task).contract, task]);
    return [...names].every((name) => this.#permissions(this.#user, action, name));
  }

  /** @throws {BoardFailure} */
  requireAction(action: string, task: string | undefined): void {
    if (this.may(action, task)) return;
    const what = task === undefined ? action : `${action} of ${task}`;
    throw new BoardFailure(403, "BOARD_FORBIDDEN", {
      message: `${this.#user.name} may not do this: ${what}.`,
      hint: "Ask whoever runs the board.",
    });
  }

  /**
   * For what tells of all tasks together.
   *
   * @param tasks all there are
   * @throws {BoardFailure}
   */
  requireAll(tasks: readonly string[]): void {
    if (this.#patterns === undefined && tasks.every((task) => this.sees(task))) return;
    throw new BoardFailure(403, "BOARD_FORBIDDEN", {
      message: `This tells of every task, and ${this.#user.name} sees some.`,
      hint: "Ask with a user, or a token, that has no tasks of its own.",
    });
  }

  /** Those of some tasks that are shown. */
  among(tasks: readonly string[]): readonly string[] {
    return tasks.filter((task) => this.sees(task));
  }
}

/** A lane belongs to its task: who sees `email.send` sees `email.send/secondary`. */
function fits(pattern: RegExp, task: string): boolean {
  const [contract = task] = task.split("/");
  return pattern.test(task) || pattern.test(contract);
}
