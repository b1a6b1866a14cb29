/** A schema whose clock stands still until a test moves it. */
import { postgresMigration } from "taskora/postgres";
import { inSchema } from "../../src/postgres/sql/function-set.js";
import { type Row, runSql } from "./postgres-server.js";

/** Runs statements in which `@.` stands for the schema. */
export type SchemaSql = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

/** A schema with a clock of its own, made and ready to be connected to. */
export async function makeSchema(url: string, schema: string, now: number): Promise<SchemaSql> {
  const sql: SchemaSql = (text, values) => runSql(url, inSchema(text, schema), values);
  await runSql(url, `begin; ${postgresMigration({ schema })} commit;`);
  await sql(`
    create table @.test_clock (ms bigint not null);
    insert into @.test_clock (ms) values (${now});
    create or replace function @@now() returns bigint language sql volatile as 'select ms from @.test_clock';
  `);
  return sql;
}

/** Moves the clock of a schema on. */
export async function moveClock(sql: SchemaSql, ms: number): Promise<void> {
  await sql("update @.test_clock set ms = ms + $1", [Math.round(ms)]);
}
