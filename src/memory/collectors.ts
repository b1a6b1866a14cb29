import type { JobCollect } from "../core/limits/collect.js";
import type { DueEntry, DueHeap } from "./due-heap.js";
import type { JobRecord } from "./job-record.js";
import { OrderedRing } from "./ordered-ring.js";
import type { LimitTimer } from "./task-limits.js";
import type { WaitingEnd } from "./task-store.js";
import { WaitingBands } from "./waiting-bands.js";

/** The jobs that are collected under one key. */
export interface Collector {
  readonly key: string;
  readonly jobs: WaitingBands<JobRecord>;
  firstAt: number;
  /** When its batch runs by time. */
  dueAt: number;
  timer: DueEntry<LimitTimer> | undefined;
  /** Its number among those whose batch is ready. */
  readyPlace: number | undefined;
}

/** Jobs that are collected and run as one batch. */
export class Collectors {
  readonly #collectors = new Map<string, Collector>();
  readonly #ready = new OrderedRing<Collector>();
  readonly #timers: DueHeap<LimitTimer>;

  constructor(timers: DueHeap<LimitTimer>) {
    this.#timers = timers;
  }

  /** Whether a batch is ready. */
  get hasBatch(): boolean {
    return this.#ready.size > 0;
  }

  enter(record: JobRecord, limits: JobCollect, { end, now }: WaitingEnd): void {
    const collector = this.#collector(limits.key, now);
    if (end === "front") collector.jobs.pushFront(record);
    else collector.jobs.pushBack(record);
    const latest =
      limits.maxWaitMs === undefined ? Number.POSITIVE_INFINITY : collector.firstAt + limits.maxWaitMs;
    collector.dueAt = Math.min(now + limits.delayMs, latest);
    if (collector.readyPlace !== undefined) return;
    const isFull = collector.jobs.size >= limits.maxSize;
    if (isFull || end === "front" || record.attempt > 0 || collector.dueAt <= now) this.#makeReady(collector);
    else this.#await(collector);
  }

  leave(record: JobRecord, limits: JobCollect): void {
    const collector = this.#collectors.get(limits.key);
    collector?.jobs.remove(record);
    if (collector?.jobs.size === 0) this.#drop(collector);
  }

  /**
   * The jobs of the next batch that is ready, left in place; those behind it are ready when they are a batch
   * themselves or their time has come.
   */
  next(now: number): readonly JobRecord[] | undefined {
    const collector = this.#ready.front;
    if (collector === undefined) return undefined;
    const maxSize = collector.jobs.first?.limits?.collect?.maxSize ?? 1;
    const batch: JobRecord[] = [];
    for (const record of collector.jobs.after()) {
      batch.push(record);
      if (batch.length === maxSize) break;
    }
    collector.firstAt = now;
    if (collector.jobs.size - batch.length < maxSize && collector.dueAt > now) {
      this.#leaveReady(collector);
      this.#await(collector);
    }
    return batch;
  }

  /** One key, or some keys in the order in which they began. */
  list(key: string | undefined, limit: number): readonly Collector[] {
    if (key === undefined) return [...this.#collectors.values()].slice(0, limit);
    const collector = this.#collectors.get(key);
    return collector === undefined ? [] : [collector];
  }

  #collector(key: string, now: number): Collector {
    let collector = this.#collectors.get(key);
    if (collector === undefined) {
      const jobs = new WaitingBands<JobRecord>();
      collector = { key, jobs, firstAt: now, dueAt: now, timer: undefined, readyPlace: undefined };
      this.#collectors.set(key, collector);
    }
    return collector;
  }

  #makeReady(collector: Collector): void {
    this.#stopTimer(collector);
    collector.readyPlace = this.#ready.pushBack(collector);
  }

  #await(collector: Collector): void {
    if (collector.timer !== undefined) {
      this.#timers.move(collector.timer, collector.dueAt);
      return;
    }
    const fire = (): void => {
      collector.timer = undefined;
      this.#makeReady(collector);
    };
    collector.timer = this.#timers.add(collector.dueAt, { fire });
  }

  #stopTimer(collector: Collector): void {
    if (collector.timer !== undefined) this.#timers.remove(collector.timer);
    collector.timer = undefined;
  }

  #leaveReady(collector: Collector): void {
    if (collector.readyPlace !== undefined) this.#ready.remove(collector.readyPlace);
    collector.readyPlace = undefined;
  }

  #drop(collector: Collector): void {
    this.#stopTimer(collector);
    this.#leaveReady(collector);
    this.#collectors.delete(collector.key);
  }
}
