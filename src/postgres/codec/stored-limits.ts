/** Limits of jobs, and the keys in them, as tables have them: Postgres has no text with U+0000, and newer servers read no JSON with it. */
import type { JobLimits } from "../../core/limits/job-limits.js";

/** A key as a name in a table, in the order of the keys. */
export function toName(key: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a name.
  return key.replaceAll(/[\u0000\u0001]/g, (char) => (char === "\0" ? "\u00010" : "\u00011"));
}

/** What {@link toName} was given. */
export function fromName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: see above.
  return name.replaceAll(/\u0001([01])/g, (_, nth: string) => (nth === "0" ? "\0" : "\u0001"));
}

/** A key as SQL finds it in the limits of a job: JSON. */
export function toKeyText(key: string): string {
  return JSON.stringify(toName(key));
}

/** What {@link toKeyText} was given. */
export function fromKeyText(text: string): string {
  return fromName(JSON.parse(text) as string);
}

export function toLimitsText(limits: JobLimits): string {
  const text = JSON.stringify(limits);
  return /\\u000[01]/.test(text) ? JSON.stringify(limits, eachText(toName)) : text;
}

/** What {@link toLimitsText} was given. */
export function fromLimitsText(text: string): JobLimits {
  return JSON.parse(text, text.includes("\\u0001") ? eachText(fromName) : undefined) as JobLimits;
}

function eachText(change: (text: string) => string): (name: string, value: unknown) => unknown {
  return (_, value) => (typeof value === "string" ? change(value) : value);
}
