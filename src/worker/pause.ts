/** Pauses after calls that failed grow to the second, so that a store that is away is not hammered. */
export const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1000;

/** The pause after one more failure; 0: there was none before. */
export function longerPauseMs(beforeMs: number): number {
  return Math.min(Math.max(beforeMs * 2, FIRST_PAUSE_MS), MAX_PAUSE_MS);
}
