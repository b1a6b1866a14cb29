/** Wall time and CPU of one measured stretch, on both sides. */

import type { Measures } from "./spec.js";
import type { StoreStats } from "./stores.js";

/** Monotonic ms; on one machine all processes read the same clock. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What was true at one moment. */
interface Mark {
  readonly atMs: number;
  readonly nodeMicros: number;
  readonly storeMicros: Promise<number>;
  readonly walBytes: Promise<number> | undefined;
}

/** When something was measured, monotonic ms. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

let lastWindow: Window | undefined;

/** The stretch that was measured last in this process: profiles are cut to it. */
export function measuredWindow(): Window | undefined {
  return lastWindow;
}

/** For workloads that time each job themselves. */
export function recordWindow(window: Window): void {
  lastWindow = window;
}

export class Meter {
  readonly #stats: StoreStats;
  #begin: Mark | undefined;
  #end: Mark | undefined;

  constructor(stats: StoreStats) {
    this.#stats = stats;
  }

  /** Ms since {@link start}. */
  get elapsedMs(): number {
    return this.#begin === undefined ? 0 : monotonicMs() - this.#begin.atMs;
  }

  start(): void {
    this.#stats.resetCounters();
    this.#begin = this.#mark();
  }

  stop(): void {
    this.#end = this.#mark();
    lastWindow = { fromMs: this.#begin?.atMs ?? 0, toMs: this.#end.atMs };
  }

  /**
   * Figures per job of what happened between the marks.
   *
   * @param otherNodeMicros CPU of a second process that took part
   */
  async measures(jobs: number, otherNodeMicros = 0): Promise<Measures> {
    const begin = this.#begin;
    const end = this.#end;
    if (begin === undefined || end === undefined) throw new Error("the meter was not started and stopped");
    const storeMicros = (await end.storeMicros) - (await begin.storeMicros);
    const written = begin.walBytes && end.walBytes && (await end.walBytes) - (await begin.walBytes);
    return {
      jobsPerSecond: (jobs / (end.atMs - begin.atMs)) * 1000,
      nodeMicros: (end.nodeMicros - begin.nodeMicros + otherNodeMicros) / jobs,
      storeMicros: storeMicros / jobs,
      ...(written !== undefined && { walBytes: written / jobs }),
    };
  }

  #mark(): Mark {
    return {
      storeMicros: this.#stats.cpuMicros(),
      walBytes: this.#stats.walBytes?.(),
      nodeMicros: nodeMicros(),
      atMs: monotonicMs(),
    };
  }
}

/** CPU this process has used, in µs, all its threads. */
export function nodeMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
