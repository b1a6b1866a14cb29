/**
 * PGlite in place of a server: Postgres inside of this process, with a folder of its own or in memory. It has one session, so what
 * elsewhere are connections here take turns. A folder has one owner: adapters of a process share its database, and a second
 * process is refused.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { StoreError, TaskoraError } from "../../core/errors.js";
import {
  OUR_PARSERS,
  type PgClient,
  type PgPool,
  type PgPoolClient,
  type PgQuery,
  type PgResult,
} from "./driver.js";
import { literalOf } from "./foreign-statements.js";

/** A database of `@electric-sql/pglite`, told by its shape. */
export interface PgliteLike {
  readonly waitReady: Promise<unknown>;
  query(...args: never[]): unknown;
  exec(...args: never[]): unknown;
  transaction(...args: never[]): unknown;
  onNotification(...args: never[]): unknown;
  close(): Promise<unknown>;
}

/** As we call it. */
interface Pglite {
  query(text: string, values?: unknown[], options?: object): Promise<PgResult>;
  exec(text: string, options: object): Promise<readonly PgResult[]>;
  transaction<T>(work: (transaction: Runner) => Promise<T>): Promise<T>;
  onNotification(listener: (channel: string, payload: string) => void): () => void;
}

type Runner = Pick<Pglite, "query" | "exec">;

/** Texts go as they are, and columns come as our functions give them, whatever the application has told PGlite to do. */
const OPTIONS = {
  serializers: new Proxy({}, { get: () => (value: unknown) => value }),
  parsers: OUR_PARSERS,
};

/** A database, and what a process does when it needs it no more. */
interface OpenPglite {
  readonly database: PgliteLike;
  close(): Promise<unknown>;
}

/**
 * @param given a folder, `"memory://"`, or a database that stays its owner's
 * @throws {TaskoraError} `DEPENDENCY_MISSING`, `STORE_UNAVAILABLE` when another process has the folder
 */
export async function openPglite(given: string | PgliteLike): Promise<OpenPglite> {
  if (typeof given !== "string") {
    await given.waitReady;
    return { database: given, close: async () => undefined };
  }
  return given.includes("://") ? openAlone(given) : openFolder(resolve(given));
}

async function openAlone(url: string): Promise<OpenPglite> {
  const database = await make(url);
  return { database, close: () => database.close() };
}

/** Folders that are open in this process. */
const folders = new Map<string, { users: number; readonly opening: Promise<PgliteLike> }>();

async function openFolder(folder: string): Promise<OpenPglite> {
  const known = folders.get(folder) ?? { users: 0, opening: own(folder) };
  folders.set(folder, known);
  known.users += 1;
  const leave = async (end: (database: PgliteLike) => Promise<unknown>) => {
    known.users -= 1;
    if (known.users > 0) return;
    folders.delete(folder);
    await known.opening.then(end).finally(() => rmSync(ownerFile(folder), { force: true }));
  };
  try {
    const database = await known.opening;
    return { database, close: () => leave((each) => each.close()) };
  } catch (error) {
    known.users -= 1;
    folders.delete(folder);
    throw error;
  }
}

async function own(folder: string): Promise<PgliteLike> {
  await mkdir(dirname(folder), { recursive: true });
  takeFolder(folder);
  try {
    return await make(folder);
  } catch (error) {
    rmSync(ownerFile(folder), { force: true });
    throw error;
  }
}

/** Says which process has a folder: PGlite itself would let a second one spoil it. */
function ownerFile(folder: string): string {
  return `${folder}.pid`;
}

function takeFolder(folder: string): void {
  const file = ownerFile(folder);
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "EEXIST") throw error;
  }
  const owner = Number(readFileSync(file, "utf8"));
  if (owner !== process.pid && isAlive(owner)) {
    throw new StoreError(
      "STORE_UNAVAILABLE",
      `PGlite at ${folder} is in use by process ${owner}, and a folder has one owner. End that process, or use a server: ` +
        `postgresAdapter("postgres://…"). If it is no process of yours, delete ${file}.`,
      { retryable: true },
    );
  }
  writeFileSync(file, String(process.pid));
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: unknown }).code === "EPERM";
  }
}

async function make(folder: string): Promise<PgliteLike> {
  const { PGlite } = await load();
  const database = new PGlite(folder);
  await database.waitReady;
  return database;
}

/** No literal in the import: its types are there only for those who have installed it. */
const PACKAGE = "@electric-sql/pglite";

async function load(): Promise<{ readonly PGlite: new (folder: string) => PgliteLike }> {
  try {
    return (await import(PACKAGE)) as { readonly PGlite: new (folder: string) => PgliteLike };
  } catch (cause) {
    throw new TaskoraError(
      "DEPENDENCY_MISSING",
      "postgresAdapter({ pglite }) needs the package @electric-sql/pglite, which could not be loaded. Install it: npm install @electric-sql/pglite",
      { cause },
    );
  }
}

/** What the adapter takes connections from. */
export class PglitePool implements PgPool {
  readonly #database: Pglite;
  readonly #end: () => Promise<unknown>;
  /** The transaction that is open. */
  open: Runner | undefined;

  constructor({ database, close }: OpenPglite) {
    this.#database = database as object as Pglite;
    this.#end = close;
  }

  async connect(): Promise<PgPoolClient> {
    return new PgliteClient(this.#database, this);
  }

  end(): Promise<unknown> {
    return this.#end();
  }

  /** The one that listens. */
  client(): PgClient {
    return new PgliteClient(this.#database, this);
  }

  on(): void {}
  removeListener(): void {}
}

type Hear = (message: { readonly channel: string; readonly payload: string }) => void;

interface OpenTransaction {
  readonly runner: Runner;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

class PgliteClient implements PgClient, PgPoolClient {
  readonly #database: Pglite;
  readonly #pool: PglitePool;
  #transaction: OpenTransaction | undefined;
  #stopHearing: () => void = () => undefined;
  #hear: Hear | undefined;

  constructor(database: Pglite, pool: PglitePool) {
    this.#database = database;
    this.#pool = pool;
  }

  async connect(): Promise<void> {
    this.#stopHearing = this.#database.onNotification((channel, payload) =>
      this.#hear?.({ channel, payload }),
    );
  }

  async end(): Promise<void> {
    this.#stopHearing();
  }

  release(): void {
    // Somebody gave up on it.
    void this.#transaction?.rollback();
  }

  on(event: string, listener: (value: never) => void): void {
    if (event === "notification") this.#hear = listener as Hear;
  }

  removeListener(): void {}

  getTransactionStatus(): "T" | "I" {
    return this.#transaction === undefined ? "I" : "T";
  }

  /** Also as handlers call it in their transactions: with a text and values, for the columns as PGlite gives them. */
  async query(query: PgQuery | string, values: unknown[] = []): Promise<PgResult> {
    if (typeof query === "string") return this.#runner(query).query(query, values);
    const { text } = query;
    const [word] = text.split(" ", 1);
    if (word === "begin") await this.#begin();
    else if (word === "commit") await this.#transaction?.commit();
    else if (word === "rollback") await this.#transaction?.rollback();
    else if (query.values === undefined || query.values.length === 0) return this.#runAll(text);
    else return this.#runner(text).query(text, query.values.map(literalOf), OPTIONS);
    return { rows: [] };
  }

  /** Several statements, such as a migration has them, of which the last answers. */
  async #runAll(text: string): Promise<PgResult> {
    const results = await this.#runner(text).exec(text, OPTIONS);
    return results.at(-1) ?? { rows: [] };
  }

  /** What a running handler says of itself goes into the transaction that is open, whose end waits for it. */
  #runner(text: string): Runner {
    if (this.#transaction !== undefined) return this.#transaction.runner;
    return (/\bannotate_\w+"?\(/.test(text) ? this.#pool.open : undefined) ?? this.#database;
  }

  async #begin(): Promise<void> {
    this.#transaction = await begin(this.#database, {
      opened: (runner) => {
        this.#pool.open = runner;
      },
      over: () => {
        this.#pool.open = undefined;
        this.#transaction = undefined;
      },
    });
  }
}

/** A transaction that is open until it is told how to end: PGlite itself takes a function. */
function begin(
  database: Pglite,
  { opened, over }: { readonly opened: (runner: Runner) => void; readonly over: () => void },
): Promise<OpenTransaction> {
  return new Promise((resolve, reject) => {
    const done = database
      .transaction(async (runner) => {
        opened(runner);
        await new Promise<void>((commit, rollback) => {
          resolve({
            runner,
            commit: () => {
              commit();
              return done;
            },
            rollback: () => {
              rollback(new RolledBack());
              return done.catch((error: unknown) => {
                if (!(error instanceof RolledBack)) throw error;
              });
            },
          });
        });
      })
      .finally(over);
    done.catch(reject);
  });
}

class RolledBack extends Error {}
