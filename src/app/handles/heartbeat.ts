/**
 * The heartbeat of a process: while it works, awaits results, listens to events or has declared schedules, it looks at the
 * store every two seconds. A worker does so with its upkeep; a process without one has an upkeep of its own here, which
 * honours due times of any task. A store that turns out to hold other data than before was emptied or replaced: what this
 * process declared is declared again, and what it waits for is asked again.
 *
 * Life: connected → (needed: beating → not needed any more: resting) … → stop.
 */
import { type Adapter, dueIn, type NewJob } from "../../core/adapter.js";
import type { Clock } from "../../core/clock.js";
import { inRootContext } from "../../worker/async-context.js";
import { Caretaker } from "../../worker/caretaker.js";

/** What a heartbeat asks of its app. */
export interface HeartbeatHost {
  readonly adapter: Adapter;
  readonly clock: Clock;
  /** Whether anybody here waits for what the store does. */
  isNeeded(): boolean;
  /** Whether a worker does the upkeep. */
  isWorking(): boolean;
  /** The store was emptied or replaced: says so. */
  replaced(): void;
  /** Declares and asks again; tried again with the next beat when it fails. */
  heal(): Promise<unknown>;
  reportError(error: unknown): void;
}

export class Heartbeat {
  readonly #host: HeartbeatHost;
  #upkeep: Caretaker | undefined;
  #isConnected = false;
  /** What the store held when it was looked at last. */
  #data: string | undefined;
  #isHealed = true;
  #isHealing = false;
  /** The store did not answer last time, which has been told. */
  #isFailing = false;

  constructor(host: HeartbeatHost) {
    this.#host = host;
  }

  /** The adapter is connected. */
  connected(): void {
    this.#isConnected = true;
    this.update();
  }

  /** Begins to beat when that is needed and nobody does it. */
  update(): void {
    const { adapter, clock } = this.#host;
    if (!this.#isConnected || this.#upkeep !== undefined) return;
    if (this.#host.isWorking() || !this.#host.isNeeded()) return;
    inRootContext(() => {
      this.#upkeep = new Caretaker(adapter, {
        clock,
        tasks: () => [],
        surveyed: (data) => this.surveyed(data),
        reportSweepError: (error) => this.#reportOnce(error),
      });
      this.#upkeep.start();
    });
  }

  /** This process stores jobs: it looks after their due times, since nobody else may be there. */
  storing(jobs: readonly NewJob[], stored: Promise<unknown>): void {
    const upkeep = this.#upkeep;
    if (upkeep === undefined) return;
    for (const job of jobs) {
      const inMs = dueIn(job);
      if (inMs !== undefined && inMs > 0) upkeep.storedDue(job.task, inMs);
    }
    // Its first steps are stored with a workflow, and have due times of their own; the store knows when a moment comes.
    if (jobs.some(({ dueAt, limits }) => dueAt !== undefined || limits?.workflow !== undefined)) {
      const look = () => upkeep.dueSooner();
      stored.then(look, look);
    }
  }

  /** The store was looked at and holds this. */
  surveyed(data: string): void {
    const isReplaced = this.#data !== undefined && this.#data !== data;
    this.#data = data;
    this.#isFailing = false;
    if (isReplaced) {
      this.#isHealed = false;
      this.#upkeep?.startAgain();
      this.#host.replaced();
    }
    if (!this.#isHealed && !this.#isHealing) void this.#heal();
    if (this.#host.isWorking() || !this.#host.isNeeded()) void this.#rest();
  }

  /** The connection is about to end. */
  async stop(): Promise<void> {
    this.#isConnected = false;
    this.#data = undefined;
    this.#isHealed = true;
    await this.#rest();
  }

  async #rest(): Promise<void> {
    const upkeep = this.#upkeep;
    this.#upkeep = undefined;
    await upkeep?.stop();
  }

  #reportOnce(error: unknown): void {
    if (!this.#isFailing) this.#host.reportError(error);
    this.#isFailing = true;
  }

  async #heal(): Promise<void> {
    this.#isHealing = true;
    try {
      await this.#host.heal();
      this.#isHealed = true;
    } catch (error) {
      this.#host.reportError(error);
    }
    this.#isHealing = false;
  }
}
