import type { JobState } from "../lifecycle.js";
import type { JobLimits } from "../limits/job-limits.js";
import type { LimitOverride } from "../limits/limit.js";

/**
 * What a store keeps of one task beneath the port: its indexes and whatever it remembers beside the jobs. Ids in any
 * order, unless said otherwise; each as often as it is there. A store that has nothing of a kind leaves it empty.
 */
export interface TaskEntries {
  /** Every job that has a record. */
  readonly jobs: readonly string[];
  /** Limits of those that have some. */
  readonly limits: ReadonlyMap<string, JobLimits>;
  /**
   * What the last control `limits` said, where there was one. How many run is not looked at then, since those that ran before go on.
   * Left out: the numbers of the jobs hold.
   */
  readonly override?: LimitOverride | undefined;
  /** What is in the index of each state; a waiting job counts wherever it waits. */
  readonly indexes: Readonly<Record<JobState, readonly string[]>>;
  /** What is held and waited for at each gate. */
  readonly gates: readonly GateEntries[];
  readonly keys: readonly KeyEntry[];
  /** The lease of each active job. */
  readonly leases: ReadonlyMap<string, string>;
  /** Waiting jobs that are claimed apart. */
  readonly suspects: readonly string[];
  /** Active jobs that somebody asked to cancel. */
  readonly cancels: readonly string[];
  /** Jobs that may expire. */
  readonly expiring: readonly string[];
  /** Waiting jobs in the queues of their groups. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Waiting jobs that are collected, by key. */
  readonly collected: ReadonlyMap<string, readonly string[]>;
  /** Anything else that belongs to a job: what it is, and whose. */
  readonly belongings: readonly { readonly what: string; readonly id: string }[];
}

/** What is at one gate. `lKEY` is that of a limit, `rKEY` that of a rate. */
export interface GateEntries {
  readonly name: string;
  /** Jobs that run; none at a rate. */
  readonly running: readonly string[];
  /** Jobs that hold room and have not started. */
  readonly admitted: readonly string[];
  /** Jobs that wait for room, next first. */
  readonly blocked: readonly string[];
  /** The next claim or sweep looks whether it has room. Default false. */
  readonly isDue?: boolean | undefined;
}

/** A key that stands for a job. */
export interface KeyEntry {
  readonly kind: "unique" | "idempotent" | "debounced";
  readonly key: string;
  readonly id: string;
  /** It ends by itself at some time. */
  readonly ends: boolean;
}
