/** Ends claims in a transaction of the caller's: with his data, or not at all. */
import type { SettleBatch, SettleReply } from "../../core/adapter.js";
import type { CommitWatch } from "../commit-watch.js";
import type { Statements, Transactions } from "../connection/database.js";
import { foreignStatements } from "../connection/foreign-statements.js";
import type { Session } from "../session.js";
import { Signals, type Told } from "../signals.js";
import { settleJobs } from "./settle-jobs.js";

/** Fails as a number that is none, which says why in the log of the server and leaves a transaction that cannot be committed. */
const SPOIL = "select 'taskora: a job that is not held by this worker any more is not completed'::integer";

/**
 * Sends each statement once: what fails has failed with the transaction, and is thrown as its library said it. Where one of
 * the jobs is not `applied` the transaction is spoiled, so that nobody commits what belongs to its end.
 *
 * @throws {OptionError} `within` is no transaction
 */
export async function settleWithin(
  session: Session & { readonly commits: CommitWatch },
  batches: readonly SettleBatch[],
  within: object,
): Promise<readonly SettleReply[]> {
  const { schema } = session.database;
  const statements = foreignStatements(within, schema);
  const signals = new HeldSignals(session.instance);
  const replies: SettleReply[] = [];
  for (const batch of batches)
    replies.push(
      ...(await settleJobs({ ...session, signals, database: inOne(statements, schema) }, [batch])),
    );
  const isWhole = replies.every(({ settled }) => settled.every((status) => status === "applied"));
  if (!isWhole) await statements.rows(SPOIL).catch(() => undefined);
  else if (statements.transaction !== undefined)
    session.commits.await(statements.transaction, { told: signals.told, jobs: [], within });
  return replies;
}

/** Whatever would be a transaction of its own is part of this one. */
function inOne(statements: Statements, schema: string): Transactions {
  const database: Transactions = {
    schema,
    rows: (sql, values) => statements.rows(sql, values),
    transaction: (work) => work(statements),
    after: () => database,
  };
  return database;
}

/** Keeps what is to be told until the commit. */
class HeldSignals extends Signals {
  readonly told: Told[] = [];

  constructor(instance: string) {
    super({ instance, send: async () => undefined, onMail: () => undefined, onWorkflows: () => undefined });
  }

  override tell(told: Told): void {
    this.told.push(told);
  }
}
