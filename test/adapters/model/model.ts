import type { AttemptRecord, LogLine, StoredError } from "taskora";
import type { JobEvent, JobOutcome } from "taskora/adapter";
import type { FinalState, JobState } from "../../../src/core/lifecycle.js";
import type { JobLimits } from "../../../src/core/limits/job-limits.js";

/**
 * The model of one task: plain data that is searched from end to end, so that it is plainly right. What is counted
 * elsewhere (who runs, who waits, who holds a place) is found by looking at the jobs. It is written from the promises
 * of the port, the lifecycle table and the limits; the adapters are compared with it.
 */
export interface Model {
  /** Ms; passes only when a step says so. */
  now: number;
  jobs: ModelJob[];
  leases: ModelLease[];
  /** Whether a job was ever claimed. */
  hasClaimed: boolean;
  isPaused: boolean;
  /** When a process was last asked to claim a suspect. */
  askedAt: number;
  /** Rises with whatever needs a place in an order. */
  order: number;
  keys: ModelKeys;
  /** What was started at rates. */
  starts: { gate: string; at: number }[];
  /** Groups by turn; `at` is the virtual time of the next one. */
  turns: { name: string; at: number; weight: number }[];
  turnNow: number;
  /** What is collected; `ready` is its place among the batches that are. */
  collectors: { key: string; firstAt: number; dueAt: number; ready?: number }[];
  events: Told<JobEvent>[];
  outcomes: JobOutcome[];
}

/** An event without its time. */
export type Told<E> = Omit<E, "at">;

export interface ModelLease {
  name: string;
  endsAt: number;
  isLost: boolean;
}

export interface ModelKeys {
  unique: { key: string; id: string }[];
  idempotent: { key: string; id: string; digest: string; until: number }[];
  debounced: { key: string; id: string; first: number }[];
  throttled: { name: string; id: string; at: number }[];
}

/** A place among those that wait at gates, over all priorities. */
export interface Place {
  priority: number;
  number: number;
}

export interface ModelJob {
  readonly id: string;
  readonly version: number;
  readonly limits?: JobLimits;
  readonly ttlMs?: number;
  readonly onExpire: "fail" | "discard";
  state: JobState;
  priority: number;
  attempt: number;
  stalls: number;
  /** Of the last claim; compared while active. */
  fence: number;
  /** While waiting: lower is earlier within its priority. */
  number: number;
  /** While waiting: it stands beside the queue. */
  isAside: boolean;
  /** It was lost together with others. */
  isSuspect: boolean;
  /** While active: claimed apart, and alone. */
  isAlone: boolean;
  /** The gate at which it waits. */
  blockedAt?: string | undefined;
  /** Gates whose room it holds for its start. */
  held: string[];
  /** Where it stood when it came to a gate. */
  gatePlace?: Place | undefined;
  /** While delayed or retrying. */
  due?: { at: number; order: number } | undefined;
  /** Until it starts. */
  expiresAt?: number | undefined;
  /** While active. */
  lease?: string | undefined;
  cancelAsked?: string | undefined;
  isStarted: boolean;
  /** While final, or failed once: when it ended, among the others. */
  ended?: number | undefined;
  result?: string | undefined;
  error?: StoredError | undefined;
  reason?: string | undefined;
  replacedBy?: string | undefined;
  progress?: string | undefined;
  history: Omit<AttemptRecord, "startedAt" | "endedAt">[];
  logs: Omit<LogLine, "at">[];
  isWatched: boolean;
}

/** A task without jobs. */
export function emptyModel(): Model {
  return {
    now: 0,
    jobs: [],
    leases: [],
    hasClaimed: false,
    isPaused: false,
    askedAt: Number.NEGATIVE_INFINITY,
    order: 0,
    keys: { unique: [], idempotent: [], debounced: [], throttled: [] },
    starts: [],
    turns: [],
    turnNow: 0,
    collectors: [],
    events: [],
    outcomes: [],
  };
}

export function find(model: Model, id: string): ModelJob | undefined {
  return model.jobs.find((job) => job.id === id);
}

export function inState(model: Model, state: JobState): ModelJob[] {
  return model.jobs.filter((job) => job.state === state);
}

/** Adds `item` in place of what `matches`. */
export function put<T>(items: T[], item: T, matches: (item: T) => boolean): void {
  drop(items, matches);
  items.push(item);
}

/** Takes away what `matches`. */
export function drop<T>(items: T[], matches: (item: T) => boolean): void {
  for (let index = items.length - 1; index >= 0; index--) {
    const item = items[index];
    if (item !== undefined && matches(item)) items.splice(index, 1);
  }
}

/** The next number at one end of every queue. */
export function newNumber(model: Model, end: "front" | "back"): number {
  model.order += 1;
  return end === "front" ? -model.order : model.order;
}

/** Higher priority first, then lower numbers. */
export function byPlace(a: Place, b: Place): number {
  return b.priority - a.priority || a.number - b.number;
}

export function byDue(a: ModelJob, b: ModelJob): number {
  return (a.due?.at ?? 0) - (b.due?.at ?? 0) || (a.due?.order ?? 0) - (b.due?.order ?? 0);
}

/** Jobs in the queue in the order of claims, then those aside. */
export function waitingInOrder(model: Model): ModelJob[] {
  const waiting = inState(model, "waiting").sort(byPlace);
  return [...waiting.filter((job) => !job.isAside), ...waiting.filter((job) => job.isAside)];
}

/** Waiting jobs that are claimed apart, in order. */
export function suspectsInOrder(model: Model): ModelJob[] {
  return inState(model, "waiting")
    .filter((job) => job.isSuspect && job.blockedAt === undefined)
    .sort(byPlace);
}

/** Delayed and retrying jobs, next first. */
export function dueInOrder(model: Model): ModelJob[] {
  return model.jobs.filter((job) => job.due !== undefined).sort(byDue);
}

/** Finished jobs of a state, oldest first. */
export function endedInOrder(model: Model, state: FinalState): ModelJob[] {
  return inState(model, state).sort((a, b) => (a.ended ?? 0) - (b.ended ?? 0));
}

type Details = { [K in keyof JobEvent]?: JobEvent[K] | undefined };

/** Tells listeners what became of a job. */
export function tell(model: Model, job: ModelJob, type: JobEvent["type"], details: Details = {}): void {
  model.events.push({
    task: TASK_NAME,
    id: job.id,
    type,
    attempt: job.attempt,
    ...(details as object),
  });
}

/** The task of all jobs. */
export const TASK_NAME = "conformance.task";

/** Tells those who wait for a job's end. */
export function tellOutcome(model: Model, job: ModelJob, state: FinalState): void {
  if (job.isWatched) model.outcomes.push(outcomeOf(job, state));
  job.isWatched = false;
}

/** How a job ended. */
export function outcomeOf(job: ModelJob, state: FinalState): JobOutcome {
  const { id, attempt, result, error, reason, replacedBy } = job;
  return {
    task: TASK_NAME,
    id,
    state,
    attempt,
    ...(state === "completed" && result !== undefined ? { result } : {}),
    ...(state === "failed" && error !== undefined ? { error } : {}),
    ...(state === "cancelled" && reason !== undefined ? { reason } : {}),
    ...(state === "cancelled" && replacedBy !== undefined ? { replacedBy } : {}),
  };
}

/** So that the one claimed first ends up in front. */
export function lastClaimedFirst(jobs: readonly ModelJob[]): ModelJob[] {
  return [...jobs].sort((a, b) => b.fence - a.fence);
}

/** A text as it reads back: UTF-8 has no half characters. */
export function asStored(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}
