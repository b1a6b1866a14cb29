import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { type AppErrorEvent, createTaskora, type JobHandle } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { afterEach, describe, expect, it } from "vitest";
import { schemaSql } from "../support/postgres-clock.js";
import { postgresFaults } from "../support/postgres-faults.js";
import { ownPostgres, type PostgresServer, runSql } from "../support/postgres-server.js";
import { smallDisk } from "../support/small-disk.js";
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

/** What sixteen lanes of six processes do to the same jobs, ten at a time in any order. */
const LANES = 16;
const ROUNDS = 25;

describe("a storm of changes to the same jobs", () => {
  it("ends in no deadlock that anybody hears of, and in tables that do not contradict each other", {
    timeout: 120_000,
  }, async () => {
    const { url } = await ownStore();
    const errors: AppErrorEvent[] = [];
    const apps = Array.from({ length: 6 }, () => {
      const app = createTaskora({
        adapter: postgresAdapter({ url, migrate: true, deadline: "30s" }),
        logger: false,
      });
      app.on("error", (event) => errors.push(event));
      open.push({ close: () => app.close({ timeout: "5s" }) });
      const client = app.task("storm", {
        concurrency: 10,
        retry: { attempts: 2, delay: 20 },
        handler: (data: number) => {
          if (data % 3 === 0) throw new Error("as asked");
        },
      });
      return { app, client };
    });
    for (const { app } of apps) await app.start();
    const ids: string[] = [];
    const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
    const change = async () => {
      const { app, client } = pick(apps);
      const ref = { task: "storm", id: pick(ids) };
      const changes: readonly (() => Promise<unknown>)[] = [
        async () => ids.push((await client.dispatch(ids.length, { delay: Math.random() * 200 })).id),
        () => app.jobs.cancel(ref),
        () => app.jobs.retry(ref),
        () => app.jobs.promote(ref),
        () => app.jobs.changePriority(ref, Math.floor(Math.random() * 3)),
        () => app.jobs.reschedule(ref, { delay: Math.random() * 100 }),
        () => app.jobs.remove(ref),
      ];
      await pick(changes)();
    };
    for (let n = 0; n < 60; n++) ids.push((await pick(apps).client.dispatch(n, { delay: 50 })).id);
    const lane = async () => {
      for (let round = 0; round < ROUNDS; round++) await Promise.all(Array.from({ length: 10 }, change));
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const { jobs } = (apps[0] as (typeof apps)[0]).app;
    await expect
      .poll(
        async () => {
          const { waiting, delayed, retrying, active } = await jobs.count({ task: "storm" });
          return waiting + delayed + retrying + active;
        },
        { timeout: 30_000 },
      )
      .toBe(0);
    expect(errors).toEqual([]);
    expect(await postgresFaults(schemaSql(url, "taskora"))).toEqual([]);
  });
});

describe("a disk without room", () => {
  it("refuses jobs by name, loses none that it took, and all end when it has room", {
    timeout: 120_000,
  }, async () => {
    const server = await ownStore();
    const disk = await smallDisk(24, statSync(server.directory ?? ""));
    open.unshift({ close: () => disk.remove() });
    await runSql(server.url, `create tablespace small location '${disk.path}'`);
    await runSql(server.url, "alter database postgres set default_tablespace = small");
    const errors: AppErrorEvent[] = [];
    const app = createTaskora({
      adapter: postgresAdapter({ url: server.url, deadline: "30s" }),
      logger: false,
    });
    app.on("error", (event) => errors.push(event));
    open.push({ close: () => app.close({ timeout: "5s" }) });
    let isFull: () => void = () => undefined;
    const full = new Promise<void>((resolve) => {
      isFull = resolve;
    });
    const client = app.task("fill", {
      retention: { completed: { count: 100_000 } },
      handler: async (text: string) => {
        await full;
        return text.length;
      },
    });
    await app.start();
    const taken: JobHandle<number>[] = [];
    let refusal: unknown;
    while (refusal === undefined) {
      const some = Array.from({ length: 50 }, () => randomBytes(4000).toString("hex"));
      for (const each of await Promise.allSettled(await client.dispatchMany(some))) {
        if (each.status === "fulfilled") taken.push(each.value);
        else refusal = each.reason;
      }
    }
    expect(refusal).toMatchObject({
      code: "STORE_FULL",
      message: expect.stringMatching(/has no room to store more.*Free space on its disk/s),
    });
    expect(taken.length).toBeGreaterThan(100);
    // A worker is refused as well: what its handlers did is kept until there is room.
    isFull();
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    disk.grow(200);
    expect(new Set(await Promise.all(taken.map(({ result }) => result)))).toEqual(new Set([8000]));
    expect((await app.jobs.count({ task: "fill" })).failed).toBe(0);
    expect(errors.filter(({ code }) => code !== "STORE_FULL")).toEqual([]);
  });
});
