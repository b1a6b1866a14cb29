/** A schema whose clock stands still until a test moves it. */
import { postgresMigration } from "taskora/postgres";
import { inSchema } from "../../src/postgres/sql/function-set.js";
import { FAULTS_FUNCTION } from "./postgres-faults.js";
import { connectionOf, type Row, runSql } from "./postgres-server.js";

/** Runs statements in which `@.` stands for the schema. */
export type SchemaSql = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

/** Statements on a schema of the shared server. */
export function schemaSql(url: string, schema: string): SchemaSql {
  return async (text, values = []) => {
    const result = await connectionOf(url, schema).query(inSchema(text, schema), [...values]);
    return [result].flat().flatMap(({ rows }) => rows);
  };
}

/** Makes a schema with a clock of its own, ready to be connected to. */
export async function makeSchema(url: string, schema: string): Promise<void> {
  const sql = schemaSql(url, schema);
  await runSql(url, `begin; ${postgresMigration({ schema })} commit;`);
  await makeClock(sql);
}

/** Puts the clock of a test in place of the server's. */
export async function makeClock(sql: SchemaSql): Promise<void> {
  await sql("create table @.test_clock (ms bigint not null)");
  await sql("insert into @.test_clock (ms) values (0)");
  await sql(
    "create or replace function @@now() returns bigint language sql volatile as 'select ms from @.test_clock'",
  );
  await sql(FAULTS_FUNCTION);
}

export async function setClock(sql: SchemaSql, at: number): Promise<void> {
  await sql("update @.test_clock set ms = $1", [Math.round(at)]);
}

/** Moves the clock of a schema on. */
export async function moveClock(sql: SchemaSql, ms: number): Promise<void> {
  await sql("update @.test_clock set ms = ms + $1", [Math.round(ms)]);
}
