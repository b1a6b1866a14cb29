import type { AppErrorEvent } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { afterEach, describe, expect, it } from "vitest";
import { ownPostgres, type PostgresServer, runSql } from "../support/postgres-server.js";
import { type SteadyWork, steadyWork } from "../support/steady-work.js";

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

function bench(url: string): SteadyWork {
  const adapter = () => postgresAdapter({ url, migrate: true, deadline: "30s" });
  return steadyWork({ adapter, concurrency: 20, opened: (app) => open.push(app) });
}

async function ownStore(): Promise<PostgresServer> {
  const server = await ownPostgres();
  open.push({ close: () => server.stop() });
  return server;
}

const JOBS = 300;

/** Each job is stored once, has ended as completed, and its result was told. */
async function expectAllDone({ url }: PostgresServer, results: readonly Promise<number>[]): Promise<void> {
  expect(await Promise.all(results)).toEqual(Array.from({ length: results.length }, (_, job) => job));
  const [left] = await runSql(
    url,
    `select (select count(*) from taskora.job) as jobs, (select count(*) from taskora.done where state = 'c') as done,
      (select count(*) from taskora.ready) + (select count(*) from taskora.later) + (select count(*) from taskora.active) as open`,
  );
  expect(left).toEqual({ jobs: String(results.length), done: String(results.length), open: "0" });
}

/** Every error that reached an app is one of taskora's own that says the store was away. */
function expectOnlyTypedErrors(errors: readonly AppErrorEvent[]): void {
  const codes = [...new Set(errors.map(({ code }) => code))];
  expect(codes.filter((code) => code !== "STORE_UNAVAILABLE" && code !== "LEASE_LOST")).toEqual([]);
}

describe("a Postgres in trouble", () => {
  it("loses no job and ends none twice when every connection is ended again and again", {
    timeout: 120_000,
  }, async () => {
    const server = await ownStore();
    const { worker, errors, work } = bench(server.url);
    await worker.start();
    const results: Promise<number>[] = [];
    for (let job = 0; job < JOBS; job++) {
      results.push(work(job));
      if (job % 30 !== 29) continue;
      await runSql(
        server.url,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'taskora' and pid <> pg_backend_pid()",
      );
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await expectAllDone(server, results);
    expectOnlyTypedErrors(errors);
  });

  it("finds every job again after a crash, and none ends twice", { timeout: 120_000 }, async () => {
    const server = await ownStore();
    const { worker, errors, work } = bench(server.url);
    await worker.start();
    const results: Promise<number>[] = [];
    for (let job = 0; job < JOBS; job++) results.push(work(job));
    await results[20];
    await server.restart?.();
    await expectAllDone(server, results);
    expectOnlyTypedErrors(errors);
  });
});
