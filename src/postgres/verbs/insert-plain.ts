/** Stores new jobs that bring no keys, in a call of ours or within a transaction of the caller's. */
import type { InsertReply, NewJob } from "../../core/adapter.js";
import type { JobRef } from "../../core/job.js";
import { isOverdue } from "../../core/stored-job.js";
import { type JobRow, toJob } from "../codec/job-row.js";
import type { Statements } from "../connection/database.js";
import type { Told } from "../signals.js";
import { isRepeated, storeJobs } from "./store-jobs.js";

/** Where jobs are stored, and what is done about what is found there. */
export interface Inserting {
  readonly statements: Statements;
  /** Who stores them. */
  readonly instance: string;
  tell(told: Told): void;
  /** Ends a job whose TTL has passed. */
  endOverdue(ref: JobRef): Promise<void>;
  /** This job was stored before, and somebody wants its outcome now. */
  watchAgain(job: JobRow): Promise<void>;
}

/** Jobs of one statement, each id once. */
export async function insertPlain(
  inserting: Inserting,
  jobs: readonly NewJob[],
): Promise<readonly InsertReply[]> {
  const replies = jobs.map((): InsertReply => ({ status: "inserted" }));
  const { taken, told } = await storeJobs(inserting.statements, jobs, { instance: inserting.instance });
  inserting.tell(told);
  for (const number of taken) {
    const job = jobs[number - 1];
    if (job !== undefined) replies[number - 1] = await compare(inserting, job);
  }
  return replies;
}

/** The id is taken: by this job, which was inserted before, or by another. One whose TTL has passed ends first. */
async function compare(inserting: Inserting, job: NewJob): Promise<InsertReply> {
  const { task, id } = job;
  const [row] = await inserting.statements.rows("select * from @@read($1::text[], $2::text[])", [
    [task],
    [id],
  ]);
  const found = row === undefined ? undefined : toJob(row);
  if (found === undefined || isOverdue(found, Number(row?.present))) {
    await inserting.endOverdue(job);
    const [reply] = await insertPlain(inserting, [job]);
    return reply ?? { status: "inserted" };
  }
  if (!isRepeated(found, job)) return { status: "conflict" };
  if (job.watch === true) await inserting.watchAgain(found);
  return { status: "inserted" };
}
