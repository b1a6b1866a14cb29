import { DEFAULT_STALL_LIMIT, type Retention, type SweepReply, type SweepRequest } from "../core/adapter.js";
import { expireMove, promoteMove, reclaimMove } from "../core/job-moves.js";
import { FINAL_STATES } from "../core/lifecycle.js";
import { keptCount } from "../core/retention.js";
import { isOverdue } from "../core/stored-job.js";
import type { JobRecord, Lease } from "./job-record.js";

import type { TaskStore } from "./task-store.js";

/** Most jobs one step of upkeep touches, so that no call takes long. */
const MAX_STEPS = 1000;
/** How long a lost lease is remembered; a worker that wakes later holds fences that are refused anyway. */
const LOST_LEASE_MS = 24 * 3_600_000;

const EVERYTHING = { ageMs: Number.POSITIVE_INFINITY, count: Number.POSITIVE_INFINITY };
/** Of a task whose workers never said how they keep its jobs. */
const KEEP_ALL: Retention = {
  completed: EVERYTHING,
  failed: EVERYTHING,
  cancelled: EVERYTHING,
  expired: EVERYTHING,
};

/** Makes due jobs waiting, in due order; returns how many. */
export function promoteDue(task: TaskStore, now: number): number {
  let promoted = 0;
  for (; promoted < MAX_STEPS; promoted++) {
    const { first } = task.due;
    if (first === undefined || first.at > now) break;
    task.apply(first.value, promoteMove(now));
  }
  return promoted;
}

/** Fires the timers whose time has come; returns how many. */
export function fireTimers(task: TaskStore, now: number): number {
  const { timers } = task.limits;
  let fired = 0;
  for (; fired < MAX_STEPS; fired++) {
    const { first } = timers;
    if (first === undefined || first.at > now) break;
    timers.remove(first);
    first.value.fire(now);
  }
  return fired;
}

/** Expires jobs whose TTL has passed; returns how many. */
export function expireOverdue(task: TaskStore, now: number): number {
  let expired = 0;
  for (; expired < MAX_STEPS; expired++) {
    const { first } = task.ttl;
    if (first === undefined || first.at > now) break;
    task.apply(first.value, expireMove(first.value, now));
  }
  return expired;
}

/** Finds a job for a change; one whose TTL has passed ends first. */
export function findJob(task: TaskStore, id: string, now: number): JobRecord | undefined {
  const record = task.jobs.get(id);
  if (record === undefined || !isOverdue(record, now)) return record;
  task.apply(record, expireMove(record, now));
  return task.jobs.get(id);
}

/** Bounded upkeep of one task. */
export function sweepTask(task: TaskStore, request: SweepRequest, now: number): SweepReply {
  const { retention, stallLimit = DEFAULT_STALL_LIMIT } = request;
  if (retention !== undefined) task.keeping = { retention, stallLimit };
  const keeping = task.keeping ?? { retention: KEEP_ALL, stallLimit };
  const reclaimed = reclaimLost(task, keeping.stallLimit, now);
  const expired = expireOverdue(task, now);
  const promoted = promoteDue(task, now);
  const fired = fireTimers(task, now);
  const aged = retention !== undefined && request.scope === "all" ? pruneByAge(task, retention, now) : 0;
  const pruned = pruneByCount(task, keeping.retention) + aged;
  task.limits.forgetExpired(now, MAX_STEPS);
  const nextDueInMs = task.nextDueInMs(now);
  return {
    promoted,
    reclaimed,
    expired,
    pruned,
    more: [promoted, fired, reclaimed, expired, pruned].some((steps) => steps >= MAX_STEPS),
    ...(nextDueInMs === undefined ? {} : { nextDueInMs }),
  };
}

function reclaimLost(task: TaskStore, stallLimit: number, now: number): number {
  const jobs = takeFromLostLeases(task, now);
  // Last claimed first: each goes to the very front, so the job claimed first ends up there.
  for (const record of jobs.sort((a, b) => b.fence - a.fence)) reclaim(task, record, { stallLimit, now });
  return jobs.length;
}

/** Jobs under leases that are past, at most {@link MAX_STEPS}; those leases are lost from now on. */
function takeFromLostLeases(task: TaskStore, now: number): JobRecord[] {
  const taken: JobRecord[] = [];
  for (;;) {
    const entry = task.leaseTimes.first;
    if (entry === undefined || entry.at > now || taken.length >= MAX_STEPS) return taken;
    const lease = entry.value;
    const jobs = [...lease.jobs].slice(0, MAX_STEPS - taken.length);
    if (jobs.length > 0) loseLease(task, lease, now);
    if (jobs.length === lease.jobs.size) endLease(task, lease);
    taken.push(...jobs);
  }
}

/** From now on the lease can neither claim nor be renewed, also while jobs under it remain to be taken. */
function loseLease(task: TaskStore, lease: Lease, now: number): void {
  if (lease.lostAt !== undefined || lease.due === undefined) return;
  lease.lostAt = now;
  lease.heldOne = lease.jobs.size === 1;
  task.leases.delete(lease.name);
  task.lostLeases.set(lease.name, lease);
  task.leaseTimes.move(lease.due, 0);
}

function endLease(task: TaskStore, lease: Lease): void {
  if (lease.due !== undefined) task.leaseTimes.remove(lease.due);
  lease.due = undefined;
  if (task.leases.get(lease.name) === lease) task.leases.delete(lease.name);
}

/**
 * Takes a job from a lost worker: back, or to its end past the limit or when a cancel was asked. One of several becomes
 * a suspect and is not blamed; one that was alone is, and comes behind the suspects that were not tried yet.
 */
function reclaim(
  task: TaskStore,
  record: JobRecord,
  by: { readonly stallLimit: number; readonly now: number },
): void {
  const isBlamed = record.isAlone || record.lease?.heldOne === true;
  const end = record.isSuspect && isBlamed ? "back" : "front";
  record.isSuspect = true;
  task.apply(record, reclaimMove(record, { ...by, isBlamed, end }));
}

/** How the task's own workers keep what ends. */
export function retentionOf(task: TaskStore): Retention {
  return task.keeping?.retention ?? KEEP_ALL;
}

/** Forgets the oldest finished jobs beyond each state's count; returns how many. */
export function pruneByCount(task: TaskStore, retention: Retention): number {
  let pruned = 0;
  for (const state of FINAL_STATES) {
    const most = keptCount(retention, state);
    while (task.counts[state] > most && pruned < MAX_STEPS) {
      const oldest = task.oldest(state);
      if (oldest !== undefined) task.prune(oldest);
      pruned += 1;
    }
  }
  return pruned;
}

function pruneByAge(task: TaskStore, retention: Retention, now: number): number {
  let pruned = 0;
  for (const state of FINAL_STATES) {
    const before = now - retention[state].ageMs;
    let oldest = task.oldest(state);
    while (pruned < MAX_STEPS && oldest !== undefined && (oldest.finishedAt ?? 0) <= before) {
      task.prune(oldest);
      pruned += 1;
      oldest = task.oldest(state);
    }
  }
  forgetLostLeases(task, now);
  return pruned;
}

function forgetLostLeases(task: TaskStore, now: number): void {
  for (const [name, lease] of task.lostLeases) {
    if ((lease.lostAt ?? now) > now - LOST_LEASE_MS) return;
    if (lease.jobs.size === 0) task.lostLeases.delete(name);
  }
}
