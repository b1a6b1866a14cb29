import type { ChangeReply, ControlReply, InsertReply, NewJob, Retention } from "taskora/adapter";
import { canHappen, isFinalState, type LifecycleEvent } from "../../../src/core/lifecycle.js";
import { refusalOf, takeKeys } from "./admission.js";
import { nextBatch } from "./batches.js";
import { passGates } from "./gates.js";
import {
  asStored,
  find,
  inState,
  type Model,
  type ModelJob,
  outcomeOf,
  suspectsInOrder,
  tell,
  waitingInOrder,
} from "./model.js";
import { again, enter, findLive, forget, toActive, toDue, toFinal, toWaiting } from "./moves.js";
import { nextJob } from "./turns.js";
import { comeDue, expireOverdue, pruneByCount } from "./upkeep.js";

/** Stores a job, unless it is stored or its keys refuse it. */
export function insert(model: Model, job: NewJob): InsertReply {
  const stored = findLive(model, job.id);
  if (stored !== undefined && !isSame(stored, job)) return { status: "conflict" };
  const refusal = stored === undefined ? refusalOf(model, job) : undefined;
  if (refusal !== undefined) {
    const holder = refusal.status === "duplicate" ? findLive(model, refusal.id) : undefined;
    if (job.watch === true && holder !== undefined) watch(model, holder);
    return refusal;
  }
  const record = stored ?? store(model, job);
  if (job.watch === true) watch(model, record);
  return { status: "inserted" };
}

function watch(model: Model, record: ModelJob): void {
  if (isFinalState(record.state)) model.outcomes.push(outcomeOf(record, record.state));
  else record.isWatched = true;
}

/** Who repeats an insert brings the same limits; without it only a batch is missed. */
function isSame(stored: ModelJob, { version, limits }: NewJob): boolean {
  if (stored.version !== version) return false;
  if (limits === undefined) return stored.limits?.collect === undefined;
  return JSON.stringify(limits) === JSON.stringify(stored.limits);
}

function store(model: Model, job: NewJob): ModelJob {
  const debouncedTo = takeKeys(model, job);
  const dueAt = debouncedTo ?? model.now + (job.delayMs ?? 0);
  const record = newJob(model, job);
  model.jobs.push(record);
  if (dueAt <= model.now) {
    enter(model, record, debouncedTo === undefined ? "back" : "front");
    tell(model, record, "waiting");
  } else {
    model.order += 1;
    record.state = "delayed";
    record.due = { at: dueAt, order: model.order };
    tell(model, record, "delayed", { delayMs: dueAt - model.now });
  }
  return record;
}

function newJob(model: Model, job: NewJob): ModelJob {
  return {
    id: job.id,
    version: job.version,
    ...(job.limits === undefined ? {} : { limits: job.limits }),
    ...(job.ttlMs === undefined ? {} : { ttlMs: job.ttlMs, expiresAt: model.now + job.ttlMs }),
    onExpire: job.onExpire ?? "fail",
    state: "waiting",
    priority: job.priority,
    attempt: 0,
    stalls: 0,
    fence: 0,
    number: 0,
    isAside: false,
    isSuspect: false,
    isAlone: false,
    held: [],
    isStarted: false,
    history: [],
    logs: [],
    isWatched: false,
  };
}

/** How somebody claims. */
export interface Claim {
  readonly lease: string;
  readonly leaseMs: number;
  readonly count: number;
  readonly isApart?: boolean;
}

/** What a claim took; undefined: its lease is lost. */
export interface Claimed {
  readonly jobs: ModelJob[] | undefined;
  readonly hasSuspects: boolean;
}

/** One claim in so long a time is answered by asking for a suspect. */
const ASK_AGAIN_MS = 2000;

/** Takes jobs, after what is due; now and then it asks for a suspect instead. */
export function claim(model: Model, by: Claim): Claimed {
  const known = model.leases.find(({ name }) => name === by.lease);
  if (known?.isLost === true) return { jobs: undefined, hasSuspects: false };
  const mayAsk = by.count > 0 && !model.isPaused && suspectsInOrder(model).length > 0;
  if (by.isApart !== true) comeDue(model);
  if (known !== undefined) known.endsAt = model.now + by.leaseMs;
  const isAsked = by.isApart !== true && mayAsk && model.now - model.askedAt >= ASK_AGAIN_MS;
  if (isAsked || by.isApart === true) model.askedAt = model.now;
  const take = by.isApart === true ? takeSuspects : takeJobs;
  const jobs = model.isPaused || isAsked ? [] : take(model, by.lease, by.count);
  if (jobs.length > 0 && known === undefined) {
    model.leases.push({ name: by.lease, endsAt: model.now + by.leaseMs, isLost: false });
  }
  const isLeft = by.count > 0 && !model.isPaused && suspectsInOrder(model).length > 0;
  return { jobs, hasSuspects: by.isApart === true ? isLeft : mayAsk && jobs.length === 0 };
}

/** One that is taken alone is to blame when it is lost. */
function takeSuspects(model: Model, lease: string, count: number): ModelJob[] {
  const taken: ModelJob[] = [];
  while (taken.length < count) {
    const [job] = suspectsInOrder(model);
    if (job === undefined) break;
    if (!passGates(model, job)) continue;
    toActive(model, job, lease);
    taken.push(job);
  }
  for (const job of taken) job.isAlone = taken.length === 1;
  return taken;
}

function takeJobs(model: Model, lease: string, count: number): ModelJob[] {
  const taken: ModelJob[] = [];
  const take = (job: ModelJob): boolean => {
    if (!passGates(model, job)) return false;
    toActive(model, job, lease);
    return taken.push(job) > 0;
  };
  let left = count;
  for (; left > 0; left--) {
    const batch = nextBatch(model);
    if (batch === undefined) break;
    for (const job of batch) take(job);
  }
  while (left > 0) {
    const job = nextJob(model);
    if (job === undefined) break;
    if (take(job)) left -= 1;
  }
  return taken;
}

/** Cancels a job, or asks its worker. */
export function cancel(
  model: Model,
  by: { readonly id: string; readonly reason: string; readonly retention: Retention },
): object {
  const job = findLive(model, by.id);
  if (job === undefined) return { status: "missing" };
  if (isFinalState(job.state)) return { status: "finished", state: job.state };
  if (job.state === "active") {
    job.cancelAsked ??= asStored(by.reason);
    return { status: "requested" };
  }
  toFinal(model, job, { event: "cancel", state: "cancelled", reason: asStored(by.reason) });
  pruneByCount(model, by.retention);
  return { status: "cancelled" };
}

/** What somebody changes by hand. */
export type Change =
  | { readonly change: "revive" | "promote" | "remove" }
  | { readonly change: "reschedule"; readonly delayMs: number }
  | { readonly change: "prioritize"; readonly priority: number };

export function change(model: Model, id: string, by: Change): ChangeReply {
  const job = findLive(model, id);
  if (job === undefined) return { status: "missing" };
  const event: LifecycleEvent = by.change === "prioritize" ? "reschedule" : by.change;
  if (!canHappen(event, job.state)) return { status: "refused", state: job.state };
  applyChange(model, job, by);
  return { status: "applied" };
}

function applyChange(model: Model, job: ModelJob, by: Change): void {
  switch (by.change) {
    case "revive":
      revive(model, job);
      return;
    case "promote":
      toWaiting(model, job, { event: "promote", end: "back" });
      tell(model, job, "waiting");
      return;
    case "reschedule": {
      const to = job.state === "retrying" ? "retrying" : "delayed";
      toDue(model, job, { event: "reschedule", to, at: model.now + by.delayMs });
      tell(model, job, to, { delayMs: by.delayMs });
      return;
    }
    case "prioritize": {
      const isOther = job.priority !== by.priority;
      job.priority = by.priority;
      if (isOther && job.state === "waiting") again(model, job, "back");
      return;
    }
    case "remove":
      job.reason ??= "removed";
      forget(model, job, { event: "remove", as: "cancelled" });
      tell(model, job, "removed");
      return;
  }
}

/** A fresh first attempt; only the history and the logs stay. */
function revive(model: Model, job: ModelJob): void {
  job.attempt = 0;
  job.isSuspect = false;
  toWaiting(model, job, { event: "revive", end: "back" });
  job.stalls = 0;
  job.isStarted = false;
  job.ended = undefined;
  job.error = undefined;
  job.progress = undefined;
  if (job.ttlMs !== undefined) job.expiresAt = model.now + job.ttlMs;
  tell(model, job, "waiting");
}

/** A claim tells its progress and writes a line. */
export function note(
  model: Model,
  by: { readonly id: string; readonly fence: number; readonly lease: string },
): ("applied" | "stale")[] {
  const job = find(model, by.id);
  if (job?.state !== "active" || job.fence !== by.fence || job.lease !== by.lease) return ["stale", "stale"];
  const worker = by.lease;
  job.progress = "5";
  tell(model, job, "progress", { worker, progress: "5" });
  job.logs.push({ level: "info", message: "x" });
  tell(model, job, "log", { worker });
  return ["applied", "applied"];
}

export function control(model: Model, what: "pause" | "resume"): ControlReply {
  const isPaused = what === "pause";
  const changed = model.isPaused === isPaused ? 0 : 1;
  model.isPaused = isPaused;
  return { changed, more: false };
}

/** Ends waiting jobs. */
export function drain(
  model: Model,
  by: { readonly limit: number; readonly reason: string; readonly retention: Retention },
): ControlReply {
  expireOverdue(model);
  const drained = waitingInOrder(model).slice(0, by.limit);
  const reason = asStored(by.reason);
  for (const job of drained) toFinal(model, job, { event: "cancel", state: "cancelled", reason });
  pruneByCount(model, by.retention);
  return { changed: drained.length, more: inState(model, "waiting").length > 0 };
}
