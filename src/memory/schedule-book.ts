import {
  bySlot,
  type DueScheduleQuery,
  type DueSchedules,
  type ScheduleWrite,
  type StoredSchedule,
} from "../core/schedule-store.js";
import { nextMicrotask } from "../core/turns.js";
import { SortedList } from "./sorted-list.js";

/** All schedules of a store, and who wants to know of changes. */
export class ScheduleBook {
  readonly #schedules = new Map<string, StoredSchedule>();
  readonly #names = new SortedList<string>((left, right) => (left === right ? 0 : left < right ? -1 : 1));
  /** Of each task those that have a next slot, in the order in which they are due. */
  readonly #slots = new Map<string, SortedList<StoredSchedule>>();
  readonly #listeners = new Set<() => void>();
  #lastRevision = 0;

  get(name: string): StoredSchedule | undefined {
    return this.#schedules.get(name);
  }

  /** Those after a name, in the order of names. */
  after(name: string, limit: number): StoredSchedule[] {
    const from = this.#names.countBefore((other) => other <= name);
    return this.#names.slice(from, from + limit).flatMap((found) => this.#schedules.get(found) ?? []);
  }

  /** Forgets all; who listens goes on. */
  clear(): void {
    this.#schedules.clear();
    this.#names.clear();
    this.#slots.clear();
  }

  /** Replaces a schedule; gives the new revision. */
  write(write: ScheduleWrite): number {
    this.#lastRevision += 1;
    const { name, task, plan, payload, nextSlotAt } = write;
    const before = this.#schedules.get(name);
    this.#put(name, {
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
    const isStored = this.#schedules.has(name);
    this.#put(name, undefined);
    return isStored;
  }

  /** Puts a schedule's next slot and, when one was fired, what is known of that. */
  advance(
    name: string,
    to: number | undefined,
    fired: Pick<StoredSchedule, "lastSlotAt" | "lastFiredAt" | "lastJobId" | "runs"> = {},
  ): void {
    const { nextSlotAt, ...stored } = this.#schedules.get(name) as StoredSchedule;
    this.#put(name, { ...stored, ...fired, ...(to === undefined ? {} : { nextSlotAt: to }) });
  }

  due({ tasks, limit }: DueScheduleQuery, now: number): DueSchedules {
    const overdue: StoredSchedule[] = [];
    let nextAt = Number.POSITIVE_INFINITY;
    for (const slots of this.#slotsOf(tasks)) {
      const due = slots.countBefore(({ nextSlotAt = 0 }) => nextSlotAt <= now);
      overdue.push(...slots.slice(0, Math.min(due, limit)));
      nextAt = Math.min(nextAt, slots.at(due)?.nextSlotAt ?? nextAt);
    }
    return {
      now,
      schedules: overdue.sort(bySlot).slice(0, limit),
      ...(nextAt === Number.POSITIVE_INFINITY ? {} : { nextDueInMs: nextAt - now }),
    };
  }

  /** When the next slot of these tasks comes; undefined: none does. */
  nextSlotAt(tasks: readonly string[]): number | undefined {
    const slots = this.#slotsOf(tasks).flatMap((list) => list.at(0)?.nextSlotAt ?? []);
    return slots.length === 0 ? undefined : Math.min(...slots);
  }

  #slotsOf(tasks: readonly string[]): readonly SortedList<StoredSchedule>[] {
    return [...new Set(tasks)].flatMap((task) => this.#slots.get(task) ?? []);
  }

  /** Every change of a schedule comes through here. */
  #put(name: string, schedule: StoredSchedule | undefined): void {
    const before = this.#schedules.get(name);
    if (before?.nextSlotAt !== undefined) this.#leave(before);
    if (schedule === undefined) {
      this.#schedules.delete(name);
      this.#names.remove(name);
      return;
    }
    if (before === undefined) this.#names.add(name);
    this.#schedules.set(name, schedule);
    if (schedule.nextSlotAt === undefined) return;
    const slots = this.#slots.get(schedule.task) ?? new SortedList(bySlot);
    this.#slots.set(schedule.task, slots);
    slots.add(schedule);
  }

  #leave(schedule: StoredSchedule): void {
    const slots = this.#slots.get(schedule.task);
    slots?.remove(schedule);
    if (slots?.size === 0) this.#slots.delete(schedule.task);
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
