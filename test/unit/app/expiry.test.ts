import { type Clock, ExpiredError } from "taskora";
import { expect, it } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate, rejection } from "../../support/signals.js";

const HOUR = 3_600_000;
const plain = { name: "work", version: 1 } as const;

/** The machine's clock, an amount ahead. */
function skewed(byMs: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + byMs };
}

describeBehaviour("a ttl", ({ app, world }) => {
  it("counts only until the first start, also for a job that is retried", async () => {
    const tasks = app();
    const client = tasks.task("work", {
      retry: { attempts: 2, delay: 600 },
      handler: (_, ctx) => {
        if (ctx.attempt === 1) throw new Error("once more");
        return "in time";
      },
    });
    await tasks.start();
    expect(await client.dispatch(null, { ttl: 500 }).result).toBe("in time");
  });

  it("is not asked for any more once the job has started", async () => {
    const adapter = world().adapter();
    const watch = adapter.watch.bind(adapter);
    let watches = 0;
    adapter.watch = (refs) => {
      watches += 1;
      return watch(refs);
    };
    const producer = app({ adapter });
    const worker = app();
    const started = gate();
    const release = gate();
    worker.task("work", async () => {
      started.open();
      await release.opened;
    });
    await worker.start();
    const job = producer.register(plain).dispatch(null, { ttl: 30 });
    const { result } = job;
    await started.opened;
    await expect.poll(() => watches).toBe(1);
    release.open();
    await result;
    expect(watches).toBe(1);
  });

  it("of a dispatch wins over the contract's, and the contract's policy holds", async () => {
    const tasks = app();
    const client = tasks.register({ ...plain, ttl: "1h", onExpire: "discard" });
    const usual = await client.dispatch(null);
    const own = client.dispatch(null, { ttl: 20 });
    expect(await rejection(own.result)).toBeInstanceOf(ExpiredError);
    expect(await own.getState()).toBeUndefined();
    const found = await tasks.jobs.get({ id: usual.id });
    expect((found?.expiresAt ?? 0) - (found?.enqueuedAt ?? 0)).toBe(HOUR);
  });

  it("that passes prunes nothing of what the worker keeps", async () => {
    const worker = app({ defaults: { retention: { completed: { count: 100 } } } });
    const client = worker.task("work", () => 1);
    await worker.start();
    const jobs = Array.from({ length: 20 }, () => client.dispatch(null));
    await Promise.all(jobs.map((job) => job.result));
    await worker.close();
    const producer = app({ defaults: { retention: { completed: { count: 1 } } } });
    const job = producer.register(plain).dispatch(null, { ttl: 10 });
    expect(await rejection(job.result)).toBeInstanceOf(ExpiredError);
    expect(await producer.jobs.count()).toMatchObject({ completed: 20, expired: 1 });
  });
});

describeBehaviour("clocks that differ by an hour", ({ app }) => {
  it.each([HOUR, -HOUR])("change nothing for a worker %d ms ahead", async (skew) => {
    const worker = app({ clock: skewed(skew) });
    const startedAt = new Map<string, number>();
    worker.task("work", {
      lease: "1s",
      retry: { attempts: 2, delay: 10 },
      handler: (kind, ctx) => {
        startedAt.set(String(kind), Date.now());
        if (ctx.attempt === 1 && kind === "retry") throw new Error("once more");
        return kind;
      },
    });
    await worker.start();
    const client = app().register(plain);
    const at = Date.now();
    const jobs = [
      client.dispatch("plain"),
      client.dispatch("retry"),
      client.dispatch("ttl", { ttl: "10s" }),
      client.dispatch("delay", { delay: 40 }),
      client.dispatch("runAt", { runAt: at + 40 }),
    ];
    expect(await Promise.all(jobs.map((job) => job.result))).toEqual([
      "plain",
      "retry",
      "ttl",
      "delay",
      "runAt",
    ]);
    expect((startedAt.get("delay") ?? 0) - at).toBeGreaterThanOrEqual(39);
    expect((startedAt.get("runAt") ?? 0) - at).toBeGreaterThanOrEqual(39);
  });

  it.each([HOUR, -HOUR])("change nothing for a producer %d ms ahead", async (skew) => {
    const producer = app({ clock: skewed(skew) });
    const client = producer.register(plain);
    const expiring = client.dispatch("late", { ttl: 30 });
    expect(await rejection(expiring.result)).toBeInstanceOf(ExpiredError);
    const kept = await client.dispatch("kept", { ttl: "1h" });
    expect(await rejection(kept.waitFor(30))).toMatchObject({ code: "TIMEOUT" });
    const delayed = await client.dispatch("delayed", { delay: 30 });
    const runAt = Date.now() + HOUR / 2;
    const timed = await client.dispatch("timed", { runAt });
    expect(await timed.get()).toMatchObject({ state: "delayed", dueAt: runAt });
    const worker = app();
    worker.task("work", (kind) => kind);
    await worker.start();
    expect(await Promise.all([kept.result, delayed.result])).toEqual(["kept", "delayed"]);
  });

  it.each([HOUR, -HOUR])(
    "change nothing for a handle made from an id by an app %d ms ahead",
    async (skew) => {
      const { id } = await app().register(plain).dispatch(null, { ttl: 50 });
      const other = app({ clock: skewed(skew) }).register(plain);
      expect(await rejection(other.job(id).result)).toBeInstanceOf(ExpiredError);
    },
  );
});
