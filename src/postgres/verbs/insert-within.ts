/** Stores new jobs in a transaction of the caller's: with his data or not at all. */
import type { InsertReply, NewJob } from "../../core/adapter.js";
import type { CommitWatch } from "../commit-watch.js";
import type { Statements } from "../connection/database.js";
import { foreignStatements } from "../connection/foreign-statements.js";
import { decideIn, type Session } from "../session.js";
import type { Told } from "../signals.js";
import { insertByKind } from "./insert-jobs.js";
import { insertWaves } from "./insert-keyed.js";
import { type Inserting, insertPlain } from "./insert-plain.js";

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
  const { replies, told } = await insertIn(session, statements, jobs.map(watched));
  if (statements.transaction !== undefined)
    session.commits.await(statements.transaction, { told, jobs, within });
  return replies;
}

/** Stores jobs in a transaction that is open, whoever asked before is told of their ends. What is to be told is in the answer. */
export async function insertIn(
  session: Pick<Session, "instance">,
  statements: Statements,
  jobs: readonly NewJob[],
): Promise<{ readonly replies: readonly InsertReply[]; readonly told: readonly Told[] }> {
  const told: Told[] = [];
  const inserting: Inserting = {
    statements,
    instance: session.instance,
    tell: (each) => void told.push(each),
    async endOverdue({ task, id }) {
      const ended = await decideIn(
        statements,
        { task, ids: [id] },
        ({ work, now }) => void work.find(id, now),
      );
      told.push(ended.written.told);
    },
    // Each of them is watched from its insert on.
    watchAgain: async () => undefined,
  };
  const replies = await insertByKind(jobs, {
    plain: (part) => insertPlain(inserting, part),
    keyed: async (task, part) => {
      const waves = await insertWaves(session, statements, { task, jobs: part });
      told.push(...waves.flatMap((wave) => wave.told));
      return waves.flatMap((wave) => wave.replies);
    },
  });
  return { replies, told };
}

/** Who asks for the end of a job before the commit finds none, so that he will be told is kept with the job. */
function watched(job: NewJob): NewJob {
  return { ...job, watch: true };
}
