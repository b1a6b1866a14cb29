/**
 * One transaction in each library that `within` takes. Each opens a database and gives what its users have: a way to run
 * work in a transaction, with the transaction and a row of the application's own written in it.
 *
 * @typedef {{
 *   transaction(work: (tx: object, write: (id: string) => Promise<unknown>) => Promise<void>): Promise<unknown>,
 *   outside: object,
 *   close(): Promise<unknown>,
 * }} Opened
 */
import "reflect-metadata";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "@prisma/client";
import { sql } from "drizzle-orm";
import { drizzle as drizzleOnPg } from "drizzle-orm/node-postgres";
import { drizzle as drizzleOnPostgresJs } from "drizzle-orm/postgres-js";
import knex from "knex";
import { CamelCasePlugin, Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import postgres from "postgres";
import { DataSource } from "typeorm";

/** Made with the table `app_order (id text primary key)`. */
const INSERT = "insert into app_order (id) values ($1)";

/** @type {Record<string, (url: string) => Promise<Opened>>} */
export const LIBRARIES = {
  async pg(url) {
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    return {
      async transaction(work) {
        const client = await pool.connect();
        try {
          await client.query("begin");
          await work(client, (id) => client.query(INSERT, [id]));
          await client.query("commit");
        } catch (error) {
          await client.query("rollback");
          throw error;
        } finally {
          client.release();
        }
      },
      outside: pool,
      close: () => pool.end(),
    };
  },
  async "postgres.js"(url) {
    const db = postgres(url, { max: 2, transform: postgres.camel });
    return {
      transaction: (work) => db.begin((tx) => work(tx, (id) => tx`insert into app_order ${tx({ id })}`)),
      outside: db,
      close: () => db.end(),
    };
  },
  async "Drizzle on pg"(url) {
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    const db = drizzleOnPg(pool);
    return {
      transaction: (work) =>
        db.transaction((tx) => work(tx, (id) => tx.execute(sql`insert into app_order (id) values (${id})`))),
      outside: db,
      close: () => pool.end(),
    };
  },
  async "Drizzle on postgres.js"(url) {
    const client = postgres(url, { max: 2 });
    const db = drizzleOnPostgresJs(client);
    return {
      transaction: (work) =>
        db.transaction((tx) => work(tx, (id) => tx.execute(sql`insert into app_order (id) values (${id})`))),
      outside: db,
      close: () => client.end(),
    };
  },
  async Kysely(url) {
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    const db = new Kysely({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] });
    return {
      transaction: (work) =>
        db
          .transaction()
          .execute((trx) => work(trx, (id) => trx.insertInto("appOrder").values({ id }).execute())),
      outside: db,
      close: () => db.destroy(),
    };
  },
  async Knex(url) {
    const db = knex({ client: "pg", connection: url, pool: { min: 0, max: 2 } });
    return {
      transaction: (work) => db.transaction((trx) => work(trx, (id) => trx("app_order").insert({ id }))),
      outside: db,
      close: () => db.destroy(),
    };
  },
  async Prisma(url) {
    const client = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 2 }) });
    return {
      transaction: (work) =>
        client.$transaction((tx) => work(tx, (id) => tx.order.create({ data: { id } })), { timeout: 30_000 }),
      outside: client,
      close: () => client.$disconnect(),
    };
  },
  async TypeORM(url) {
    const source = await new DataSource({ type: "postgres", url }).initialize();
    return {
      transaction: (work) =>
        source.transaction((manager) => work(manager, (id) => manager.query(INSERT, [id]))),
      outside: source,
      close: () => source.destroy(),
    };
  },
};
