/** Moments as text, by the clocks that are chosen. */
import { kept } from "./kept.js";

/** Whose clocks times are told by: where a schedule has a zone, its own, or always those of the browser, or UTC. */
export const ZONES = { schedule: "the schedule's", browser: "this browser's", UTC: "UTC" } as const;
export const zone = kept<keyof typeof ZONES>("zone", "schedule", (value) => value in ZONES);

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone in which something is told that has one of its own, or none. */
export function zoneOf(own?: string): string {
  if (zone.value === "UTC") return "UTC";
  return (zone.value === "schedule" && own) || HERE;
}

/** A browser may not know a zone that the store knows. */
function format(parts: Intl.DateTimeFormatOptions, timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-GB", { ...parts, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", parts);
  }
}

/** Writes moments, in the zone that is chosen; those that have a zone of their own say it. */
export function writes(parts: Intl.DateTimeFormatOptions): (at: number, own?: string) => string {
  const made = new Map<string, Intl.DateTimeFormat>();
  return (at, own) => {
    const timeZone = zoneOf(own);
    const known = made.get(timeZone) ?? format(parts, timeZone);
    made.set(timeZone, known);
    return known.format(at);
  };
}

const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
/** `28 Nov 2026, 10:00:00 CET`. */
export const moment = writes({
  ...TIME,
  ...{ year: "numeric", month: "short", day: "2-digit", timeZoneName: "short" },
});
/** `10:00:00`. */
export const clock = writes(TIME);
