import type { NewerJob, SettleBatch, Settlement, SettleReply, SettleStatus } from "../core/adapter.js";
import type { StoredError } from "../core/errors.js";
import { storedText } from "../core/stored-text.js";
import { claimJobs } from "./claim.js";
import { copyEncoded, type JobRecord } from "./job-record.js";
import { pruneByCount } from "./sweep.js";
import type { TaskStore } from "./task-store.js";

/** Ends claims, then takes the next jobs. */
export function settleBatch(task: TaskStore, batch: SettleBatch, now: number): SettleReply {
  const released: JobRecord[] = [];
  const settled = batch.settlements.map((settlement) => {
    const record = task.jobs.get(settlement.id);
    const status = settleOne(task, settlement, { lease: batch.lease, now });
    if (record?.state === "waiting" && status === "applied") released.push(record);
    return status;
  });
  if (released.length > 1) orderAsClaimed(task, released, now);
  pruneByCount(task, batch.retention);
  return { ...claimNext(task, batch, now), settled };
}

/** Each of these went to the very front, so the one claimed first must be the last to go there. */
function orderAsClaimed(task: TaskStore, released: readonly JobRecord[], now: number): void {
  for (const record of [...released].sort((a, b) => b.fence - a.fence)) task.moveToFront(record, now);
}

function claimNext(task: TaskStore, batch: SettleBatch, now: number): Omit<SettleReply, "settled"> {
  const { lease, claim } = batch;
  if (claim !== undefined) return claimJobs(task, { task: task.name, lease, ...claim }, now);
  const nextDueInMs = task.nextDueInMs(now);
  const lost = task.lostLeases.has(lease);
  return { jobs: [], lost, ...(nextDueInMs === undefined ? {} : { nextDueInMs }) };
}

/** Ends one claim, when it still is one of this lease. */
export function settleOne(
  task: TaskStore,
  settlement: Settlement,
  by: { readonly lease: string; readonly now: number },
): SettleStatus {
  const { now } = by;
  const record = task.jobs.get(settlement.id);
  if (record?.lease === undefined) return "missing";
  if (record.fence !== settlement.fence || record.lease.name !== by.lease) return "stale";
  if (settlement.event !== "release" || (settlement.delayMs ?? 0) > 0) record.isSuspect = false;
  if (record.cancelAsked !== undefined && settlement.event !== "cancel") {
    cancelClaim(task, record, { now, reason: record.cancelAsked });
    return "cancelled";
  }
  apply(task, record, { settlement, now, worker: record.lease.name });
  return "applied";
}

interface Applied {
  readonly settlement: Settlement;
  readonly now: number;
  readonly worker: string;
}

function apply(task: TaskStore, record: JobRecord, { settlement, now, worker }: Applied): void {
  switch (settlement.event) {
    case "complete": {
      const result = copyEncoded(settlement.result);
      task.recordAttempt(record, { at: now, outcome: "completed" });
      task.toFinal(record, { event: "complete", state: "completed", now, result });
      const shown = result === undefined ? {} : { result };
      task.publish(record, "completed", { at: now, worker, ...shown });
      return;
    }
    case "fail": {
      const { error } = settlement;
      task.recordAttempt(record, { at: now, outcome: "failed", error });
      task.toFinal(record, { event: "fail", state: "failed", now, error });
      task.publish(record, "failed", { at: now, worker, error });
      return;
    }
    case "retry":
      retry(task, record, { now, worker, error: settlement.error, delayMs: settlement.delayMs });
      return;
    case "cancel":
      cancelClaim(task, record, { now, reason: record.cancelAsked ?? storedText(settlement.reason) });
      return;
    case "release":
      release(task, record, { now, delayMs: settlement.delayMs ?? 0, newer: settlement.newer });
      return;
  }
}

function retry(
  task: TaskStore,
  record: JobRecord,
  by: {
    readonly now: number;
    readonly worker: string;
    readonly error: StoredError;
    readonly delayMs: number;
  },
): void {
  const { now, worker, error, delayMs } = by;
  task.recordAttempt(record, { at: now, outcome: "failed", error });
  record.error = error;
  task.toDue(record, "retry", { state: "retrying", at: now + delayMs });
  task.publish(record, "retrying", { at: now, worker, error, delayMs });
}

function release(
  task: TaskStore,
  record: JobRecord,
  by: { readonly now: number; readonly delayMs: number; readonly newer: NewerJob | undefined },
): void {
  const { now, delayMs, newer } = by;
  if (delayMs > 0) {
    task.toDue(record, "release", { state: "delayed", at: now + delayMs });
    if (newer !== undefined) task.newer.add(record, newer);
  } else task.toWaiting(record, "release", { end: "front", now });
  record.attempt -= 1;
  if (delayMs > 0) task.publish(record, "delayed", { at: now, delayMs });
  else task.publish(record, "waiting", { at: now });
}

function cancelClaim(
  task: TaskStore,
  record: JobRecord,
  by: { readonly now: number; readonly reason: string },
): void {
  const { now, reason } = by;
  const worker = record.lease?.name ?? "";
  task.recordAttempt(record, { at: now, outcome: "cancelled" });
  task.toFinal(record, { event: "cancel", state: "cancelled", now, reason });
  task.publish(record, "cancelled", { at: now, worker, reason });
}
