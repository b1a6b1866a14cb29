import type { Duration } from "taskora";

/** The one task of chaos tests. */
export const CHAOS_TASK = "chaos.work";

/** What a chaos job does: takes `ms`, or lasts until the key `gate` exists. */
export interface ChaosJob {
  readonly ms?: number;
  readonly gate?: string;
}

export interface ChaosWorkerOptions {
  readonly url: string;
  readonly prefix: string;
  /** The Redis list that handlers write to. */
  readonly evidence: string;
  readonly concurrency: number;
  readonly lease: Duration;
  readonly stallLimit: number;
  readonly closeTimeout: Duration;
}
