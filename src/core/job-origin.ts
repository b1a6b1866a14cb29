/** Where a job comes from, as its id says: ids of other jobs hold neither `@` nor `.`. */

/** Of each, undefined: it does not come from one. */
export interface JobOrigin {
  /** The id of the workflow that it is a step of. */
  readonly workflow: string | undefined;
  /** The name of the schedule that made it, or its workflow. */
  readonly schedule: string | undefined;
}

const NOWHERE: JobOrigin = { workflow: undefined, schedule: undefined };
/** `<schedule>@<slot>`, whose name may hold both signs, and of a step `.<node>` or `.<node>.<run>` behind it. */
const SCHEDULED = /^((.+)@\d+)((?:\.\d+){1,2})?$/s;
const STEP = /^([^.]+)(?:\.\d+){1,2}$/s;

/** @param id of a job that an app dispatched, a schedule made or a workflow started */
export function jobOrigin(id: string): JobOrigin {
  if (id.includes("@")) {
    const [, job, schedule, step] = SCHEDULED.exec(id) ?? [];
    return { workflow: step === undefined ? undefined : job, schedule };
  }
  return id.includes(".") ? { workflow: STEP.exec(id)?.[1], schedule: undefined } : NOWHERE;
}
