const INITIAL_SLOTS = 16;

/** Where the numbers of a ring come from; rings may share one, so that no number is given twice. */
export interface Numbering {
  nextBack: number;
  nextFront: number;
}

/**
 * A queue open at both ends whose items keep a sequence number for life: rising towards the back, falling
 * towards the front. Items in the middle are removed by that number and leave a hole, which is skipped and
 * squeezed out when the ring would have to grow, so every step is O(1) amortised or O(log n).
 */
export class OrderedRing<T> {
  #items: (T | undefined)[] = new Array(INITIAL_SLOTS);
  #numbers: number[] = new Array(INITIAL_SLOTS);
  #head = 0;
  #used = 0;
  #size = 0;
  readonly #numbering: Numbering;

  constructor(numbering: Numbering = { nextBack: 0, nextFront: -1 }) {
    this.#numbering = numbering;
  }

  /** Items in the ring, holes not counted. */
  get size(): number {
    return this.#size;
  }

  /** The item at the front, left in place. */
  get front(): T | undefined {
    this.#skipHoles();
    return this.#items[this.#head];
  }

  /** Adds at the back; returns the item's number. */
  pushBack(item: T): number {
    this.#makeRoom();
    const number = this.#numbering.nextBack++;
    this.#write(this.#used++, item, number);
    this.#size += 1;
    return number;
  }

  /** Adds at the front; returns the item's number. */
  pushFront(item: T): number {
    const number = this.#numbering.nextFront--;
    this.#skipHoles();
    if (this.#used > 0 && (this.#numbers[this.#head] ?? number) < number) {
      this.insert(item, number);
      return number;
    }
    this.#makeRoom();
    this.#head = (this.#head - 1) & (this.#items.length - 1);
    this.#used += 1;
    this.#write(0, item, number);
    this.#size += 1;
    return number;
  }

  /** Adds where the number belongs, which no item has; moves the items on the shorter side of it. */
  insert(item: T, number: number): void {
    this.#makeRoom();
    const position = this.#find(number);
    this.#used += 1;
    if (position < this.#used / 2) {
      this.#head = (this.#head - 1) & (this.#items.length - 1);
      for (let moved = 0; moved < position; moved++) this.#copy(moved + 1, moved);
    } else {
      for (let moved = this.#used - 1; moved > position; moved--) this.#copy(moved - 1, moved);
    }
    this.#write(position, item, number);
    this.#size += 1;
  }

  /** Takes the item at the front out. */
  shift(): T | undefined {
    this.#skipHoles();
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#dropHead();
    this.#size -= 1;
    return item;
  }

  /** Removes the item with this number. */
  remove(number: number): void {
    this.#skipHoles();
    if (this.#used > 0 && this.#numbers[this.#head] === number) {
      this.shift();
      return;
    }
    const position = this.#find(number);
    const slot = this.#slot(position);
    if (position >= this.#used || this.#numbers[slot] !== number || this.#items[slot] === undefined) return;
    this.#items[slot] = undefined;
    this.#size -= 1;
  }

  /** Items behind `number`, from front to back; from the front when left out. */
  *after(number = Number.NEGATIVE_INFINITY): Generator<T> {
    for (let position = this.#find(number); position < this.#used; position++) {
      const slot = this.#slot(position);
      const item = this.#items[slot];
      if (item !== undefined && this.#numbers[slot] !== number) yield item;
    }
  }

  /** Items in front of `number`, from back to front; from the back when left out. */
  *before(number = Number.POSITIVE_INFINITY): Generator<T> {
    for (let position = this.#find(number) - 1; position >= 0; position--) {
      const item = this.#items[this.#slot(position)];
      if (item !== undefined) yield item;
    }
  }

  /** The first position whose number is not below `number`. */
  #find(number: number): number {
    let low = 0;
    let high = this.#used;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#numbers[this.#slot(middle)] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #slot(position: number): number {
    return (this.#head + position) & (this.#items.length - 1);
  }

  #write(position: number, item: T, number: number): void {
    const slot = this.#slot(position);
    this.#items[slot] = item;
    this.#numbers[slot] = number;
  }

  #copy(from: number, to: number): void {
    const slot = this.#slot(from);
    this.#items[this.#slot(to)] = this.#items[slot];
    this.#numbers[this.#slot(to)] = this.#numbers[slot] ?? 0;
  }

  #skipHoles(): void {
    while (this.#used > 0 && this.#items[this.#head] === undefined) this.#dropHead();
  }

  #dropHead(): void {
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#used -= 1;
  }

  /** When all slots are used: squeezes holes out where there are many, else doubles. */
  #makeRoom(): void {
    const slots = this.#items.length;
    if (this.#used < slots) return;
    const wanted = this.#size > slots / 2 ? slots * 2 : slots;
    const items: (T | undefined)[] = new Array(wanted);
    const numbers: number[] = new Array(wanted);
    let used = 0;
    for (let position = 0; position < this.#used; position++) {
      const slot = this.#slot(position);
      if (this.#items[slot] === undefined) continue;
      items[used] = this.#items[slot];
      numbers[used] = this.#numbers[slot] ?? 0;
      used += 1;
    }
    this.#items = items;
    this.#numbers = numbers;
    this.#head = 0;
    this.#used = used;
  }
}
