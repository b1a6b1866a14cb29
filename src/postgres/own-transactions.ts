/**
 * Transactions that handlers ask for. They have connections of their own: as long as a handler likes to hold one, claims and
 * renewals go on.
 */
import type { StoreTransaction } from "../core/adapter.js";
import type { CommitWatch } from "./commit-watch.js";
import type { Transactions } from "./connection/database.js";
import type { PgPool, PgPoolClient } from "./connection/driver.js";
import { isPassing, toStoreError, unavailable } from "./connection/store-errors.js";

/** How often the fate of a commit is asked for, in ms, until the server has noticed that its connection is gone. */
const LOOK_MS = 20;

export interface OwnTransactionsParts {
  readonly pool: PgPool;
  /** Most at once; the next waits for its turn. */
  readonly most: number;
  readonly where: string;
  readonly deadlineMs: number;
  /** Where it is asked whether a commit came through. */
  readonly database: Transactions;
  readonly commits: CommitWatch;
}

export class OwnTransactions {
  readonly #parts: OwnTransactionsParts;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(parts: OwnTransactionsParts) {
    this.#parts = parts;
  }

  /** Commits when `work` resolves, and gives what it gave. */
  async run<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      return await this.#inOne(work);
    } finally {
      this.#taken -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#taken >= this.#parts.most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken += 1;
  }

  async #inOne<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const { pool, where, commits } = this.#parts;
    const client = await pool.connect().catch((error: unknown) => {
      throw toStoreError(error, where);
    });
    let broken: Error | undefined;
    const note = (error: Error) => {
      broken = error;
    };
    client.on("error", note);
    try {
      await begin(client, where);
      const result = await work(client as object as StoreTransaction);
      await this.#commit(client);
      return result;
    } catch (error) {
      const isEnded = await client.query({ text: "rollback" }).then(
        () => true,
        () => false,
      );
      if (!isEnded) broken ??= error as Error;
      for (const number of commits.numbersOf(client)) commits.over(number, "aborted");
      throw error;
    } finally {
      client.removeListener("error", note);
      client.release(broken);
    }
  }

  /** A commit whose answer was lost is looked up: the job has ended by it, or it has not. */
  async #commit(client: PgPoolClient): Promise<void> {
    const { commits, where } = this.#parts;
    const numbers = commits.numbersOf(client);
    try {
      await client.query({ text: "commit" });
    } catch (error) {
      const [number] = numbers;
      if (number === undefined || !isPassing(error) || !(await this.#hasCommitted(number)))
        throw toStoreError(error, where);
    }
    for (const number of numbers) commits.over(number, "committed");
  }

  async #hasCommitted(number: string): Promise<boolean> {
    const { database, deadlineMs, where } = this.#parts;
    for (const endsAt = performance.now() + deadlineMs; performance.now() < endsAt; ) {
      const [row] = await database.rows("select pg_xact_status($1::xid8) as status", [number]);
      if (row?.status !== "in progress") return row?.status === "committed";
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    throw unavailable(where, "the server did not say whether a transaction was committed");
  }
}

/** Each statement sees what was committed before it, so that nobody who waits for the end of the job is overlooked. */
async function begin(client: PgPoolClient, where: string): Promise<void> {
  try {
    await client.query({ text: "begin isolation level read committed" });
  } catch (error) {
    throw toStoreError(error, where);
  }
}
