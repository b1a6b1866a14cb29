import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { type AppErrorEvent, createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { afterEach, describe, expect, it } from "vitest";
import { Fleet } from "../support/chaos.js";
import type { ChaosJob, ScheduleWorkerOptions } from "../support/chaos-protocol.js";
import { Program } from "../support/child.js";
import { ownRedis, type RedisServer, uniquePrefix } from "../support/redis-server.js";
import { type SteadyWork, steadyWork } from "../support/steady-work.js";

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function ownStore(args: readonly string[] = []): Promise<RedisServer> {
  const server = await ownRedis({ args });
  open.push({ close: () => server.stop() });
  return server;
}

function bench(url: string): SteadyWork {
  const prefix = uniquePrefix();
  const adapter = () => redisAdapter({ url, prefix });
  return steadyWork({ adapter, concurrency: 50, opened: (app) => open.push(app) });
}

/** Every error that reached an app is one of taskora's own that says the store was away. */
function expectOnlyTypedErrors(errors: readonly AppErrorEvent[]): void {
  expect([...new Set(errors.map(({ code }) => code))].filter((code) => code !== "STORE_UNAVAILABLE")).toEqual(
    [],
  );
}

describe("a Redis that restarts in the middle", () => {
  it("finds every job again, and producers and workers go on by themselves", async () => {
    const directory = await mkdtemp(join(tmpdir(), "taskora-append-"));
    open.push({ close: () => rm(directory, { recursive: true, force: true }) });
    const args = ["--dir", directory, "--appendonly", "yes", "--appendfsync", "always"];
    const first = await ownStore(args);
    const { worker, errors, starts, work, producer } = bench(first.url);
    await worker.start();
    const results: Promise<number>[] = [];
    for (let job = 0; job < 300; job++) results.push(work(job));
    await results[20];
    await first.stop();
    for (let job = 300; job < 320; job++) results.push(work(job));
    const second = await ownRedis({ args, port: first.port });
    open.push({ close: () => second.stop() });
    for (let job = 320; job < 400; job++) results.push(work(job));
    expect(await Promise.all(results)).toEqual(Array.from({ length: 400 }, (_, job) => job));
    expect(starts.size).toBe(400);
    expect(await producer.jobs.count({ task: "steady" })).toMatchObject({ completed: 400, total: 400 });
    expectOnlyTypedErrors(errors);
  }, 60_000);

  it("does not keep a worker from closing while it is away", async () => {
    const server = await ownStore();
    const { worker, work } = bench(server.url);
    await worker.start();
    await work(1);
    await server.stop();
    await worker.close({ timeout: "1s" });
  }, 30_000);

  it("lets a dispatch wait only up to its deadline, and says that the store is away", async () => {
    const server = await ownStore();
    const app = createTaskora({
      adapter: redisAdapter({ url: server.url, deadline: "300ms" }),
      logger: false,
    });
    open.push({ close: () => app.close() });
    const client = app.register({ name: "steady", version: 1 });
    await client.dispatch(1);
    await server.stop();
    await expect(client.dispatch(2)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    await expect(app.jobs.count()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  }, 30_000);
});

/** Three workers and one that fires a schedule, all of them processes, and a producer here. */
async function fleetOver(url: string) {
  const prefix = uniquePrefix();
  const fleet = new Fleet({ url, prefix, lease: "7s" });
  const evidence = `ticks-${prefix}`;
  const ticking: ScheduleWorkerOptions = { url, prefix, bookUrl: url, evidence, every: 50 };
  const ticker = new Program("schedule-worker", [JSON.stringify(ticking)]);
  const programs = [ticker, ...Array.from({ length: 3 }, () => fleet.startWorker())];
  const warnings: (string | undefined)[] = [];
  fleet.app.on("warning", ({ code }) => warnings.push(code));
  open.push({
    close: async () => {
      for (const program of programs) program.kill("SIGKILL");
      await Promise.all(programs.map((program) => program.exited));
      await fleet.close();
    },
  });
  await Promise.all(programs.map((program) => program.printed("ready")));
  /** Resolves when the schedule fires again. */
  const ticks = async (admin: Redis) => {
    const before = await admin.llen(evidence);
    await expect.poll(() => admin.llen(evidence), { timeout: 10_000 }).toBeGreaterThan(before + 2);
  };
  /** What becomes of a job: `done`, or the code of an error. */
  const fateOf = (job: ChaosJob): Promise<string | undefined> =>
    fleet.work(job).then(
      () => "done",
      (error: unknown) => (error as { code?: string }).code,
    );
  return { fleet, warnings, ticks, fateOf };
}

describe("a Redis that is emptied under load", () => {
  it("leaves no handle pending, and schedules and workers of all processes go on", async () => {
    const server = await ownStore();
    const { fleet, warnings, ticks, fateOf } = await fleetOver(server.url);
    const admin = new Redis(server.url);
    open.push({ close: async () => admin.disconnect() });
    await ticks(admin);
    const fates: Promise<string | undefined>[] = [];
    for (let round = 0; round < 3; round++) {
      for (let job = 0; job < 150; job++) fates.push(fateOf({ ms: job % 30 }));
      for (let job = 0; job < 5; job++) fates.push(fateOf({ ms: 60_000 }));
      await fates[round * 155];
      const seen = warnings.length;
      await admin.flushall();
      await expect.poll(() => warnings.length, { timeout: 10_000 }).toBe(seen + 1);
    }
    expect(new Set(await Promise.all(fates))).toEqual(new Set(["done", "JOB_NOT_FOUND"]));
    expect(new Set(warnings)).toEqual(new Set(["STORE_EMPTIED"]));
    await ticks(admin);
    expect(new Set(await Promise.all(Array.from({ length: 200 }, () => fateOf({ ms: 2 }))))).toEqual(
      new Set(["done"]),
    );
    expect(fleet.errors).toEqual([]);
  }, 90_000);

  it("is replaced by one that comes back without its data", async () => {
    const first = await ownStore();
    const { ticks, fateOf } = await fleetOver(first.url);
    const fates = Array.from({ length: 50 }, (_, job) => fateOf({ ms: job < 10 ? 60_000 : 5 }));
    await fates[49];
    await first.stop();
    const second = await ownRedis({ port: first.port });
    open.unshift({ close: () => second.stop() });
    expect((await Promise.all(fates)).slice(0, 10)).toEqual(new Array(10).fill("JOB_NOT_FOUND"));
    const admin = new Redis(second.url);
    open.push({ close: async () => admin.disconnect() });
    await ticks(admin);
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => fateOf({ ms: 2 }))))).toEqual(
      new Set(["done"]),
    );
  }, 90_000);
});

describe("a Redis that is out of memory", () => {
  it("refuses jobs with a typed error, lets those it has be completed, and takes new ones then", async () => {
    const server = await ownStore(["--maxmemory", "6mb", "--maxmemory-policy", "noeviction"]);
    const app = createTaskora({ adapter: redisAdapter(server.url), logger: false });
    open.push({ close: () => app.close() });
    const client = app.register({ name: "large", version: 1 });
    const payload = "x".repeat(20_000);
    const stored: string[] = [];
    let refusal: unknown;
    while (refusal === undefined) {
      const batch = await Promise.allSettled(Array.from({ length: 50 }, () => client.dispatch(payload)));
      for (const each of batch) {
        if (each.status === "fulfilled") stored.push(each.value.id);
        else refusal ??= each.reason;
      }
    }
    expect(refusal).toMatchObject({ code: "STORE_FULL" });
    expect((refusal as Error).message).toMatch(/memory/);
    expect((await app.jobs.count()).waiting).toBe(stored.length);
    const done = new Set<string>();
    app.implement(
      { name: "large", version: 1 },
      {
        retention: { completed: { count: 0 } },
        handler: (_, ctx) => void done.add(ctx.id),
      },
    );
    await app.start();
    await expect.poll(() => done.size).toBe(stored.length);
    await expect.poll(async () => (await app.jobs.count()).total).toBe(0);
    expect(await client.dispatch(payload).result).toBeUndefined();
  }, 60_000);
});

describe("storms", () => {
  it("of SCRIPT FLUSH and CLIENT KILL lose no job, run none twice and surface no untyped error", async () => {
    const server = await ownStore();
    const { worker, errors, starts, work, producer } = bench(server.url);
    const admin = new Redis(server.url);
    open.push({ close: async () => admin.disconnect() });
    await worker.start();
    const self = await admin.client("ID");
    let isOver = false;
    const storm = async (pauseMs: number, strike: () => Promise<unknown>) => {
      while (!isOver) {
        await strike();
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    };
    const storms = [storm(7, () => admin.script("FLUSH")), storm(60, () => killOthers(admin, Number(self)))];
    const results: Promise<number>[] = [];
    for (let job = 0; job < 1500; job++) {
      results.push(work(job));
      if (job % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(await Promise.all(results)).toEqual(Array.from({ length: 1500 }, (_, job) => job));
    isOver = true;
    await Promise.all(storms);
    expect([...starts.values()].filter((times) => times !== 1)).toEqual([]);
    expect(await producer.jobs.count({ task: "steady" })).toMatchObject({ completed: 1500, total: 1500 });
    expectOnlyTypedErrors(errors);
  }, 60_000);
});

/** Kills one connection of somebody else, picked at random. */
async function killOthers(admin: Redis, self: number): Promise<void> {
  const list = (await admin.client("LIST")) as string;
  const ids = [...list.matchAll(/^id=(\d+) /gm)].map(([, id]) => Number(id)).filter((id) => id !== self);
  const id = ids[Math.floor(Math.random() * ids.length)];
  if (id !== undefined) await admin.client("KILL", "ID", id);
}
