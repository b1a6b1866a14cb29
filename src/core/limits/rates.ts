/**
 * Sliding windows: no stretch of a window's length, wherever it begins, has more starts than the rule allows. Each start
 * is remembered by itself, so the count is exact; see the sliding window log in any text on rate limiting.
 */

/** When jobs were started, oldest first. Those before `past` have left the window. */
export interface Starts {
  readonly times: number[];
  past: number;
}

/** Squeezed out together, so that leaving costs little however many there are. */
const MOST_PAST = 1024;

/** No start yet. */
export function noStarts(): Starts {
  return { times: [], past: 0 };
}

export function addStart(starts: Starts, at: number): void {
  starts.times.push(at);
}

/** How many are within the window that ends now. The others are forgotten. */
export function startsWithin(starts: Starts, windowMs: number, now: number): number {
  const { times } = starts;
  while (starts.past < times.length && (times[starts.past] ?? 0) <= now - windowMs) starts.past += 1;
  if (starts.past > MOST_PAST || (starts.past > 0 && starts.past === times.length)) {
    times.splice(0, starts.past);
    starts.past = 0;
  }
  return times.length - starts.past;
}

/** How many are remembered. */
export function startCount({ times, past }: Starts): number {
  return times.length - past;
}

/**
 * When a window has room for one more, ms since the epoch: then so many starts have left it.
 *
 * @param excess by how many it is over what it may have; 0 when it is just full
 * @returns undefined when that depends on more than time: fewer starts are in the window
 */
export function roomAgainAt({ times, past }: Starts, windowMs: number, excess: number): number | undefined {
  const start = times[past + Math.max(0, excess)];
  return start === undefined ? undefined : start + windowMs;
}
