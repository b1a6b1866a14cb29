import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate, rejection, untilAborted } from "../../support/signals.js";

describeBehaviour("the context of a handler", ({ app, world }) => {
  it("tells what the job is", async () => {
    const tasks = app();
    const client = tasks.task("look", {
      retry: { attempts: 3 },
      handler: (_, { id, task, attempt, maxAttempts, enqueuedAt, headers, signal }) => ({
        ...{ id, task, attempt, maxAttempts, enqueuedAt, headers },
        aborted: signal.aborted,
      }),
    });
    await tasks.start();
    const before = Date.now();
    const job = client.dispatch(null, { headers: { traceparent: "00-abc-def-01", "x-ü": "ß" } });
    const seen = (await job.result) as Record<string, unknown>;
    expect(seen).toMatchObject({
      id: job.id,
      task: "look",
      attempt: 1,
      maxAttempts: 3,
      headers: { traceparent: "00-abc-def-01", "x-ü": "ß" },
      aborted: false,
    });
    expect(Math.abs((seen.enqueuedAt as number) - before)).toBeLessThan(60_000);
  });

  it("has headers that are empty when none were given, and carry __proto__ as data", async () => {
    const tasks = app();
    const client = tasks.task("look", (_, ctx) => Object.entries(ctx.headers));
    await tasks.start();
    expect(await client.dispatch(null).result).toEqual([]);
    const headers = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    expect(await client.dispatch(null, { headers }).result).toEqual([["__proto__", "x"]]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("stores the last progress and all log lines before the job ends", async () => {
    const tasks = app();
    const order = new Collected<string>();
    const client = tasks.task("noisy", (_, ctx) => {
      for (let n = 0; n <= 100; n++) ctx.progress(n);
      for (let n = 0; n < 10; n++) ctx.log.info(`line ${n}`, { n });
    });
    for (const type of ["progress", "log", "completed"] as const) client.on(type, () => order.push(type));
    await tasks.start();
    const job = client.dispatch(null);
    await job.result;
    expect((await job.get())?.progress).toBe(100);
    expect(((await job.get())?.logs ?? []).map(({ fields }) => fields?.n)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    const seen = await order.reach(order.items.includes("completed") ? 1 : order.items.length + 1);
    while (!order.items.includes("completed")) await order.reach(order.items.length + 1);
    expect(seen.at(-1)).toBe("completed");
  });

  it("writes nothing after the end", async () => {
    const tasks = app();
    const ended = gate();
    const wrote = gate();
    const client = tasks.task("late", (_, ctx) => {
      void ended.opened.then(() => {
        ctx.progress("late");
        ctx.log.info("late");
        wrote.open();
      });
      ctx.progress("in time");
      ctx.log.info("in time");
    });
    await tasks.start();
    const job = client.dispatch(null);
    await job.result;
    ended.open();
    await wrote.opened;
    await tasks.close();
    const reader = app();
    reader.register({ name: "late", version: 1 });
    const found = await reader.jobs.get({ id: job.id });
    expect(found?.progress).toBe("in time");
    expect(found?.logs.map(({ message }) => message)).toEqual(["in time"]);
  });

  it("settles a job at once although another one writes without end", async () => {
    const tasks = app();
    const quickEnded = gate();
    let turns = 0;
    const noisy = tasks.task("noisy", async (_, ctx) => {
      let isOver = false;
      void quickEnded.opened.then(() => {
        isOver = true;
      });
      while (!isOver && turns < 20_000) {
        turns += 1;
        for (let line = 0; line < 20; line++) ctx.log.info(`turn ${turns}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return isOver;
    });
    const quick = tasks.task("quick", (_, ctx) => {
      ctx.log.info("one line");
      return 1;
    });
    await tasks.start();
    const others = Promise.all([noisy.dispatch(null).result, noisy.dispatch(null).result]);
    expect(await quick.dispatch(null).result).toBe(1);
    quickEnded.open();
    expect(await others).toEqual([true, true]);
  });

  it("keeps a job's lease with heartbeat", async () => {
    const tasks = app();
    const client = tasks.task("beat", {
      lease: "1s",
      handler: async (_, ctx) => {
        await ctx.heartbeat();
        return "beaten";
      },
    });
    await tasks.start();
    expect(await client.dispatch(null).result).toBe("beaten");
  });

  it("fails the attempt whose progress cannot be encoded, with the reason", async () => {
    const tasks = app();
    const client = tasks.task("odd", (_, ctx) => ctx.progress(() => 1));
    await tasks.start();
    const error = await rejection(client.dispatch(null).result);
    expect(error.cause).toMatchObject({ code: "PAYLOAD_UNSERIALIZABLE" });
  });

  it("aborts the signal when the lease is lost, and discards what the handler returns", async () => {
    const tasks = app();
    const started = gate();
    const reasons = new Collected<Error>();
    const client = tasks.task("leased", {
      lease: "100ms",
      handler: async (_, ctx) => {
        if (reasons.items.length > 0) return "second";
        started.open();
        await untilAborted(ctx.signal).catch(reasons.push);
        return "first";
      },
    });
    await tasks.start();
    const job = client.dispatch(null);
    const { result } = job;
    await started.opened;
    // The process stands still for longer than the lease, and another one looks for lost jobs meanwhile.
    const adapter = world().adapter();
    await adapter.connect();
    const retention = { ageMs: 60_000, count: 100 };
    const keep = { completed: retention, failed: retention, cancelled: retention, expired: retention };
    // On a busy machine the renewal that follows the standstill may reach the store first.
    for (let reclaimed: number | undefined = 0; reclaimed === 0; ) {
      const until = Date.now() + 150;
      while (Date.now() < until);
      const [swept] = await adapter.sweep([{ task: "leased", stallLimit: 3, scope: "due", retention: keep }]);
      reclaimed = swept?.reclaimed;
    }
    expect(await result).toBe("second");
    expect(reasons.items).toMatchObject([{ code: "LEASE_LOST" }]);
    await adapter.close();
  });

  it("names the shutdown as the reason when the app closes", async () => {
    const tasks = app();
    const started = gate();
    const reasons = new Collected<Error>();
    const client = tasks.task("long", async (_, ctx) => {
      started.open();
      await untilAborted(ctx.signal).catch((error: Error) => {
        reasons.push(error);
        throw error;
      });
    });
    await tasks.start();
    const { id } = await client.dispatch(null);
    await started.opened;
    await tasks.close({ timeout: 10 });
    expect(reasons.items).toMatchObject([{ code: "SHUTDOWN" }]);
    const reader = app();
    reader.register({ name: "long", version: 1 });
    const found = await reader.jobs.get({ id });
    expect(found).toMatchObject({ state: "waiting", attempt: 0, history: [] });
  });
});
