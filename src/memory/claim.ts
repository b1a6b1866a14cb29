import type { ClaimedJob, ClaimReply, ClaimRequest, RenewRequest } from "../core/adapter.js";
import { expireMove, promoteMove } from "../core/job-moves.js";
import { MAX_COLLECTED } from "../core/limits/collect.js";
import { isOverdue } from "../core/stored-job.js";
import { type JobRecord, type Lease, toClaimedJob } from "./job-record.js";
import { expireOverdue, fireTimers, promoteDue } from "./sweep.js";
import type { TaskStore } from "./task-store.js";

/** Jobs that one claim parks at most; the next one goes on behind them. */
const MAX_PARKED = 300;
/** One claim in so long a time is answered by asking its process for a suspect. */
const ASK_AGAIN_MS = 2000;

/** Takes jobs for a worker, after making due ones waiting. */
export function claimJobs(task: TaskStore, request: ClaimRequest, now: number): ClaimReply {
  if (task.lostLeases.has(request.lease)) return withNextDue(task, now, { jobs: [], lost: true });
  if (task.ttl.size > 0) expireOverdue(task, now);
  if (task.due.size > 0) promoteDue(task, now);
  if (request.version !== undefined && task.pausedAt === undefined) {
    for (const record of task.newer.take(request.version, request.count)) {
      task.apply(record, { ...promoteMove(now), end: "front" });
    }
  }
  // Behind those that came back: one that has a limit waits at its gate until somebody looks.
  if (task.limits.timers.size > 0) fireTimers(task, now);
  if (request.apart) return claimApart(task, request, now);
  const mayAsk = request.count > 0 && task.hasSuspects;
  if (mayAsk && now - task.askedAt >= ASK_AGAIN_MS) {
    task.askedAt = now;
    extendLease(task, request, now);
    return withNextDue(task, now, { jobs: [], lost: false, hasSuspects: true });
  }
  const jobs = takeJobs(task, request, now);
  const asks = mayAsk && jobs.length === 0;
  const reply = toldAt({ jobs, lost: false }, now);
  return withNextDue(task, now, asks ? { ...reply, hasSuspects: true as const } : reply);
}

/** Takes suspects for a process that runs nothing else. */
function claimApart(task: TaskStore, request: ClaimRequest, now: number): ClaimReply {
  const records: JobRecord[] = [];
  let lease = extendLease(task, request, now);
  for (let looked = 0; looked < MAX_PARKED && records.length < request.count; looked++) {
    const record = task.hasSuspects ? task.limits.suspects.first?.record : undefined;
    if (record === undefined) break;
    if (record.limits !== undefined && !task.limits.start(record)) continue;
    lease ??= openLease(task, request, now);
    task.claim(record, lease, now);
    records.push(record);
  }
  for (const record of records) record.isAlone = records.length === 1;
  task.askedAt = now;
  const jobs = records.map((record) => toClaimedJob(task.name, record));
  const isLeft = task.hasSuspects && request.count > 0;
  const reply = toldAt({ jobs, lost: false }, now);
  return withNextDue(task, now, isLeft ? { ...reply, hasSuspects: true as const } : reply);
}

function takeJobs(task: TaskStore, request: ClaimRequest, now: number): ClaimedJob[] {
  const jobs: ClaimedJob[] = [];
  let lease = extendLease(task, request, now);
  if (task.pausedAt !== undefined) return jobs;
  let parked = 0;
  const take = (record: JobRecord): void => {
    if (isOverdue(record, now)) {
      task.apply(record, expireMove(record, now));
      return;
    }
    if (record.limits !== undefined && !task.limits.start(record)) {
      parked += 1;
      return;
    }
    lease ??= openLease(task, request, now);
    task.claim(record, lease, now);
    jobs.push(toClaimedJob(task.name, record));
  };
  const wanted = request.count - takeBatches(task, request.count, { now, take }) + jobs.length;
  while (jobs.length < wanted && parked < MAX_PARKED) {
    const record = task.next();
    if (record === undefined) break;
    take(record);
  }
  return jobs;
}

/** Takes collected batches that are due, up to `count`; returns how many. */
function takeBatches(
  task: TaskStore,
  count: number,
  by: { readonly now: number; readonly take: (record: JobRecord) => void },
): number {
  let taken = 0;
  let jobs = 0;
  while (taken < count && jobs < MAX_COLLECTED) {
    const batch = task.limits.nextBatch(by.now);
    if (batch === undefined) break;
    for (const record of batch) by.take(record);
    taken += 1;
    jobs += batch.length;
  }
  return taken;
}

/** Moves the end of a lease; undefined when there is none. */
export function extendLease(task: TaskStore, request: RenewRequest, now: number): Lease | undefined {
  const lease = task.leases.get(request.lease);
  if (lease?.due !== undefined) task.leaseTimes.move(lease.due, now + request.leaseMs);
  return lease;
}

function openLease(task: TaskStore, request: RenewRequest, now: number): Lease {
  const lease: Lease = {
    name: request.lease,
    jobs: new Set(),
    due: undefined,
    lostAt: undefined,
    heldOne: false,
  };
  lease.due = task.leaseTimes.add(now + request.leaseMs, lease);
  task.leases.set(lease.name, lease);
  return lease;
}

function toldAt(reply: ClaimReply, now: number): ClaimReply {
  return reply.jobs.length === 0 ? reply : { ...reply, now };
}

function withNextDue(task: TaskStore, now: number, reply: ClaimReply): ClaimReply {
  const nextDueInMs = task.nextDueInMs(now);
  return nextDueInMs === undefined ? reply : { ...reply, nextDueInMs };
}
