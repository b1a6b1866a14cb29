/**
 * What every event makes of a job: which move of the lifecycle table it is, and what is kept of it. A store asks for the
 * move, carries it out in one atomic step, and tells what came of it; it never decides by itself.
 */
import type { JobChange } from "./adapter.js";
import type { NewerJob, Settlement, SettleStatus } from "./adapter-work.js";
import { type StoredError, stalledError } from "./errors.js";
import type { AttemptRecord, Encoded, JobEventType } from "./job.js";
import { MAX_HISTORY } from "./job.js";
import {
  canHappen,
  type FinalState,
  isFinalState,
  type JobState,
  type LifecycleEvent,
  move,
} from "./lifecycle.js";
import { copyEncoded, type EventDetails, type StoredJob } from "./stored-job.js";
import { storedText } from "./stored-text.js";

/** One move of a job, decided but not carried out. */
export interface JobMove {
  readonly event: LifecycleEvent;
  readonly to: JobState | "none";
  /** When it happens, ms since the epoch on the store's clock. */
  readonly at: number;
  /** Of a move to waiting: at which end of its priority. */
  readonly end?: "front" | "back";
  /** Of a move to delayed or retrying: how long it waits. */
  readonly delayMs?: number;
  /** How the run that ends with it is written down; undefined: none does, or it leaves no record. */
  readonly ran?: AttemptRecord["outcome"];
  /** The run does not count as an attempt. */
  readonly givesBack?: true;
  /** How often its worker's loss was blamed on it, from now on. */
  readonly stalls?: number;
  /** The lease that ran it, when that is told. */
  readonly worker?: string;
  readonly result?: Encoded;
  readonly error?: StoredError;
  readonly reason?: string;
  readonly replacedBy?: string;
  /** Of a release for a newer worker. */
  readonly newer?: NewerJob;
}

/** What is needed to decide how a claim ends. */
type Claimed = Pick<StoredJob, "state" | "fence" | "worker" | "cancelAsked">;

/** What a settlement comes to; without a move nothing is changed. */
export interface SettlementMove {
  readonly status: SettleStatus;
  readonly move?: JobMove;
}

/** Ends a claim, when it still is the one of this lease. A cancel that was asked for comes first, whatever is settled. */
export function settlementMove(
  job: Claimed | undefined,
  settlement: Settlement,
  { lease, now }: { readonly lease: string; readonly now: number },
): SettlementMove {
  if (job?.state !== "active") return { status: "missing" };
  if (job.fence !== settlement.fence || job.worker !== lease) return { status: "stale" };
  const by = { at: now, worker: lease };
  if (job.cancelAsked !== undefined) {
    const move = { ...CANCELLED, ...by, reason: job.cancelAsked };
    return { status: settlement.event === "cancel" ? "applied" : "cancelled", move };
  }
  return { status: "applied", move: moveOf(settlement, by) };
}

const CANCELLED = { event: "cancel", to: "cancelled", ran: "cancelled" } as const;

function moveOf(settlement: Settlement, by: { readonly at: number; readonly worker: string }): JobMove {
  switch (settlement.event) {
    case "complete": {
      const result = copyEncoded(settlement.result);
      const move = { ...by, event: "complete", to: "completed", ran: "completed" } as const;
      return result === undefined ? move : { ...move, result };
    }
    case "fail":
      return { ...by, event: "fail", to: "failed", ran: "failed", error: settlement.error };
    case "retry": {
      const { error, delayMs } = settlement;
      return { ...by, event: "retry", to: "retrying", ran: "failed", error, delayMs };
    }
    case "cancel":
      return { ...by, ...CANCELLED, reason: storedText(settlement.reason) };
    case "release": {
      const { delayMs = 0, newer } = settlement;
      const move = { event: "release", at: by.at, givesBack: true } as const;
      if (delayMs <= 0) return { ...move, to: "waiting", end: "front" };
      return { ...move, to: "delayed", delayMs, ...(newer === undefined ? {} : { newer }) };
    }
  }
}

/** Takes a job from a lease that is past: back, or to its end past the limit or when a cancel was asked for. */
export function reclaimMove(
  job: Pick<StoredJob, "stalls" | "cancelAsked">,
  by: {
    readonly now: number;
    readonly stallLimit: number;
    readonly isBlamed?: boolean;
    readonly end?: "front" | "back";
  },
): JobMove {
  const { now, stallLimit, isBlamed = true, end = "front" } = by;
  const stalls = job.stalls + (isBlamed ? 1 : 0);
  const move = { event: "reclaim", at: now, ran: "stalled", stalls } as const;
  if (job.cancelAsked !== undefined) return { ...move, to: "cancelled", reason: job.cancelAsked };
  if (isBlamed && stalls > stallLimit) return { ...move, to: "failed", error: stalledError(stallLimit) };
  return { ...move, to: "waiting", end, givesBack: true };
}

/** The due time of a job has come. */
export function promoteMove(now: number): JobMove {
  return { event: "promote", to: "waiting", at: now, end: "back" };
}

/** Ends a job that was not started in time, or forgets it where its policy says so. */
export function expireMove({ onExpire }: Pick<StoredJob, "onExpire">, now: number): JobMove {
  return { event: "expire", to: onExpire === "discard" ? "none" : "expired", at: now };
}

/** Ends a job that has not started. */
export function cancelMove(reason: string, now: number): JobMove {
  return { event: "cancel", to: "cancelled", at: now, reason: storedText(reason) };
}

/** A change by hand that moves the job: all but another priority. */
export type MovingChange = Exclude<JobChange, { readonly change: "prioritize" }>;

/** Whether the state of a job allows a change. Another priority may be given where another due time may. */
export function mayChange(
  { state }: Pick<StoredJob, "state">,
  { change }: Pick<JobChange, "change">,
): boolean {
  return canHappen(change === "prioritize" ? "reschedule" : change, state);
}

/** Changes a job by hand, where {@link mayChange} allows it. */
export function changeMove(job: Pick<StoredJob, "state">, change: MovingChange, now: number): JobMove {
  switch (change.change) {
    case "revive":
      return { event: "revive", to: "waiting", at: now, end: "back" };
    case "promote":
      return promoteMove(now);
    case "remove":
      return { event: "remove", to: "none", at: now, reason: "removed" };
    case "reschedule": {
      const delayMs = Math.max((change.dueAt ?? now + change.delayMs) - now, 0);
      return { event: "reschedule", to: job.state === "retrying" ? "retrying" : "delayed", at: now, delayMs };
    }
  }
}

/** Begins a run: the job is active under a lease, with a new fence. */
export function startRun(
  job: StoredJob,
  { lease, fence, now }: { readonly lease: string; readonly fence: number; readonly now: number },
): void {
  move("claim", job.state, "active");
  job.state = "active";
  job.expiresAt = undefined;
  job.worker = lease;
  job.fence = fence;
  job.attempt += 1;
  job.startedAt = now;
}

/** Carries a move out in the record: all that is kept of the job but its place. A move to `none` leaves it as it is. */
export function applyMove(job: StoredJob, { event, to, at, ...by }: JobMove): void {
  move(event, job.state, to);
  if (by.ran !== undefined) recordRun(job, by.ran, { at, error: by.error });
  if (by.stalls !== undefined) job.stalls = by.stalls;
  if (by.givesBack === true) job.attempt -= 1;
  if (to === "none") {
    job.reason ??= by.reason;
    return;
  }
  job.state = to;
  job.worker = undefined;
  job.cancelAsked = undefined;
  if (to === "waiting") job.waitingSince = waitingSince(job, event, at);
  job.dueAt = by.delayMs === undefined ? undefined : at + by.delayMs;
  if (event === "retry") job.error = by.error;
  else if (event === "revive") makeFresh(job, at);
  else if (isFinalState(to)) finish(job, to, { at, ...by });
}

/** A due job waits since its time, whoever came late for it; one that was given back waits since it did before. */
function waitingSince(
  { dueAt = Number.POSITIVE_INFINITY, waitingSince }: StoredJob,
  event: LifecycleEvent,
  at: number,
): number | undefined {
  return event === "release" ? waitingSince : Math.min(dueAt, at);
}

function finish(
  job: StoredJob,
  state: FinalState,
  by: Pick<JobMove, "at" | "result" | "error" | "reason" | "replacedBy">,
): void {
  job.finishedAt = state === "expired" ? (job.expiresAt ?? by.at) : by.at;
  job.expiresAt = undefined;
  job.result = by.result;
  job.error = by.error ?? job.error;
  job.reason = by.reason;
  job.replacedBy = by.replacedBy;
}

/** A fresh first attempt: only the history of what went before stays. */
function makeFresh(job: StoredJob, now: number): void {
  job.attempt = 0;
  job.stalls = 0;
  job.startedAt = undefined;
  job.finishedAt = undefined;
  job.error = undefined;
  job.progress = undefined;
  if (job.ttlMs !== undefined) job.expiresAt = now + job.ttlMs;
}

/** A stalled run has no error of its own: that of the job says how often it happened. */
function recordRun(
  job: StoredJob,
  outcome: AttemptRecord["outcome"],
  { at, error }: { readonly at: number; readonly error: StoredError | undefined },
): void {
  job.history ??= [];
  job.history.push({
    attempt: job.attempt,
    startedAt: job.startedAt ?? at,
    endedAt: at,
    worker: job.worker ?? "",
    outcome,
    ...(error === undefined || outcome === "stalled" ? {} : { error }),
  });
  if (job.history.length > MAX_HISTORY) job.history.shift();
}

/** How whoever waits for a job's end is told of a move; undefined: it is not over, or was before. */
export function endBy({ state }: Pick<StoredJob, "state">, { event, to }: JobMove): FinalState | undefined {
  if (isFinalState(state)) return undefined;
  if (to === "none") return event === "expire" ? "expired" : "cancelled";
  return isFinalState(to) ? to : undefined;
}

/** What listeners of events are told of a move. */
export function toldOf({ event, to, at, ...by }: JobMove): readonly [JobEventType, EventDetails] {
  const type = to === "none" ? (event === "remove" ? "removed" : "expired") : to;
  return [
    type,
    {
      at,
      ...(by.worker === undefined ? {} : { worker: by.worker }),
      ...(by.error === undefined ? {} : { error: by.error }),
      ...(by.result === undefined ? {} : { result: by.result }),
      ...(by.reason === undefined || type === "removed" ? {} : { reason: by.reason }),
      ...(by.replacedBy === undefined ? {} : { replacedBy: by.replacedBy }),
      ...(by.delayMs === undefined ? {} : { delayMs: by.delayMs }),
    },
  ];
}
