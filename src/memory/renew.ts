import type { HeldClaim, RenewReply, RenewRequest } from "../core/adapter.js";
import { extendLease } from "./claim.js";
import type { Lease } from "./job-record.js";
import { settleOne } from "./settle.js";
import type { TaskStore } from "./task-store.js";

/** Extends a lease, gives back jobs its holder does not know of, and reads which jobs should be cancelled. */
export function renewLease(task: TaskStore, request: RenewRequest, now: number): RenewReply {
  const lease = extendLease(task, request, now);
  if (lease === undefined) return { lost: task.lostLeases.has(request.lease), cancelled: [] };
  if (request.held !== undefined) releaseUnknown(task, lease, { held: request.held, now });
  const cancelled: { id: string; reason: string }[] = [];
  for (const { id, cancelAsked } of lease.jobs) {
    if (cancelAsked !== undefined) cancelled.push({ id, reason: cancelAsked });
  }
  return { lost: false, cancelled };
}

function releaseUnknown(
  task: TaskStore,
  lease: Lease,
  { held, now }: { readonly held: readonly HeldClaim[]; readonly now: number },
): void {
  const known = new Set(held.map(({ id, fence }) => `${fence}:${id}`));
  const unknown = [...lease.jobs].filter(({ id, fence }) => !known.has(`${fence}:${id}`));
  const by = { lease: lease.name, now };
  for (const { id, fence } of unknown.reverse()) settleOne(task, { id, fence, event: "release" }, by);
}
