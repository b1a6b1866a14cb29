import { randomBytes } from "node:crypto";
import { Client, Pool, type PoolConfig } from "pg";
import { TestRunner } from "vitest";
import {
  canStartPostgres,
  findOrStartPostgres,
  type PostgresServer,
  type StartPostgresOptions,
  startPostgres,
} from "../../scripts/postgres.js";
import { quoteName } from "../../src/postgres/sql/function-set.js";
import { endsWithFile } from "./ends-with-file.js";

export type { PostgresServer } from "../../scripts/postgres.js";

let shared: Promise<PostgresServer> | undefined;

/** The server all tests of this file share: `DATABASE_URL`, or one started here and stopped after the file. */
export function sharedPostgres(): Promise<PostgresServer> {
  if (shared === undefined) {
    const starting = findOrStartPostgres();
    shared = starting;
    endsWithFile(async () => {
      shared = undefined;
      await (await starting).stop();
    });
  }
  return shared;
}

const pools = new Map<string, Pool>();

/**
 * Connections of a schema, which the cases that have it one after another share. Each connection learns every function that it calls, of
 * each schema anew: that takes longer than most cases.
 */
export function poolOf(url: string, schema: string): Pool {
  return keptPool(schema, { connectionString: url, max: 8, idleTimeoutMillis: 0 });
}

/** One connection for what a test itself asks of a schema: what it asks again and again is planned once. */
export function connectionOf(url: string, schema: string): Pool {
  return keptPool(`${schema} itself`, { connectionString: url, max: 1, idleTimeoutMillis: 0 });
}

function keptPool(key: string, config: PoolConfig): Pool {
  const known = pools.get(key);
  if (known !== undefined) return known;
  const made = new Pool(config);
  made.on("error", () => undefined);
  pools.set(key, made);
  endsWithFile(async () => {
    pools.delete(key);
    await made.end();
  });
  return made;
}

const NEEDS_SERVER = "needs a PostgreSQL server that is installed; DATABASE_URL is not enough";

/**
 * A server of its own, for tests that stop it, fill it or configure it. The caller stops it. Where none can be
 * started the running test is skipped and says so.
 */
export function ownPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  if (!canStartPostgres()) TestRunner.getCurrentTest()?.context.skip(NEEDS_SERVER);
  return startPostgres(options);
}

/** A schema nobody else uses, so that tests can share a server. */
export function uniqueSchema(): string {
  return `test_${randomBytes(6).toString("hex")}`;
}

/** A row as `pg` gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs statements on a connection of their own. */
export async function runSql(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query(sql, [...values]);
    return result.rows;
  } finally {
    await client.end();
  }
}

/**
 * Schemas on the shared server that tests have one after another: making one takes longer than most tests. They are dropped
 * after the file, since the server may be somebody's own.
 */
export class SchemaShelf {
  readonly #free: string[] = [];
  readonly #made: string[] = [];
  readonly #make: (url: string, name: string) => Promise<void>;

  /** @param make brings a new one into being; what is left out is made by who uses it */
  constructor(make: (url: string, name: string) => Promise<void> = async () => undefined) {
    this.#make = make;
  }

  /** One that no other test uses until it is given back. */
  async take(): Promise<string> {
    const { url } = await sharedPostgres();
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made.length === 0) endsWithFile(() => this.#dropAll(url));
    const name = uniqueSchema();
    this.#made.push(name);
    await this.#make(url, name);
    return name;
  }

  /** It is empty. */
  giveBack(name: string): void {
    this.#free.push(name);
  }

  async #dropAll(url: string): Promise<void> {
    this.#free.splice(0);
    const drops = this.#made.splice(0).map((name) => `drop schema if exists ${quoteName(name)} cascade`);
    await runSql(url, drops.join(";")).catch(() => undefined);
  }
}
