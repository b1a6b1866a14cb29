/** Stores new jobs in a transaction of the caller's: with his data or not at all. */
import type { InsertReply, NewJob } from "../../core/adapter.js";
import { isOverdue } from "../../core/stored-job.js";
import { toJob } from "../codec/job-row.js";
import type { CommitWatch } from "../commit-watch.js";
import { answerOf, type Statements } from "../connection/database.js";
import { foreignStatements } from "../connection/foreign-statements.js";
import { decideIn, type Session } from "../session.js";
import type { Told } from "../signals.js";
import { insertByKind } from "./insert-jobs.js";
import { insertWaves } from "./insert-keyed.js";
import { isRepeated, storeJobs } from "./store-jobs.js";

/**
 * Sends each statement once: what fails has failed with the transaction, and is thrown as its library said it.
 *
 * @throws {OptionError} `within` is no transaction
 */
export async function insertWithin(
  session: Session & { readonly commits: CommitWatch },
  jobs: readonly NewJob[],
  within: object,
): Promise<readonly InsertReply[]> {
  const statements = foreignStatements(within, session.database.schema);
  await session.mailbox.register();
  const told: Told[] = [];
  const replies = await insertByKind(jobs.map(watched), {
    plain: (part) => insertPart(part, { session, statements, told }),
    keyed: async (task, part) => {
      const waves = await insertWaves(session, statements, { task, jobs: part });
      told.push(...waves.flatMap((wave) => wave.told));
      return waves.flatMap((wave) => wave.replies);
    },
  });
  const transaction = await answerOf<string>(statements, "select pg_current_xact_id()::text as number", []);
  session.commits.await(transaction, { told, jobs: jobs.map(({ task, id }) => ({ task, id })) });
  return replies;
}

/** Who asks for the end of a job before the commit finds none, so that he will be told is kept with the job. */
function watched(job: NewJob): NewJob {
  return { ...job, watch: true };
}

interface Inserting {
  readonly session: Session;
  readonly statements: Statements;
  /** What is to be told after the commit. */
  readonly told: Told[];
}

async function insertPart(jobs: readonly NewJob[], by: Inserting): Promise<readonly InsertReply[]> {
  const replies = jobs.map((): InsertReply => ({ status: "inserted" }));
  const { taken, told } = await storeJobs(by.statements, jobs, by.session);
  by.told.push(told);
  for (const number of taken) {
    const job = jobs[number - 1];
    if (job !== undefined) replies[number - 1] = await compare(job, by);
  }
  return replies;
}

/** The id is taken: by this job, which was inserted before, or by another. One whose TTL has passed ends first. */
async function compare(job: NewJob, by: Inserting): Promise<InsertReply> {
  const { task, id } = job;
  const { statements, told } = by;
  const [row] = await statements.rows("select * from @@read($1::text[], $2::text[])", [[task], [id]]);
  const found = row === undefined ? undefined : toJob(row);
  if (found !== undefined && !isOverdue(found, Number(row?.present)))
    return isRepeated(found, job) ? { status: "inserted" } : { status: "conflict" };
  const ended = await decideIn(statements, { task, ids: [id] }, ({ work, now }) => void work.find(id, now));
  told.push(ended.written.told);
  const [reply] = await insertPart([job], by);
  return reply ?? { status: "inserted" };
}
