import { FINAL_STATES } from "../../core/lifecycle.js";
import { GAUGED_PRIORITIES, type TaskGauges } from "../../core/observe/gauges.js";
import { seenCounts } from "../overdue.js";
import type { TaskStore } from "../task-store.js";

/** How a task stands. */
export function gaugesOf(task: TaskStore, now: number): TaskGauges {
  const { pausedAt, nextPriority: _next, ...counts } = seenCounts(task, now);
  const { waiting, delayed, active, retrying } = task.counts;
  const oldestWaitingSince = oldestWaiting(task);
  const nextDueAt = task.due.first?.at;
  const ended = FINAL_STATES.reduce((sum, state) => sum + task.ended[state], 0);
  return {
    now,
    counts,
    ...(pausedAt === undefined ? {} : { pausedAt }),
    ...(oldestWaitingSince === undefined ? {} : { oldestWaitingSince }),
    ...(nextDueAt === undefined ? {} : { nextDueAt }),
    in: waiting + delayed + active + retrying + ended,
    out: { ...task.ended },
  };
}

function oldestWaiting(task: TaskStore): number | undefined {
  const firsts = [...task.waiting.firsts(GAUGED_PRIORITIES), ...task.limits.firsts(GAUGED_PRIORITIES)];
  if (firsts.length === 0) return undefined;
  return Math.min(...firsts.map(({ waitingSince, enqueuedAt }) => waitingSince ?? enqueuedAt));
}
