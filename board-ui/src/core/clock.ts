/** What time it is at the store, once a second while the page is seen. */
import { signal } from "@preact/signals";

let ahead = 0;
let said = 0;

/** The store's clock, ms since the epoch. Whoever reads it in a component is drawn anew once a second. */
export const now = signal(Date.now());

/** Says what the store's clock is; what was said before is not news. */
export function setStoreClock(at: number): void {
  if (at === said) return;
  said = at;
  ahead = at - Date.now();
  now.value = at;
}

export function startClock(): void {
  const tick = () => {
    if (!document.hidden) now.value = Date.now() + ahead;
  };
  setInterval(tick, 1_000);
  document.addEventListener("visibilitychange", tick);
}
