import { currentContext, inContext } from "../worker/async-context.js";

/** A listener that is still at work on this many events gets no more until half of them are done. */
export const MAX_UNFINISHED_EVENTS = 1000;

/** What a listener asks of its hub. */
export interface EventListenerHost {
  /** It threw, or the promise it returned was rejected. */
  failed(error: unknown): void;
  /** It kept up again after `missed` events had to be dropped. */
  caughtUp(missed: number): void;
}

/**
 * One listener of one event. It runs in the async context in which it was added. An asynchronous one is called for each event without waiting for the last; how many calls
 * may be open is bounded, so that one that is slower than the events costs events instead of memory.
 */
export class EventListener {
  readonly #listen: (event: unknown) => unknown;
  readonly #host: EventListenerHost;
  readonly #context = currentContext();
  #unfinished = 0;
  #missed = 0;

  constructor(listen: (event: unknown) => unknown, host: EventListenerHost) {
    this.#listen = listen;
    this.#host = host;
  }

  call(event: unknown): void {
    if (this.#missed > 0 || this.#unfinished >= MAX_UNFINISHED_EVENTS) {
      this.#missed += 1;
      return;
    }
    try {
      const returned = inContext(this.#context, () => this.#listen(event));
      if (returned instanceof Promise) this.#await(returned);
    } catch (error) {
      this.#host.failed(error);
    }
  }

  #await(returned: Promise<unknown>): void {
    this.#unfinished += 1;
    returned
      .catch((error: unknown) => this.#host.failed(error))
      .finally(() => {
        this.#unfinished -= 1;
        if (this.#missed === 0 || this.#unfinished > MAX_UNFINISHED_EVENTS / 2) return;
        const missed = this.#missed;
        this.#missed = 0;
        this.#host.caughtUp(missed);
      });
  }
}
