/** How jobs that wait for their batch are read. */
import type { JobSnapshot } from "./job.js";

/** One key, or up to `limit` keys in no order. */
export interface CollectedQuery {
  /** The task whose batches are looked at. */
  readonly task: string;
  /** Undefined: all keys. */
  readonly key?: string;
  /** Most keys, 1 to 1 000. */
  readonly limit: number;
  /** Most jobs to read of each key, next first; 0 to 1 000. */
  readonly jobs: number;
}

/** Jobs that are collected under one key. */
export interface CollectedKey {
  /** The value jobs are collected by. */
  readonly key: string;
  /** Jobs in it now, those beyond `CollectedQuery.jobs` included and overdue ones left out. */
  readonly count: number;
  /** When its first job came, ms since the epoch on the store's clock. */
  readonly firstAt: number;
  /** When its batch runs by time; it is ready when that is past, or when it is full. */
  readonly dueAt: number;
  /** The first of them in the order they would run. */
  readonly jobs: readonly JobSnapshot[];
}
