/** Items in an order of their own. Places are found by halving, so that no look goes over all items. */
export class SortedList<T> {
  readonly #items: T[] = [];
  readonly #compare: (left: T, right: T) => number;

  /** @param compare tells items apart: of two different ones one comes first */
  constructor(compare: (left: T, right: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  at(index: number): T | undefined {
    return this.#items[index];
  }

  /** Those from one place up to another. */
  slice(from: number, to: number): readonly T[] {
    return this.#items.slice(from, to);
  }

  /** How many come before all others of which `isBefore` is not true. */
  countBefore(isBefore: (item: T) => boolean): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#items[middle] as T)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(item: T): void {
    this.#items.splice(this.#placeOf(item), 0, item);
  }

  /** Takes the item away that is the same in the order, if there is one. */
  remove(item: T): void {
    const place = this.#placeOf(item);
    const found = this.#items[place];
    if (found !== undefined && this.#compare(found, item) === 0) this.#items.splice(place, 1);
  }

  clear(): void {
    this.#items.length = 0;
  }

  #placeOf(item: T): number {
    return this.countBefore((other) => this.#compare(other, item) < 0);
  }
}
