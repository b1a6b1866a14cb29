import type { Notice } from "./adapter.js";
import { nextMicrotask } from "./turns.js";

/**
 * Delivers notices to one listener: in order, each from a microtask, never from inside the verb that caused
 * it. Life: open from the start; after `end` nothing more is delivered, not even what was queued.
 */
export class Subscription {
  readonly #listener: (notice: Notice) => void;
  #queue: Notice[] = [];
  #ended = false;

  constructor(listener: (notice: Notice) => void) {
    this.#listener = listener;
  }

  publish(notice: Notice): void {
    if (this.#ended) return;
    this.#queue.push(notice);
    if (this.#queue.length === 1) nextMicrotask(() => this.#deliver());
  }

  end(): void {
    this.#ended = true;
    this.#queue = [];
  }

  #deliver(): void {
    const notices = this.#queue;
    this.#queue = [];
    for (const notice of notices) {
      if (this.#ended) return;
      this.#call(notice);
    }
  }

  /** A listener that throws must not cost others their notices; its error surfaces as uncaught. */
  #call(notice: Notice): void {
    try {
      this.#listener(notice);
    } catch (error) {
      nextMicrotask(() => {
        throw error;
      });
    }
  }
}
