import type { InsertReply, NewJob } from "../core/adapter.js";
import { isFinalState } from "../core/lifecycle.js";
import { addWatcher, isSameJob, newRecord, type OutcomeSink, toOutcome } from "./job-record.js";
import type { TaskStore } from "./task-store.js";
import { findJob } from "./upkeep.js";

/** Stores one job, or finds it stored already. `by.wake` is called when a worker should look. */
export function insertJob(
  task: TaskStore,
  job: NewJob,
  by: { readonly now: number; readonly sink: OutcomeSink; readonly wake: () => void },
): InsertReply {
  const stored = findJob(task, job.id, by.now);
  if (stored !== undefined && !isSameJob(stored, job)) return { status: "conflict" };
  const record = stored ?? storeJob(task, job, by);
  if (job.watch === true) {
    if (isFinalState(record.state)) by.sink.tell(toOutcome(task.name, record, record.state));
    else addWatcher(record, by.sink);
  }
  return { status: "inserted" };
}

function storeJob(
  task: TaskStore,
  job: NewJob,
  by: { readonly now: number; readonly wake: () => void },
): ReturnType<typeof newRecord> {
  const { now } = by;
  const record = newRecord(job, now);
  const dueAt = job.dueAt ?? now + (job.delayMs ?? 0);
  if (dueAt <= now) {
    task.insert(record, undefined);
    task.publish(record, "waiting", { at: now });
    by.wake();
    return record;
  }
  task.insert(record, dueAt);
  task.publish(record, "delayed", { at: now, delayMs: dueAt - now });
  if (task.due.first === record.due) by.wake();
  return record;
}
