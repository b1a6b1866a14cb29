import type { InsertReply, NewJob } from "../core/adapter.js";
import { isFinalState, type JobState } from "../core/lifecycle.js";
import type { JobDebounce, JobIdempotency, JobUnique } from "../core/limits/admission.js";
import type { JobRecord } from "./job-record.js";
import type { TaskStore } from "./task-store.js";
import { findJob } from "./upkeep.js";

/** Why a new job with a limits is not stored; undefined when it may be. Nothing is written before it is sure. */
export function refusalOf(task: TaskStore, job: NewJob, now: number): InsertReply | undefined {
  const { idempotency, unique, throttle } = job.limits ?? {};
  const repeated = idempotency === undefined ? undefined : askIdempotent(task, idempotency, now);
  if (repeated !== undefined) return repeated;
  const duplicate = unique === undefined ? undefined : askUnique(task, unique, now);
  if (duplicate !== undefined) return duplicate;
  const retryAfterMs = throttle === undefined ? undefined : task.limits.keys.throttledForMs(throttle, job.id);
  return retryAfterMs === undefined ? undefined : { status: "throttled", retryAfterMs };
}

function askIdempotent(
  task: TaskStore,
  { key, digest }: JobIdempotency,
  now: number,
): InsertReply | undefined {
  const held = task.limits.keys.idempotentHolder(key);
  if (held === undefined) return undefined;
  findJob(task, held.id, now);
  if (held.digest !== digest) return { status: "reused", id: held.id };
  return { status: "duplicate", id: held.id, by: "idempotency" };
}

function askUnique(task: TaskStore, unique: JobUnique, now: number): InsertReply | undefined {
  const id = task.limits.keys.uniqueHolder(unique.key);
  if (id === undefined) return undefined;
  const holder = findJob(task, id, now);
  if (holder === undefined || !counts(unique, holder.state)) return undefined;
  return { status: "duplicate", id, by: "unique" };
}

function counts(unique: JobUnique, state: JobState): boolean {
  if (isFinalState(state)) return false;
  return unique.while === undefined || unique.while.includes(state);
}

/**
 * The job is about to be stored: its keys stand for it from now on.
 *
 * @returns when it becomes due if it is debounced
 */
export function admit(task: TaskStore, job: NewJob, now: number): number | undefined {
  const { idempotency, unique, throttle, debounce } = job.limits ?? {};
  const { keys } = task.limits;
  if (idempotency !== undefined) keys.takeIdempotent(idempotency, job.id);
  if (unique !== undefined) keys.takeUnique(unique.key, job.id);
  if (throttle !== undefined) keys.passThrottle(throttle, job.id);
  return debounce === undefined ? undefined : passDebounce(task, { id: job.id, debounce, now });
}

function passDebounce(
  task: TaskStore,
  by: { readonly id: string; readonly debounce: JobDebounce; readonly now: number },
): number {
  const { id, debounce, now } = by;
  const last = task.limits.keys.debounced(debounce.key);
  const before = last === undefined ? undefined : findJob(task, last.id, now);
  const replaced = before !== undefined && isUnstarted(before);
  const first = replaced && last !== undefined ? last.first : now;
  if (replaced) replace(task, before, { id, now });
  task.limits.keys.takeDebounced(debounce, { first, id });
  return Math.min(now + debounce.delayMs, first + (debounce.maxWaitMs ?? Number.POSITIVE_INFINITY));
}

function isUnstarted(record: JobRecord): boolean {
  return record.startedAt === undefined && (record.state === "waiting" || record.state === "delayed");
}

function replace(
  task: TaskStore,
  record: JobRecord,
  by: { readonly id: string; readonly now: number },
): void {
  const ending = { reason: "replaced", replacedBy: by.id };
  task.toFinal(record, { event: "cancel", state: "cancelled", now: by.now, ...ending });
  task.publish(record, "cancelled", { at: by.now, ...ending });
}
