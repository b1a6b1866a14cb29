import type { Clock, TimerHandle } from "../../core/clock.js";

/** So long after somebody has peeked a feed goes on, for who asks again. */
const LINGER_MS = 10_000;
/** A reading that takes longer is told of. */
const SLOW_MS = 3000;

/** What listens to a feed. */
export interface FeedListener<T> {
  onValue(value: T): void;
  /**
   * The store does not answer, or not what it should.
   *
   * @param forMs how long that has been so
   */
  onTrouble(error: unknown, forMs: number): void;
}

/** How a feed reads. */
export interface FeedSource<T> {
  readonly everyMs: number;
  /** @param last what was read a moment before; undefined: nothing, or long before */
  read(last: T | undefined): Promise<T>;
}

/**
 * Reads something again and again for everybody who listens. The first listener starts it, and it ends when the last one has
 * gone: nobody looks, nothing is read.
 */
export class Feed<T> {
  readonly #clock: Clock;
  readonly #source: FeedSource<T>;
  readonly #listeners = new Set<FeedListener<T>>();
  #latest: { readonly value: T; readonly atMs: number } | undefined;
  #isRunning = false;
  #isClosed = false;
  #wantedAtMs = -Infinity;
  #troubleSinceMs: number | undefined;
  #timer: TimerHandle | undefined;

  constructor(clock: Clock, source: FeedSource<T>) {
    this.#clock = clock;
    this.#source = source;
  }

  /** What was read last; undefined: nothing yet, or it is old. */
  get latest(): T | undefined {
    const fresh = this.#latest;
    const mayBeMs = Math.max(2 * this.#source.everyMs, 2000);
    return fresh !== undefined && this.#clock.monotonic() - fresh.atMs <= mayBeMs ? fresh.value : undefined;
  }

  /** Hears what is read from now on. Returns what ends it. */
  listen(listener: FeedListener<T>): () => void {
    this.#listeners.add(listener);
    this.#want();
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** What was read last, or is read now; whoever asks again soon finds the feed running. Fails as the store does. */
  async peek(): Promise<T> {
    this.#want();
    const { latest } = this;
    if (latest !== undefined) return latest;
    return new Promise<T>((resolve, reject) => {
      const stop = this.listen({
        onValue: (value) => {
          stop();
          resolve(value);
        },
        onTrouble: (error) => {
          stop();
          reject(error);
        },
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#timer?.cancel();
  }

  #want(): void {
    this.#wantedAtMs = this.#clock.monotonic();
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    void this.#turn();
  }

  async #turn(): Promise<void> {
    const begunMs = this.#clock.monotonic();
    const slow = this.#clock.schedule(SLOW_MS, () => this.#tellTrouble(new StoreSilent(), begunMs));
    try {
      const value = await this.#source.read(this.latest);
      this.#latest = { value, atMs: this.#clock.monotonic() };
      this.#troubleSinceMs = undefined;
      for (const listener of [...this.#listeners]) listener.onValue(value);
    } catch (error) {
      this.#tellTrouble(error, begunMs);
    } finally {
      slow.cancel();
    }
    this.#goOn(begunMs);
  }

  #tellTrouble(error: unknown, begunMs: number): void {
    this.#troubleSinceMs ??= begunMs;
    const forMs = this.#clock.monotonic() - this.#troubleSinceMs;
    for (const listener of [...this.#listeners]) listener.onTrouble(error, forMs);
  }

  #goOn(begunMs: number): void {
    const nowMs = this.#clock.monotonic();
    const isWanted = this.#listeners.size > 0 || nowMs - this.#wantedAtMs < LINGER_MS;
    if (!isWanted || this.#isClosed) {
      this.#isRunning = false;
      return;
    }
    const restMs = Math.max(this.#source.everyMs / 4, begunMs + this.#source.everyMs - nowMs);
    this.#timer = this.#clock.schedule(restMs, () => void this.#turn());
  }
}

/** A reading has not come back. */
class StoreSilent extends Error {
  constructor() {
    super(`The store has not answered for ${SLOW_MS / 1000} s.`);
  }
}
