/** Jobs that are collected, in a round. The rules are those of `core/limits/collecting`. */
import type { JobCollect } from "../../core/limits/collect.js";
import {
  batchSize,
  batchTaken,
  type Collecting,
  joinBatch,
  newCollecting,
} from "../../core/limits/collecting.js";
import type { RoundJob, RoundQueue } from "./round-jobs.js";

/** A key as SQL gives it. */
export interface GivenCollector {
  readonly key: string;
  readonly n: number;
  readonly firstAt: number;
  readonly dueAt: number;
  readonly readyN: number | null;
  /** Jobs in it, counted up to 1 000. */
  readonly size: number;
}

interface Collector {
  readonly key: string;
  readonly n: number | undefined;
  state: Collecting;
  size: number;
  /** Its number among those whose batch is ready: those of this round come after those that were. */
  ready: number | undefined;
  isChanged: boolean;
}

/** Above all numbers that were given. */
const OF_THIS_ROUND = 2 ** 52;

export class RoundCollectors {
  readonly #collectors = new Map<string, Collector>();
  readonly #queueOf: (key: string) => RoundQueue;
  #readied = 0;

  constructor(queueOf: (key: string) => RoundQueue) {
    this.#queueOf = queueOf;
  }

  know(given: readonly GivenCollector[]): void {
    for (const { key, n, firstAt, dueAt, readyN, size } of given) {
      // All its jobs have left since the last round: the next is the first of a batch.
      if (size === 0) {
        this.#collectors.set(key, { ...fresh(key, 0), isChanged: true });
        continue;
      }
      const state = { firstAt, dueAt, isReady: readyN !== null };
      this.#collectors.set(key, { key, n, state, size, ready: readyN ?? undefined, isChanged: false });
    }
  }

  /** A job comes to the batch of its key. */
  join(job: RoundJob, collect: JobCollect): void {
    const key = job.queue ?? "";
    let collector = this.#collectors.get(key);
    if (collector === undefined || collector.size === 0) {
      collector = fresh(key, job.cameAt);
      this.#collectors.delete(key);
      this.#collectors.set(key, collector);
    }
    collector.size += 1;
    this.#queueOf(key).insert(job);
    const isGivenBack = job.place < 0 || job.attempt > 0;
    const by = { collect, size: collector.size, isGivenBack, now: job.cameAt };
    this.#enter(collector, joinBatch(collector.state, by));
  }

  /** The time of batches has come. */
  fire(now: number): void {
    const due = [...this.#collectors.values()].filter(
      ({ size, state }) => size > 0 && !state.isReady && state.dueAt <= now,
    );
    for (const collector of due.sort((a, b) => a.state.dueAt - b.state.dueAt))
      this.#enter(collector, { ...collector.state, isReady: true });
  }

  /** The jobs of the next batch that is ready. */
  async next(now: number): Promise<readonly RoundJob[] | undefined> {
    const ready = [...this.#collectors.values()].filter(({ size, state }) => size > 0 && state.isReady);
    for (const collector of ready.sort((a, b) => (a.ready ?? 0) - (b.ready ?? 0))) {
      const queue = this.#queueOf(collector.key);
      const first = await queue.first();
      // Somebody is about to change all of them.
      if (first === undefined) continue;
      const maxSize = batchSize(first.limits?.collect);
      const batch = await queue.firstOf(maxSize);
      const left = Math.max(0, collector.size - batch.length);
      this.#enter(collector, batchTaken(collector.state, { left, maxSize, now }));
      return batch;
    }
    return undefined;
  }

  /** A job of a batch is claimed. */
  leave(job: RoundJob): void {
    const collector = this.#collectors.get(job.queue ?? "");
    if (collector === undefined) return;
    this.#queueOf(collector.key).remove(job);
    collector.size = Math.max(0, collector.size - 1);
    collector.isChanged = true;
  }

  /** What is to be written, and which keys have become ready, in order; undefined: nothing. */
  toWrite():
    | { readonly collectors: readonly (readonly unknown[])[]; readonly ready: readonly string[] }
    | undefined {
    const changed = [...this.#collectors.values()].filter(({ isChanged }) => isChanged);
    if (changed.length === 0) return undefined;
    const isNew = ({ size, ready = 0 }: Collector) => size > 0 && ready >= OF_THIS_ROUND;
    return {
      collectors: changed.map(({ key, n, size, state: { firstAt, dueAt }, ready }) =>
        size === 0
          ? [key, null, null, null, null]
          : [key, n ?? null, firstAt, dueAt, ready === undefined || ready >= OF_THIS_ROUND ? null : ready],
      ),
      ready: changed
        .filter(isNew)
        .sort((a, b) => (a.ready ?? 0) - (b.ready ?? 0))
        .map(({ key }) => key),
    };
  }

  #enter(collector: Collector, state: Collecting): void {
    const wasReady = collector.state.isReady;
    collector.state = state;
    collector.isChanged = true;
    if (!state.isReady) collector.ready = undefined;
    else if (!wasReady) {
      collector.ready = OF_THIS_ROUND + this.#readied;
      this.#readied += 1;
    }
  }
}

function fresh(key: string, now: number): Collector {
  return { key, n: undefined, state: newCollecting(now), size: 0, ready: undefined, isChanged: true };
}
