import { OptionError } from "./errors.js";
import { type Check, describe } from "./options.js";

type Unit = "ms" | "s" | "m" | "h" | "d" | "w";

/** A length of time: milliseconds as a number, or text such as `"250ms"`, `"30s"`, `"1.5h"`, `"7d"`. */
export type Duration = number | `${number}${Unit}` | `${number} ${Unit}`;

const UNIT_MS: Record<Unit, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** The longest duration accepted: 100 years. Longer ones are nearly always a unit mistake. */
export const MAX_DURATION_MS = 100 * 365 * 86_400_000;

/**
 * Resolves a duration to the nearest whole milliseconds.
 *
 * @param option the option's name, for the message
 * @throws {OptionError} `DURATION_INVALID` for other text, negative and endless values
 */
export function parseDuration(value: unknown, option = "duration"): number {
  const ms = typeof value === "number" ? value : parseText(value);
  if (ms === undefined || !Number.isFinite(ms) || ms < 0 || ms > MAX_DURATION_MS) {
    throw new OptionError(
      `expected ${option} to be milliseconds or text like "30s" (units ms, s, m, h, d, w), ` +
        `from 0 to 100 years; got ${describe(value)}`,
      { option, code: "DURATION_INVALID" },
    );
  }
  return Math.round(ms);
}

/** Takes a duration that is not shorter than `least`, in ms. */
export function durationFrom(least: Duration): Check<number> {
  return (value, option) => {
    const ms = parseDuration(value, option);
    if (ms >= parseDuration(least)) return ms;
    throw new OptionError(
      `expected ${option} to be at least "${formatDuration(parseDuration(least))}", got ${describe(value)}`,
      {
        option,
      },
    );
  };
}

function parseText(text: unknown): number | undefined {
  if (typeof text !== "string") return undefined;
  const match = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d|w)$/.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as Unit];
}

/** Writes milliseconds the way a person would: `1.5s`, `3m`, `250ms`. */
export function formatDuration(ms: number): string {
  const order: readonly Unit[] = ["w", "d", "h", "m", "s"];
  const unit = order.find((candidate) => ms >= UNIT_MS[candidate]) ?? "ms";
  const amount = Math.round((ms / UNIT_MS[unit]) * 100) / 100;
  return `${amount}${unit}`;
}
