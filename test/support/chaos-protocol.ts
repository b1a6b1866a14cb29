import type { Duration } from "taskora";

/** The one task of chaos tests. */
export const CHAOS_TASK = "chaos.work";
/** Another one that the same workers do. */
export const OTHER_TASK = "chaos.other";

/** What a chaos job does: takes `ms`, or lasts until its gate is open for the process that runs it. */
export interface ChaosJob {
  /** Ends its process, at once. */
  readonly kills?: boolean;
  /** Keeps the event loop of its process busy for so long. */
  readonly blocksMs?: number;
  /** Sets the time of day of its process forward by so much, back when it is negative. */
  readonly stepsMs?: number;
  readonly ms?: number;
  readonly gate?: string;
}

/** The key whose existence opens a gate for one process. */
export function gateOf(gate: string, pid: number): string {
  return `${gate}:${pid}`;
}

export interface ChaosWorkerOptions {
  readonly url: string;
  readonly prefix: string;
  /** The server that has the list of evidence. */
  readonly bookUrl: string;
  /** The Redis list that handlers write to. */
  readonly evidence: string;
  readonly concurrency: number;
  readonly lease: Duration;
  readonly stallLimit: number;
  readonly closeTimeout: Duration;
  /** It listens to the ends of jobs as well, and prints `heard` with their ids. */
  readonly listens?: boolean;
  /** The worker ends itself at once when it comes to this point of moving a workflow on for the nth time. */
  readonly diesAt?: { readonly point: string; readonly nth: number };
}

export interface ScheduleWorkerOptions {
  readonly url: string;
  readonly prefix: string;
  /** The server that has the list of evidence. */
  readonly bookUrl: string;
  /** The Redis list that handlers write to. */
  readonly evidence: string;
  readonly every: Duration;
}
