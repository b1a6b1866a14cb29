/**
 * Since when the items of a queue wait, without a note for each: items are known by their place among all that ever came,
 * and one note stands for all from its place to the next.
 */
import type { Clock } from "./clock.js";

interface Mark {
  readonly place: number;
  /** By the monotonic clock. */
  readonly at: number;
}

/** Items that came within this time of each other have one note. */
const MARK_MS = 100;
/** Items that came within this time of each other may be treated as one. */
const ALIKE_MS = 500;

export class WaitingSince {
  readonly #clock: Pick<Clock, "monotonic">;
  #marks: Mark[] = [];

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#marks.length === 0;
  }

  /** What comes from `place` on waits since now. */
  note(place: number): void {
    const at = this.#clock.monotonic();
    const last = this.#marks.at(-1);
    if (last === undefined || at - last.at >= MARK_MS) this.#marks.push({ place, at });
  }

  /** The place before which everything has waited for about as long as the first; undefined: all has. */
  endOfAlike(): number | undefined {
    const [oldest] = this.#marks;
    return this.#marks.find(({ at }) => oldest !== undefined && at - oldest.at > ALIKE_MS)?.place;
  }

  /** Forgets what lies before `end`. Returns how long the youngest of it has waited, in ms; 0: it has not. */
  take(end: number): number {
    const left = this.#marks.findIndex(({ place }) => place >= end);
    const passed = left === -1 ? this.#marks.length : left;
    const youngest = this.#marks[passed - 1];
    if (youngest === undefined) return 0;
    this.#marks = this.#marks.slice(passed);
    // What comes next came with the youngest, unless it has a note of its own.
    if (this.#marks[0]?.place !== end) this.#marks.unshift({ place: end, at: youngest.at });
    return this.#clock.monotonic() - youngest.at;
  }

  clear(): void {
    if (this.#marks.length > 0) this.#marks = [];
  }
}
