/** When the jobs that are collected under a key run as a batch. */
import type { JobCollect } from "./collect.js";

/** What is known of a key under which jobs are collected. Times are ms since the epoch. */
export interface Collecting {
  /** When the first job of the batch came. */
  readonly firstAt: number;
  /** When the batch runs by time. */
  readonly dueAt: number;
  /** Its batch is next in line to run. */
  readonly isReady: boolean;
}

/** A job that comes to a batch. */
export interface Joining {
  readonly collect: JobCollect;
  /** Jobs of the key, with this one. */
  readonly size: number;
  /** It is given back: it does not wait for others again. */
  readonly isGivenBack: boolean;
  readonly now: number;
}

/** A key that has no jobs yet. */
export function newCollecting(now: number): Collecting {
  return { firstAt: now, dueAt: now, isReady: false };
}

/** A job comes: its batch waits on, or is ready since it is full, since its time is past, or since the job ran before. */
export function joinBatch({ firstAt, isReady }: Collecting, by: Joining): Collecting {
  const { collect, now } = by;
  const latest = collect.maxWaitMs === undefined ? Number.POSITIVE_INFINITY : firstAt + collect.maxWaitMs;
  const dueAt = Math.min(now + collect.delayMs, latest);
  const isFull = by.size >= collect.maxSize;
  return { firstAt, dueAt, isReady: isReady || isFull || by.isGivenBack || dueAt <= now };
}

/** How many jobs a batch has when its first one says so. */
export function batchSize(first: JobCollect | undefined): number {
  return first?.maxSize ?? 1;
}

/**
 * A batch was taken. Those behind it are ready when they are a batch themselves or when their time has come.
 *
 * @param left jobs of the key that are not in the batch
 */
export function batchTaken(
  { dueAt }: Collecting,
  by: { readonly left: number; readonly maxSize: number; readonly now: number },
): Collecting {
  return { firstAt: by.now, dueAt, isReady: by.left >= by.maxSize || dueAt <= by.now };
}
