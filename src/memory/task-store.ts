import type { Notice, Retention } from "../core/adapter.js";
import { MAX_HISTORY } from "../core/adapter.js";
import type { StoredError } from "../core/errors.js";
import type { AttemptRecord, Encoded, JobEventType } from "../core/job.js";
import {
  type FinalState,
  isFinalState,
  type JobState,
  type LifecycleEvent,
  move,
} from "../core/lifecycle.js";
import { isBeforeGroups } from "../core/limits/places.js";
import { type DueEntry, DueHeap } from "./due-heap.js";
import { type EventDetails, type JobRecord, type Lease, toEvent, toOutcome } from "./job-record.js";
import { NewerJobs } from "./newer-jobs.js";
import { OrderedRing } from "./ordered-ring.js";
import type { Subscription } from "./subscription.js";
import { type LimitSurroundings, TaskLimits } from "./task-limits.js";
import { WaitingBands } from "./waiting-bands.js";

/** Where and when a job becomes waiting. */
export interface WaitingEnd {
  readonly end: "front" | "back";
  readonly now: number;
}

/** How a job ends. */
export interface Ending {
  readonly event: LifecycleEvent;
  readonly state: FinalState;
  readonly now: number;
  readonly result?: Encoded | undefined;
  readonly error?: StoredError | undefined;
  readonly reason?: string | undefined;
  readonly replacedBy?: string | undefined;
}

/** What a task works with. */
export interface TaskSurroundings extends Omit<LimitSurroundings, "waiting"> {
  /** Those who listened to the jobs that were here before; undefined: nobody did. */
  readonly listeners?: Pick<TaskStore, "eventListeners" | "cancelListeners">;
}

/**
 * All jobs of one task. A record is in `jobs` and in exactly one index of its state; only the methods below
 * move it, each by an event that the lifecycle table must allow. A job that leaves `active` loses its lease,
 * its fence's validity and its cancel flag in the same step.
 */
export class TaskStore {
  readonly name: string;
  readonly jobs = new Map<string, JobRecord>();
  readonly counts: Record<JobState, number> = {
    waiting: 0,
    delayed: 0,
    active: 0,
    completed: 0,
    failed: 0,
    retrying: 0,
    cancelled: 0,
    expired: 0,
  };
  readonly waiting = new WaitingBands<JobRecord>();
  readonly limits: TaskLimits;
  /** Delayed and retrying jobs by due time. */
  readonly due = new DueHeap<JobRecord>();
  /** Of the delayed jobs, those that wait for a newer worker. */
  readonly newer = new NewerJobs();
  /** Jobs with a TTL that have not started. */
  readonly ttl = new DueHeap<JobRecord>();
  /** Final jobs in the order they ended; expired ones by the time of their expiry, whenever somebody ended them. */
  readonly finals = {
    completed: new OrderedRing<JobRecord>(),
    failed: new OrderedRing<JobRecord>(),
    cancelled: new OrderedRing<JobRecord>(),
    expired: new DueHeap<JobRecord>(),
  } satisfies Record<FinalState, unknown>;
  readonly leases = new Map<string, Lease>();
  /** Leases that were swept with jobs under them, oldest first. */
  readonly lostLeases = new Map<string, Lease>();
  /** By expiry; a lost lease that still has jobs to give back stands in front. */
  readonly leaseTimes = new DueHeap<Lease>();
  readonly eventListeners: Set<Subscription>;
  readonly cancelListeners: Set<Subscription>;
  /** How its own workers keep its jobs, as the last sweep was told. */
  keeping: { readonly retention: Retention; readonly stallLimit: number } | undefined;
  /** When a process was last asked to claim a suspect. */
  askedAt = Number.NEGATIVE_INFINITY;
  /** Since when nothing of the task is claimed. */
  pausedAt: number | undefined;
  #lastFence = 0;

  constructor(name: string, by: TaskSurroundings) {
    this.name = name;
    this.eventListeners = by.listeners?.eventListeners ?? new Set();
    this.cancelListeners = by.listeners?.cancelListeners ?? new Set();
    this.limits = new TaskLimits(name, { ...by, waiting: this.waiting });
  }

  /** Stores a new record, waiting at one end of its priority or delayed until a time. */
  insert(record: JobRecord, place: "front" | "back" | number): void {
    const state = typeof place === "number" ? "delayed" : "waiting";
    move("insert", "none", state);
    this.jobs.set(record.id, record);
    if (record.ttlMs !== undefined) record.ttl = this.ttl.add(record.enqueuedAt + record.ttlMs, record);
    record.state = state;
    this.counts[state] += 1;
    if (typeof place === "number") record.due = this.due.add(place, record);
    else this.#enter(record, { end: place, now: record.enqueuedAt });
  }

  toWaiting(record: JobRecord, event: LifecycleEvent, at: WaitingEnd): void {
    this.#leave(record, event, "waiting");
    this.#enter(record, at);
  }

  toDue(
    record: JobRecord,
    event: LifecycleEvent,
    due: { readonly state: "delayed" | "retrying"; readonly at: number },
  ): void {
    this.#leave(record, event, due.state);
    record.due = this.due.add(due.at, record);
  }

  /** Changes a job's priority; a waiting one goes to the back of it. */
  moveTo(record: JobRecord, priority: number, now: number): void {
    if (record.state === "waiting") this.#leaveIndex(record);
    record.priority = priority;
    if (record.state === "waiting") this.#enter(record, { end: "back", now });
  }

  /** Puts a waiting job to the front of its priority once more. */
  moveToFront(record: JobRecord, now: number): void {
    this.#leaveIndex(record);
    this.#enter(record, { end: "front", now });
  }

  toActive(record: JobRecord, lease: Lease, now: number): void {
    this.#leave(record, "claim", "active");
    this.dropTtl(record);
    record.lease = lease;
    record.attempt += 1;
    record.startedAt = now;
    this.#lastFence += 1;
    record.fence = this.#lastFence;
    lease.jobs.add(record);
  }

  /** Ends a job and tells those who wait for it. */
  toFinal(record: JobRecord, ending: Ending): void {
    const { state } = ending;
    this.#leave(record, ending.event, state);
    const { ttl } = record;
    this.dropTtl(record);
    record.finishedAt = ending.now;
    record.result = ending.result;
    record.error = ending.error ?? record.error;
    record.reason = ending.reason;
    record.replacedBy = ending.replacedBy;
    if (record.limits !== undefined) this.limits.end(record, state);
    if (state === "expired")
      this.#addExpired(record, ttl ?? { value: record, at: ending.now, order: 0, index: -1 });
    else record.place = this.finals[state].pushBack(record);
    this.#tellWatchers(record, state);
  }

  #addExpired(record: JobRecord, ttl: DueEntry<JobRecord>): void {
    record.finishedAt = ttl.at;
    record.expired = ttl;
    this.finals.expired.adopt(ttl);
  }

  /** The final job that goes first when there are too many. */
  oldest(state: FinalState): JobRecord | undefined {
    return state === "expired" ? this.finals.expired.first?.value : this.finals[state].front;
  }

  /** Forgets a job with everything that belongs to it. A watched job that had not ended is told as `as`. */
  drop(record: JobRecord, event: LifecycleEvent, as: FinalState): void {
    move(event, record.state, "none");
    this.counts[record.state] -= 1;
    this.#leaveIndex(record);
    this.dropTtl(record);
    this.jobs.delete(record.id);
    if (record.limits !== undefined) this.#endLimits(record, as);
    if (!isFinalState(record.state)) this.#tellWatchers(record, as);
  }

  /** Writes down how the running attempt ended. Call it before the job leaves `active`. */
  recordAttempt(
    record: JobRecord,
    ended: { readonly at: number; readonly outcome: AttemptRecord["outcome"]; readonly error?: StoredError },
  ): void {
    record.history ??= [];
    record.history.push({
      attempt: record.attempt,
      startedAt: record.startedAt ?? ended.at,
      endedAt: ended.at,
      worker: record.lease?.name ?? "",
      outcome: ended.outcome,
      ...(ended.error === undefined ? {} : { error: ended.error }),
    });
    if (record.history.length > MAX_HISTORY) record.history.shift();
  }

  /** Ends a job's TTL. */
  dropTtl(record: JobRecord): void {
    if (record.ttl === undefined) return;
    this.ttl.remove(record.ttl);
    record.ttl = undefined;
  }

  /** The next job to claim, left in place; its group has had its turn. */
  next(): JobRecord | undefined {
    const { first } = this.waiting;
    const { turns } = this.limits;
    if (turns.isEmpty || (first !== undefined && isBeforeGroups(first))) return first;
    return turns.next(first?.priority === 0 ? first : undefined) ?? first;
  }

  /** Whether a claim would find something, or groups to clear away. */
  get hasNext(): boolean {
    if (this.pausedAt !== undefined) return false;
    return this.waiting.size > 0 || !this.limits.turns.isEmpty || this.limits.collectors.hasBatch;
  }

  /** Whether a claim of those who come apart would find something. */
  get hasSuspects(): boolean {
    return this.pausedAt === undefined && this.limits.suspects.size > 0;
  }

  /** Jobs that a claim may find. */
  get nextCount(): number {
    return this.waiting.size + this.limits.turns.size;
  }

  /** Ms from `now` until something is due; undefined: nothing is. */
  nextDueInMs(now: number): number | undefined {
    const at = Math.min(
      this.due.first?.at ?? Number.POSITIVE_INFINITY,
      this.ttl.first?.at ?? Number.POSITIVE_INFINITY,
      this.leaseTimes.first?.at ?? Number.POSITIVE_INFINITY,
      this.limits.timers.first?.at ?? Number.POSITIVE_INFINITY,
    );
    return at === Number.POSITIVE_INFINITY ? undefined : Math.max(0, at - now);
  }

  /** Publishes a transition; costs nothing while nobody listens. */
  publish(record: JobRecord, type: JobEventType, details: EventDetails & { readonly at: number }): void {
    if (this.eventListeners.size === 0) return;
    const event = toEvent({ task: this.name, record }, type, details);
    publishTo(this.eventListeners, { kind: "event", event });
  }

  /** Puts a waiting job that left its band back into it, at one end or parked. */
  #enter(record: JobRecord, at: WaitingEnd): void {
    if (record.isSuspect) {
      this.limits.enterApart(record, at.end);
      return;
    }
    if (record.limits !== undefined && this.limits.enter(record, at)) return;
    if (at.end === "front") this.waiting.pushFront(record);
    else this.waiting.pushBack(record);
  }

  #endLimits(record: JobRecord, as: FinalState): void {
    if (isFinalState(record.state)) this.limits.forget(record);
    else this.limits.end(record, as);
  }

  #leave(record: JobRecord, event: LifecycleEvent, to: JobState): void {
    move(event, record.state, to);
    this.#leaveIndex(record);
    this.counts[record.state] -= 1;
    this.counts[to] += 1;
    record.state = to;
  }

  #leaveIndex(record: JobRecord): void {
    const { state } = record;
    switch (state) {
      case "waiting":
        if (record.isApart) this.limits.leaveApart(record);
        else if (record.parked === undefined) this.waiting.remove(record);
        if (record.limits !== undefined) this.limits.leave(record);
        return;
      case "delayed":
      case "retrying":
        this.newer.remove(record);
        if (record.due !== undefined) this.due.remove(record.due);
        record.due = undefined;
        return;
      case "active":
        record.lease?.jobs.delete(record);
        record.lease = undefined;
        record.isAlone = false;
        record.cancelAsked = undefined;
        if (record.limits !== undefined) this.limits.stop(record);
        return;
      case "completed":
      case "failed":
      case "cancelled":
        this.finals[state].remove(record.place);
        return;
      case "expired":
        if (record.expired !== undefined) this.finals.expired.remove(record.expired);
        record.expired = undefined;
        return;
    }
  }

  #tellWatchers(record: JobRecord, state: FinalState): void {
    if (record.watchers === undefined) return;
    const outcome = toOutcome(this.name, record, state);
    for (const watcher of record.watchers) watcher.tell(outcome);
    record.watchers = undefined;
  }
}

/** Hands a notice to every subscription. */
export function publishTo(listeners: ReadonlySet<Subscription>, notice: Notice): void {
  for (const listener of listeners) listener.publish(notice);
}
