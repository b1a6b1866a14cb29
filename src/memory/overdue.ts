/**
 * What readers see of jobs whose TTL has passed and that no claim and no sweep has ended yet: they are expired since then,
 * or gone where they are to be discarded. Nothing here changes anything.
 */
import type { StateCounts } from "../core/adapter.js";
import { isOverdue } from "../core/stored-job.js";
import type { DueEntry } from "./due-heap.js";
import type { JobRecord } from "./job-record.js";
import type { TaskStore } from "./task-store.js";

/** How many jobs of each state are seen. */
export function seenCounts(task: TaskStore, now: number): StateCounts {
  const { pausedAt, nextPriority } = task;
  const counts = {
    ...task.counts,
    ...(pausedAt === undefined ? {} : { pausedAt }),
    ...(nextPriority === undefined ? {} : { nextPriority }),
  };
  for (const { state, onExpire } of overdueJobs(task, now)) {
    counts[state] -= 1;
    if (onExpire !== "discard") counts.expired += 1;
  }
  return counts;
}

/** Ended and overdue ones by the time of their expiry, the latest first. */
export function expiredJobs(task: TaskStore, now: number): readonly DueEntry<JobRecord>[] {
  const overdue = [...overdueJobs(task, now)].filter(({ onExpire }) => onExpire !== "discard");
  const entries = overdue.flatMap(({ ttl }) => ttl ?? []);
  return [...task.finals.expired.entries(), ...entries].sort((a, b) => b.at - a.at || b.order - a.order);
}

function* overdueJobs(task: TaskStore, now: number): Generator<JobRecord> {
  if ((task.ttl.first?.at ?? Number.POSITIVE_INFINITY) > now) return;
  for (const record of task.ttl.values()) if (isOverdue(record, now)) yield record;
}
