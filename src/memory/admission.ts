import type { InsertReply, NewJob } from "../core/adapter.js";
import { cancelMove } from "../core/job-moves.js";
import type { JobDebounce } from "../core/limits/admission.js";
import { debounce as debounced, refusalOf as refused } from "../core/limits/keys.js";
import { isOverdue } from "../core/stored-job.js";
import { findJob } from "./sweep.js";
import type { TaskStore } from "./task-store.js";

/** Why a new job with limits is not stored; undefined when it may be. */
export function refusalOf(task: TaskStore, job: NewJob, now: number): InsertReply | undefined {
  if (job.limits === undefined) return undefined;
  const { keys } = task.limits;
  const facts = {
    idempotent: ({ key }: { readonly key: string }) => {
      const held = keys.idempotentHolder(key);
      if (held !== undefined) findJob(task, held.id, now);
      return held;
    },
    unique: ({ key }: { readonly key: string }) => {
      const id = keys.uniqueHolder(key);
      return id === undefined ? undefined : findJob(task, id, now);
    },
    throttled: keys.throttled.bind(keys, job.id),
  };
  return refused(job.limits, facts, now);
}

/** The job that holds a key now, without changing anything; see `Adapter.holders`. */
export function holderOf(task: TaskStore, key: string, now: number): string | undefined {
  const { keys } = task.limits;
  const id = keys.uniqueHolder(key);
  const job = id === undefined ? undefined : task.jobs.get(id);
  return job === undefined || isOverdue(job, now) ? keys.idempotentHolder(key)?.id : id;
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
  const known = last !== undefined && before !== undefined;
  const { replaces, first, dueAt } = debounced(
    debounce,
    known
      ? { first: last.first, state: before.state, hasStarted: before.startedAt !== undefined }
      : undefined,
    now,
  );
  if (replaces && before !== undefined)
    task.apply(before, { ...cancelMove("replaced", now), replacedBy: id });
  task.limits.keys.takeDebounced(debounce, { first, id });
  return dueAt;
}
