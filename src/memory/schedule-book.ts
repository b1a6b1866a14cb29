import {
  bySlot,
  type DueScheduleQuery,
  type DueSchedules,
  type ScheduleWrite,
  type StoredSchedule,
} from "../core/schedule-store.js";
import { nextMicrotask } from "../core/turns.js";

/** All schedules of a store, and who wants to know of changes. */
export class ScheduleBook {
  readonly #schedules = new Map<string, StoredSchedule>();
  readonly #listeners = new Set<() => void>();
  #lastRevision = 0;

  get(name: string): StoredSchedule | undefined {
    return this.#schedules.get(name);
  }

  /** Those after a name, in the order of names. */
  after(name: string, limit: number): StoredSchedule[] {
    const names = [...this.#schedules.keys()].filter((other) => other > name).sort();
    return names.slice(0, limit).flatMap((found) => this.#schedules.get(found) ?? []);
  }

  /** Forgets all; who listens goes on. */
  clear(): void {
    this.#schedules.clear();
  }

  /** Replaces a schedule; gives the new revision. */
  write(write: ScheduleWrite): number {
    this.#lastRevision += 1;
    const { name, task, plan, payload, nextSlotAt } = write;
    const before = this.#schedules.get(name);
    this.#schedules.set(name, {
      ...(before === undefined ? {} : runsOf(before, task)),
      name,
      task,
      revision: this.#lastRevision,
      plan,
      payload,
      ...(nextSlotAt === undefined ? {} : { nextSlotAt }),
    });
    return this.#lastRevision;
  }

  remove(name: string): boolean {
    return this.#schedules.delete(name);
  }

  /** Puts a schedule's next slot and, when one was fired, what is known of that. */
  advance(
    name: string,
    to: number | undefined,
    fired: Pick<StoredSchedule, "lastSlotAt" | "lastFiredAt" | "lastJobId" | "runs"> = {},
  ): void {
    const { nextSlotAt, ...stored } = this.#schedules.get(name) as StoredSchedule;
    this.#schedules.set(name, { ...stored, ...fired, ...(to === undefined ? {} : { nextSlotAt: to }) });
  }

  due({ tasks, limit }: DueScheduleQuery, now: number): DueSchedules {
    const overdue: StoredSchedule[] = [];
    let nextAt = Number.POSITIVE_INFINITY;
    for (const schedule of this.#schedules.values()) {
      const { nextSlotAt, task } = schedule;
      if (nextSlotAt === undefined || !tasks.includes(task)) continue;
      if (nextSlotAt <= now) overdue.push(schedule);
      else nextAt = Math.min(nextAt, nextSlotAt);
    }
    return {
      now,
      schedules: overdue.sort(bySlot).slice(0, limit),
      ...(nextAt === Number.POSITIVE_INFINITY ? {} : { nextDueInMs: nextAt - now }),
    };
  }

  /** When the next slot of these tasks comes; undefined: none does. */
  nextSlotAt(tasks: readonly string[]): number | undefined {
    const slots = [...this.#schedules.values()].flatMap(({ task, nextSlotAt }) =>
      nextSlotAt === undefined || !tasks.includes(task) ? [] : [nextSlotAt],
    );
    return slots.length === 0 ? undefined : Math.min(...slots);
  }

  listen(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Tells from a microtask, never from inside the verb that caused it. */
  tellChanged(): void {
    for (const listener of this.#listeners) {
      nextMicrotask(() => {
        if (this.#listeners.has(listener)) listener();
      });
    }
  }
}

/** What stays known of a schedule's runs when it is replaced. */
function runsOf(
  { task, lastSlotAt, lastFiredAt, lastJobId, runs }: StoredSchedule,
  newTask: string,
): Partial<StoredSchedule> {
  return {
    ...(lastSlotAt === undefined ? {} : { lastSlotAt }),
    ...(lastFiredAt === undefined ? {} : { lastFiredAt }),
    ...(lastJobId === undefined || task !== newTask ? {} : { lastJobId }),
    ...(runs === undefined ? {} : { runs }),
  };
}
