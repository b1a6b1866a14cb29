/** What is done about jobs whose time has come, beside making them waiting. */
import type { ClaimRequest } from "../../core/adapter.js";
import { expireMove, promoteMove } from "../../core/job-moves.js";
import type { Statements } from "../connection/database.js";
import { decide, decideIn, type Session } from "../session.js";
import type { Told } from "../signals.js";

/** Most jobs one step of upkeep touches, so that no call takes long. */
export const MAX_STEPS = 1000;

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

/**
 * Jobs that were put back for newer workers are waiting again, at the front, for one that runs their version, who claims in the
 * same transaction: no older one comes between.
 *
 * @returns what to tell once the transaction is over
 */
export async function bringBack(
  statements: Statements,
  { task, version = 0, count }: ClaimRequest,
): Promise<Told> {
  const limit = Math.min(Math.max(1, count), MAX_STEPS);
  const { written } = await decideIn(
    statements,
    { task, sql: "select * from @@take($1, 'newer', '', $2, $3)", values: [task, version, limit] },
    ({ work, jobs, now }) => {
      // The one to run first goes to the front last.
      for (const job of [...jobs].reverse()) work.apply(job, { ...promoteMove(now), end: "front" });
    },
  );
  return written.told;
}
