import { Pool } from "pg";
import { createTaskora } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { describe, expect, it } from "vitest";
import { aJob } from "../../../src/testing/conformance/stage.js";
import { runSql, sharedPostgres, uniqueSchema } from "../../support/postgres-server.js";

/** Connections that the server has of adapters in one database. */
async function connectionsTo(url: string): Promise<number> {
  const [row] = await runSql(
    url,
    "select count(*)::int as open from pg_stat_activity where datname = current_database() and application_name = 'taskora'",
  );
  return Number(row?.open);
}

describe("a process on Postgres", () => {
  it("has four connections at most, however much it does, and none when it has closed", async () => {
    const shared = await sharedPostgres();
    const name = uniqueSchema();
    await runSql(shared.url, `create database ${name}`);
    const own = new URL(shared.url);
    own.pathname = name;
    const app = createTaskora({ adapter: postgresAdapter({ url: own.href, migrate: true }), logger: false });
    let most = 0;
    const tasks = Array.from({ length: 20 }, (_, index) =>
      app.task(`task-${index}`, {
        concurrency: 10,
        handler: async (value: number) => {
          if (value % 50 === 0) most = Math.max(most, await connectionsTo(own.href));
          return value;
        },
      }),
    );
    await app.start();
    const results = tasks.flatMap((task) =>
      Array.from({ length: 50 }, (_, value) => task.dispatch(value).result),
    );
    const reads = tasks.map((task) => app.jobs.list({ task: task.name }));
    await Promise.all([...results, ...reads, app.jobs.count()]);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
    await app.close();
    // The server notices the end of a connection a little later than its client.
    while ((await connectionsTo(own.href)) > 0);
    await runSql(shared.url, `drop database ${name}`);
  });
});

describe("a statement that takes long", () => {
  it("is waited for on its connection, since the server still works on it", async () => {
    const { url } = await sharedPostgres();
    const schema = uniqueSchema();
    const adapter = postgresAdapter({ url, schema, migrate: true });
    await adapter.connect();
    let isHeld = true;
    const locking = runSql(
      url,
      `begin; lock table ${schema}.job in exclusive mode; select pg_sleep(5); rollback`,
    );
    void locking.then(() => {
      isHeld = false;
    });
    const locked = `select 1 from pg_locks where granted and mode = 'ExclusiveLock' and relation = '${schema}.job'::regclass`;
    while ((await runSql(url, locked)).length === 0);
    const inserting = adapter.insert([aJob("a")]);
    const waited = new Set<unknown>();
    while (isHeld) {
      const found = await runSql(
        url,
        `select pid from pg_locks where not granted and relation = '${schema}.job'::regclass`,
      );
      for (const { pid } of found) waited.add(pid);
    }
    expect(await inserting).toMatchObject([{ status: "inserted" }]);
    expect(waited.size).toBe(1);
    await adapter.close();
    await runSql(url, `drop schema ${schema} cascade`);
  });
});

describe("many adapters over one pool", () => {
  it("listen to it once, and leave nothing on it", async () => {
    const { url } = await sharedPostgres();
    const pool = new Pool({ connectionString: url, max: 30 });
    const schema = uniqueSchema();
    const adapters = Array.from({ length: 12 }, () => postgresAdapter({ pool, schema, migrate: true }));
    for (const adapter of adapters) await adapter.connect();
    expect(pool.listenerCount("connect")).toBe(1);
    await Promise.all(adapters.map((adapter) => adapter.close()));
    expect(pool.listenerCount("connect")).toBe(0);
    await pool.end();
    await runSql(url, `drop schema ${schema} cascade`);
  });

  it("give back the connection that listened, which hears nothing then", async () => {
    const { url } = await sharedPostgres();
    const pool = new Pool({ connectionString: url, max: 2 });
    const schema = uniqueSchema();
    const adapter = postgresAdapter({ pool, schema, migrate: true });
    await adapter.connect();
    expect(pool.totalCount).toBe(2);
    await adapter.close();
    expect([pool.totalCount, pool.idleCount]).toEqual([2, 2]);
    const both = [await pool.connect(), await pool.connect()];
    const channels = await Promise.all(
      both.map((client) => client.query("select * from pg_listening_channels()")),
    );
    expect(channels.flatMap(({ rows }) => rows)).toEqual([]);
    expect(both.map((client) => client.listenerCount("notification"))).toEqual([0, 0]);
    for (const client of both) client.release();
    await pool.end();
    await runSql(url, `drop schema ${schema} cascade`);
  });
});
