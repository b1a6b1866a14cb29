/**
 * Keys that stand for a job: whoever brings the same key later is told of it, is refused, or replaces it. A key is given
 * back by the job that holds it, never by one that held it before.
 */
import type { InsertReply } from "../adapter.js";
import { isFinalState, type JobState } from "../lifecycle.js";
import type { JobAdmission, JobDebounce, JobIdempotency, JobThrottle, JobUnique } from "./admission.js";

/** The job that stands for an idempotency key. */
export interface IdempotentHolder {
  readonly id: string;
  readonly digest: string;
}

/** What a store knows of the keys of a new job. Each is asked for at most once, and only when it decides. */
export interface KeyFacts {
  /** Who stands for the key now; undefined: nobody, or its window is past. */
  idempotent(idempotency: JobIdempotency): IdempotentHolder | undefined;
  /** Who holds the key, with its state; undefined: nobody, or that job is gone. */
  unique(unique: JobUnique): { readonly id: string; readonly state: JobState } | undefined;
  /** When jobs with the key were stored, oldest first; undefined: this one is among them. */
  throttled(throttle: JobThrottle): PastStarts | undefined;
}

/** Times in order, ms since the epoch; the oldest may have left the window. */
export interface PastStarts {
  readonly size: number;
  readonly times: Iterable<number>;
}

/** Why a new job is not stored; undefined when it may be. Who is refused leaves no trace. */
export function refusalOf(job: JobAdmission, facts: KeyFacts, now: number): InsertReply | undefined {
  const { idempotency, unique, throttle } = job;
  return (
    (idempotency && repeats(idempotency, facts.idempotent(idempotency))) ??
    (unique && duplicates(unique, facts.unique(unique))) ??
    (throttle && exceeds(throttle, facts.throttled(throttle), now))
  );
}

function repeats({ digest }: JobIdempotency, held: IdempotentHolder | undefined): InsertReply | undefined {
  if (held === undefined) return undefined;
  if (held.digest !== digest) return { status: "reused", id: held.id };
  return { status: "duplicate", id: held.id, by: "idempotency" };
}

function duplicates(
  unique: JobUnique,
  holder: { readonly id: string; readonly state: JobState } | undefined,
): InsertReply | undefined {
  if (holder === undefined || isFinalState(holder.state)) return undefined;
  if (unique.while !== undefined && !unique.while.includes(holder.state)) return undefined;
  return { status: "duplicate", id: holder.id, by: "unique" };
}

function exceeds(
  { limit, windowMs }: JobThrottle,
  past: PastStarts | undefined,
  now: number,
): InsertReply | undefined {
  if (past === undefined || past.size < limit) return undefined;
  let excess = past.size - limit;
  for (const at of past.times) {
    if (at <= now - windowMs) {
      if (--excess < 0) return undefined;
    } else if (excess-- === 0) {
      return { status: "throttled", retryAfterMs: at + windowMs - now };
    }
  }
  return undefined;
}

/** What a new job does as the last of its debounced key. Times are ms since the epoch. */
export interface Debounced {
  /** Whether it takes the place of the job before. */
  readonly replaces: boolean;
  /** When the first of those that replaced each other came. */
  readonly first: number;
  /** When it becomes due; a past time: at once, at the front of its priority. */
  readonly dueAt: number;
}

/** The job before of a debounced key, when it is still stored. */
export interface DebouncedBefore {
  readonly first: number;
  readonly state: JobState;
  readonly hasStarted: boolean;
}

export function debounce(
  { delayMs, maxWaitMs = Number.POSITIVE_INFINITY }: JobDebounce,
  before: DebouncedBefore | undefined,
  now: number,
): Debounced {
  const replaces =
    before !== undefined && !before.hasStarted && (before.state === "waiting" || before.state === "delayed");
  const first = replaces ? before.first : now;
  return { replaces, first, dueAt: Math.min(now + delayMs, first + maxWaitMs) };
}

/** Who has the keys of a job that comes or goes. */
export interface KeyHolders {
  readonly unique?: string | undefined;
  readonly idempotent?: string | undefined;
  readonly debounced?: string | undefined;
}

/** Which keys a job takes that is waiting, perhaps for another time: those that were freed in between. */
export function keysToHold(
  { unique, idempotency }: JobAdmission,
  holders: KeyHolders,
  id: string,
): { readonly unique: boolean; readonly idempotent: "take" | "keep" | "leave" } {
  const isMine = holders.idempotent === undefined ? "take" : holders.idempotent === id ? "keep" : "leave";
  return {
    unique: unique !== undefined && holders.unique === undefined,
    idempotent: idempotency === undefined ? "leave" : isMine,
  };
}

/** Which keys are free since their job is over; an idempotency key is free when its window has passed. */
export function keysToFree(
  { unique, idempotency, debounce: debounced }: JobAdmission,
  holders: KeyHolders,
  id: string,
): { readonly unique: boolean; readonly debounced: boolean; readonly idempotentInMs: number | undefined } {
  return {
    unique: unique !== undefined && holders.unique === id,
    debounced: debounced !== undefined && holders.debounced === id,
    idempotentInMs: holders.idempotent === id ? idempotency?.windowMs : undefined,
  };
}
