import { type Numbering, OrderedRing } from "./ordered-ring.js";

/** What stands in a band: its priority and, while it does, its number there. */
export interface Banded {
  priority: number;
  place: number;
}

/** Where a waiting job stands, for listings that continue after it. */
export interface BandPosition {
  readonly priority: number;
  readonly place: number;
}

/** Waiting jobs: one queue per priority, higher first. Empty queues are dropped, but for the common one. */
export class WaitingBands<T extends Banded> {
  /** Shared, so that a position in a band that was dropped and made again stays a position. */
  readonly #numbering: Numbering = { nextBack: 0, nextFront: -1 };
  readonly #common = new OrderedRing<T>(this.#numbering);
  readonly #bands = new Map<number, OrderedRing<T>>([[0, this.#common]]);
  /** The priorities of `#bands`, highest first; at most 2 001. */
  readonly #priorities: number[] = [0];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  pushBack(item: T): void {
    item.place = this.#band(item.priority).pushBack(item);
    this.#size += 1;
  }

  pushFront(item: T): void {
    item.place = this.#band(item.priority).pushFront(item);
    this.#size += 1;
  }

  /** Adds an item where a number belongs that {@link newNumber} gave, or one in front of all of those. */
  insert(item: T, number: number): void {
    item.place = number;
    this.#band(item.priority).insert(item, number);
    this.#size += 1;
  }

  /** The number of an item that would be added now. */
  newNumber(end: "front" | "back"): number {
    return end === "front" ? this.#numbering.nextFront-- : this.#numbering.nextBack++;
  }

  /** The next item to run, left in place. */
  get first(): T | undefined {
    for (const priority of this.#priorities) {
      const item = this.#bands.get(priority)?.front;
      if (item !== undefined) return item;
    }
    return undefined;
  }

  /** The next item of each priority, of at most so many priorities. */
  *firsts(most: number): Generator<T> {
    let passed = 0;
    for (const priority of this.#priorities) {
      const item = this.#bands.get(priority)?.front;
      if (item === undefined) continue;
      if (passed === most) return;
      passed += 1;
      yield item;
    }
  }

  /** Removes an item that stands in its band. */
  remove(item: T): void {
    this.#bands.get(item.priority)?.remove(item.place);
    this.#shrink(item.priority);
  }

  /** Items in claim order, behind `position` when given. */
  *after(position?: BandPosition): Generator<T> {
    for (const priority of [...this.#priorities]) {
      if (position !== undefined && priority > position.priority) continue;
      const place = position?.priority === priority ? position.place : undefined;
      yield* this.#bands.get(priority)?.after(place) ?? [];
    }
  }

  #band(priority: number): OrderedRing<T> {
    if (priority === 0) return this.#common;
    let band = this.#bands.get(priority);
    if (band === undefined) {
      band = new OrderedRing<T>(this.#numbering);
      this.#bands.set(priority, band);
      const index = this.#priorities.findIndex((other) => other < priority);
      this.#priorities.splice(index < 0 ? this.#priorities.length : index, 0, priority);
    }
    return band;
  }

  #shrink(priority: number): void {
    this.#size -= 1;
    if (priority === 0 || this.#bands.get(priority)?.size !== 0) return;
    this.#bands.delete(priority);
    this.#priorities.splice(this.#priorities.indexOf(priority), 1);
  }
}

/** Where and when a job becomes waiting. */
export interface WaitingEnd {
  readonly end: "front" | "back";
  readonly now: number;
}
