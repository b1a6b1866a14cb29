import type { NewJob } from "./adapter-work.js";
import type { Encoded } from "./job.js";

/**
 * The part of a store that keeps schedules: optional, and beside the verbs for jobs. The store knows when a schedule's
 * next slot is and lets each slot happen once; what the slots are is worked out by its callers and opaque to it.
 *
 * Rules every store keeps:
 * - A slot is fired by one atomic step that compares the slot with the stored next one, advances that and stores the
 *   job. Whether the job's record still exists later plays no part.
 * - Writes carry the revision they were made from; another revision refuses them. Each write raises it, and a removed
 *   schedule that comes back has a higher one than it ever had.
 * - The store's clock decides what is due, and answers tell its time so that callers need none of their own.
 * - A verb that was applied but whose answer was lost may be sent again: it answers `stale` or `moved`.
 */
export interface ScheduleStore {
  /** Reads schedules by name. */
  read(names: readonly string[]): Promise<ScheduleReadings>;
  /** One page in the order of names. */
  list(query: ScheduleListQuery): Promise<SchedulePage>;
  /** Creates or replaces schedules. What is known of their runs stays; the last job only while the task does. */
  write(writes: readonly ScheduleWrite[]): Promise<readonly ScheduleWriteReply[]>;
  /** Forgets schedules. Jobs they have made stay. */
  remove(names: readonly string[]): Promise<readonly ("removed" | "missing")[]>;
  /** Schedules of these tasks whose next slot has come, longest overdue first. */
  due(query: DueScheduleQuery): Promise<DueSchedules>;
  /** Fires or passes over slots, in order. */
  fire(requests: readonly FireRequest[]): Promise<readonly FireReply[]>;
  /**
   * Calls `listener` when somebody wrote or removed a schedule, and after an interruption, when that may have been
   * missed; resolves when nothing later can be. The returned function ends it. Fired slots are not told.
   */
  subscribe(listener: () => void): Promise<() => Promise<void>>;
}

/** A schedule as it is stored. Times are ms since the epoch on the store's clock. */
export interface StoredSchedule {
  /** Unique in the store. */
  readonly name: string;
  /** What its jobs are jobs of. */
  readonly task: string;
  /** Rises with each write. */
  readonly revision: number;
  /** What its callers know of it, as JSON; opaque to the store. */
  readonly plan: string;
  /** The payload of its jobs. */
  readonly payload: Encoded;
  /** Undefined: nothing comes any more, or it is paused. */
  readonly nextSlotAt?: number;
  /** The slot that was fired last. */
  readonly lastSlotAt?: number;
  /** When that was. */
  readonly lastFiredAt?: number;
  /** The job of that slot. */
  readonly lastJobId?: string;
  /** Slots that were fired since it was first written; undefined: none. Writes leave it as it is. */
  readonly runs?: number;
}

export interface ScheduleReadings {
  /** The store's time. */
  readonly now: number;
  /** In the order of the names; undefined where there is none. */
  readonly schedules: readonly (StoredSchedule | undefined)[];
}

export interface ScheduleListQuery {
  /** The last name of the page before. */
  readonly after?: string;
  /** 1 to 1 000. */
  readonly limit: number;
}

export interface SchedulePage {
  /** The store's time, ms since the epoch. */
  readonly now: number;
  /** In the order of their names; fewer than `limit` only at the end. */
  readonly schedules: readonly StoredSchedule[];
}

export interface ScheduleWrite {
  /** Unique in the store, whatever the task. */
  readonly name: string;
  /** The revision this replaces; 0: there is none. */
  readonly expectedRevision: number;
  /** May be another than before; what is known of the last job then goes. */
  readonly task: string;
  /** Kept as it is and given back: the store looks at nothing in it. */
  readonly plan: string;
  /** What each of its jobs is given, as the serializer wrote it. */
  readonly payload: Encoded;
  /** ms since the epoch; a past one is due at once. Undefined: it never fires until it is written again. */
  readonly nextSlotAt?: number;
}

/** `stale`: the stored revision is another one; nothing was changed. */
export type ScheduleWriteReply =
  | { readonly status: "stored"; readonly revision: number }
  | { readonly status: "stale" };

export interface DueScheduleQuery {
  /** Only schedules that make jobs of these: a process fires what it has handlers for. */
  readonly tasks: readonly string[];
  /** Most schedules to answer, 1 to 1 000. */
  readonly limit: number;
}

export interface DueSchedules {
  /** The store's time, ms since the epoch: slots are worked out from it, never from the caller's clock. */
  readonly now: number;
  /** At most `limit`, longest overdue first; of the same slot by name. */
  readonly schedules: readonly StoredSchedule[];
  /** Time until the first slot that has not come yet; undefined: there is none. */
  readonly nextDueInMs?: number;
}

/** The order in which schedules are due. */
export function bySlot(left: StoredSchedule, right: StoredSchedule): number {
  const byTime = (left.nextSlotAt ?? 0) - (right.nextSlotAt ?? 0);
  return byTime === 0 && left.name !== right.name ? (left.name < right.name ? -1 : 1) : byTime;
}

/** The job of a slot; `dueAt` may lie behind the slot. */
export type ScheduledJob = Omit<NewJob, "watch" | "delayMs">;

/** One step of a schedule. */
export interface FireRequest {
  /** Of the schedule. */
  readonly name: string;
  /** Its task as the caller knows it; a store may need it to find the schedule's place. */
  readonly task: string;
  /** The one the slots were worked out from; another one is answered by `moved`. */
  readonly revision: number;
  /** The slot that must be the stored next one. */
  readonly expectedSlotAt: number;
  /** What happens at a slot, which may lie behind the expected one; undefined: slots are passed over. */
  readonly fire?: {
    readonly slotAt: number;
    readonly job: ScheduledJob;
    /** Whether a last job that has not ended keeps this one from being made. */
    readonly overlap: "allow" | "skip";
    /** Most slots that may be fired in all: the one that makes it so many leaves no next slot. */
    readonly limit?: number;
  };
  /** The next slot afterwards; undefined: there is none. */
  readonly nextSlotAt?: number;
}

/**
 * - `fired`: the job is stored, or was before.
 * - `overlapped`: the last job has not ended, or another one holds the key of this one, so none was made; the slot is over.
 * - `passed`: as asked, no job was made; the slots are over.
 * - `moved`: the next slot or the revision is another one, or the schedule is gone; nothing was changed.
 * - `early`: the expected slot has not come on the store's clock; nothing was changed.
 */
export type FireReply = "fired" | "overlapped" | "passed" | "moved" | "early";
