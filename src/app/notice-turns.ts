import type { Notice } from "../core/adapter.js";
import { nextTurn } from "../core/turns.js";

/** More than this many are not kept for whoever waits for one after the other: he misses those in front. */
const MAX_HELD = 1000;

/**
 * Hands on what subscriptions are told, in order. Many notices come at once, and who waited for the first of them can wait for
 * the second only when his turn has come. So what follows is held back until then, and he misses none.
 */
export class NoticeTurns {
  readonly #tell: (notice: Notice) => void;
  readonly #held: Notice[] = [];
  #isHolding = false;
  #isTelling = false;

  constructor(tell: (notice: Notice) => void) {
    this.#tell = tell;
  }

  take(notice: Notice): void {
    this.#held.push(notice);
    this.#goOn();
  }

  /** Somebody had been waiting for the notice that is being told: the next comes in the next turn. */
  hold(): void {
    if (this.#isHolding) return;
    this.#isHolding = true;
    nextTurn(() => this.end());
  }

  /** Nothing is held back any longer. */
  end(): void {
    this.#isHolding = false;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      while (!this.#isHolding || this.#held.length > MAX_HELD) {
        const notice = this.#held.shift();
        if (notice === undefined) return;
        this.#tell(notice);
      }
    } finally {
      this.#isTelling = false;
    }
  }
}
