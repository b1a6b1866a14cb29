import type { Retention } from "taskora/adapter";
import { stalledError } from "../../../src/core/errors.js";
import { FINAL_STATES } from "../../../src/core/lifecycle.js";
import { keptCount } from "../../../src/core/retention.js";
import { fireBatches, hasTimedBatches } from "./batches.js";
import {
  dueInOrder,
  endedInOrder,
  inState,
  lastClaimedFirst,
  type Model,
  type ModelJob,
  type ModelLease,
  tell,
} from "./model.js";
import { expire, forget, remember, toFinal, toWaiting } from "./moves.js";

/** A job that its workers lost more often than this fails. */
export const STALL_LIMIT = 1;

/** Overdue jobs expire, due ones become waiting in due order, batches become ready. Gives how many became waiting. */
export function comeDue(model: Model): number {
  expireOverdue(model);
  const due = dueInOrder(model).filter((job) => (job.due?.at ?? 0) <= model.now);
  for (const job of due) {
    toWaiting(model, job, { event: "promote", end: "back" });
    tell(model, job, "waiting");
  }
  fireBatches(model);
  return due.length;
}

/** Ends jobs whose TTL has passed. */
export function expireOverdue(model: Model): void {
  const overdue = model.jobs.filter((job) => (job.expiresAt ?? Number.POSITIVE_INFINITY) <= model.now);
  for (const job of overdue) expire(model, job);
}

/** Caretaker. How many expired is left to who comes first. */
export function sweep(model: Model, retention: Retention): object {
  const promoted = comeDue(model);
  const past = model.leases.filter(({ endsAt, isLost }) => !isLost && endsAt <= model.now);
  const lost = inState(model, "active").filter((job) => past.some(({ name }) => name === job.lease));
  for (const lease of past) endLease(model, lease, lost);
  const isOnly = (job: ModelJob) => lost.filter(({ lease }) => lease === job.lease).length === 1;
  const blamed = new Set(lost.filter((job) => job.isAlone || isOnly(job)));
  for (const job of lastClaimedFirst(lost)) reclaim(model, job, { isBlamed: blamed.has(job) });
  return {
    promoted,
    reclaimed: lost.length,
    expired: 0,
    pruned: pruneByCount(model, retention),
    more: false,
  };
}

/** One that held jobs stays lost, another leaves no trace. */
function endLease(model: Model, lease: ModelLease, lost: readonly ModelJob[]): void {
  if (lost.some((job) => job.lease === lease.name)) lease.isLost = true;
  else model.leases.splice(model.leases.indexOf(lease), 1);
}

function reclaim(model: Model, job: ModelJob, { isBlamed }: { readonly isBlamed: boolean }): void {
  const reason = job.cancelAsked;
  if (isBlamed) job.stalls += 1;
  remember(job, { outcome: "stalled" });
  tell(model, job, "stalled", { worker: job.lease ?? "" });
  if (reason !== undefined) {
    toFinal(model, job, { event: "reclaim", state: "cancelled", reason });
    return;
  }
  if (isBlamed && job.stalls > STALL_LIMIT) {
    toFinal(model, job, { event: "reclaim", state: "failed", error: stalledError(STALL_LIMIT) });
    return;
  }
  const end = job.isSuspect && isBlamed ? "back" : "front";
  job.isSuspect = true;
  toWaiting(model, job, { event: "reclaim", end });
  job.attempt -= 1;
  tell(model, job, "waiting");
}

/** Forgets the oldest finished jobs beyond what is kept; gives how many. */
export function pruneByCount(model: Model, retention: Retention): number {
  let pruned = 0;
  for (const state of FINAL_STATES) {
    const ended = endedInOrder(model, state);
    const old = ended.slice(0, Math.max(0, ended.length - keptCount(retention, state)));
    for (const job of old) forget(model, job, { event: "prune", as: state });
    pruned += old.length;
  }
  return pruned;
}

/**
 * Whether time alone will change something. Undefined: an adapter may look after what is not there any more, such as
 * a lease that holds nothing, once something was claimed.
 */
export function isAnythingDue(model: Model): boolean | undefined {
  const isTimed = model.jobs.some((job) => job.due !== undefined || job.expiresAt !== undefined);
  if (isTimed || inState(model, "active").some(({ lease }) => isHeld(model, lease))) return true;
  return model.hasClaimed ? undefined : hasTimedBatches(model);
}

function isHeld(model: Model, lease: string | undefined): boolean {
  return model.leases.some(({ name, isLost }) => name === lease && !isLost);
}
