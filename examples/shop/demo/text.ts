/** Cuts text to a width, with an ellipsis when something was cut, and fills it up with blanks. */
export function cell(text: string, width: number): string {
  const line = text.replaceAll(/\s+/g, " ");
  const letters = [...line];
  const cut = letters.length > width ? `${letters.slice(0, Math.max(0, width - 1)).join("")}…` : line;
  return cut + " ".repeat(Math.max(0, width - [...cut].length));
}

/** `1 job`, `2 jobs`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A length of time in seconds. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** `▰▰▰▱▱▱ 50 %`, for a share from 0 to 1. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `${"▰".repeat(full)}${"▱".repeat(width - full)} ${String(Math.round(share * 100)).padStart(3)} %`;
}
