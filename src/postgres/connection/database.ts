/**
 * Runs statements on a pool. A call has until its deadline: what a lost connection, a failover or a deadlock interrupted is
 * done over until then, since every verb may be sent again; then it fails as a caller can branch on.
 */
import { SilenceError } from "../../core/store-trouble.js";
import { inSchema } from "../sql/function-set.js";
import { OUR_TYPES, type PgPool, type PgPoolClient, type PgQueryable } from "./driver.js";
import { inTime } from "./in-time.js";
import type { SilentLinks } from "./silent-links.js";
import { isPassing, toStoreError, unavailable } from "./store-errors.js";

/** A row as our functions answer it. */
export type Row = Readonly<Record<string, unknown>>;

/** What runs our statements: on any connection, or all on the one of a transaction. */
export interface Statements {
  /** @param sql with `@.` before names of tables and `@@` before those of functions */
  rows(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** Statements, and those that are done together. */
export interface Transactions extends Statements {
  /** Names the schema. */
  readonly schema: string;
  /** Does work in one transaction, which may be done over as a whole. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  /** The same for a call that has waited so long already. */
  after(waitedMs: number): Transactions;
}

/** What a function answers that gives one value. */
export async function answerOf<T>(
  statements: Statements,
  sql: string,
  values: readonly unknown[],
): Promise<T> {
  const [row = {}] = await statements.rows(sql, values);
  return Object.values(row)[0] as T;
}

const FIRST_REPEAT_MS = 10;
const LONGEST_REPEAT_MS = 500;

export interface DatabaseParts {
  readonly pool: PgPool;
  readonly schema: string;
  readonly where: string;
  readonly deadlineMs: number;
  readonly links: SilentLinks;
}

export class Database implements Transactions {
  readonly schema: string;
  readonly #parts: DatabaseParts;
  /** Statements as they are sent, by how they are written. */
  readonly #written: Map<string, string>;
  readonly #closed: { isClosed: boolean };

  constructor(parts: DatabaseParts, closed = { isClosed: false }, written = new Map<string, string>()) {
    this.#parts = parts;
    this.#closed = closed;
    this.schema = parts.schema;
    this.#written = written;
  }

  /** The same database for a call that has waited so long already. */
  after(waitedMs: number): Database {
    if (waitedMs <= 0) return this;
    const deadlineMs = Math.max(0, this.#parts.deadlineMs - waitedMs);
    return new Database({ ...this.#parts, deadlineMs }, this.#closed, this.#written);
  }

  /** What is under way fails, and nothing more is sent. */
  close(): void {
    this.#closed.isClosed = true;
  }

  rows(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#repeat((client) => this.#send(client, sql, values));
  }

  /** Does work in one transaction, which is done over as a whole. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return this.#repeat(async (client) => {
      await client.query({ text: "begin" });
      const result = await work({ rows: (sql, values = []) => this.#send(client, sql, values) });
      await client.query({ text: "commit" });
      return result;
    });
  }

  /** On a connection of the caller's, inside whatever transaction it is in; never done over. */
  within(client: PgQueryable): Statements {
    return {
      rows: async (sql, values = []) => {
        try {
          return await this.#send(client, sql, values);
        } catch (error) {
          throw toStoreError(error, this.#parts.where);
        }
      },
    };
  }

  async #send(client: PgQueryable, sql: string, values: readonly unknown[]): Promise<readonly Row[]> {
    let text = this.#written.get(sql);
    if (text === undefined) {
      text = inSchema(sql, this.schema);
      this.#written.set(sql, text);
    }
    return (await client.query({ text, values, types: OUR_TYPES })).rows;
  }

  async #repeat<T>(work: (client: PgPoolClient) => Promise<T>): Promise<T> {
    const deadlineAt = performance.now() + this.#parts.deadlineMs;
    let said: unknown;
    for (let failures = 0; ; failures++) {
      try {
        return await this.#attempt(work, deadlineAt);
      } catch (error) {
        // What the server said before says more than that the time is over.
        said = error instanceof SilenceError ? (said ?? error) : error;
        const isOver = performance.now() >= deadlineAt || this.#closed.isClosed;
        if (isOver || !isPassing(error)) throw toStoreError(said, this.#parts.where);
        const restMs = Math.max(0, deadlineAt - performance.now());
        if (failures > 0) await pause(Math.min(FIRST_REPEAT_MS * 2 ** failures, LONGEST_REPEAT_MS, restMs));
      }
    }
  }

  async #attempt<T>(work: (client: PgPoolClient) => Promise<T>, deadlineAt: number): Promise<T> {
    if (this.#closed.isClosed) throw unavailable(this.#parts.where, "the adapter was closed");
    const client = await this.#lent(deadlineAt);
    let broken: Error | undefined;
    const note = (error: Error) => {
      broken = error;
    };
    client.on("error", note);
    try {
      return await inTime(work(client), deadlineAt, () => this.#parts.links.isLost(client));
    } catch (error) {
      broken ??= error as Error;
      if (!isConnectionUsable(error)) throw error;
      // A transaction that failed is ended before the connection is lent to somebody else.
      await inTime(client.query({ text: "rollback" }), deadlineAt + LONGEST_REPEAT_MS).then(
        () => {
          broken = undefined;
        },
        () => undefined,
      );
      throw error;
    } finally {
      client.removeListener("error", note);
      client.release(broken);
    }
  }

  /** A connection that comes too late goes back. */
  async #lent(deadlineAt: number): Promise<PgPoolClient> {
    const lending = this.#parts.pool.connect();
    try {
      return await inTime(lending, deadlineAt);
    } catch (error) {
      if (error instanceof SilenceError)
        void lending.then(
          (client) => client.release(),
          () => undefined,
        );
      throw error;
    }
  }
}

/** Whether the server answered with an error, so that the connection can go on. */
function isConnectionUsable(error: unknown): boolean {
  const { severity } = error as { readonly severity?: unknown };
  return severity === "ERROR";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
