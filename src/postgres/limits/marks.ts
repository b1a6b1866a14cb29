/** What of a job's limits is kept in the row of its state, and how names are written there. */
import type { JobLimits } from "../../core/limits/job-limits.js";
import { MARKS, type Mark } from "../sql/marks.js";

/** Of a job whose limits count while it waits or runs. */
export interface JobMark {
  readonly mark: Mark;
  /** Its group, or the key it is collected by. */
  readonly queue?: string;
}

/** Undefined: most jobs have none. */
export function markOf(limits: JobLimits | undefined): JobMark | undefined {
  if (limits === undefined) return undefined;
  const { limit, rate, group, collect } = limits;
  const hasGates = limit !== undefined || rate !== undefined;
  if (group !== undefined)
    return { mark: hasGates ? MARKS.gatedGroup : MARKS.grouped, queue: toName(group.key) };
  if (collect !== undefined) return { mark: MARKS.collected, queue: toName(collect.key) };
  return hasGates ? { mark: MARKS.gated } : undefined;
}

/** Whether jobs of this mark have gates. */
export function isGated(mark: Mark | undefined): boolean {
  return mark === MARKS.gated || mark === MARKS.gatedGroup;
}

/** A key as a name in a table, in the order of the keys; Postgres has no text with U+0000. */
export function toName(key: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a name.
  return key.replaceAll(/[\u0000\u0001]/g, (char) => (char === "\0" ? "\u00010" : "\u00011"));
}

/** What {@link toName} was given. */
export function fromName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: see above.
  return name.replaceAll(/\u0001([01])/g, (_, nth: string) => (nth === "0" ? "\0" : "\u0001"));
}

/** The name of a gate as it is written in tables: the key in it is JSON, as SQL finds it in the limits of a job. */
export function toGateName(name: string): string {
  return `${name.slice(0, 1)}${JSON.stringify(name.slice(1))}`;
}

/** What {@link toGateName} was given. */
export function fromGateName(stored: string): string {
  return `${stored.slice(0, 1)}${JSON.parse(stored.slice(1)) as string}`;
}
