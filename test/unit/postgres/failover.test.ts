import { Client } from "pg";
import { postgresAdapter } from "taskora/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findTroubles } from "../../../src/postgres/check-postgres.js";
import { aJob, TASK } from "../../../src/testing/conformance/stage.js";
import { ownPostgres, type PostgresServer, runSql } from "../../support/postgres-server.js";

/** Starting two servers takes a busy machine long. */
const PATIENT = { timeout: 60_000 };

describe("a url of two servers", () => {
  let primary: PostgresServer;
  let standby: PostgresServer;

  beforeAll(async () => {
    primary = await ownPostgres();
    standby = await ownPostgres({
      standbyOf: primary,
      settings: { hot_standby_feedback: "on", wal_receiver_status_interval: "1s" },
    });
  }, PATIENT.timeout);

  afterAll(async () => {
    await Promise.all([primary?.stop(), standby?.stop()]);
  });

  /** The standby first, so that it is tried first. */
  function url(): string {
    const hosts = [standby, primary].map(({ port }) => `127.0.0.1:${port}`).join(",");
    return `postgres://postgres@${hosts}/postgres?target_session_attrs=read-write`;
  }

  /** Asks again until it is so. */
  async function until(server: PostgresServer, sql: string, values: readonly unknown[] = []): Promise<void> {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    try {
      while ((await client.query(sql, [...values])).rows[0]?.is_so !== true);
    } finally {
      await client.end();
    }
  }

  it("goes to the one that takes writes, and to the other when that one is promoted", PATIENT, async () => {
    const adapter = postgresAdapter(url(), { migrate: true, deadline: "30s" });
    await adapter.connect();
    await adapter.insert([aJob({ id: "before" })]);
    const asker = new Client({ connectionString: standby.url });
    asker.on("error", () => undefined);
    await asker.connect();
    await asker.query("begin isolation level repeatable read; select count(*) from pg_class");
    await until(primary, "select backend_xmin is not null as is_so from pg_stat_replication");
    const found = await findTroubles([{ url: primary.url }], 0);
    expect(found.map(({ check, severity }) => `${check} ${severity}`)).toContain("standby-feedback warning");
    await asker.end();

    const [{ at } = {}] = await runSql(primary.url, "select pg_current_wal_lsn()::text as at");
    await until(standby, "select pg_last_wal_replay_lsn() >= $1::pg_lsn as is_so", [at]);
    await primary.stop();
    const inserted = adapter.insert([aJob({ id: "after" })]);
    await runSql(standby.url, "select pg_promote()");
    expect(await inserted).toEqual([{ status: "inserted" }]);
    const [reply] = await adapter.claim([{ task: TASK, lease: "w", leaseMs: 60_000, count: 10 }]);
    expect(reply?.jobs.map(({ id }) => id)).toEqual(["before", "after"]);
    await adapter.close();
  });
});

describe("a url of several hosts", () => {
  it("is refused where no server is wanted that takes writes", () => {
    expect(() => postgresAdapter("postgres://a,b/shop?target_session_attrs=standby")).toThrow(
      'expected target_session_attrs of url to be "read-write"',
    );
    expect(() => postgresAdapter("postgres://a,b/shop", { port: 5433 })).toThrow("several hosts in url");
    expect(postgresAdapter("postgres://u:p@a:1,b/shop").address).toBe("a:1,b:5432/shop, schema taskora");
  });
});
