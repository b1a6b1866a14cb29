/** How moments, lengths of time and what jobs hold are written for people. */
import type { Job } from "taskora";
import { lengthText, plain } from "../../core/words.js";

/** How long ago a moment was, or how far ahead it is. */
export function sinceText(at: number, now: number): string {
  return at > now ? `in ${lengthText(at - now)}` : lengthText(now - at);
}

/** `2026-11-28 10:00:01.250`, in UTC. */
export function momentText(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", "");
}

/** A value on one line. */
export function valueText(value: unknown): string {
  if (value === undefined) return "";
  return plain(typeof value === "string" ? value : (JSON.stringify(value) ?? String(value)));
}

/** What went wrong with a job, or why it was cancelled, on one line. */
export function troubleText({ corrupt, error, reason }: Pick<Job, "corrupt" | "error" | "reason">): string {
  if (corrupt !== undefined) return plain(`cannot be read: ${corrupt}`);
  if (error !== undefined)
    return plain(error.name === "Error" ? error.message : `${error.name}: ${error.message}`);
  return reason === undefined ? "" : plain(reason);
}
