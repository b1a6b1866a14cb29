import { Client } from "pg";
import { postgresMigration } from "taskora/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inSchema } from "../../../src/postgres/sql/function-set.js";
import { runSql, sharedPostgres, uniqueSchema } from "../../support/postgres-server.js";

/** Statements that are sent over and over, with the values they are sent with. */
const HOT: Readonly<Record<string, string>> = {
  insert: `select @@insert(array['t'], array[1, 1], array['n1', 'n2'], array['1', '1'], array[null, null]::bytea[], array[1, 1],
    array['', ''], array[null, null]::text[], array[0, 0], array[null, null]::bigint[], array[0, 0]::bigint[], array[null, null]::bigint[],
    array[false, false], array[null, null]::integer[], null, array[null, null]::text[], false, 'x')`,
  "insert of ids that are taken": `select @@insert(array['t'], array[1], array['job-1'], array['1'], array[null]::bytea[], array[1],
    array[''], array[null]::text[], array[0], array[null]::bigint[], array[5]::bigint[], array[9]::bigint[],
    array[false], array[null]::integer[], array[true], array[null]::text[], false, 'x')`,
  claim: "select * from @@claim('t', 'l', 60000, 50, false, 1, null)",
  settle: `select @@settle('t', 'l', array['job-1', 'job-2', 'job-3', 'n1', 'n2'], array[1, 2, 3, 4, 5]::bigint[],
    array['c', 'f', 'r', 'x', 'b']::"char"[], array[0, 0, 5, 0, 0]::bigint[], array['1', '{}', '{}', 'why', null],
    array[null, null, null, null, null]::bytea[], array[null, null, null, null, null]::integer[], array[10, 10, 10, 10]::bigint[], true)`,
  renew: "select @@renew('t', 'l', 60000, '{}')",
  upkeep: "select @@upkeep('t', array[5, 5, 5, 5]::bigint[], 3, array[1, 1, 1, 1]::bigint[], 1000)",
  read: "select * from @@read(array['t', 't'], array['job-1', 'job-2'])",
  lock: "select * from @@lock('t', array['job-3', 'job-4'])",
  peek: "select @@peek(array['t'], 'x')",
  survey: "select @@survey(array['t'], 0, 100, 'x', 60000)",
  annotate: `select @@annotate(array['t'], array['job-9'], array[1]::bigint[], array['l'], array['p'], array['1'], array[null]::bytea[], array[null]::integer[])`,
};

/** Tables of a few rows, whose order does not matter. */
const SMALL = /on (store|listener|instance|task)\b/;

/** Runs statements with a hook that tells the plan of each statement inside functions too. */
async function plansOf(client: Client, schema: string): Promise<readonly string[]> {
  const plans: string[] = [];
  const hear = ({ message = "" }: { readonly message?: string | undefined }) => plans.push(message);
  client.on("notice", hear);
  for (const sql of Object.values(HOT)) await client.query(inSchema(sql, schema));
  client.removeListener("notice", hear);
  return plans;
}

/** What is read row by row. */
function scansIn(plans: readonly string[]): readonly string[] {
  const lines = plans.flatMap((plan) => plan.split("\n"));
  return [
    ...new Set(lines.filter((line) => /Seq Scan/.test(line) && !SMALL.test(line)).map((line) => line.trim())),
  ];
}

describe("the plans of statements inside functions", () => {
  let client: Client;
  let schema: string;

  beforeAll(async () => {
    const { url } = await sharedPostgres();
    schema = uniqueSchema();
    await runSql(url, `begin; ${postgresMigration({ schema })} commit;`);
    client = new Client({ connectionString: url });
    await client.connect();
  });

  afterAll(async () => {
    await client.query(inSchema("drop schema @schema cascade", schema));
    await client.end();
  });

  it("find rows by an index on tables that are empty and were never analysed, and on many rows", async (context) => {
    try {
      await client.query("load 'auto_explain'");
    } catch {
      context.skip("needs the module auto_explain and a role that may load it");
    }
    await client.query(`set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
      set auto_explain.log_level = notice`);
    const empty = await plansOf(client, schema);
    expect(empty.length).toBeGreaterThan(Object.keys(HOT).length);
    expect(scansIn(empty)).toEqual([]);
    await client.query("set auto_explain.log_min_duration = -1");
    await client.query(
      inSchema(
        `insert into @.job (task, id, payload, version, fingerprint, discards, enqueued_at)
          select t.id, 'many-' || n, '1', 1, '', false, 0 from @.task t cross join generate_series(1, 50000) n;
        insert into @.ready (task, aside, rank, place, id, attempt, stalls)
          select t.id, 0, 0, n, 'many-' || n, 0, 0 from @.task t cross join generate_series(1, 40000) n;
        insert into @.done (task, id, state, sort_at, place, finished_at, rank, attempt, stalls)
          select t.id, 'many-' || n, 'c', 0, n, 0, 0, 1, 0 from @.task t cross join generate_series(40001, 50000) n;
        analyze @.job; analyze @.ready; analyze @.done`,
        schema,
      ),
    );
    await client.query("set auto_explain.log_min_duration = 0");
    expect(scansIn(await plansOf(client, schema))).toEqual([]);
  });
});
