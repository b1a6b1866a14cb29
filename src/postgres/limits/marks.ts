/** What of a job's limits is kept in the row of its state, and how names are written there. */
import type { JobLimits } from "../../core/limits/job-limits.js";
import { fromKeyText, toKeyText, toName } from "../codec/stored-limits.js";
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

/** The name of a gate as it is written in tables. */
export function toGateName(name: string): string {
  return `${name.slice(0, 1)}${toKeyText(name.slice(1))}`;
}

/** What {@link toGateName} was given. */
export function fromGateName(stored: string): string {
  return `${stored.slice(0, 1)}${fromKeyText(stored.slice(1))}`;
}
