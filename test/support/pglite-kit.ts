import { postgresAdapter, postgresMigration } from "taskora/postgres";
import type { ConformanceKit } from "taskora/testing";
import { loadPglite, type Pglite } from "../../scripts/pglite.js";
import { inSchema } from "../../src/postgres/sql/function-set.js";
import { endsWithFile } from "./ends-with-file.js";
import { makeClock, type SchemaSql } from "./postgres-clock.js";
import { kitOver, PATIENCE } from "./postgres-kit.js";
import { type Row, uniqueSchema } from "./postgres-server.js";

let shared: Promise<Pglite> | undefined;

/** The database that all cases of this file share, in memory. */
function sharedPglite(): Promise<Pglite> {
  if (shared === undefined) {
    const opening = loadPglite().then(async (PGlite) => {
      const database = new PGlite("memory://");
      await database.waitReady;
      return database;
    });
    shared = opening;
    endsWithFile(async () => (await opening).close());
  }
  return shared;
}

const free: string[] = [];

/** A kit over a schema that no other case uses, in the PGlite of this file. */
export async function pgliteKit(startAt: number = Date.now()): Promise<ConformanceKit> {
  const pglite = await sharedPglite();
  const used = free.pop();
  const schema = used ?? uniqueSchema();
  const sql: SchemaSql = async (text, values = []) => {
    const written = inSchema(text, schema);
    if (values.length > 0) return (await pglite.query(written, [...values])).rows as readonly Row[];
    const results = (await pglite.exec(written)) as readonly { readonly rows: readonly Row[] }[];
    return results.flatMap(({ rows }) => rows);
  };
  if (used === undefined) {
    await pglite.exec(`begin; ${postgresMigration({ schema })} commit;`);
    await makeClock(sql);
  }
  return kitOver({
    sql,
    adapter: () => postgresAdapter({ pglite, schema, migrate: false, deadline: PATIENCE }),
    giveBack: () => free.push(schema),
    startAt,
  });
}
