/** What a pending timer gives back, to be cancelled with. */
export interface TimerHandle {
  /** Keeps the timer from firing; after it has fired this does nothing. */
  cancel(): void;
}

/**
 * Time as the rest of the code sees it; tests pass a virtual one. A point in time is read from {@link now} and may be
 * wrong, or jump; a length of time is the difference of two readings of {@link monotonic}, which cannot.
 */
export interface Clock {
  /** What time it is, in ms since the epoch. */
  now(): number;
  /** Ms since some moment that stays the same; never goes back, and follows no change of the time of day. */
  monotonic(): number;
  /** Runs `callback` once after `delayMs`, however long that is; the timer never keeps a process alive. */
  schedule(delayMs: number, callback: () => void): TimerHandle;
}

/** The longest delay `setTimeout` takes; it fires longer ones at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, callback) {
    if (delayMs > MAX_TIMEOUT_MS) return scheduleFar(delayMs, callback);
    const timer = setTimeout(callback, Math.max(0, Math.ceil(delayMs)));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** A timer that is armed again until its time has come. */
function scheduleFar(delayMs: number, callback: () => void): TimerHandle {
  const endsAt = systemClock.monotonic() + delayMs;
  let timer: TimerHandle;
  const wait = () => {
    const restMs = endsAt - systemClock.monotonic();
    timer =
      restMs > MAX_TIMEOUT_MS
        ? systemClock.schedule(MAX_TIMEOUT_MS, wait)
        : systemClock.schedule(restMs, callback);
  };
  wait();
  return { cancel: () => timer.cancel() };
}

/** Two clocks that are read one after the other, one of them in whole ms, differ by this much at most. */
const READING_MS = 2;

/**
 * The time of day at an even pace: it does not follow when the clock of the machine is set. For a store within this
 * process, whose stored times would else come early or late by as much.
 */
export function steadyClock(clock: Clock): Clock {
  const offsetMs = clock.now() - clock.monotonic();
  return {
    now: () => {
      const shown = clock.now();
      const even = offsetMs + clock.monotonic();
      return Math.abs(shown - even) <= READING_MS ? shown : Math.floor(even);
    },
    monotonic: () => clock.monotonic(),
    schedule: (delayMs, callback) => clock.schedule(delayMs, callback),
  };
}
