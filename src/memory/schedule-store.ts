import { isFinalState } from "../core/lifecycle.js";
import type {
  DueScheduleQuery,
  DueSchedules,
  FireReply,
  FireRequest,
  ScheduledJob,
  ScheduleListQuery,
  SchedulePage,
  ScheduleReadings,
  ScheduleStore,
  ScheduleWrite,
  ScheduleWriteReply,
} from "../core/schedule-store.js";
import { insertJob } from "./insert.js";
import type { JobStore } from "./memory-store.js";
import { findJob } from "./sweep.js";

/** What a schedule store asks of the adapter it belongs to. */
export interface ScheduleStoreHost {
  readonly store: JobStore;
  /**
   * The store's time.
   *
   * @throws {TaskoraError} `STORE_UNAVAILABLE` unless the adapter is connected
   */
  now(): number;
}

/** The schedules as one adapter sees them. Subscriptions end with {@link endAll}. */
export class MemoryScheduleStore implements ScheduleStore {
  readonly #host: ScheduleStoreHost;
  readonly #endings = new Set<() => void>();

  constructor(host: ScheduleStoreHost) {
    this.#host = host;
  }

  async read(names: readonly string[]): Promise<ScheduleReadings> {
    const now = this.#host.now();
    return { now, schedules: names.map((name) => this.#book.get(name)) };
  }

  async list({ after = "", limit }: ScheduleListQuery): Promise<SchedulePage> {
    return { now: this.#host.now(), schedules: this.#book.after(after, limit) };
  }

  async write(writes: readonly ScheduleWrite[]): Promise<readonly ScheduleWriteReply[]> {
    this.#host.now();
    const replies = writes.map((write): ScheduleWriteReply => {
      const revision = this.#book.get(write.name)?.revision ?? 0;
      if (revision !== write.expectedRevision) return { status: "stale" };
      return { status: "stored", revision: this.#book.write(write) };
    });
    if (replies.some((reply) => reply.status === "stored")) this.#book.tellChanged();
    return replies;
  }

  async remove(names: readonly string[]): Promise<readonly ("removed" | "missing")[]> {
    this.#host.now();
    const replies = names.map((name) => (this.#book.remove(name) ? "removed" : "missing"));
    if (replies.includes("removed")) this.#book.tellChanged();
    return replies;
  }

  async due(query: DueScheduleQuery): Promise<DueSchedules> {
    return this.#book.due(query, this.#host.now());
  }

  async fire(requests: readonly FireRequest[]): Promise<readonly FireReply[]> {
    const now = this.#host.now();
    return requests.map((request) => this.#fireOne(request, now));
  }

  async subscribe(listener: () => void): Promise<() => Promise<void>> {
    this.#host.now();
    const end = this.#book.listen(listener);
    this.#endings.add(end);
    return async () => {
      this.#endings.delete(end);
      end();
    };
  }

  /** Ends all subscriptions. */
  endAll(): void {
    for (const end of this.#endings) end();
    this.#endings.clear();
  }

  get #book() {
    return this.#host.store.schedules;
  }

  #fireOne(request: FireRequest, now: number): FireReply {
    const { name, fire, expectedSlotAt, nextSlotAt } = request;
    const stored = this.#book.get(name);
    if (stored?.revision !== request.revision || stored.task !== request.task) return "moved";
    if (stored.nextSlotAt !== expectedSlotAt) return "moved";
    if (Math.max(expectedSlotAt, fire?.slotAt ?? 0) > now) return "early";
    if (
      fire === undefined ||
      (fire.overlap === "skip" && this.#isRunning(request.task, stored.lastJobId, now))
    ) {
      this.#book.advance(name, nextSlotAt);
      return fire === undefined ? "passed" : "overlapped";
    }
    if (!this.#isStored(request.task, fire.job, now)) {
      this.#book.advance(name, nextSlotAt);
      return "overlapped";
    }
    const runs = (stored.runs ?? 0) + 1;
    const fired = { lastSlotAt: fire.slotAt, lastFiredAt: now, lastJobId: fire.job.id, runs };
    const isLast = runs >= (fire.limit ?? Number.POSITIVE_INFINITY);
    this.#book.advance(name, isLast ? undefined : nextSlotAt, fired);
    return "fired";
  }

  /** Stores the job of a slot, unless its limits forbid it. */
  #isStored(task: string, job: ScheduledJob, now: number): boolean {
    const { store } = this.#host;
    if (findJob(store.task(task), job.id, now) !== undefined) return true;
    const wake = () => store.wakes.mark(task);
    const dueNext = () => store.wakes.markDue();
    const reply = insertJob(store.task(task), job, { now, outcomes: new Set(), wake, dueNext });
    return reply.status === "inserted";
  }

  #isRunning(task: string, jobId: string | undefined, now: number): boolean {
    const record = jobId === undefined ? undefined : findJob(this.#host.store.task(task), jobId, now);
    return record !== undefined && !isFinalState(record.state);
  }
}
