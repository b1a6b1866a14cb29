import type { SettleBatch, Settlement, SettleReply, SettleStatus } from "../core/adapter.js";
import { settlementMove } from "../core/job-moves.js";
import { claimJobs } from "./claim.js";
import type { JobRecord } from "./job-record.js";
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
  const record = task.jobs.get(settlement.id);
  const { status, move } = settlementMove(record, settlement, by);
  if (record === undefined || move === undefined) return status;
  if (settlement.event !== "release" || move.delayMs !== undefined) record.isSuspect = false;
  task.apply(record, move);
  if (move.newer !== undefined) task.newer.add(record, move.newer);
  return status;
}
