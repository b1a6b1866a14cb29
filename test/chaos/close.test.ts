import { createTaskora } from "taskora";
import { describe, expect, it } from "vitest";
import { adapterAt } from "../support/adapter-at.js";
import { Fleet, storiesOf } from "../support/chaos.js";
import { usualChaosStores } from "../support/chaos-stores.js";

const CLOSES = 40;

describe.each(usualChaosStores)("40 graceful closes under load, on $store,", ({ open }) => {
  it("leave no job active, lose none and finish none twice", async () => {
    const store = await open();
    const finished = new Map<string, number>();
    const producer = createTaskora({ adapter: adapterAt(store) });
    const client = producer.register({ name: "load", version: 1 });
    const jobs = await client.dispatchMany(Array.from({ length: 4000 }, () => Math.random() * 60));
    const results = jobs.map((job) => job.result);
    for (let round = 0; round < CLOSES; round++) {
      const worker = createTaskora({ adapter: adapterAt(store) });
      const started = new Promise<void>((resolve) => {
        worker.task("load", {
          concurrency: 30,
          retention: { completed: { count: 10_000 } },
          handler: async (ms, ctx) => {
            resolve();
            await new Promise((wake) => setTimeout(wake, ms as number));
            if (!ctx.signal.aborted) finished.set(ctx.id, (finished.get(ctx.id) ?? 0) + 1);
            else throw ctx.signal.reason;
          },
        });
      });
      await worker.start();
      await started;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      // Every other close is too short for some handlers, which are then aborted.
      await worker.close({ timeout: round % 2 === 0 ? "5s" : Math.round(Math.random() * 30) });
      expect((await producer.jobs.count({ task: "load" })).active, `after close ${round}`).toBe(0);
    }
    const last = createTaskora({ adapter: adapterAt(store) });
    last.task("load", {
      concurrency: 1000,
      retention: { completed: { count: 10_000 } },
      handler: (_, ctx) => void finished.set(ctx.id, (finished.get(ctx.id) ?? 0) + 1),
    });
    await last.start();
    await Promise.all(results);
    await last.close();
    expect(await producer.jobs.count({ task: "load" })).toMatchObject({ completed: 4000, total: 4000 });
    expect([...finished.values()].filter((times) => times !== 1)).toEqual([]);
    expect(finished.size).toBe(4000);
    await producer.close();
  }, 120_000);

  it("by SIGTERM end worker processes in peace while others go on", async () => {
    const fleet = new Fleet({ ...(await open()), concurrency: 30 });
    const results = Array.from({ length: 400 }, () => fleet.work({ ms: Math.random() * 100 }));
    for (let round = 0; round < 3; round++) {
      const worker = fleet.startWorker();
      await worker.printed("ready");
      worker.kill("SIGTERM");
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      expect((await fleet.app.jobs.count()).active, `after close ${round}`).toBe(0);
    }
    const last = fleet.startWorker();
    await Promise.all(results);
    last.kill("SIGTERM");
    await last.exited;
    const stories = [...storiesOf(await fleet.evidence()).values()];
    expect(stories.length).toBe(400);
    expect(stories.filter(({ starts, dones }) => starts.length !== 1 || dones !== 1)).toEqual([]);
    expect(fleet.errors).toEqual([]);
    await fleet.close();
  }, 60_000);
});
