import { Client, type PoolClient } from "pg";
import type { Adapter, ClaimedJob } from "taskora/adapter";
import { postgresAdapter } from "taskora/postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OUR_TYPES } from "../../../src/postgres/connection/driver.js";
import { openSession, type Session } from "../../../src/postgres/session.js";
import { inSchema } from "../../../src/postgres/sql/function-set.js";
import { ClaimFloors } from "../../../src/postgres/verbs/claim-floors.js";
import { claimNow } from "../../../src/postgres/verbs/claim-jobs.js";
import { settleJobs } from "../../../src/postgres/verbs/settle-jobs.js";
import { TrimTurns } from "../../../src/postgres/verbs/trim-turns.js";
import { aJob, keeping } from "../../../src/testing/conformance/stage.js";
import { makeSchema, type SchemaSql, schemaSql } from "../../support/postgres-clock.js";
import { poolOf, runSql, sharedPostgres, uniqueSchema } from "../../support/postgres-server.js";

/** Rows that are gone for everybody but who keeps his transaction open. */
const GONE = 15_000;
/** Longer than floors lag. */
const LAG_MS = 310;
/** Nothing is left out for longer. */
const MOST_LEFT_OUT_MS = 1000;
/** However busy the machine is. */
const LOOK_TAKES_MS = 2;
const LEASE_MS = 3_600_000;

const schema = uniqueSchema();
const clients: Client[] = [];
let url: string;
let sql: SchemaSql;
let adapter: Adapter;
let clock: { monotonic(): number; advance(ms: number): void };
let tasks = 0;
let task: string;

beforeAll(async () => {
  url = (await sharedPostgres()).url;
  await makeSchema(url, schema);
  sql = schemaSql(url, schema);
  adapter = postgresAdapter({ pool: poolOf(url, schema), schema, migrate: false });
  await adapter.connect();
});

beforeEach(async () => {
  clock = aClock();
  tasks += 1;
  task = `t${tasks}`;
  await sql("select @@meet(array[$1])", [task]);
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});

afterAll(async () => {
  await adapter.close();
  await runSql(url, `drop schema ${schema} cascade`);
});

/** Stands still until it is moved. */
function aClock(): typeof clock {
  let at = 0;
  return {
    monotonic: () => at,
    advance: (ms) => {
      at += ms;
    },
  };
}

async function aClient(): Promise<Client> {
  const client = new Client({ connectionString: url });
  clients.push(client);
  await client.connect();
  return client;
}

/** Somebody's transaction that sees what was there when it began. */
async function longTransaction(): Promise<Client> {
  const client = await aClient();
  await client.query(inSchema("begin isolation level repeatable read; select count(*) from @.task", schema));
  return client;
}

/** Jobs that were claimed since. */
async function claimedSince(priority = 0): Promise<void> {
  await sql(
    `insert into @.ready (task, aside, rank, place, id, attempt, stalls)
     select t.id, 0, $2, nextval('@.place_seq'), 'gone-' || n, 0, 0 from @.task t cross join generate_series(1, $3::integer) n where t.name = $1`,
    [task, -priority, GONE],
  );
  await sql(
    "delete from @.ready r using @.task t where t.name = $1 and r.task = t.id and r.id like 'gone-%'",
    [task],
  );
}

/** A process that works, and how many blocks of two tables each of its calls has read. */
class Worker {
  readonly session: Session;
  readonly blocks: { readonly ready: number; readonly done: number }[] = [];
  readonly #name: string;

  constructor(name = "w") {
    const open = openSession(adapter)?.() as Session;
    this.#name = name;
    this.session = {
      ...open,
      floors: new ClaimFloors(clock),
      trims: new TrimTurns(clock),
      database: {
        ...open.database,
        schema,
        rows: (text, values) => this.#counted(text, values ?? []),
      } as Session["database"],
    };
  }

  async #counted(text: string, values: readonly unknown[]) {
    const client = await poolOf(url, schema).connect();
    // Each backend counts on until it tells the server, between transactions.
    const count = async () => {
      const counted = await client.query(
        inSchema(`select ${of("ready")} as ready, ${of("done")} as done`, schema),
      );
      return { ready: Number(counted.rows[0].ready), done: Number(counted.rows[0].done) };
    };
    const of = (table: string) =>
      `pg_stat_get_xact_blocks_fetched('@.${table}'::regclass) + pg_stat_get_xact_blocks_fetched('@.${table}_order'::regclass)`;
    try {
      await client.query("begin");
      const before = await count();
      const { rows } = await client.query({
        text: inSchema(text, schema),
        values: [...values],
        types: OUR_TYPES as never,
      });
      const after = await count();
      await client.query("commit");
      this.blocks.push({ ready: after.ready - before.ready, done: after.done - before.done });
      // How often everything is looked at depends on how long it takes.
      for (const { head } of rows) if (head?.looked?.ms !== undefined) head.looked.ms = LOOK_TAKES_MS;
      return rows;
    } finally {
      client.release();
    }
  }

  async claim(count: number): Promise<readonly ClaimedJob[]> {
    return (await claimNow(this.session, { task, lease: this.#name, leaseMs: LEASE_MS, count })).jobs;
  }

  async claimedIds(count = 10): Promise<readonly string[]> {
    return (await this.claim(count)).map(({ id }) => id);
  }

  get readBlocks(): number {
    return this.blocks.at(-1)?.ready ?? 0;
  }

  /** Claims until it has floors. */
  async learn(): Promise<void> {
    await this.claim(1);
    await this.claim(1);
    clock.advance(LAG_MS);
    await this.claim(1);
  }
}

async function insert(ids: readonly string[], priority = 0): Promise<void> {
  await adapter.insert(ids.map((id) => aJob({ task, id, priority })));
}

/** As {@link insert}, in a transaction that has not ended. */
async function insertWithin(ids: readonly string[]): Promise<PoolClient> {
  const client = await poolOf(url, schema).connect();
  await client.query("begin");
  await adapter.insert(
    ids.map((id) => aJob({ task, id })),
    { within: client },
  );
  return client;
}

describe("claims beside a transaction that stays open", () => {
  beforeEach(async () => {
    await longTransaction();
    await claimedSince();
  });

  it("step over rows that are gone until they have floors, and not then", async () => {
    const worker = new Worker();
    await insert(["a", "b"]);
    expect(await worker.claimedIds(1)).toEqual(["a"]);
    expect(worker.readBlocks).toBeGreaterThan(GONE / 100);
    await worker.learn();
    await insert(["c"]);
    expect(await worker.claimedIds()).toEqual(["c"]);
    expect(worker.readBlocks).toBeLessThan(30);
    clock.advance(500);
    expect(await worker.claimedIds()).toEqual([]);
    expect(worker.readBlocks).toBeLessThan(20);
    const peek = (parts: object) =>
      sql("select @@peek(array[$1], 'x', $2::jsonb) as found", [task, JSON.stringify(parts)]);
    expect(await peek(worker.session.floors.parts([task]))).toEqual([{ found: { ready: [], mail: false } }]);
  });

  it("look at everything when the transaction is over, and need no floors then", async () => {
    const worker = new Worker();
    await worker.learn();
    await clients[0]?.query("commit");
    await sql("vacuum @.ready");
    clock.advance(MOST_LEFT_OUT_MS * 20);
    await worker.claim(1);
    await worker.claim(1);
    expect(worker.readBlocks).toBeLessThan(10);
    expect(worker.session.floors.look(task).parts).toBeNull();
  });

  it("find what was stored before and committed after the others", async () => {
    const worker = new Worker();
    const late = await insertWithin(["late"]);
    await insert(["a", "b", "c"]);
    expect(await worker.claimedIds()).toEqual(["a", "b", "c"]);
    await worker.learn();
    expect(worker.session.floors.look(task).parts).not.toEqual([]);
    await late.query("commit");
    late.release();
    expect(await worker.claimedIds()).toEqual([]);
    expect(worker.session.floors.owedInMs([task])).toBe(0);
    expect(worker.session.floors.owed([task])).toEqual([task]);
    expect(await worker.claimedIds()).toEqual(["late"]);
  });

  it("find what somebody held when they passed it", async () => {
    const worker = new Worker();
    await insert(["held", "a"]);
    const holder = await aClient();
    await holder.query(inSchema("begin; select from @.ready where id = 'held' for update", schema));
    expect(await worker.claimedIds()).toEqual(["a"]);
    await worker.learn();
    await holder.query("rollback");
    expect(await worker.claimedIds()).toEqual([]);
    expect(await worker.claimedIds()).toEqual(["held"]);
  });

  it("find what is given back at once", async () => {
    const worker = new Worker();
    await insert(["a", "b"]);
    const [first] = await worker.claim(1);
    await worker.learn();
    const { id, fence } = first as ClaimedJob;
    const settlements = [{ id, fence, event: "release" as const }];
    await settleJobs(worker.session, [{ task, lease: "w", settlements, retention: keeping() }]);
    await insert(["c"]);
    expect(await worker.claimedIds()).toEqual(["a", "c"]);
    expect(worker.readBlocks).toBeLessThan(30);
  });

  it("take more urgent jobs first, whatever was claimed of which priority", async () => {
    const worker = new Worker();
    await claimedSince(2);
    await insert(["urgent"], 2);
    await insert(["usual"]);
    await worker.claim(2);
    await worker.learn();
    await insert(["usual again", "more usual"]);
    await insert(["urgent again"], 2);
    await insert(["new"], 1);
    await insert(["least"], -1);
    await adapter.change([{ task, id: "more usual", change: "prioritize", priority: 2 }]);
    expect(await worker.claimedIds()).toEqual(["urgent again", "more usual", "new", "usual again", "least"]);
    expect(worker.readBlocks).toBeLessThan(60);
  });

  it("look at everything when places are given again, as after a crash of the server", async () => {
    const worker = new Worker();
    await worker.learn();
    const before = await sql("select last_value as at from @.place_seq");
    await sql("select setval('@.place_seq', 1)");
    await insert(["again"]);
    const found = [...(await worker.claimedIds()), ...(await worker.claimedIds())];
    await sql("select setval('@.place_seq', $1)", [before[0]?.at]);
    expect(found).toEqual(["again"]);
  });

  it("leave nothing out for longer than a second, however transactions and processes overlap", async () => {
    const workers = [new Worker("v"), new Worker("w")];
    for (const worker of workers) await worker.learn();
    const open: { readonly client: PoolClient; readonly ids: readonly string[] }[] = [];
    const committed = new Map<string, number>();
    const claimed = new Set<string>();
    const order: string[] = [];
    let random = 7;
    const below = (most: number) => {
      random = (random * 16_807) % 2_147_483_647;
      return random % most;
    };
    const end = async (nth: number) => {
      for (const { client, ids } of open.splice(nth, 1)) {
        await client.query("commit");
        client.release();
        for (const id of ids) committed.set(id, clock.monotonic());
      }
    };
    for (let step = 0; step < 120 || open.length > 0 || claimed.size < committed.size; step++) {
      if (step > 200) break;
      const ids = [`${step}-0`, `${step}-1`];
      if (step < 120) order.push(...ids);
      if (step < 120 && below(3) === 0) open.push({ client: await insertWithin(ids), ids });
      else if (step < 120) {
        await insert(ids);
        for (const id of ids) committed.set(id, clock.monotonic());
      }
      if (open.length > 5 || step >= 120) await end(below(Math.max(1, open.length)));
      clock.advance(below(100));
      const worker = workers[below(2)] as Worker;
      const taken = await worker.claimedIds(1 + below(4));
      expect(taken.filter((id) => claimed.has(id))).toEqual([]);
      for (const id of taken) claimed.add(id);
      const passed = order.slice(0, Math.max(0, ...taken.map((id) => order.indexOf(id))));
      const left = passed.filter(
        (id) => !claimed.has(id) && clock.monotonic() - (committed.get(id) ?? clock.monotonic()) > 1000,
      );
      expect(left).toEqual([]);
    }
    expect([...committed.keys()].filter((id) => !claimed.has(id))).toEqual([]);
    const blocks = workers.flatMap((worker) => worker.blocks.slice(8).map(({ ready }) => ready));
    expect(blocks.filter((read) => read < 100).length).toBeGreaterThan(blocks.length / 2);
  });
});

describe("what finished jobs beyond their count leave", () => {
  it("is not looked at again while a transaction stays open", async () => {
    await longTransaction();
    await sql(
      `insert into @.done (task, id, state, sort_at, place, finished_at, rank, attempt, stalls)
       select t.id, 'over-' || n, 'c', 0, nextval('@.order_seq'), 0, 0, 1, 0 from @.task t cross join generate_series(1, $2::integer) n where t.name = $1`,
      [task, GONE],
    );
    await sql("delete from @.done d using @.task t where t.name = $1 and d.task = t.id", [task]);
    const worker = new Worker();
    const retention = keeping({ completed: { count: 10, ageMs: Number.POSITIVE_INFINITY } });
    const read: number[] = [];
    for (let nth = 0; nth < 8; nth++) {
      await insert(Array.from({ length: 20 }, (_, at) => `${nth}-${at}`));
      const jobs = await worker.claim(20);
      const settlements = jobs.map(({ id, fence }) => ({
        id,
        fence,
        event: "complete" as const,
        result: "1",
      }));
      await settleJobs(worker.session, [{ task, lease: "w", settlements, retention }]);
      read.push(worker.blocks.at(-1)?.done ?? 0);
      const [{ n } = {}] = await sql(
        "select count(*) as n from @.done d join @.task t on t.id = d.task where t.name = $1",
        [task],
      );
      expect(Number(n)).toBe(10);
      clock.advance(LAG_MS);
    }
    const [first = 0, ...others] = read;
    expect(Math.max(...others)).toBeLessThan(first - GONE / 100);
  });
});
