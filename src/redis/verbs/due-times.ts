import type { Script } from "../script.js";
import type { dueScript } from "../scripts.generated.js";
import type { RawClaim } from "./raw-claim.js";

/** What `due` answers. */
export type RawDue = typeof dueScript extends Script<infer _Args, infer Reply> ? Reply : never;

interface TaskDue {
  /** When something is due next, by `performance.now()`. */
  nextAt: number;
  /** A claim had to be made again, and since then `due` has always found something. */
  isUsual: boolean;
}

/** What claims have learned about due times: a guess, which costs a round trip when it is wrong. */
export class DueTimes {
  readonly #tasks = new Map<string, TaskDue>();

  goesBefore(root: string): boolean {
    const task = this.#tasks.get(root);
    return task !== undefined && (task.isUsual || task.nextAt <= performance.now());
  }

  /** A claim was handed back: something is due. */
  noteMissed(root: string): void {
    this.#tasks.set(root, { nextAt: Number.POSITIVE_INFINITY, isUsual: true });
  }

  noteDue(root: string, [expired, promoted, , , , others = 0]: RawDue): void {
    const task = this.#tasks.get(root);
    if (task !== undefined) task.isUsual &&= expired + promoted + others > 0;
  }

  noteClaim(root: string, [, nextDueInMs]: RawClaim): void {
    const isUsual = this.#tasks.get(root)?.isUsual ?? false;
    if (nextDueInMs < 0 && !isUsual) this.#tasks.delete(root);
    const nextAt = nextDueInMs < 0 ? Number.POSITIVE_INFINITY : performance.now() + nextDueInMs;
    if (nextDueInMs >= 0 || isUsual) this.#tasks.set(root, { nextAt, isUsual });
  }
}
