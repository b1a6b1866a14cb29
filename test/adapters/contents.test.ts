import { Cluster, Redis } from "ioredis";
import { createTaskora, type Taskora } from "taskora";
import { examineContents } from "taskora/board";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { postgresAdapter } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { loadPglite, type Pglite } from "../../scripts/pglite.js";
import { jobsOf } from "../../src/memory/memory-store.js";
import { inSchema } from "../../src/postgres/sql/function-set.js";
import { createKeys, type TaskKey } from "../../src/redis/keys.js";
import { sharedCluster } from "../support/cluster-kit.js";
import { poolOf, sharedPostgres, uniqueSchema } from "../support/postgres-server.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";

const TASK = "email.send";
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Something a hand or a script does to a store, and what is said of it. */
interface Plant {
  readonly does: string;
  plant(): Promise<unknown>;
  readonly found: object;
}

interface World {
  readonly adapter: Parameters<typeof createTaskora>[0]["adapter"];
  readonly plants: readonly Plant[];
}

interface PlainRedis {
  call(command: string, ...args: string[]): Promise<unknown>;
}

function redisPlants(redis: PlainRedis, prefix: string): readonly Plant[] {
  const keys = createKeys(prefix);
  const key = (name: TaskKey) => keys.key(TASK, name);
  const fault = (check: RegExp) => ({ check: "contents", task: TASK, what: expect.stringMatching(check) });
  return [
    {
      does: "deletes the record of a waiting job",
      plant: () => redis.call("HDEL", key("jobs"), "waits-1"),
      found: fault(/«waiting» of email\.send names 1 job that is not stored\. waits-1$/),
    },
    {
      does: "puts an id into an index that no job has",
      plant: () => redis.call("ZADD", key("delayed"), "1e18", "nobody"),
      found: fault(/«delayed» .* names 1 job that is not stored\. nobody/),
    },
    {
      does: "takes a waiting job out of its index",
      plant: () => redis.call("LREM", key("waiting"), "1", "waits-2"),
      found: fault(/1 job in «jobs» .* is in no index of its state\. waits-2/),
    },
    {
      does: "puts a waiting job among those that failed",
      plant: () => redis.call("ZADD", key("failed"), "5", "waits-3"),
      found: fault(/«failed» .* has 1 job that is in another state\. waits-3/),
    },
    {
      does: "leaves the payload of a job that is gone",
      plant: () => redis.call("HSET", key("payloads"), "gone", "{}"),
      found: fault(/«payloads» .* names 1 job that is not stored\. gone/),
    },
    {
      does: "leaves a key that nothing reads",
      plant: () => redis.call("SET", `${keys.root(TASK)}backup`, "1"),
      found: fault(/«backup» .* has 1 thing that belongs to no job\. .*backup/),
    },
    {
      does: "leaves the log of a job that is gone",
      plant: () => redis.call("RPUSH", `${key("logs")}long-gone`, "x"),
      found: fault(/«logs:…» .* has 1 thing that belongs to no job\. .*logs:long-gone/),
    },
    {
      does: "breaks a counter",
      plant: () => redis.call("HINCRBY", key("meta"), "tombstones", "7"),
      found: { ...fault(/The counter «meta» .* is not what it counts\. tombstones/), severity: "warning" },
    },
    {
      does: "holds a key of deduplication for a job that is gone",
      plant: () => redis.call("HSET", key("unique"), "ada", "long-gone"),
      found: fault(/«unique» .* holds 1 entry .*ada/),
    },
    {
      does: "holds room at a limit for a job that is gone",
      plant: () => redis.call("ZADD", `${key("holders")}lada`, "-4503599627370496", "long-gone"),
      found: fault(/«holders:…» .* holds 1 entry .*holders:lada \(long-gone\)/),
    },
    {
      does: "claims a job under a lease that nobody has",
      plant: async () => {
        const claim = Buffer.concat([Buffer.alloc(13), Buffer.from("ghost")]).toString("latin1");
        await redis.call("LREM", key("waiting"), "1", "waits-4");
        await redis.call("HSET", key("active"), "waits-4", claim);
      },
      found: fault(/«active» .* holds 1 entry .*waits-4/),
    },
  ];
}

type Sql = (text: string) => Promise<unknown>;

function postgresPlants(sql: Sql): readonly Plant[] {
  const fault = (check: RegExp) => ({ check: "contents", task: TASK, what: expect.stringMatching(check) });
  const of = `(select id from @.task where name = '${TASK}')`;
  return [
    {
      does: "deletes the record of a waiting job",
      plant: () => sql("delete from @.job where id = 'waits-1'"),
      found: fault(/«ready» .* names 1 job that is not stored\. waits-1/),
    },
    {
      does: "takes a waiting job out of its table",
      plant: () => sql("delete from @.ready where id = 'waits-2'"),
      found: fault(/1 job in «job» .* is in no index of its state\. waits-2/),
    },
    {
      does: "puts a waiting job among those that run, under a lease that nobody has",
      plant: () =>
        sql(`insert into @.active (task, id, fence, lease, rank, attempt, stalls, started_at, suspect, alone)
          values (${of}, 'waits-3', 1, 'ghost', 0, 1, 0, 1, false, false)`),
      found: fault(/«job» .* has 1 job that is in another state\. waits-3: It is in 2 tables of states\./),
    },
    {
      does: "gives a claim the number of one to come",
      plant: () => sql("update @.active set fence = 1000000 where id = 'waits-3'"),
      found: {
        ...{ check: "contents", severity: "warning" },
        what: expect.stringMatching(
          /The counter «fence_seq» is not what it counts\. .*claimed as 1000000\.$/,
        ),
      },
    },
    {
      does: "leaves a note of a job that is gone",
      plant: () =>
        sql(`insert into @.note (task, id, kind, n, at, attempt) values (${of}, 'long-gone', 'l', 1, 1, 1)`),
      found: fault(/«note» .* has 1 thing that belongs to no job\. long-gone/),
    },
    {
      does: "leaves rows of a task that is gone",
      plant: () =>
        sql(
          "insert into @.lease (task, name) values (99, 'x'); insert into @.gate_job (task, id, gate, role, place) values (99, 'lost', 'lx', 'r', 1)",
        ),
      found: {
        check: "contents",
        what: expect.stringMatching(/«gate_job» has 1 thing .*lost: It is of a task/),
      },
    },
    {
      does: "holds a key for a job that is gone",
      plant: () =>
        sql(`insert into @.held_key (task, kind, key, id) values (${of}, 'u', '"ada"', 'long-gone')`),
      found: fault(/«held_key» .* holds 1 entry .*"ada": It is held for the job long-gone\./),
    },
  ];
}

let pglite: Promise<Pglite> | undefined;

/** One for all tests of this file: it takes seconds to begin. */
function openPglite(): Promise<Pglite> {
  pglite ??= loadPglite().then((PGlite) => new PGlite("memory://"));
  return pglite;
}

afterAll(async () => (await pglite)?.close());

const WORLDS: Readonly<Record<string, () => Promise<World>>> = {
  async memory() {
    const store = createMemoryStore();
    const task = () => jobsOf(store).task(TASK);
    const fault = (check: RegExp) => ({ check: "contents", task: TASK, what: expect.stringMatching(check) });
    return {
      adapter: memoryAdapter({ store }),
      plants: [
        {
          does: "forgets the record of a waiting job",
          plant: async () => task().jobs.delete("waits-1"),
          found: fault(/waits-1 is waiting and not stored/),
        },
        {
          does: "stores a job in no index",
          plant: async () => {
            const record = task().jobs.get("waits-2");
            if (record !== undefined) task().waiting.remove(record);
          },
          found: fault(/waits-2 is stored and in no index/),
        },
      ],
    };
  },
  async Redis() {
    const { url } = await sharedRedis();
    const prefix = uniquePrefix();
    const redis = new Redis(url);
    ends.push(() => redis.quit());
    return { adapter: redisAdapter({ url, prefix }), plants: redisPlants(redis, prefix) };
  },
  async "a Redis Cluster"() {
    const { urls } = await sharedCluster();
    const prefix = uniquePrefix();
    const redis = new Cluster([...urls]);
    ends.push(() => redis.disconnect());
    return { adapter: redisAdapter({ cluster: urls, prefix }), plants: redisPlants(redis, prefix) };
  },
  async PostgreSQL() {
    const { url } = await sharedPostgres();
    const schema = uniqueSchema();
    const pool = poolOf(url, schema);
    const sql: Sql = (text) => pool.query(inSchema(text, schema));
    return { adapter: postgresAdapter({ url, schema, migrate: true }), plants: postgresPlants(sql) };
  },
  async PGlite() {
    const pglite = await openPglite();
    const schema = uniqueSchema();
    const sql: Sql = (text) => pglite.exec(inSchema(text, schema));
    return { adapter: postgresAdapter({ pglite, schema, migrate: true }), plants: postgresPlants(sql) };
  },
};

function appOver({ adapter }: World): Taskora {
  const app = createTaskora({ adapter, logger: false });
  ends.push(() => app.close({ timeout: "5s" }));
  return app;
}

describe.each(Object.entries(WORLDS))("what is held by %s", { timeout: 60_000 }, (_, open) => {
  it("is looked through, and each thing that cannot be is told", async () => {
    const world = await open();
    const app = appOver(world);
    await app.connect();
    const job = { task: TASK, payload: "{}", version: 1, fingerprint: "", priority: 0, delayMs: 0 };
    const waiting = [1, 2, 3, 4, 5].map((n) => ({ ...job, id: `waits-${n}` }));
    await world.adapter.insert([...waiting, { ...job, id: "later", delayMs: 3_600_000 }]);
    const before = await examineContents(app);
    expect(before).toMatchObject({ passed: [], notes: [] });
    expect(before.entries).toBeGreaterThanOrEqual(6);
    for (const { plant } of world.plants) await plant();
    const { notes } = await examineContents(app);
    for (const { does, found } of world.plants)
      expect(notes, does).toContainEqual(expect.objectContaining(found));
    for (const { why, advice } of notes) expect(Math.min(why.length, advice.length)).toBeGreaterThan(20);
  });

  it("gives no alarm while jobs of every kind come, wait, fail, are retried and end", async () => {
    const app = appOver(await open());
    let runs = 0;
    const busy = app.task("busy", {
      ...{ concurrency: 20, retry: { attempts: 3, backoff: "fixed", delay: "5ms" } },
      retention: { completed: { count: 50 }, failed: { count: 20 } },
      handler: async (n: number, ctx) => {
        runs += 1;
        ctx.log.info("begun");
        if (n % 5 === 0 && ctx.attempt < 3) throw new Error("again");
        if (n % 11 === 0) throw new Error("for good");
      },
    });
    await app.start();
    let isOver = false;
    const load = async (lane: number) => {
      for (let n = lane; !isOver; n += 4) {
        const handle = await busy.dispatch(n, {
          ...(n % 3 === 0 ? { priority: (n % 7) - 3 } : {}),
          ...(n % 4 === 0 ? { delay: 10 } : {}),
          ...(n % 6 === 0 ? { concurrency: { key: `k${n % 2}`, limit: 2 } } : {}),
          ...(n % 5 === 0 ? { group: `g${n % 3}` } : {}),
          ...(n % 8 === 0 ? { deduplicate: `u${n % 3}` } : {}),
        });
        if (n % 13 === 0) await handle.cancel();
        else if (n % 2 === 0) await handle.result.catch(() => undefined);
        // A store in this process would let nothing else come to its turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const loads = [0, 1, 2, 3].map(load);
    const begun = performance.now();
    let looks = 0;
    while (looks < 3 || performance.now() - begun < 2000) {
      expect(await examineContents(app)).toMatchObject({ notes: [] });
      looks += 1;
    }
    isOver = true;
    await Promise.all(loads);
    expect(runs).toBeGreaterThan(100);
  });

  it("is looked through in part when there is much of it, which is said", async () => {
    const app = appOver(await open());
    const mail = app.register({ name: TASK, version: 1 });
    await mail.dispatchMany(Array.from({ length: 300 }, (_, n) => ({ n })));
    const { entries, passed, notes } = await examineContents(app, { most: 100 });
    expect(notes).toEqual([]);
    expect(passed.length).toBeGreaterThan(0);
    expect(entries).toBeLessThan(600);
  });
});
