import { createTaskora, type TaskoraOptions } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { afterEach, describe, expect, it } from "vitest";
import { FaultyAdapter } from "../../support/faulty-adapter.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function appOver(adapter: TaskoraOptions["adapter"]) {
  const app = createTaskora({ adapter, logger: false });
  open.push(app);
  return app;
}

describe("the audit list", () => {
  it("has what was changed by hand in every process, the newest first, and no more than was said", async () => {
    const store = createMemoryStore();
    const [one, other] = [appOver(memoryAdapter({ store })), appOver(memoryAdapter({ store }))];
    const task = one.task("email.send", () => 1);
    const [a, b, c] = await task.dispatchMany([1, 2, 3]);
    await a?.cancel();
    await b?.cancel({ reason: "twice", by: "ada" });
    await c?.changePriority(5, { by: "ben" });
    await task.pause();
    await one.jobs.removeAll({ task, reason: "old" });
    await other.jobs.cancelAll({ all: true });
    const { items, cursor } = await other.audit.list({ limit: 4 });
    expect(items).toEqual([
      { action: "job.cancel", status: "applied", task: "email.send", count: 1, at: expect.any(Number) },
      {
        action: "job.remove",
        status: "applied",
        task: "email.send",
        count: 2,
        reason: "old",
        at: expect.any(Number),
      },
      { action: "task.pause", status: "applied", task: "email.send", at: expect.any(Number) },
      {
        action: "job.prioritize",
        status: "applied",
        task: "email.send",
        jobId: c?.id,
        by: "ben",
        at: expect.any(Number),
      },
    ]);
    expect((await other.audit.list({ cursor })).items).toMatchObject([
      { jobId: b?.id, reason: "twice", by: "ada" },
    ]);
  });

  it("never makes a change wait or fail, and a close writes what is left", async () => {
    const store = createMemoryStore();
    const faulty = new FaultyAdapter(memoryAdapter({ store }));
    const app = appOver(faulty.adapter);
    const told: string[] = [];
    app.on("error", ({ code }) => told.push(code));
    const task = app.task("email.send", () => 1);
    const held = faulty.holdCall("observe.keepAudit");
    const job = await task.dispatch(1);
    expect(await job.cancel({ by: "ada" })).toEqual({ status: "applied" });
    await held.held;
    for (let n = 0; n < 5; n++) await (n % 2 === 0 ? task.pause() : task.resume());
    held.release();
    await app.close();
    expect(faulty.count("observe.keepAudit")).toBe(2);
    const reader = appOver(memoryAdapter({ store }));
    const { items } = await reader.audit.list();
    expect(items.map(({ action }) => action)).toEqual([
      ...["task.pause", "task.resume", "task.pause", "task.resume", "task.pause", "job.cancel"],
    ]);
    expect(told).toEqual([]);
  });

  it("leaves out what the store did not take, and says so", async () => {
    const faulty = new FaultyAdapter(memoryAdapter());
    const app = appOver(faulty.adapter);
    const told: string[] = [];
    app.on("error", ({ code }) => told.push(code));
    const task = app.task("email.send", () => 1);
    faulty.next("observe.keepAudit", "refused");
    await task.pause({ force: true });
    await task.resume({ by: "ada" });
    expect((await app.audit.list()).items).toMatchObject([{ action: "task.resume", by: "ada" }]);
    expect(told).toEqual(["STORE_UNAVAILABLE"]);
  });

  it("keeps what was changed before the app was connected", async () => {
    const app = appOver(memoryAdapter());
    app.pools.set("app", 3, { by: "ada" });
    await app.connect();
    expect((await app.audit.list()).items).toMatchObject([
      { action: "pool.set", pool: "app", size: 3, by: "ada" },
    ]);
  });
});

describe("the store of an app", () => {
  it("says how its servers are, and how far their clocks are off", async () => {
    const app = appOver(memoryAdapter());
    expect([app.store.name, app.store.address]).toEqual(["memory", undefined]);
    const { kind, servers } = await app.store.health();
    expect(kind).toBe("memory");
    expect(servers).toEqual([{ now: expect.any(Number), skewMs: expect.any(Number) }]);
    expect(Math.abs(servers[0]?.skewMs ?? 1e9)).toBeLessThan(60_000);
  });

  it("is told by adapters that keep something for operators alone", async () => {
    const bare = new Proxy(memoryAdapter(), {
      get: (target, key) => (key === "observe" ? undefined : Reflect.get(target, key, target)),
    });
    const app = createTaskora({ adapter: bare, logger: false });
    await expect(app.store.health()).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
    expect(() => app.audit.list()).toThrow(expect.objectContaining({ code: "NOT_SUPPORTED" }));
  });
});
