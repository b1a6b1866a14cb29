import type { Adapter } from "taskora/adapter";
import { postgresAdapter } from "taskora/postgres";
import { inSchema, quoteName } from "../../src/postgres/sql/function-set.js";
import { endsWithFile } from "./ends-with-file.js";
import { postgresLeftovers } from "./postgres-faults.js";
import { EMPTY } from "./postgres-kit.js";
import { runSql, sharedPool, sharedPostgres, uniqueSchema } from "./postgres-server.js";

/** A schema that no other test uses at this time, on the shared server, with real time. */
export interface PostgresWorld {
  adapter(): Adapter;
  empty(): Promise<void>;
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Making a schema takes longer than most tests. */
const free: string[] = [];
const made: string[] = [];

/** All share one pool: a new connection learns every function anew. */
export async function postgresWorld(): Promise<PostgresWorld> {
  const { url } = await sharedPostgres();
  const pool = sharedPool(url);
  if (made.length === 0) endsWithFile(() => dropAll(url));
  const schema = free.pop() ?? uniqueSchema();
  if (!made.includes(schema)) made.push(schema);
  const sql = (text: string, values?: readonly unknown[]) => runSql(url, inSchema(text, schema), values);
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
      free.push(schema);
    },
  };
}

/** The server may be somebody's own: leave nothing behind. */
async function dropAll(url: string): Promise<void> {
  free.splice(0);
  const drops = made.splice(0).map((name) => `drop schema if exists ${quoteName(name)} cascade`);
  await runSql(url, drops.join(";")).catch(() => undefined);
}
