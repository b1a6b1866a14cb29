import type { CancelReply, CancelRequest, ChangeReply, JobAnnotation, JobChange } from "../core/adapter.js";
import type { LogLine } from "../core/job.js";
import { MAX_LOG_LINES } from "../core/job.js";
import { cancelMove, changeMove, mayChange } from "../core/job-moves.js";
import { isFinalState } from "../core/lifecycle.js";
import { copyEncoded, keepMessage } from "../core/stored-job.js";
import { storedText } from "../core/stored-text.js";
import { publishTo } from "../core/subscription.js";
import type { JobRecord } from "./job-record.js";
import { findJob, pruneByCount } from "./sweep.js";
import type { TaskStore } from "./task-store.js";

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
  task.apply(record, cancelMove(reason, now));
  pruneByCount(task, request.retention);
  return { status: "cancelled" };
}

/** Applies one change by hand. `wake` is called when a worker should look. */
export function changeJob(
  task: TaskStore,
  change: JobChange,
  by: { readonly now: number; readonly wake: () => void },
): ChangeReply {
  const record = findJob(task, change.id, by.now);
  if (record === undefined) return { status: "missing" };
  if (!mayChange(record, change)) return { status: "refused", state: record.state };
  if (change.change === "prioritize") {
    if (record.priority !== change.priority) task.moveTo(record, change.priority, by.now);
  } else {
    if (change.change === "revive") record.isSuspect = false;
    task.apply(record, changeMove(record, change, by.now));
  }
  if (record.state === "waiting" || task.due.first === record.due) by.wake();
  return { status: "applied" };
}

/** Adds progress, a log line or a message to a running job. */
export function annotateJob(task: TaskStore, annotation: JobAnnotation, now: number): "applied" | "stale" {
  const record = task.jobs.get(annotation.id);
  const worker = record?.worker;
  if (record === undefined || record.fence !== annotation.fence || worker !== annotation.lease)
    return "stale";
  if ("progress" in annotation) {
    record.progress = copyEncoded(annotation.progress);
    task.publish(record, "progress", { at: now, worker, progress: annotation.progress });
  } else if ("message" in annotation) {
    const number = keepMessage(record, annotation, now);
    if (number !== undefined) task.publish(record, "message", { at: now, worker, number });
  } else {
    addLogLine(record, annotation.log, now);
    task.publish(record, "log", { at: now, worker, line: { ...annotation.log, at: now } });
  }
  return "applied";
}

/** Trimmed when twice too long, so that a line costs no shift of a thousand others; readers see the newest. */
function addLogLine(record: JobRecord, line: Omit<LogLine, "at">, now: number): void {
  record.logs ??= [];
  record.logs.push({ ...line, at: now });
  if (record.logs.length > 2 * MAX_LOG_LINES) record.logs = record.logs.slice(-MAX_LOG_LINES);
}
