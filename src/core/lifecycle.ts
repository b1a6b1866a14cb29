/**
 * THE table of the life of a job. Everything else follows it: the memory adapter calls it, Lua gets its
 * states and guards as literals at build time, the diagram in the docs is generated from it, and the
 * conformance suite runs every state × event against every adapter.
 */

/** The stored states. A job is in exactly one of them, in exactly one index. */
export const JOB_STATES = [
  "waiting",
  "delayed",
  "active",
  "completed",
  "failed",
  "retrying",
  "cancelled",
  "expired",
] as const;

export type JobState = (typeof JOB_STATES)[number];

/** States that no event but `revive` and `prune` leaves. */
export const FINAL_STATES = ["completed", "failed", "cancelled", "expired"] as const;

export type FinalState = (typeof FINAL_STATES)[number];

/** One row of the table. `none` stands for "not stored". */
export interface LifecycleRow {
  readonly from: readonly (JobState | "none")[];
  /** Where the event may lead; which of them is decided by the condition in `note`. */
  readonly to: readonly (JobState | "none")[];
  readonly note: string;
}

/** Event → where it may happen and where it leads. An event in any other state changes nothing. */
export const LIFECYCLE = {
  insert: { from: ["none"], to: ["waiting", "delayed"], note: "delayed when it has a due time" },
  promote: { from: ["delayed", "retrying"], to: ["waiting"], note: "the due time has come, or by hand" },
  claim: { from: ["waiting"], to: ["active"], note: "with a lease and a new fence" },
  complete: { from: ["active"], to: ["completed"], note: "the handler returned" },
  retry: {
    from: ["active"],
    to: ["retrying"],
    note: "the attempt failed and another follows after a backoff",
  },
  fail: { from: ["active"], to: ["failed"], note: "the attempt failed and none follows" },
  release: {
    from: ["active"],
    to: ["waiting", "delayed"],
    note: "given back at shutdown, by snooze or for a newer worker; uses no attempt; delayed when a wait is asked",
  },
  reclaim: {
    from: ["active"],
    to: ["waiting", "failed", "cancelled"],
    note: "the lease is past; failed when blamed beyond the stall limit, cancelled when a cancel was asked",
  },
  cancel: {
    from: ["waiting", "delayed", "retrying", "active"],
    to: ["cancelled"],
    note: "at once, or from active when the handler has been told and its attempt is settled",
  },
  expire: {
    from: ["waiting", "delayed"],
    to: ["expired", "none"],
    note: "TTL past before the first start; none by policy",
  },
  reschedule: {
    from: ["waiting", "delayed", "retrying"],
    to: ["delayed", "retrying"],
    note: "another due time; a retrying job stays retrying",
  },
  revive: { from: ["failed"], to: ["waiting"], note: "dead letter retry, as a fresh first attempt" },
  prune: {
    from: ["completed", "failed", "cancelled", "expired"],
    to: ["none"],
    note: "retention, with every key of the job",
  },
  remove: {
    from: ["waiting", "delayed", "retrying", "completed", "failed", "cancelled", "expired"],
    to: ["none"],
    note: "by hand; an active job must be cancelled first",
  },
} as const satisfies Record<string, LifecycleRow>;

export type LifecycleEvent = keyof typeof LIFECYCLE;

/** Whether `event` may happen to a job in `state`. */
export function canHappen(event: LifecycleEvent, state: JobState | "none"): boolean {
  return (LIFECYCLE[event].from as readonly string[]).includes(state);
}

/** Whether nothing but pruning and reviving lies ahead. */
export function isFinalState(state: JobState): state is FinalState {
  return (FINAL_STATES as readonly JobState[]).includes(state);
}

/**
 * Returns `to` when the table allows the move.
 *
 * @throws {RangeError} when an adapter asks for a move that is not in the table: a bug, never bad input
 */
export function move(
  event: LifecycleEvent,
  from: JobState | "none",
  to: JobState | "none",
): JobState | "none" {
  const row: LifecycleRow = LIFECYCLE[event];
  if (row.from.includes(from) && row.to.includes(to)) return to;
  throw new RangeError(`the lifecycle table has no move ${from} → ${to} by ${event}`);
}
