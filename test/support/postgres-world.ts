import type { Adapter } from "taskora/adapter";
import { postgresAdapter } from "taskora/postgres";
import { quoteName } from "../../src/postgres/sql/function-set.js";
import { schemaSql } from "./postgres-clock.js";
import { postgresLeftovers } from "./postgres-faults.js";
import { EMPTY } from "./postgres-kit.js";
import { poolOf, runSql, SchemaShelf, sharedPostgres } from "./postgres-server.js";

/** A schema that no other test uses at this time, on the shared server, with real time. */
export interface PostgresWorld {
  adapter(): Adapter;
  empty(): Promise<void>;
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The first adapter of each makes it. */
const SHELF = new SchemaShelf();

/** A schema that no other test has meanwhile, with its connections. */
export async function postgresWorld(): Promise<PostgresWorld> {
  const { url } = await sharedPostgres();
  const schema = await SHELF.take();
  const pool = poolOf(url, schema);
  const sql = schemaSql(url, schema);
  const empty = async () => void (await sql(EMPTY));
  return {
    adapter: () => postgresAdapter({ pool, schema, migrate: true }),
    empty,
    leftovers: () => postgresLeftovers(sql),
    close: async () => {
      const [there] = await runSql(url, "select to_regclass($1) is not null as is_there", [
        `${quoteName(schema)}.job`,
      ]);
      if (there?.is_there === true) await empty();
      SHELF.giveBack(schema);
    },
  };
}
