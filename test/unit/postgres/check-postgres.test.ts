import { Client } from "pg";
import { checkPostgres, type PostgresCheck, postgresAdapter } from "taskora/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findTroubles } from "../../../src/postgres/check-postgres.js";
import { ownPostgres, type PostgresServer, runSql } from "../../support/postgres-server.js";

async function serverWith(settings: Readonly<Record<string, string>>): Promise<PostgresServer> {
  const server = await ownPostgres({ settings });
  const adapter = postgresAdapter({ url: server.url, migrate: true });
  await adapter.connect();
  await adapter.close();
  return server;
}

describe("a look at a server in order", () => {
  it("finds nothing, until vacuum does not get through", { timeout: 120_000 }, async () => {
    const server = await serverWith({
      ...{ fsync: "on", full_page_writes: "on" },
      autovacuum_freeze_max_age: "100000",
    });
    expect(await checkPostgres({ url: server.url })).toEqual([]);
    const loop = "for n in 1..160000 loop perform pg_current_xact_id(); commit; end loop";
    await runSql(server.url, `do $$ begin ${loop}; end $$`);
    expect(await checkPostgres({ url: server.url })).toContainEqual(
      expect.objectContaining({
        check: "transaction-ids",
        severity: "warning",
        what: expect.stringMatching(/^the database postgres has transactions that are 16\d{4} old/),
      }),
    );
    await server.stop();
  });
});

describe("a look at a server where much is wrong", () => {
  let server: PostgresServer;
  const clients: Client[] = [];

  async function open(): Promise<Client> {
    const client = new Client({ connectionString: server.url });
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  }

  beforeAll(async () => {
    server = await serverWith({
      autovacuum: "off",
      max_prepared_transactions: "2",
      max_connections: "20",
      statement_timeout: "0",
    });
    const { url } = server;
    await runSql(url, "insert into taskora.task (name) select 't' || n from generate_series(1, 60000) n");
    await runSql(url, "delete from taskora.task");
    await runSql(url, "alter table taskora.ready set (autovacuum_enabled = false)");
    await runSql(url, "select pg_create_physical_replication_slot('left_behind', true)");
    for (let count = 0; count < 16; count++) await open();
    const [forgotten, prepared] = clients as [Client, Client];
    await forgotten.query("begin");
    await forgotten.query("create temporary table own (id integer)");
    await prepared.query("begin; create table public.own (id integer); prepare transaction 'left open'");
    const role = [
      "statement_timeout = '5s'",
      "default_transaction_isolation = 'serializable'",
      "synchronous_commit = off",
    ];
    for (const setting of role) await runSql(url, `alter role postgres set ${setting}`);
  }, 120_000);

  afterAll(async () => {
    for (const client of clients) await client.end().catch(() => undefined);
    await server?.stop();
  });

  const FOUND: readonly (readonly [PostgresCheck, "warning" | "critical", RegExp])[] = [
    [
      "old-transactions",
      "warning",
      /^a transaction of postgres in postgres \(pid \d+, no application name\) is open for \d+ s$/,
    ],
    [
      "prepared-transactions",
      "critical",
      /^the prepared transaction 'left open' of postgres in postgres waits for \d+ s$/,
    ],
    [
      "replication-slots",
      "warning",
      /^nobody reads from the replication slot left_behind, which keeps .* of log$/,
    ],
    ["dead-rows", "warning", /^the table taskora\.task has 60000 dead rows beside 0 live ones$/],
    ["autovacuum", "critical", /^autovacuum is off$/],
    ["autovacuum", "critical", /^autovacuum is off for the table taskora\.ready$/],
    ["durability", "critical", /^fsync is off$/],
    ["durability", "critical", /^full_page_writes is off$/],
    ["durability", "warning", /^synchronous_commit is off$/],
    ["timeouts", "warning", /^statement_timeout is 5000 ms$/],
    ["isolation", "warning", /^default_transaction_isolation is serializable$/],
    ["connections", "warning", /^1[678] of 20 connections are in use$/],
  ];

  it("finds each of it, with what it does and what to do", async () => {
    const findings = await findTroubles([{ url: server.url }], 0);
    for (const [check, severity, what] of FOUND)
      expect(findings).toContainEqual({
        check,
        severity,
        what: expect.stringMatching(what),
        why: expect.stringMatching(/\.$/),
        advice: expect.stringMatching(/\.$/),
      });
    expect(new Set(findings.map(({ check }) => check))).toEqual(new Set(FOUND.map(([check]) => check)));
  });

  it("lets transactions be open for a while", async () => {
    const found = (await checkPostgres(server.url)).map(({ check }) => check);
    expect(found).not.toContain("old-transactions");
    expect(found).not.toContain("prepared-transactions");
    expect(found).toContain("durability");
  });

  it("says what stands in its way", async () => {
    await expect(checkPostgres({ url: server.url, schema: "nowhere" })).rejects.toMatchObject({
      code: "STORE_FORMAT",
    });
    await expect(checkPostgres({ host: "127.0.0.1", port: 1, deadline: "100ms" })).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
    await expect(checkPostgres({ shema: "x" } as never)).rejects.toThrow('Did you mean "schema"');
  });
});
