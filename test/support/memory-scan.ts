import type { MemoryStore } from "taskora/memory";
import { FINAL_STATES, isFinalState } from "../../src/core/lifecycle.js";
import type { JobRecord } from "../../src/memory/job-record.js";
import { jobsOf } from "../../src/memory/memory-store.js";
import type { TaskStore } from "../../src/memory/task-store.js";

const DAY_MS = 24 * 3_600_000;

/** As `scanRedis`, of a store in this process: what it keeps of these tasks although all their jobs have ended. */
export function scanMemory(store: MemoryStore, tasks: readonly string[]): readonly string[] {
  const now = store.clock.now();
  return jobsOf(store)
    .tasks(tasks)
    .flatMap((task) => {
      return Object.entries(keptBy(task, now)).flatMap(([what, count]) => {
        return count === 0 ? [] : [`${task.name}: ${count} in ${what}`];
      });
    });
}

function keptBy(task: TaskStore, now: number): Record<string, number> {
  const { limits } = task;
  const finals = FINAL_STATES.reduce((sum, state) => sum + task.finals[state].size, 0);
  const lost = [...task.lostLeases.values()];
  return {
    "jobs that are in no list": task.jobs.size - finals,
    "jobs with traces of a run": [...task.jobs.values()].filter(hasTraces).length,
    waiting: task.waiting.size,
    due: task.due.size,
    ttl: task.ttl.size,
    leases: task.leases.size,
    "times of leases": task.leaseTimes.size,
    "lost leases": lost.filter(({ jobs, lostAt = 0 }) => jobs.size > 0 || lostAt <= now - DAY_MS).length,
    suspects: limits.suspects.size,
    parked: [...limits.after()].length,
    keys: limits.keys.size,
    turns: limits.turns.isEmpty ? 0 : 1,
    timers: limits.timers.size,
    gates: limits.gateCount,
    collectors: limits.collectors.list(undefined, 1).length,
  };
}

function hasTraces(record: JobRecord): boolean {
  const { lease, cancelAsked, due, ttl, parked, state } = record;
  return [lease, cancelAsked, due, ttl, parked].some((trace) => trace !== undefined) || !isFinalState(state);
}
