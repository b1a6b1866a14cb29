import { Client } from "pg";
import { postgresMigration } from "taskora/postgres";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { inSchema } from "../../../src/postgres/sql/function-set.js";
import { runSql, sharedPostgres, uniqueSchema } from "../../support/postgres-server.js";

/** Statements that are sent over and over, with the values they are sent with. */
const HOT: Readonly<Record<string, string>> = {
  insert: `select @@insert(array['t'], array[1, 1], array['n1', 'n2'], array['1', '1'], array[null, null]::bytea[], array[1, 1],
    array['', ''], array[null, null]::text[], array[0, 0], array[null, null]::bigint[], array[0, 0]::bigint[], array[null, null]::bigint[],
    array[false, false], array[null, null]::integer[], null, array[null, null]::text[], null, null, false, 'x')`,
  "insert of one": "select @@insert_one('t', 'n9', '1', null, 1, '', null, 0, null, 'x')",
  "insert of one whose id is taken":
    "select @@insert_one('t', 'job-1', '1', null, 1, '', null, 0, null, 'x')",
  "insert of ids that are taken": `select @@insert(array['t'], array[1], array['job-1'], array['1'], array[null]::bytea[], array[1],
    array[''], array[null]::text[], array[0], array[null]::bigint[], array[5]::bigint[], array[9]::bigint[],
    array[false], array[null]::integer[], array[true], array[null]::text[], null, null, false, 'x')`,
  claim: "select * from @@claim('t', 'l', 60000, 50, false, 1, null, null)",
  "claim from floors": `select * from @@claim('t', 'l', 60000, 50, false, 1, array[-32769, 0, 0, 0, 0, -9, 0, 0, 0, 39900, 0, 99999999, 0, 0, 32768, 0], null)`,
  settle: `select @@settle('t', 'l', array['job-1', 'job-2', 'job-3', 'n1', 'n2'], array[1, 2, 3, 4, 5]::bigint[],
    array['c', 'f', 'r', 'x', 'b']::"char"[], array[0, 0, 5, 0, 0]::bigint[], array['1', '{}', '{}', 'why', null],
    array[null, null, null, null, null]::bytea[], array[null, null, null, null, null]::integer[], array[10, 10, 10, 10]::bigint[], array[0, 9, 0, 0])`,
  renew: "select @@renew('t', 'l', 60000, '{}')",
  upkeep:
    "select @@upkeep('t', array[5, 5, 5, 5]::bigint[], 3, array[1, 1, 1, 1]::bigint[], 1000, array[0, 9, 0, 0], array[-32769, 0, 0, 0, 0, -9, 0, 0, 0, 39900, 0, 99999999, 0, 0, 32768, 0])",
  read: "select * from @@read(array['t', 't'], array['job-1', 'job-2'])",
  lock: "select * from @@lock('t', array['job-3', 'job-4'])",
  peek: `select @@peek(array['t', 's'], 'x', '{"t": [-32769, 0, 0, 0, 0, -9, 0, 0, 0, 39900, 0, 99999999, 0, 0, 32768, 0]}')`,
  gauges: "select * from @@gauges(array['t', 's'])",
  "what has passed": `select @@add_past(t.id, array['c', 'f', 'c']::"char"[]), @@fold_past(t.id, 1000) from @.task t where t.name = 's'`,
  "what workers counted": `select @@record('w', array['t', 's'], array['{"c": 1}', '{}']::jsonb[], array['[{"fingerprint":"f","kind":"{}","count":1,"sample":"{}"}]', '[]']::jsonb[])`,
  "measures of a task": "select * from @@series('t', 'm', 0, 9000000000000000, 60000, 9000000000000000)",
  "kinds of errors": "select * from @@error_groups(array['t', 's'], 0)",
  "changes by hand": "select @@keep_audit(array['{}'])",
  "schemas of contracts": "select @@tell_contracts(array['t'], array['f'], array['{}'])",
  survey: "select @@survey(array['t'], 0, 100, 'x', 60000, '{}')",
  "insert of jobs with limits": `select @@insert(array['s'], array[1, 1, 1], array['g1', 'g2', 'g3'], array['1', '1', '1'], array[null, null, null]::bytea[], array[1, 1, 1],
    array['', '', ''], array[null, null, null]::text[], array[0, 0, 0], array[null, null, null]::bigint[], array[0, 0, 0]::bigint[], array[null, null, null]::bigint[],
    array[false, false, false], array[null, null, null]::integer[], null,
    array['{"limit":{"key":"k","max":1},"rate":{"key":"k","limit":1,"windowMs":9}}', '{"group":{"key":"g"}}', '{"collect":{"key":"c","delayMs":9,"maxSize":2}}'],
    array['g', 't', 'c'], array[null, 'g', 'c'], false, 'x')`,
  "round of a claim": "select @@round_open('s', 'l', 60000, 50, false, 1, true, 1000, 70)",
  "round of a sweep": "select @@round_open('s', null, 0, 0, false, null, false, 1000, 20)",
  "what a round reads": `select @@round_gates(t.id, array['l"k"', 'r"k"'], @@now(), 16, 64), @@round_groups(t.id, 5, 'g', 0, 10), @@round_collectors(t.id, array['c'], 1000),
    @@round_jobs(t.id, 0, null, 0, 5, 0, 100), @@round_jobs(t.id, 3, 'g', 0, 5, 0, 100), @@round_waiters(t.id, 'l"k"', 'b', 5, 9), @@round_waiters(t.id, 'l"k"', 'a', 5, null)
    from @.task t where t.name = 's'`,
  "what a round writes": `select w.* from @.task t cross join lateral @@round_write(t.id, 's', 'l', 60000, jsonb_build_object('now', 1, 'apart', false,
      'claimed', array(select r.id from @.ready r where r.task = t.id and r.id in ('g1')), 'order', '{"g1": 0}'::jsonb,
      'moved', (select coalesce(jsonb_object_agg(r.id, jsonb_build_array(2, 7)), '{}') from @.ready r where r.task = t.id and r.id in ('g2')),
      'seen', array(select r.aside || ' ' || r.place || ' ' || r.id from @.ready r where r.task = t.id and r.id in ('g1', 'g2')),
      'gates', '{"touched": ["g1", "x"], "roles": [["g1", "l\\"k\\"", "r", 0]], "gates": [["l\\"k\\"", 5, 9, 9], ["gone", null, null, null]],
        "past": [["r\\"k\\"", 1]]}'::jsonb || jsonb_build_object('starts', jsonb_build_array(jsonb_build_array('r"k"', nextval('@.order_seq'), 1))),
      'queues', '{"clock": 5, "turns": [["g", 5, 1], ["h", null, null]], "collectors": [["c", null, 1, 2, null], ["d", null, null, null, null]], "ready": ["c"]}'::jsonb)) w
    where t.name = 's'`,
  "what is due with limits":
    "select @@special_due(t.id, 5), @@next_rank(t.id), @@forget_starts(t.id, 's', 9223372036854775807, 100) from @.task t where t.name = 's'",
  collected: "select @@collected('s', null, 10, 10), @@collected('s', 'c', 10, 10)",
  override: "select @@override('s', '{}')",
  annotate: `select @@annotate(array['t'], array['job-9'], array[1]::bigint[], array['l'], array['p'], array['1'], array[null]::bytea[], array[null]::integer[])`,
};

/** What workflows need; two steps of one have ended. */
const HOT_OF_WORKFLOWS: Readonly<Record<string, string>> = {
  "definition of a graph": `select @@define_graphs(array['w'], array[2], array['[[0,0]]'], array['w'], array[0], array['t'], array['{}'],
    array['w', 'w'], array[0, 1], array[0, 0], array[null, 0]::integer[], array[null, null]::integer[],
    array['{"template":0,"next":[[1,1]]}', '{"template":0,"after":0}'], array['1', null], array[null, null]::bytea[], array[0, 0])`,
  "end of a step": `select @@put_out((select id from @.task where name = 't'), 't', array['job-1'], array['c']::"char"[], array['1'], array[1], array[null]::bytea[])`,
  "locks of workflows": "select * from @@lock_workflows(array['w', 'v'])",
  "news, errands and nodes of workflows": "select * from @@turn(array['w', 'v'], 200, 1000000)",
  "more nodes": "select * from @@nodes(array['w', 'w'], array[0, 1])",
  "a move of graphs": `select * from @@move_graphs(true, array[(select id from @.node where graph = 'w' and n = 0)], array[0], array[1], array[true],
    array['c']::"char"[], array['1'], array[null]::bytea[], '[{"id":"w","phase":"r"}]', array[1, 2]::bigint[], array[1]::bigint[],
    '[{"workflow":"w","kind":"i","task":"t","node":1,"run":1}]', array[]::text[], array['t'], array['w'], array[1])`,
  "ends of workflows": `select @@end_workflows(array['w'], array['c']::"char"[], array['1'], array[null]::bytea[], array[1]::bigint[])`,
  "workflows with something to do": "select @@lying_workflows(1000)",
  steps: "select * from @@read_steps('w', 0, 100)",
  graph: "select * from @@read_graph('w', 0, 100)",
};

/** Rows that a statement may look at in vain. */
const MOST_REMOVED = 1000;

/** Tables of a few rows, whose order does not matter. */
const SMALL = /on (store|listener|instance|task)\b/;

/** Many rows in every table that a hot statement looks at; none of them is what the statement asks for. */
const MANY_ROWS = `
  insert into @.job (task, id, payload, version, fingerprint, discards, enqueued_at)
    select t.id, 'many-' || n, '1', 1, '', false, 0 from @.task t cross join generate_series(1, 50000) n;
  insert into @.ready (task, aside, rank, place, id, attempt, stalls, expires_at)
    select t.id, 0, 0, n, 'many-' || n, 0, 0, case when n % 2 = 0 then 9e15 end from @.task t cross join generate_series(1, 40000) n;
  insert into @.done (task, id, state, sort_at, place, finished_at, rank, attempt, stalls)
    select t.id, 'many-' || n, 'c', 0, n, 0, 0, 1, 0 from @.task t cross join generate_series(40001, 50000) n;
  insert into @.later (task, due_at, place, state, id, rank, attempt, stalls, expires_at, suspect, newer, fence)
    select t.id, 9e15 + n, n, 'd', 'later-' || n, 0, 0, 0, 9e15, false, case when n % 2 = 0 then 9 end, n from @.task t cross join generate_series(1, 10000) n;
  insert into @.active (task, id, fence, lease, rank, attempt, stalls, started_at, suspect, alone)
    select t.id, 'active-' || n, n, 'of-' || n % 10, 0, 1, 0, 0, false, false from @.task t cross join generate_series(1, 10000) n;
  insert into @.lease (task, name, ends_at) select t.id, 'of-' || n, 9e15 from @.task t cross join generate_series(0, 1000) n;
  insert into @.note (task, id, kind, n, at, attempt) select t.id, 'many-' || n, 'h', 1, 0, 1 from @.task t cross join generate_series(1, 10000) n;
  insert into @.held_key (task, kind, key, id, ends_at) select t.id, 'u', 'k' || n, 'many-' || n, 9e15 from @.task t cross join generate_series(1, 10000) n;
  insert into @.watcher (task, id, instance) select t.id, 'many-' || n, 'z' from @.task t cross join generate_series(1, 10000) n;
  insert into @.ready (task, aside, rank, place, id, attempt, stalls, mark, queue)
    select t.id, 2 + n % 3, 0, n, 'wide-' || n, 0, 0, 'u', 'q' || n % 100 from @.task t cross join generate_series(1, 20000) n where t.name = 's';
  insert into @.gate_job (task, id, gate, role, place)
    select t.id, 'wide-' || n, 'l' || n % 100, (array['r', 'a', 'b']::"char"[])[1 + n % 3], n from @.task t cross join generate_series(1, 20000) n where t.name = 's';
  insert into @.gate (task, name, due_at, window_ms, ends_at)
    select t.id, 'l' || n, 9e15, 9e14, 9e15 from @.task t cross join generate_series(1, 5000) n where t.name = 's';
  insert into @.gate_start (task, gate, n, at) select t.id, 'l' || n % 10, n, n from @.task t cross join generate_series(1, 20000) n where t.name = 's';
  insert into @.turn (task, name, at, weight) select t.id, 'q' || n, n, 1 from @.task t cross join generate_series(1, 5000) n where t.name = 's';
  insert into @.collector (task, key, first_at, due_at, ready_n) select t.id, 'q' || n, n, 9e15, case when n % 2 = 0 then n end
    from @.task t cross join generate_series(1, 5000) n where t.name = 's';
  insert into @.left_job (task, id) select t.id, 'nobody-' || n from @.task t cross join generate_series(1, 5000) n where t.name = 's';
  insert into @.past (task, completed, failed, cancelled, expired) select t.id, 1, 1, 1, 1 from @.task t cross join generate_series(1, 5000) n;
  insert into @.measure (task, span, at, shard, counts) select t.id, 'm', n * 60000, 0, '{}' from @.task t cross join generate_series(1, 5000) n;
  insert into @.error_group (task, day, fingerprint, kind, n, first_at, first, last_at, last)
    select t.id, n / 100, n::text, '{}', 1, 0, '{}', 0, '{}' from @.task t cross join generate_series(1, 5000) n;
  insert into @.audit (at, line) select 0, '{}' from generate_series(1, 5000) n;
  insert into @.told_contract (task, fingerprint, schemas, told_at) select 'many-' || n, 'f', '{}', 0 from generate_series(1, 5000) n;
  insert into @.graph (id, size, defined_at) select 'many-' || n, 10, 0 from generate_series(1, 5000) n;
  insert into @.node (graph, n, template, after, spec, open)
    select 'many-' || g, n, 0, n - 1, '{"template":0}', 0 from generate_series(1, 5000) g cross join generate_series(0, 9) n;
  insert into @.workflow_news (workflow, kind, node, run, state)
    select 'many-' || g, 's', 1, 1, 'c' from generate_series(1, 5000) g`;

/** Tables whose statistics Postgres has. */
const LOOKED_AT =
  "job, ready, later, active, done, past, measure, error_group, audit, told_contract, lease, note, held_key, watcher, gate_job, gate, gate_start, turn, collector, left_job, graph, node, workflow_news".split(
    ", ",
  );

/** Runs statements with a hook that tells the plan of each statement inside functions too. */
async function plansOf(client: Client, schema: string): Promise<readonly string[]> {
  const plans: string[] = [];
  const hear = ({ message = "" }: { readonly message?: string | undefined }) => plans.push(message);
  client.on("notice", hear);
  await client.query("set auto_explain.log_min_duration = 0");
  for (const sql of Object.values({ ...HOT, ...HOT_OF_WORKFLOWS })) await client.query(inSchema(sql, schema));
  await client.query("set auto_explain.log_min_duration = -1");
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

/** Statements that read far more rows than they are about: through an index of something else, or by a join of all with all. */
function wasteIn(plans: readonly string[]): readonly string[] {
  return plans.filter((plan) => {
    const removed = [...plan.matchAll(/Rows Removed by (?:Join )?Filter: (\d+)/g)];
    return removed.some(([, rows]) => Number(rows) > MOST_REMOVED);
  });
}

vi.setConfig({ testTimeout: 90_000 });

describe("the plans of statements inside functions", () => {
  let client: Client;
  let schema: string;

  beforeEach(async (context) => {
    const { url } = await sharedPostgres();
    schema = uniqueSchema();
    await runSql(url, `begin; ${postgresMigration({ schema })} commit;`);
    client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query("load 'auto_explain'");
    } catch {
      context.skip("needs the module auto_explain and a role that may load it");
    }
    await client.query(`set auto_explain.log_nested_statements = on; set auto_explain.log_level = notice`);
    // Nothing is analysed but by a test.
    for (const table of LOOKED_AT) {
      await client.query(inSchema(`alter table @.${table} set (autovacuum_enabled = false)`, schema));
    }
  });

  afterEach(async () => {
    await client.query(inSchema("drop schema @schema cascade", schema));
    await client.end();
  });

  /** As the server does by itself, now and then. */
  async function analyse(): Promise<void> {
    for (const table of LOOKED_AT) await client.query(inSchema(`vacuum analyze @.${table}`, schema));
  }

  it("find rows by an index on tables that are empty and were never analysed, and on many rows", async () => {
    const empty = await plansOf(client, schema);
    expect(empty.length).toBeGreaterThan(Object.keys(HOT).length);
    expect(scansIn(empty)).toEqual([]);
    await client.query(inSchema(MANY_ROWS, schema));
    await analyse();
    expect(scansIn(await plansOf(client, schema))).toEqual([]);
  });

  /** Makes plans for tables as they are, and looks at what they do when many rows have come. */
  async function wasteAfterwards(): Promise<readonly string[]> {
    await plansOf(client, schema);
    await client.query(inSchema(MANY_ROWS, schema));
    await client.query("set auto_explain.log_analyze = on; set auto_explain.log_timing = off");
    return wasteIn(await plansOf(client, schema));
  }

  it("read no more than they need where they were made for tables that were never analysed", async () => {
    expect(await wasteAfterwards()).toEqual([]);
  });

  it("read no more than they need where they were made for empty tables", async () => {
    await analyse();
    expect(await wasteAfterwards()).toEqual([]);
  });

  it("read no more than they need where they were made for tables of a few rows", async () => {
    for (let round = 0; round < 3; round++) await plansOf(client, schema);
    await analyse();
    expect(await wasteAfterwards()).toEqual([]);
  });
});
