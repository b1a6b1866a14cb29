/** How lengths of time, numbers and what others wrote are told to people. */

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** `4m`, `1h30m`, `850ms`: two units at most. */
export function lengthText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const at = UNITS.findIndex(([, size]) => ms >= size);
  const [unit, size] = UNITS[at] ?? ["s", 1000];
  const whole = Math.floor(ms / size);
  const [nextUnit, nextSize] = UNITS[at + 1] ?? ["s", size];
  const rest = Math.floor((ms - whole * size) / nextSize);
  return whole < 10 && rest > 0 && nextSize < size ? `${whole}${unit}${rest}${nextUnit}` : `${whole}${unit}`;
}

/** `1 204`: thousands apart, by a blank that does not break. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/**
 * Text without what a terminal would obey: what stands in a store was written by others. Line breaks become blanks.
 *
 * @see ECMA-48, control functions
 */
export function plain(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, " ")
    .replace(CONTROLS, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
