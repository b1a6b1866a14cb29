import type { ClaimRequest } from "../core/adapter.js";
import type { Clock } from "../core/clock.js";

interface Waiter {
  readonly tasks: ReadonlySet<string>;
  readonly wake: (tasks: readonly string[]) => void;
}

/** Among the marks: something is the next to be due in any task. No task has this name. */
export const ANY_TASK_DUE = "@due";

/** Among the marks: newer jobs are put back for those who run this version of the task. */
export function versionMark(task: string, version: number): string {
  return `${task}\n${version}`;
}

/** What wakes a request. */
export function marksOf({ task, version, count }: ClaimRequest): readonly string[] {
  if (count <= 0) return [];
  return version === undefined ? [task] : [task, versionMark(task, version)];
}

/** A pending wait that its owner can end. */
export interface PendingWait {
  readonly woken: Promise<readonly string[]>;
  /** Ends it with `[]`; without effect once it has ended. */
  end(): void;
}

/**
 * Wakes those who wait for work. One mark per task says "there may be something to claim": it goes to the
 * waiter that has waited longest, or stays until somebody asks. Whoever takes a mark is responsible for it
 * until it claims, and a claim that leaves jobs behind sets it again.
 */
export class Wakes {
  readonly #marked = new Set<string>();
  readonly #waiters = new Set<Waiter>();

  /** Says that a task may have something to claim. */
  mark(task: string): void {
    for (const waiter of this.#waiters) {
      if (!waiter.tasks.has(task)) continue;
      waiter.wake([task]);
      return;
    }
    this.#marked.add(task);
  }

  /** Forgets the marks that nobody took. */
  clear(): void {
    this.#marked.clear();
  }

  /** Waits for a mark of one of the tasks; `timeoutMs` on `clock` ends it with `[]`. */
  wait(tasks: readonly string[], timeoutMs: number, clock: Clock): PendingWait {
    const ready = tasks.filter((task) => this.#marked.delete(task));
    if (ready.length > 0) return { woken: Promise.resolve(ready), end: () => undefined };
    let wake: Waiter["wake"] = () => undefined;
    const woken = new Promise<readonly string[]>((resolve) => {
      const timer = clock.schedule(timeoutMs, () => wake([]));
      wake = (names) => {
        timer.cancel();
        this.#waiters.delete(waiter);
        resolve(names);
      };
    });
    const waiter: Waiter = { tasks: new Set(tasks), wake: (names) => wake(names) };
    this.#waiters.add(waiter);
    return { woken, end: () => wake([]) };
  }
}
