import type { Retention } from "../core/adapter.js";
import type { JobEventType } from "../core/job.js";
import { applyMove, endBy, type JobMove, startRun, toldOf } from "../core/job-moves.js";
import { type FinalState, isFinalState, type JobState, move } from "../core/lifecycle.js";
import type { LimitOverride } from "../core/limits/limit.js";
import { isBeforeGroups } from "../core/limits/places.js";
import { type EventDetails, eventOf } from "../core/stored-job.js";
import { type Listeners, OutcomeWatchers, publishTo } from "../core/subscription.js";
import { DueHeap } from "./due-heap.js";
import type { JobRecord, Lease } from "./job-record.js";
import { NewerJobs } from "./newer-jobs.js";
import { OrderedRing } from "./ordered-ring.js";
import { type LimitSurroundings, TaskLimits } from "./task-limits.js";
import type { WaitingEnd } from "./waiting-bands.js";
import { WaitingBands } from "./waiting-bands.js";

/** What a task works with. */
export interface TaskSurroundings extends Omit<LimitSurroundings, "waiting"> {
  /** Those who listened to the jobs that were here before; undefined: nobody did. */
  readonly listeners?: Pick<TaskStore, "eventListeners" | "cancelListeners">;
  /** The task is met for the first time. */
  readonly met: () => void;
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
  /** How many have ever ended, per state. */
  readonly ended: Record<FinalState, number> = { completed: 0, failed: 0, cancelled: 0, expired: 0 };
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
  readonly eventListeners: Listeners;
  readonly cancelListeners: Listeners;
  readonly watchers = new OutcomeWatchers<JobRecord>();
  /** How its own workers keep its jobs, as the last sweep was told. */
  keeping: { readonly retention: Retention; readonly stallLimit: number } | undefined;
  /** Numbers that stand above those of its jobs at its gates. */
  override: LimitOverride = {};
  /** When a process was last asked to claim a suspect. */
  askedAt = Number.NEGATIVE_INFINITY;
  /** Since when nothing of the task is claimed. */
  pausedAt: number | undefined;
  readonly #met: () => void;
  #isMet = false;
  #lastFence = 0;

  constructor(name: string, by: TaskSurroundings) {
    this.name = name;
    this.eventListeners = by.listeners?.eventListeners ?? new Set();
    this.cancelListeners = by.listeners?.cancelListeners ?? new Set();
    this.limits = new TaskLimits(name, { ...by, waiting: this.waiting });
    this.#met = by.met;
  }

  /** Whether it is a task of the store, not only a name that somebody asked about. */
  get isMet(): boolean {
    return this.#isMet;
  }

  /** Somebody has stored something of it, or works on it. */
  meet(): void {
    if (this.#isMet) return;
    this.#isMet = true;
    this.#met();
  }

  /** Stores a new record; a waiting one at one end of its priority. */
  insert(record: JobRecord, end: "front" | "back"): void {
    move("insert", "none", record.state);
    this.meet();
    this.jobs.set(record.id, record);
    this.counts[record.state] += 1;
    this.#keepTtl(record);
    if (record.dueAt === undefined) this.#enter(record, { end, now: record.enqueuedAt });
    else record.due = this.due.add(record.dueAt, record);
  }

  /** Carries a move out: in the record, in the indexes, and for whoever watches or listens. */
  apply(record: JobRecord, by: JobMove): void {
    const end = endBy(record, by);
    if (by.ran === "stalled") this.publish(record, "stalled", { at: by.at, worker: record.worker ?? "" });
    if (by.to === "none") this.#drop(record, by);
    else this.#move(record, by);
    if (end !== undefined) {
      this.ended[end] += 1;
      this.watchers.tell(this.name, record, end);
    }
    if (this.eventListeners.size > 0) this.publish(record, ...toldOf(by));
  }

  #drop(record: JobRecord, by: JobMove): void {
    const end = endBy(record, by);
    applyMove(record, by);
    this.#forget(record);
    if (record.limits === undefined) return;
    if (end === undefined) this.limits.forget(record);
    else this.limits.end(record, end);
  }

  #move(record: JobRecord, by: JobMove): void {
    const from = record.state;
    applyMove(record, by);
    this.#leave(record, from);
    if (record.dueAt !== undefined) record.due = this.due.add(record.dueAt, record);
    else if (record.state === "waiting") this.#enter(record, { end: by.end ?? "back", now: by.at });
    else if (isFinalState(record.state)) this.#finish(record, record.state);
    this.#keepTtl(record);
  }

  /** Changes a job's priority; a waiting one goes to the back of it. */
  moveTo(record: JobRecord, priority: number, now: number): void {
    if (record.state === "waiting") this.#leaveIndex(record, "waiting");
    record.priority = priority;
    if (record.state === "waiting") this.#enter(record, { end: "back", now });
  }

  /** Puts a waiting job to the front of its priority once more. */
  moveToFront(record: JobRecord, now: number): void {
    this.#leaveIndex(record, "waiting");
    this.#enter(record, { end: "front", now });
  }

  /** A worker's run of the job begins. */
  claim(record: JobRecord, lease: Lease, now: number): void {
    this.start(record, lease, now);
    this.publish(record, "active", { at: now, worker: lease.name });
  }

  /** A run of the job begins; nobody is told. */
  start(record: JobRecord, lease: Lease, now: number): void {
    this.#lastFence += 1;
    startRun(record, { lease: lease.name, fence: this.#lastFence, now });
    this.#leave(record, "waiting");
    this.#keepTtl(record);
    record.lease = lease;
    lease.jobs.add(record);
  }

  #finish(record: JobRecord, state: FinalState): void {
    if (record.limits !== undefined) this.limits.end(record, state);
    if (state === "expired") this.#addExpired(record);
    else record.place = this.finals[state].pushBack(record);
  }

  #addExpired(record: JobRecord): void {
    const entry = record.ttl ?? { value: record, at: record.finishedAt ?? 0, order: 0, index: -1 };
    this.ttl.remove(entry);
    record.ttl = undefined;
    record.expired = entry;
    this.finals.expired.adopt(entry);
  }

  /** The final job that goes first when there are too many. */
  oldest(state: FinalState): JobRecord | undefined {
    return state === "expired" ? this.finals.expired.first?.value : this.finals[state].front;
  }

  /** Forgets a final job with everything that belongs to it. */
  prune(record: JobRecord): void {
    move("prune", record.state, "none");
    this.#forget(record);
    if (record.limits !== undefined) this.limits.forget(record);
  }

  #forget(record: JobRecord): void {
    record.expiresAt = undefined;
    this.counts[record.state] -= 1;
    this.#leaveIndex(record, record.state);
    this.#keepTtl(record);
    this.jobs.delete(record.id);
  }

  /** A job has its place among those with a TTL as long as it expires. */
  #keepTtl(record: JobRecord): void {
    const { ttl, expiresAt } = record;
    if ((ttl === undefined) === (expiresAt === undefined)) return;
    if (ttl !== undefined) this.ttl.remove(ttl);
    record.ttl = expiresAt === undefined ? undefined : this.ttl.add(expiresAt, record);
  }

  /** The next job to claim, left in place; its group has had its turn. */
  next(): JobRecord | undefined {
    const { first } = this.waiting;
    const { turns } = this.limits;
    if (turns.isEmpty || (first !== undefined && isBeforeGroups(first))) return first;
    return turns.next(first?.priority === 0 ? first : undefined) ?? first;
  }

  /** Priority of the job that a claim would take next; undefined: there is none. Groups and batches have none of their own. */
  get nextPriority(): number | undefined {
    const priority = this.waiting.first?.priority;
    if (priority !== undefined && priority > 0) return priority;
    return this.limits.turns.isEmpty && !this.limits.collectors.hasBatch ? priority : 0;
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
  publish(record: JobRecord, type: JobEventType, details: EventDetails): void {
    if (this.eventListeners.size === 0) return;
    const { id, attempt } = record;
    const event = eventOf({ task: this.name, id, attempt }, type, details);
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

  #leave(record: JobRecord, from: JobState): void {
    this.counts[from] -= 1;
    this.counts[record.state] += 1;
    this.#leaveIndex(record, from);
  }

  #leaveIndex(record: JobRecord, state: JobState): void {
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
}
