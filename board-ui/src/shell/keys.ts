/** Keys of the board. What was added last hears a key first; fields of text keep theirs. */
import { useLayoutEffect, useRef } from "preact/hooks";

export interface KeyAction {
  /** As `j`, `Enter`, `A`, `?`, or two of them: `g h`. Capital letters are for what cannot be undone. */
  readonly keys: string;
  /** For the list of keys. */
  readonly does: string;
  /** `false`: the key is somebody else's. */
  readonly run: () => unknown;
}

const layers: { current: readonly KeyAction[] }[] = [];
let first = "";
let firstAt = 0;

/** Keys that are there as long as the component is. */
export function useKeys(actions: readonly KeyAction[]): void {
  const layer = useRef(actions);
  layer.current = actions;
  // With what it is about, not after it was painted: who sees a button may press its key.
  useLayoutEffect(() => {
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}

/** All that can be pressed now, what is nearest first. */
export function keysNow(): readonly KeyAction[] {
  const seen = new Set<string>();
  return layers
    .toReversed()
    .flatMap(({ current }) => current)
    .filter(({ keys, does }) => does !== "" && !seen.has(keys) && seen.add(keys));
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    const isSearch = (event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k";
    if ((event.metaKey || event.ctrlKey) && !isSearch) return;
    const { key, target } = event;
    if (isTyping(target)) {
      const isTick = target instanceof HTMLInputElement && ["checkbox", "radio"].includes(target.type);
      if (key === "Escape" && target instanceof HTMLElement) target.blur();
      if (!isSearch && !isTick) return;
    }
    // A dialog has the keys to itself.
    if (document.querySelector("dialog[open]") !== null) return;
    // A button or link that has the focus is pressed by its own keys.
    const isOnControl = target instanceof Element && target.closest("a, button, summary") !== null;
    if (isOnControl && (key === "Enter" || key === " ")) return;
    if (press(isSearch ? "mod k" : key)) event.preventDefault();
  });
}

function press(key: string): boolean {
  const both = performance.now() - firstAt < 1_500 && first !== "" ? `${first} ${key}` : "";
  first = key;
  firstAt = performance.now();
  for (const wanted of [both, key]) {
    if (wanted === "") continue;
    for (const { current } of layers.toReversed()) {
      const action = current.find(({ keys }) => keys === wanted);
      if (action === undefined || action.run() === false) continue;
      first = "";
      return true;
    }
  }
  return false;
}
