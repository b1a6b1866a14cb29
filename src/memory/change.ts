import type { CancelReply, CancelRequest, ChangeReply, JobAnnotation, JobChange } from "../core/adapter.js";
import { MAX_LOG_LINES } from "../core/adapter.js";
import type { LogLine } from "../core/job.js";
import { canHappen, isFinalState, type LifecycleEvent } from "../core/lifecycle.js";
import { storedText } from "../core/stored-text.js";
import { copyEncoded, type JobRecord } from "./job-record.js";
import { findJob, pruneByCount } from "./sweep.js";
import { publishTo, type TaskStore } from "./task-store.js";

/** Cancels a job at once, or tells the worker that runs it. */
export function cancelJob(task: TaskStore, request: CancelRequest, now: number): CancelReply {
  const record = findJob(task, request.id, now);
  if (record === undefined) return { status: "missing" };
  if (isFinalState(record.state)) return { status: "finished", state: record.state };
  const { id } = request;
  const reason = storedText(request.reason);
  if (record.lease !== undefined) {
    record.cancelAsked ??= reason;
    const notice = { kind: "cancel", task: task.name, id, reason: record.cancelAsked } as const;
    publishTo(task.cancelListeners, notice);
    return { status: "requested" };
  }
  task.toFinal(record, { event: "cancel", state: "cancelled", now, reason });
  task.publish(record, "cancelled", { at: now, reason });
  pruneByCount(task, request.retention);
  return { status: "cancelled" };
}

const EVENT_OF_CHANGE = {
  revive: "revive",
  promote: "promote",
  remove: "remove",
  reschedule: "reschedule",
  // Another place in the queue is no move in the table; it may happen where another due time may.
  prioritize: "reschedule",
} as const satisfies Record<JobChange["change"], LifecycleEvent>;

/** Applies one change by hand. `wake` is called when a worker should look. */
export function changeJob(
  task: TaskStore,
  change: JobChange,
  by: { readonly now: number; readonly wake: () => void },
): ChangeReply {
  const record = findJob(task, change.id, by.now);
  if (record === undefined) return { status: "missing" };
  if (!canHappen(EVENT_OF_CHANGE[change.change], record.state)) {
    return { status: "refused", state: record.state };
  }
  applyChange(task, record, { change, now: by.now });
  if (record.state === "waiting" || task.due.first === record.due) by.wake();
  return { status: "applied" };
}

function applyChange(
  task: TaskStore,
  record: JobRecord,
  { change, now }: { readonly change: JobChange; readonly now: number },
): void {
  switch (change.change) {
    case "revive":
      revive(task, record, now);
      return;
    case "promote":
      task.toWaiting(record, "promote", { end: "back", now });
      task.publish(record, "waiting", { at: now });
      return;
    case "reschedule": {
      const state = record.state === "retrying" ? "retrying" : "delayed";
      const at = Math.max(change.dueAt ?? now + change.delayMs, now);
      task.toDue(record, "reschedule", { state, at });
      task.publish(record, state, { at: now, delayMs: at - now });
      return;
    }
    case "prioritize":
      prioritize(task, record, { priority: change.priority, now });
      return;
    case "remove":
      record.reason ??= "removed";
      task.drop(record, "remove", "cancelled");
      task.publish(record, "removed", { at: now });
      return;
  }
}

/** A fresh first attempt: only the history of what went before stays. */
function revive(task: TaskStore, record: JobRecord, now: number): void {
  record.attempt = 0;
  record.isSuspect = false;
  task.toWaiting(record, "revive", { end: "back", now });
  record.stalls = 0;
  record.startedAt = undefined;
  record.finishedAt = undefined;
  record.error = undefined;
  record.progress = undefined;
  if (record.ttlMs !== undefined) record.ttl = task.ttl.add(now + record.ttlMs, record);
  task.publish(record, "waiting", { at: now });
}

function prioritize(
  task: TaskStore,
  record: JobRecord,
  { priority, now }: { readonly priority: number; readonly now: number },
): void {
  if (record.priority !== priority) task.moveTo(record, priority, now);
}

/** Adds progress or a log line to a running job. */
export function annotateJob(task: TaskStore, annotation: JobAnnotation, now: number): "applied" | "stale" {
  const record = task.jobs.get(annotation.id);
  const worker = record?.lease?.name;
  if (record === undefined || record.fence !== annotation.fence || worker !== annotation.lease)
    return "stale";
  if ("progress" in annotation) {
    record.progress = copyEncoded(annotation.progress);
    task.publish(record, "progress", { at: now, worker, progress: annotation.progress });
  } else {
    addLogLine(record, annotation.log, now);
    task.publish(record, "log", { at: now, worker });
  }
  return "applied";
}

/** Trimmed when twice too long, so that a line costs no shift of a thousand others; readers see the newest. */
function addLogLine(record: JobRecord, line: Omit<LogLine, "at">, now: number): void {
  record.logs ??= [];
  record.logs.push({ ...line, at: now });
  if (record.logs.length > 2 * MAX_LOG_LINES) record.logs = record.logs.slice(-MAX_LOG_LINES);
}
