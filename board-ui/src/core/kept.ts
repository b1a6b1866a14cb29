/** Choices that this browser keeps. */
import { effect, type Signal, signal } from "@preact/signals";

interface Storage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

/** It is not everywhere, and not everybody may ask for it. */
const storage = (): Storage => (globalThis as unknown as { readonly localStorage: Storage }).localStorage;

/** What was chosen before, or else the usual; what is chosen from now on is kept. */
export function kept<T>(name: string, usual: T, isFit: (value: T) => boolean): Signal<T> {
  const key = `taskora-board.${name}`;
  const chosen = signal(usual);
  try {
    const before = JSON.parse(storage().getItem(key) ?? "null") as T;
    if (isFit(before)) chosen.value = before;
  } catch {
    // Whoever may read nothing, or finds what somebody else wrote, has the usual.
  }
  effect(() => {
    const text = JSON.stringify(chosen.value);
    try {
      storage().setItem(key, text);
    } catch {
      // A browser that keeps nothing has the usual again next time.
    }
  });
  return chosen;
}
