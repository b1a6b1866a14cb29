import type { InsertReply, NewJob } from "../core/adapter.js";
import { isFinalState } from "../core/lifecycle.js";
import { dueAtOf } from "../core/stored-job.js";
import type { Listeners } from "../core/subscription.js";
import { admit, refusalOf } from "./admission.js";
import { isRepeated, type JobRecord, newRecord } from "./job-record.js";
import { findJob } from "./sweep.js";
import type { TaskStore } from "./task-store.js";

interface InsertBy {
  readonly now: number;
  /** Of outcomes, for those that are asked for. */
  readonly outcomes: Listeners;
  /** A worker of the task should look. */
  readonly wake: () => void;
  /** It is the next of its task to be due: somebody should look, who need not work on the task. */
  readonly dueNext: () => void;
}

/** Stores one job, or finds it stored already. */
export function insertJob(task: TaskStore, job: NewJob, by: InsertBy): InsertReply {
  const stored = findJob(task, job.id, by.now);
  if (stored !== undefined && !isRepeated(stored, job)) return { status: "conflict" };
  const refusal = stored === undefined && job.limits !== undefined ? refusalOf(task, job, by.now) : undefined;
  if (refusal !== undefined) {
    const holder = refusal.status === "duplicate" ? findJob(task, refusal.id, by.now) : undefined;
    if (job.watch === true && holder !== undefined) watch(task, holder, by.outcomes);
    return refusal;
  }
  const record = stored ?? storeJob(task, job, by);
  if (job.watch === true) watch(task, record, by.outcomes);
  return { status: "inserted" };
}

function watch(task: TaskStore, record: JobRecord, outcomes: Listeners): void {
  task.watchers.watch(record, outcomes);
  if (isFinalState(record.state)) task.watchers.tell(task.name, record, record.state);
}

function storeJob(task: TaskStore, job: NewJob, by: InsertBy): JobRecord {
  const record = storeNew(task, job, by);
  const { due, ttl } = record;
  if ((due !== undefined && task.due.first === due) || (ttl !== undefined && task.ttl.first === ttl))
    by.dueNext();
  return record;
}

function storeNew(task: TaskStore, job: NewJob, by: InsertBy): JobRecord {
  const { now } = by;
  const debouncedTo = job.limits === undefined ? undefined : admit(task, job, now);
  const record = newRecord(job, now, { dueAt: debouncedTo ?? dueAtOf(job, now), override: task.override });
  task.insert(record, debouncedTo === undefined ? "back" : "front");
  const { state, dueAt } = record;
  task.publish(record, state, { at: now, ...(dueAt === undefined ? {} : { delayMs: dueAt - now }) });
  if (dueAt === undefined || task.due.first === record.due) by.wake();
  return record;
}
