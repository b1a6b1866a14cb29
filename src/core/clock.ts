/** What a pending timer gives back, to be cancelled with. */
export interface TimerHandle {
  cancel(): void;
}

/** Time as the rest of the code sees it; tests pass a virtual one. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Runs `callback` once after `delayMs`; the timer never keeps a process alive. */
  schedule(delayMs: number, callback: () => void): TimerHandle;
}

/** The longest delay `setTimeout` takes without firing at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMEOUT_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
