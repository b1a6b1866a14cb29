/**
 * What calls do together before they are sent (connecting, subscribing) is begun by one and joined by others, and ends
 * with the time of the one. Each call has a time of its own, though: it goes on for those who have time left, and ends for
 * a call whose time is over.
 */
import type { Clock, TimerHandle } from "../../core/clock.js";
import { StoreError, TaskoraError } from "../../core/errors.js";

/** What calls wait with. */
export interface PatienceParts {
  readonly clock: Clock;
  /** How long a call waits for its store, in ms; undefined: for as long as it takes. */
  readonly deadlineMs: number | undefined;
}

/** Runs what calls need until it is done or their time is over. */
export class Patience {
  readonly #clock: Clock;
  readonly #deadlineMs: number | undefined;
  /** Why it was not done last, for calls that have no time left to try. */
  #lastFailure: unknown;

  constructor({ clock, deadlineMs }: PatienceParts) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
  }

  /**
   * @param waitedMs how long the call has waited already
   * @throws {TaskoraError} `STORE_UNAVAILABLE` when its time is over; at once what will not pass by itself
   */
  async until(done: () => Promise<void>, waitedMs = 0): Promise<void> {
    if (this.#deadlineMs === undefined) return done();
    const endsAt = this.#clock.monotonic() + this.#deadlineMs - waitedMs;
    for (let failuresAtOnce = 0; ; ) {
      const begunAt = this.#clock.monotonic();
      try {
        // The store's own reason comes with its deadline, and is worth a moment where nobody else waits for this call.
        const graceMs = waitedMs === 0 || this.#lastFailure === undefined ? GRACE_MS : 0;
        await this.#before(endsAt + graceMs, done());
        this.#lastFailure = undefined;
        return;
      } catch (error) {
        this.#lastFailure = error;
        const now = this.#clock.monotonic();
        if (!mayPass(error) || now >= endsAt) throw error;
        // One that was joined in its last moment tells nothing; what fails at once again has not waited for the store.
        failuresAtOnce = now - begunAt < AT_ONCE_MS ? failuresAtOnce + 1 : 0;
        if (failuresAtOnce > 1) throw error;
      }
    }
  }

  async #before(endsAt: number, doing: Promise<void>): Promise<void> {
    let timer: TimerHandle | undefined;
    const late = new Promise<never>((_, reject) => {
      const restMs = Math.max(0, endsAt - this.#clock.monotonic());
      timer = this.#clock.schedule(restMs, () => reject(this.#lastFailure ?? tooLate()));
    });
    try {
      await Promise.race([doing, late]);
    } finally {
      timer?.cancel();
    }
  }
}

const AT_ONCE_MS = 20;
const GRACE_MS = 200;

function mayPass(error: unknown): boolean {
  return error instanceof TaskoraError && error.code === "STORE_UNAVAILABLE" && error.retryable;
}

function tooLate(): StoreError {
  return new StoreError(
    "STORE_UNAVAILABLE",
    "The store could not be reached in time: it was still being connected to. Check that it runs and can be reached; the " +
      "same call may succeed later, and a longer deadline makes calls wait longer.",
    { retryable: true },
  );
}
