/** One value in a {@link DueHeap}; its holder keeps it to move or remove the value later. */
export interface DueEntry<T> {
  readonly value: T;
  at: number;
  /** Breaks ties: equal times come out in the order they went in. */
  order: number;
  /** Place in the heap, −1 outside it. Kept by the heap. */
  index: number;
}

/**
 * A binary heap by time that remembers where each entry is, so that any of them can be moved or removed in
 * O(log n). Equal times come out in the order they were added, or as `compare` says.
 */
export class DueHeap<T> {
  readonly #entries: DueEntry<T>[] = [];
  readonly #compare: (a: DueEntry<T>, b: DueEntry<T>) => number;
  #nextOrder = 0;

  constructor(compare: (a: DueEntry<T>, b: DueEntry<T>) => number = compareDue) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest entry, left in place. */
  get first(): DueEntry<T> | undefined {
    return this.#entries[0];
  }

  add(at: number, value: T): DueEntry<T> {
    const entry = { value, at, order: this.#nextOrder++, index: this.#entries.length };
    this.#entries.push(entry);
    this.#rise(entry);
    return entry;
  }

  /** Adds an entry that was taken out of another heap, with its time and its order. */
  adopt(entry: DueEntry<T>): void {
    entry.index = this.#entries.length;
    this.#entries.push(entry);
    this.#rise(entry);
  }

  /** Gives an entry that is in the heap another time; it counts as added now. */
  move(entry: DueEntry<T>, at: number): void {
    entry.at = at;
    entry.order = this.#nextOrder++;
    this.#rise(entry);
    this.#sink(entry);
  }

  /** Takes an entry out; one that is not in the heap is left alone. */
  remove(entry: DueEntry<T>): void {
    const { index } = entry;
    if (index < 0) return;
    entry.index = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#put(index, last);
    this.#rise(last);
    this.#sink(last);
  }

  /** All entries in order of time: O(n log n), for listings. */
  sorted(): DueEntry<T>[] {
    return [...this.#entries].sort(this.#compare);
  }

  /** All entries, in no order. */
  entries(): readonly DueEntry<T>[] {
    return this.#entries;
  }

  /** All values, in no order. */
  *values(): Generator<T> {
    for (const { value } of this.#entries) yield value;
  }

  #rise(entry: DueEntry<T>): void {
    while (entry.index > 0) {
      const parent = this.#entries[(entry.index - 1) >> 1];
      if (parent === undefined || this.#compare(parent, entry) <= 0) return;
      this.#swap(parent, entry);
    }
  }

  #sink(entry: DueEntry<T>): void {
    for (;;) {
      const left = this.#entries[2 * entry.index + 1];
      const right = this.#entries[2 * entry.index + 2];
      if (left === undefined) return;
      const child = right !== undefined && this.#compare(right, left) < 0 ? right : left;
      if (this.#compare(entry, child) <= 0) return;
      this.#swap(entry, child);
    }
  }

  /** Swaps a parent with its child. */
  #swap(parent: DueEntry<T>, child: DueEntry<T>): void {
    const { index } = parent;
    this.#put(child.index, parent);
    this.#put(index, child);
  }

  #put(index: number, entry: DueEntry<T>): void {
    this.#entries[index] = entry;
    entry.index = index;
  }
}

/** Orders entries by time, then by when they were added. */
export function compareDue(a: DueEntry<unknown>, b: DueEntry<unknown>): number {
  return a.at - b.at || a.order - b.order;
}

/** Something other than a job that is due at a time. */
export interface LimitTimer {
  fire(now: number): void;
}
