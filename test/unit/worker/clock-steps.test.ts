/** The machine's time of day is set by an hour while everything is under way: nothing comes early, late or twice. */
import { createTaskora, type Taskora } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { VirtualClock } from "taskora/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultyAdapter } from "../../support/faulty-adapter.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { gate, rejection } from "../../support/signals.js";

const HOUR_MS = 3_600_000;

describe.each([
  ["back", -HOUR_MS],
  ["forward", HOUR_MS],
] as const)("when the time of day is set an hour %s", (_, stepMs) => {
  let clock: VirtualClock;
  let store: ReturnType<typeof createMemoryStore>;
  let apps: Taskora[];

  beforeEach(() => {
    clock = new VirtualClock();
    store = createMemoryStore({ clock });
    apps = [];
  });

  afterEach(async () => {
    const closing = Promise.all(apps.map((app) => app.close({ timeout: 0 })));
    await clock.advance(10_000);
    await closing;
  });

  function app(): Taskora {
    const made = createTaskora({ adapter: memoryAdapter({ store }), clock, logger: false });
    apps.push(made);
    return made;
  }

  it("a running job keeps its lease, and runs once", async () => {
    const run = vi.fn();
    const end = gate();
    for (const worker of [app(), app()]) {
      worker.task("slow", {
        lease: "1s",
        handler: async () => {
          run();
          await end.opened;
        },
      });
      await worker.start();
    }
    const { result } = await app().register({ name: "slow", version: 1 }).dispatch(null);
    await clock.advance(500);
    clock.step(stepMs);
    await clock.advance(10_000);
    expect(run).toHaveBeenCalledOnce();
    end.open();
    await clock.advance(0);
    await result;
  });

  it("a retry comes after its backoff", async () => {
    const attempts: number[] = [];
    const worker = app();
    const task = worker.task("flaky", {
      retry: { attempts: 2, delay: "5s", backoff: "fixed", jitter: 0 },
      handler: (_, ctx) => {
        attempts.push(ctx.attempt);
        if (ctx.attempt === 1) throw new Error("once more");
      },
    });
    await worker.start();
    await task.dispatch(null);
    await clock.advance(100);
    clock.step(stepMs);
    await clock.advance(4800);
    expect(attempts).toEqual([1]);
    await clock.advance(250);
    expect(attempts).toEqual([1, 2]);
  });

  it("waitFor and timeout end when their time is over", async () => {
    const worker = app();
    const task = worker.task("stuck", {
      timeout: "8s",
      retry: { attempts: 1 },
      handler: () => gate().opened,
    });
    await worker.start();
    const job = await task.dispatch(null);
    const ends: string[] = [];
    const waited = rejection(job.waitFor("5s")).then(() => ends.push("waitFor"));
    const ended = rejection(job.result).then(() => ends.push("timeout"));
    await clock.advance(100);
    clock.step(stepMs);
    await clock.advance(4850);
    expect(ends).toEqual([]);
    await clock.advance(100);
    expect(ends).toEqual(["waitFor"]);
    await clock.advance(3100);
    await Promise.all([waited, ended]);
    expect(ends).toEqual(["waitFor", "timeout"]);
  });

  it("jobs of a worker that died are found within lease and 2 s", async () => {
    const dead = memoryAdapter({ store });
    await dead.connect();
    await app().register({ name: "left", version: 1 }).dispatch(null);
    const claim = { task: "left", lease: "dead.1", leaseMs: 1000, count: 1 };
    expect((await dead.claim([claim]))[0]?.jobs).toHaveLength(1);
    const run = vi.fn();
    const worker = app();
    worker.task("left", run);
    await worker.start();
    await clock.advance(100);
    clock.step(stepMs);
    await clock.advance(3100);
    expect(run).toHaveBeenCalledOnce();
  });

  it("a schedule keeps its distance", async () => {
    const runs: number[] = [];
    const worker = app();
    worker.task("tick", {
      schedule: { every: "10s" },
      handler: () => void runs.push(clock.monotonic()),
    });
    await worker.start();
    await clock.advance(15_000);
    clock.step(stepMs);
    await clock.advance(30_000);
    const distances = runs.slice(1).map((at, index) => at - (runs[index] ?? 0));
    expect(runs.length).toBeGreaterThanOrEqual(4);
    expect(distances.every((ms) => ms >= 9000 && ms <= 11_000)).toBe(true);
  });

  it("its worker stays listed", async () => {
    const worker = app();
    worker.task("listed", () => undefined);
    await worker.start();
    await clock.advance(1000);
    clock.step(stepMs);
    await clock.advance(120_000);
    const reader = memoryAdapter({ store });
    await reader.connect();
    expect(await reader.contracts?.workers()).toHaveLength(1);
  });
});

describe("on Redis, when the machine's time of day is set an hour back", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("a running job keeps its lease, and runs once", async () => {
    const { url } = await sharedRedis();
    const prefix = uniquePrefix();
    const faulty = new FaultyAdapter(redisAdapter({ url, prefix }));
    await using one = createTaskora({ adapter: faulty.adapter, logger: false });
    await using two = createTaskora({ adapter: redisAdapter({ url, prefix }), logger: false });
    const run = vi.fn();
    const started = gate();
    const end = gate();
    const handler = async () => {
      run();
      started.open();
      await end.opened;
    };
    const task = one.task("slow", { lease: "1s", handler });
    two.task("slow", { lease: "1s", handler });
    await one.start();
    const { result } = task.dispatch(null);
    await started.opened;
    await two.start();
    const now = Date.now;
    vi.spyOn(Date, "now").mockImplementation(() => now() - HOUR_MS);
    // Three leases later, when the other one has looked for lost jobs as well.
    await faulty.called("renew", faulty.count("renew") + 9);
    expect(run).toHaveBeenCalledOnce();
    end.open();
    await result;
  });
});
