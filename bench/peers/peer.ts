/** The one interface through which every queue is measured. */
import type { Feature, StoreName } from "../spec.js";

/** What a job carries: an object whose JSON has an exact size, and the time it was sent when that is measured. */
export interface Payload {
  readonly id: string;
  readonly text: string;
  /** Monotonic ms, shared by the processes of one machine. */
  readonly sentAtMs?: number;
}

/** What some queues lack. */
export type Capability = "bulk" | "results" | "delay" | "priority";

/** How one process uses a queue. */
export interface Setup {
  readonly store: StoreName;
  readonly storeUrl: string;
  readonly role: "producer" | "worker" | "both";
  /** More than one only where idle tasks are counted; jobs go to the first. */
  readonly queues: readonly string[];
  /** Of completed jobs. `default`: the last 1 000 are kept, where a queue can. */
  readonly retention: "default" | "all" | "none";
  /** Whether somebody will wait for results. */
  readonly results: "ignored" | "awaited";
  readonly features: readonly Feature[];
}

/** Per job. */
export interface JobOptions {
  readonly delayMs?: number;
  /** 1 to 10, 10 is the most urgent. */
  readonly priority?: number;
}

/** How jobs are run. */
export interface Work {
  readonly concurrency: number;
  /** Called at the start of every run. */
  readonly onJob: (payload: Payload) => void;
}

/** One process's connection to a queue. */
export interface Session {
  /** Stores one job; resolves when the store has it. */
  dispatch(payload: Payload, options?: JobOptions): Promise<unknown>;
  /** Stores many in the way the queue documents for that. */
  dispatchMany?(payloads: readonly Payload[], options?: (index: number) => JobOptions): Promise<unknown>;
  /** Stores one and resolves with its result. */
  call?(payload: Payload): Promise<unknown>;
  /** Works on every queue of the setup; resolves when it is ready for jobs. */
  work(work: Work): Promise<unknown>;
  /** Jobs that are stored and have not ended, in the store's own words. */
  pending(): Promise<number>;
  close(): Promise<unknown>;
}

/** A queue that takes part. Each other file in this folder exports one as `peer`. */
export interface Peer {
  /** How it is configured; printed with the results. */
  readonly setting: string;
  readonly capabilities: readonly Capability[];
  /** The store it needs. Default: whichever is measured. */
  readonly store?: StoreName;
  /** Those that it takes part in. Default: all that its capabilities allow. */
  readonly workloads?: readonly string[];
  open(setup: Setup): Promise<Session>;
}

/** What a handler returns where somebody waits for it. */
export const RESULT = { ok: true, note: "done, nothing else to say" } as const;
