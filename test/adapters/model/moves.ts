import type { StoredError } from "taskora";
import {
  type FinalState,
  isFinalState,
  type JobState,
  type LifecycleEvent,
  move,
} from "../../../src/core/lifecycle.js";
import { forgetEmpty, joinBatch } from "./batches.js";
import { gatesOf, leaveGates, openGates, returnToGates } from "./gates.js";
import { freeKeys, holdKeys } from "./keys.js";
import { drop, find, type Model, type ModelJob, newNumber, tell, tellOutcome } from "./model.js";
import { joinTurns } from "./turns.js";

const MAX_HISTORY = 20;

/** Every move of a job is one of these, and one that the lifecycle table allows. */
function leave(
  model: Model,
  job: ModelJob,
  by: { readonly event: LifecycleEvent; readonly to: JobState },
): void {
  move(by.event, job.state, by.to);
  leaveGates(job);
  job.due = undefined;
  job.lease = undefined;
  job.cancelAsked = undefined;
  job.isAside = false;
  job.isAlone = false;
  job.state = by.to;
  settle(model);
}

/** What follows from who left. */
function settle(model: Model): void {
  forgetEmpty(model);
  openGates(model);
}

/** A job becomes waiting at one end of its priority. */
export function enter(model: Model, job: ModelJob, end: "front" | "back"): void {
  if (job.isSuspect) {
    job.number = newNumber(model, end);
    job.isAside = true;
    return;
  }
  holdKeys(model, job);
  if (end === "front" && gatesOf(job).length > 0) {
    returnToGates(model, job);
  } else {
    job.number = newNumber(model, end);
    job.isAside = job.limits?.group !== undefined || job.limits?.collect !== undefined;
    joinTurns(model, job);
    joinBatch(model, job, end);
  }
  openGates(model);
}

export function toWaiting(
  model: Model,
  job: ModelJob,
  by: { readonly event: LifecycleEvent; readonly end: "front" | "back" },
): void {
  leave(model, job, { event: by.event, to: "waiting" });
  enter(model, job, by.end);
}

/** A waiting job takes another place. */
export function again(model: Model, job: ModelJob, end: "front" | "back"): void {
  leaveGates(job);
  // While it is on its way it is nowhere.
  drop(model.jobs, (other) => other === job);
  settle(model);
  model.jobs.push(job);
  enter(model, job, end);
}

export function toDue(
  model: Model,
  job: ModelJob,
  by: { readonly event: LifecycleEvent; readonly to: "delayed" | "retrying"; readonly at: number },
): void {
  leave(model, job, by);
  model.order += 1;
  job.due = { at: by.at, order: model.order };
}

export function toActive(model: Model, job: ModelJob, lease: string): void {
  leave(model, job, { event: "claim", to: "active" });
  job.expiresAt = undefined;
  model.hasClaimed = true;
  job.lease = lease;
  job.attempt += 1;
  job.isStarted = true;
  model.order += 1;
  job.fence = model.order;
  tell(model, job, "active", { worker: lease });
}

/** How a job ends. */
export interface Ending {
  readonly event: LifecycleEvent;
  readonly state: FinalState;
  readonly worker?: string;
  readonly result?: string | undefined;
  readonly error?: StoredError;
  readonly reason?: string;
  readonly replacedBy?: string;
}

export function toFinal(model: Model, job: ModelJob, ending: Ending): void {
  const { event, state, ...details } = ending;
  leave(model, job, { event, to: state });
  job.expiresAt = undefined;
  model.order += 1;
  job.ended = model.order;
  job.result = ending.result;
  job.error = ending.error ?? job.error;
  job.reason = ending.reason;
  job.replacedBy = ending.replacedBy;
  freeKeys(model, job);
  tellOutcome(model, job, state);
  tell(model, job, state, details);
}

/** A job is no longer stored. One that had not ended is over by this. */
export function forget(
  model: Model,
  job: ModelJob,
  by: { readonly event: LifecycleEvent; readonly as: FinalState },
): void {
  move(by.event, job.state, "none");
  drop(model.jobs, (other) => other === job);
  if (!isFinalState(job.state)) {
    freeKeys(model, job);
    tellOutcome(model, job, by.as);
  }
  settle(model);
}

/** A job by id; one whose TTL has passed is expired first. */
export function findLive(model: Model, id: string): ModelJob | undefined {
  const job = find(model, id);
  if (job !== undefined && (job.expiresAt ?? Number.POSITIVE_INFINITY) <= model.now) expire(model, job);
  return find(model, id);
}

export function expire(model: Model, job: ModelJob): void {
  if (job.onExpire === "fail") {
    toFinal(model, job, { event: "expire", state: "expired" });
    return;
  }
  forget(model, job, { event: "expire", as: "expired" });
  tell(model, job, "expired");
}

/** Adds to the history of a job that is about to leave its worker. */
export function remember(job: ModelJob, ended: Pick<ModelJob["history"][number], "outcome" | "error">): void {
  job.history.push({ attempt: job.attempt, worker: job.lease ?? "", ...ended });
  if (job.history.length > MAX_HISTORY) job.history.shift();
}
