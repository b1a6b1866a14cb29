import type { Retention, Settlement, SettleStatus } from "taskora/adapter";
import type { HeldClaim } from "../../../src/core/adapter.js";
import { asStored, find, inState, lastClaimedFirst, type Model, type ModelJob, tell } from "./model.js";
import { again, remember, toDue, toFinal, toWaiting } from "./moves.js";
import { pruneByCount } from "./upkeep.js";

/** Ends claims one after the other; those given back together keep their order. */
export function settle(
  model: Model,
  by: { readonly lease: string; readonly settlements: readonly Settlement[]; readonly retention: Retention },
): SettleStatus[] {
  const released: ModelJob[] = [];
  const settled = by.settlements.map((settlement) => {
    const job = find(model, settlement.id);
    const status = settleOne(model, settlement, by.lease);
    if (status === "applied" && job?.state === "waiting") released.push(job);
    return status;
  });
  if (released.length > 1) for (const job of lastClaimedFirst(released)) again(model, job, "front");
  pruneByCount(model, by.retention);
  return settled;
}

function settleOne(model: Model, settlement: Settlement, lease: string): SettleStatus {
  const job = find(model, settlement.id);
  if (job?.state !== "active") return "missing";
  if (job.fence !== settlement.fence || job.lease !== lease) return "stale";
  if (settlement.event !== "release" || (settlement.delayMs ?? 0) > 0) job.isSuspect = false;
  if (job.cancelAsked !== undefined && settlement.event !== "cancel") {
    endClaim(model, job, { event: "cancel", reason: job.cancelAsked });
    return "cancelled";
  }
  endClaim(model, job, settlement);
  return "applied";
}

type End = Settlement extends infer S ? (S extends Settlement ? Omit<S, "id" | "fence"> : never) : never;

function endClaim(model: Model, job: ModelJob, end: End): void {
  const worker = job.lease ?? "";
  switch (end.event) {
    case "complete":
      remember(job, { outcome: "completed" });
      toFinal(model, job, {
        event: "complete",
        state: "completed",
        worker,
        result: end.result as string,
      });
      return;
    case "fail":
      remember(job, { outcome: "failed", error: end.error });
      toFinal(model, job, { event: "fail", state: "failed", worker, error: end.error });
      return;
    case "cancel":
      remember(job, { outcome: "cancelled" });
      toFinal(model, job, {
        event: "cancel",
        state: "cancelled",
        worker,
        reason: job.cancelAsked ?? asStored(end.reason),
      });
      return;
    case "retry":
      remember(job, { outcome: "failed", error: end.error });
      job.error = end.error;
      toDue(model, job, { event: "retry", to: "retrying", at: model.now + end.delayMs });
      tell(model, job, "retrying", { worker, error: end.error, delayMs: end.delayMs });
      return;
    case "release":
      release(model, job, end.delayMs ?? 0);
      return;
    default:
      end satisfies never;
  }
}

function release(model: Model, job: ModelJob, delayMs: number): void {
  if (delayMs > 0) toDue(model, job, { event: "release", to: "delayed", at: model.now + delayMs });
  else toWaiting(model, job, { event: "release", end: "front" });
  job.attempt -= 1;
  if (delayMs > 0) tell(model, job, "delayed", { delayMs });
  else tell(model, job, "waiting");
}

/** Extends a lease and gives back what its holder does not know of. */
export function renew(
  model: Model,
  by: { readonly lease: string; readonly leaseMs: number; readonly held?: readonly HeldClaim[] },
): { lost: boolean; cancelled: string[] } {
  const lease = model.leases.find(({ name }) => name === by.lease);
  if (lease === undefined || lease.isLost) return { lost: lease !== undefined, cancelled: [] };
  lease.endsAt = model.now + by.leaseMs;
  const mine = () => inState(model, "active").filter((job) => job.lease === by.lease);
  const unknown = by.held === undefined ? [] : mine().filter((job) => !isHeld(job, by.held ?? []));
  for (const { id, fence } of lastClaimedFirst(unknown)) {
    settleOne(model, { id, fence, event: "release" }, by.lease);
  }
  const cancelled = mine().filter((job) => job.cancelAsked !== undefined);
  return { lost: false, cancelled: cancelled.map((job) => `${job.id} ${job.cancelAsked}`).sort() };
}

function isHeld(job: ModelJob, held: readonly HeldClaim[]): boolean {
  return held.some(({ id, fence }) => id === job.id && fence === job.fence);
}
