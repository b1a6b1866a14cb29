import type { Adapter, Retention, SweepReply } from "../core/adapter.js";
import type { Clock, TimerHandle } from "../core/clock.js";

/** A task as upkeep needs it. */
export interface KeptTask {
  readonly name: string;
  readonly retention: Retention;
  readonly stallLimit: number;
}

/** What upkeep asks of its owner. */
export interface UpkeepHost {
  readonly clock: Clock;
  tasks(): readonly KeptTask[];
  /** Jobs may have become waiting. */
  swept(task: string, reply: SweepReply): void;
  reportSweepError(error: unknown): void;
}

/**
 * Every task is looked at this often even when nothing is known to be due, so that a job whose worker died is
 * found although nobody told this process of it. With the default lease of 7 s a crash is noticed within 10 s.
 */
const SWEEP_EVERY_MS = 2000;
/** Finished jobs are pruned by age this often; by count they are pruned as they finish. */
const PRUNE_EVERY_MS = 60_000;
/** After an unfinished sweep the next follows after a breath, so that other calls get through. */
const CONTINUE_MS = 1;

/**
 * Promotes due jobs at their time, reclaims jobs of dead workers, expires and prunes. Every worker process does
 * this for its own tasks: the store's scripts decide what is due, so several of them do no harm, and none is
 * waited for.
 */
export class Upkeep {
  readonly #adapter: Adapter;
  readonly #host: UpkeepHost;
  readonly #dueAt = new Map<string, number>();
  #timer: TimerHandle | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #nextSweepAt = 0;
  #nextPruneAt = 0;
  #isSweeping = false;
  #isStopped = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(adapter: Adapter, host: UpkeepHost) {
    this.#adapter = adapter;
    this.#host = host;
  }

  start(): void {
    const now = this.#host.clock.monotonic();
    this.#nextSweepAt = now;
    this.#nextPruneAt = now + PRUNE_EVERY_MS;
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#ended;
  }

  /** The store said when something of the task is due next; undefined: nothing is. */
  nextDue(task: string, inMs: number | undefined): void {
    if (inMs === undefined) {
      this.#dueAt.delete(task);
      return;
    }
    const at = this.#host.clock.monotonic() + inMs;
    this.#dueAt.set(task, at);
    if (at < this.#timerAt) this.#arm();
  }

  #arm(): void {
    if (this.#isStopped || this.#isSweeping) return;
    let at = Math.min(this.#nextSweepAt, this.#nextPruneAt);
    for (const due of this.#dueAt.values()) at = Math.min(at, due);
    this.#timer?.cancel();
    this.#timerAt = at;
    const delayMs = Math.max(at - this.#host.clock.monotonic(), CONTINUE_MS);
    this.#timer = this.#host.clock.schedule(delayMs, () => {
      this.#ended = this.#sweep();
    });
  }

  async #sweep(): Promise<void> {
    this.#isSweeping = true;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#host.clock.monotonic();
    const isPrune = now >= this.#nextPruneAt;
    const isFull = isPrune || now >= this.#nextSweepAt;
    const tasks = this.#host
      .tasks()
      .filter((task) => isFull || (this.#dueAt.get(task.name) ?? Infinity) <= now);
    if (isFull) this.#nextSweepAt = now + SWEEP_EVERY_MS;
    if (isPrune) this.#nextPruneAt = now + PRUNE_EVERY_MS;
    try {
      const scope = isPrune ? "all" : "due";
      const replies = await this.#adapter.sweep(
        tasks.map(({ name, retention, stallLimit }) => ({ task: name, retention, stallLimit, scope })),
      );
      for (const [index, task] of tasks.entries()) this.#apply(task.name, replies[index]);
      if (isPrune && replies.some((reply) => reply.more)) this.#nextPruneAt = now;
    } catch (error) {
      for (const task of tasks) this.#dueAt.delete(task.name);
      if (!this.#isStopped) this.#host.reportSweepError(error);
    }
    this.#isSweeping = false;
    this.#arm();
  }

  #apply(task: string, reply: SweepReply | undefined): void {
    if (reply === undefined) return;
    const inMs = reply.more ? 0 : reply.nextDueInMs;
    if (inMs === undefined) this.#dueAt.delete(task);
    else this.#dueAt.set(task, this.#host.clock.monotonic() + inMs);
    this.#host.swept(task, reply);
  }
}
