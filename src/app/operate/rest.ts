/** Time between two calls to a store, so that looking through many jobs leaves room for those who run them. */
import type { Clock } from "../../core/clock.js";
import { KeepAlive } from "../handles/keep-alive.js";

/** A search rests for so many times what its last read took: it has at most a third of a store's time. */
const REST_PER_READ = 2;

/** Rests between reads. The first is made at once. */
export class RestingReader {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #restMs = 0;

  constructor(clock: Clock, signal?: AbortSignal | undefined) {
    this.#clock = clock;
    this.#signal = signal;
  }

  async read<T>(read: () => Promise<T>): Promise<T> {
    if (this.#restMs > 0) await pauseFor(this.#clock, this.#restMs, this.#signal);
    const begun = this.#clock.monotonic();
    const found = await read();
    this.#restMs = REST_PER_READ * (this.#clock.monotonic() - begun);
    return found;
  }
}

/** Somebody awaits it, so the process goes on meanwhile, which the clock's timers and the links to a store do not care for. */
export function pauseFor(clock: Clock, ms: number, signal?: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const keepAlive = new KeepAlive();
    keepAlive.hold();
    const end = () => {
      keepAlive.end();
      timer.cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.schedule(ms, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}
