import type { JobCollect } from "../core/limits/collect.js";
import {
  batchSize,
  batchTaken,
  type Collecting,
  joinBatch,
  newCollecting,
} from "../core/limits/collecting.js";
import type { DueEntry, DueHeap, LimitTimer } from "./due-heap.js";
import type { JobRecord } from "./job-record.js";
import { OrderedRing } from "./ordered-ring.js";
import type { WaitingEnd } from "./waiting-bands.js";
import { WaitingBands } from "./waiting-bands.js";

/** The jobs that are collected under one key. */
export interface Collector {
  readonly key: string;
  readonly jobs: WaitingBands<JobRecord>;
  state: Collecting;
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

  enter(record: JobRecord, collect: JobCollect, { end, now }: WaitingEnd): void {
    const collector = this.#collector(collect.key, now);
    if (end === "front") collector.jobs.pushFront(record);
    else collector.jobs.pushBack(record);
    const isGivenBack = end === "front" || record.attempt > 0;
    this.#enterState(
      collector,
      joinBatch(collector.state, { collect, size: collector.jobs.size, isGivenBack, now }),
    );
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
    const maxSize = batchSize(collector.jobs.first?.limits?.collect);
    const batch: JobRecord[] = [];
    for (const record of collector.jobs.after()) {
      batch.push(record);
      if (batch.length === maxSize) break;
    }
    const left = collector.jobs.size - batch.length;
    this.#enterState(collector, batchTaken(collector.state, { left, maxSize, now }));
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
      collector = { key, jobs, state: newCollecting(now), timer: undefined, readyPlace: undefined };
      this.#collectors.set(key, collector);
    }
    return collector;
  }

  #enterState(collector: Collector, state: Collecting): void {
    const wasReady = collector.state.isReady;
    collector.state = state;
    if (wasReady && !state.isReady) this.#leaveReady(collector);
    if (!state.isReady) this.#await(collector);
    else if (!wasReady) this.#makeReady(collector);
  }

  #makeReady(collector: Collector): void {
    this.#stopTimer(collector);
    collector.readyPlace = this.#ready.pushBack(collector);
  }

  #await(collector: Collector): void {
    if (collector.timer !== undefined) {
      this.#timers.move(collector.timer, collector.state.dueAt);
      return;
    }
    const fire = (): void => {
      collector.timer = undefined;
      this.#enterState(collector, { ...collector.state, isReady: true });
    };
    collector.timer = this.#timers.add(collector.state.dueAt, { fire });
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
