/** Claims at once: one statement, and more only where jobs are overdue or newer than others' workers. */
import type { ClaimedJob, ClaimReply, ClaimRequest } from "../../core/adapter.js";
import { expireMove, promoteMove } from "../../core/job-moves.js";
import { fromColumns } from "../codec/encoded.js";
import { numberOf, parsed } from "../codec/job-row.js";
import type { Row } from "../connection/database.js";
import { decide, type Session } from "../session.js";

/** The first row of `claim`. */
export interface ClaimHead {
  readonly lost: boolean;
  readonly due?: number | null;
  readonly suspects?: boolean;
  readonly overdue?: boolean;
  readonly newer?: boolean;
  readonly opened?: boolean;
  readonly mail?: readonly string[] | null;
  readonly prior?: unknown;
}

/** Most jobs one step of upkeep touches, so that no call takes long. */
export const MAX_STEPS = 1000;

const CLAIM = "select * from @@claim($1, $2, $3, $4, $5, $6, null)";

export function claimJobs(
  session: Session,
  requests: readonly ClaimRequest[],
): Promise<readonly ClaimReply[]> {
  return Promise.all(requests.map((request) => claimNow(session, request)));
}

/** As {@link claimOne}, without what only settlements need. */
export async function claimNow(session: Session, request: ClaimRequest): Promise<ClaimReply> {
  const { head: _head, ...reply } = await claimOne(session, request);
  return reply;
}

/** @param first runs `claim`, with settlements before it or without; it runs again without when newer jobs were brought back */
export async function claimOne(
  session: Session,
  request: ClaimRequest,
  first: (values: readonly unknown[]) => Promise<readonly Row[]> = (values) =>
    session.database.rows(CLAIM, values),
): Promise<ClaimReply & { readonly head: ClaimHead }> {
  let { head, jobs } = readClaim(request, await first(valuesOf(request, request.version ?? null)));
  const { prior } = head;
  if (head.newer === true) {
    await bringBack(session, request);
    ({ head, jobs } = readClaim(request, await session.database.rows(CLAIM, valuesOf(request, null))));
  }
  session.signals.tell({
    mail: head.mail,
    ...(head.opened === true ? { due: [request.task] } : {}),
  });
  const due =
    head.overdue === true ? (await expireSome(session, request.task)).nextDueInMs : (head.due ?? undefined);
  return {
    jobs,
    lost: head.lost,
    ...(head.suspects === true ? { hasSuspects: true as const } : {}),
    ...(due === undefined ? {} : { nextDueInMs: due }),
    head: { ...head, prior },
  };
}

function valuesOf(request: ClaimRequest, version: number | null): readonly unknown[] {
  const { task, lease, leaseMs, count, apart = false } = request;
  return [task, lease, Math.round(leaseMs), Math.max(0, Math.round(count)), apart, version];
}

function readClaim(
  { task, lease }: ClaimRequest,
  rows: readonly Row[],
): { head: ClaimHead; jobs: ClaimedJob[] } {
  const jobs: ClaimedJob[] = [];
  let head: ClaimHead = { lost: false };
  for (const row of rows) {
    if (row.head === null) jobs.push(toClaimed(task, lease, row));
    else head = row.head as ClaimHead;
  }
  return { head, jobs };
}

function toClaimed(task: string, lease: string, row: Row): ClaimedJob {
  const trouble: string[] = [];
  const headers = parsed<Record<string, string>>(row.headers, "headers", trouble) ?? {};
  const maxAttempts = numberOf(row.max_attempts);
  if (row.version === null) trouble.push("its record is missing");
  return {
    task,
    id: String(row.job_id),
    payload: fromColumns(row.payload, row.payload_bytes) ?? "",
    version: Number(row.version ?? 1),
    fingerprint: String(row.fingerprint ?? ""),
    headers,
    priority: 0 - Number(row.rank),
    attempt: Number(row.attempt),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    stalls: Number(row.stalls),
    enqueuedAt: Number(row.enqueued_at ?? 0),
    fence: Number(row.fence),
    lease,
    ...(trouble.length === 0 ? {} : { corrupt: trouble.join("; ") }),
  };
}

/** Ends overdue jobs, as many as one step may. Says how many, and in how many ms something is due next. */
export async function expireSome(
  session: Session,
  task: string,
): Promise<{ readonly expired: number; readonly nextDueInMs: number | undefined }> {
  const { result, written } = await decide(
    session,
    { task, sql: "select * from @@take($1, 'overdue', '', 0, $2)", values: [task, MAX_STEPS] },
    ({ work, jobs, now }) => {
      for (const job of jobs) work.apply(job, expireMove(job, now));
      return jobs.length;
    },
  );
  return { expired: result, nextDueInMs: written.nextDueInMs };
}

/** Jobs that were put back for newer workers are waiting again, at the front, for one that runs their version. */
async function bringBack(session: Session, { task, version = 0, count }: ClaimRequest): Promise<void> {
  const limit = Math.min(Math.max(1, count), MAX_STEPS);
  await decide(
    session,
    { task, sql: "select * from @@take($1, 'newer', '', $2, $3)", values: [task, version, limit] },
    ({ work, jobs, now }) => {
      // The one to run first goes to the front last.
      for (const job of [...jobs].reverse()) work.apply(job, { ...promoteMove(now), end: "front" });
    },
  );
}
