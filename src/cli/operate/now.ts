/** ms since the epoch, for how long ago something was: a terminal has no other clock beside the store's. */
export function now(): number {
  return Math.round(performance.timeOrigin + performance.now());
}
