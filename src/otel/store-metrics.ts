/**
 * Gauges. Slots are each process' own; how the store stands is told by one process at a time, that of the live worker whose
 * name comes first, since everybody would tell the same and sums would be doubled.
 */
import type { BatchObservableResult, Meter, Observable } from "@opentelemetry/api";
import type { AppInternals } from "../app/app-internals.js";
import {
  MOST_TASKS,
  OTHER_TASKS,
  readStanding,
  type StandingTask,
  type StoreStanding,
} from "../app/telemetry/store-standing.js";
import { JOB_STATES } from "../core/lifecycle.js";

/** Starts to observe. Returns what stops it. */
export function observeStore(meter: Meter, observed: AppInternals["observed"]): () => void {
  const slots = meter.createObservableGauge("taskora.worker.slots", {
    unit: "{slot}",
    description: "Slots of this process for jobs, by whether they are used.",
  });
  const jobs = meter.createObservableGauge("taskora.jobs", {
    unit: "{job}",
    description: "Jobs of the store, by state; told by one process at a time.",
  });
  const oldest = meter.createObservableGauge("taskora.oldest.age", {
    unit: "s",
    description: "For how long the job waits that has waited longest; told by one process at a time.",
  });
  const late = meter.createObservableGauge("taskora.schedule.late", {
    unit: "s",
    description: "How long ago a slot came that was not fired; told by one process at a time.",
  });
  const all: Observable[] = [slots, jobs, oldest, late];
  const observe = async (result: BatchObservableResult) => {
    const { used, size } = observed.slots();
    result.observe(slots, used, { "taskora.slot.state": "used" });
    result.observe(slots, Math.max(0, size - used), { "taskora.slot.state": "free" });
    const standing = await standingToTell(observed);
    if (standing !== undefined) tellStanding(result, standing, { jobs, oldest, late });
  };
  meter.addBatchObservableCallback(observe, all);
  return () => meter.removeBatchObservableCallback(observe, all);
}

/** Undefined: another process tells it, or nobody can. */
async function standingToTell(observed: AppInternals["observed"]): Promise<StoreStanding | undefined> {
  const own = observed.workerId();
  const { slots, adapter } = observed;
  if (own === undefined || slots().size === 0 || adapter.contracts === undefined) return undefined;
  try {
    const names = (await adapter.contracts.workers()).map(({ worker }) => worker).sort();
    return names[0] === own ? await readStanding(observed) : undefined;
  } catch {
    // Without an answer of the store there is nothing to tell; its trouble is told by those who work with it.
    return undefined;
  }
}

function tellStanding(
  result: BatchObservableResult,
  { tasks, schedules }: StoreStanding,
  { jobs, oldest, late }: Readonly<Record<"jobs" | "oldest" | "late", Observable>>,
): void {
  const tellCounts = (name: string, some: readonly StandingTask[]) => {
    for (const state of JOB_STATES) {
      const count = some.reduce((sum, { gauges }) => sum + gauges.counts[state], 0);
      result.observe(jobs, count, { "messaging.destination.name": name, "taskora.job.state": state });
    }
  };
  for (const task of tasks.slice(0, MOST_TASKS)) {
    const { now, oldestWaitingSince = now } = task.gauges;
    tellCounts(task.name, [task]);
    result.observe(oldest, Math.max(0, now - oldestWaitingSince) / 1000, {
      "messaging.destination.name": task.name,
    });
  }
  const others = tasks.slice(MOST_TASKS);
  if (others.length > 0) tellCounts(OTHER_TASKS, others);
  for (const { name, lateMs } of schedules) result.observe(late, lateMs / 1000, { "taskora.schedule": name });
}
