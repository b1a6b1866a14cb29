import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { describe, expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate, rejection } from "../../support/signals.js";

const plain = { name: "work", version: 1 } as const;

describeBehaviour("an app", ({ app, world }) => {
  it("keeps the order of 100 dispatches that race to connect", async () => {
    const tasks = app();
    const client = tasks.register(plain);
    const jobs = Array.from({ length: 100 }, (_, n) => client.dispatch(n));
    await Promise.all(jobs);
    const page = await tasks.jobs.list({ task: "work", state: "waiting" });
    expect(page.items.map(({ data }) => data)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it("starts once however often it is asked", async () => {
    const tasks = app();
    const seen = new Collected<number>();
    const client = tasks.task<number, void>("work", (n) => seen.push(n));
    await Promise.all([tasks.start(), tasks.start(), tasks.start()]);
    await tasks.start();
    await Promise.all([client.dispatch(1).result, client.dispatch(2).result]);
    expect(seen.items.sort()).toEqual([1, 2]);
  });

  it("works again after close and start, also a third time", async () => {
    const tasks = app();
    const client = tasks.task<number, number>("work", (n) => n + 1);
    for (let round = 0; round < 3; round++) {
      await tasks.start();
      expect(await client.dispatch(round).result).toBe(round + 1);
      await tasks.close();
    }
  });

  it("closes twice and without ever having been used", async () => {
    const tasks = app();
    await tasks.close();
    await Promise.all([tasks.close(), tasks.close()]);
  });

  it("refuses to dispatch after close, until it starts again", async () => {
    const tasks = app();
    const client = tasks.task("work", () => 1);
    await tasks.close();
    expect(await rejection(client.dispatch(null))).toMatchObject({ code: "APP_CLOSED" });
    expect(await rejection(tasks.jobs.count())).toMatchObject({ code: "APP_CLOSED" });
    await tasks.start();
    expect(await client.dispatch(null).result).toBe(1);
  });

  it("stores every dispatch made before close, nobody having awaited it", async () => {
    const tasks = app();
    const client = tasks.register(plain);
    for (let n = 0; n < 5000; n++) void client.dispatch(n);
    await tasks.close();
    const reader = app();
    reader.register(plain);
    expect((await reader.jobs.count({ task: "work" })).waiting).toBe(5000);
  });

  it("lets active jobs end when it closes, and stores their results", async () => {
    const tasks = app();
    const started = gate();
    const client = tasks.task("work", async () => {
      started.open();
      await new Promise((resolve) => setTimeout(resolve, 30));
      return "ended in peace";
    });
    await tasks.start();
    const { id } = await client.dispatch(null);
    await started.opened;
    await tasks.close();
    expect(await app().register(plain).job(id).result).toBe("ended in peace");
  });

  it("gives jobs back at once, without an attempt, when their handlers do not end", async () => {
    const tasks = app();
    const started = new Collected<number>();
    const never = gate();
    const client = tasks.task<number, void>("work", async (n) => {
      started.push(n);
      await never.opened;
    });
    await tasks.start();
    await client.dispatchMany([1, 2, 3]);
    await started.reach(3);
    await tasks.close({ timeout: 5 });
    const reader = app();
    reader.register(plain);
    expect(await reader.jobs.count({ task: "work" })).toMatchObject({ waiting: 3, active: 0 });
    const page = await reader.jobs.list({ task: "work", state: "waiting" });
    expect(page.items.map(({ data, attempt }) => [data, attempt])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    never.open();
  });

  it("is closed by await using", async () => {
    const adapter = world().adapter();
    const seen: unknown[] = [];
    {
      await using tasks = createTaskora({ adapter });
      const client = tasks.task("work", (data) => void seen.push(data));
      await tasks.start();
      await client.dispatch("x").result;
    }
    expect(seen).toEqual(["x"]);
    await expect(adapter.count(["work"])).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("leaves a store that others use alone when it closes", async () => {
    const one = app();
    const two = app();
    const client = one.task("work", () => 1);
    await one.start();
    const job = await two.register(plain).dispatch(null);
    await two.close();
    expect(await client.job(job.id).result).toBe(1);
  });

  it("claims nothing more once it is closing", async () => {
    const tasks = app();
    const started = new Collected<number>();
    const release = gate();
    const client = tasks.task<number, void>("work", {
      concurrency: 1,
      handler: async (n: unknown) => {
        started.push(n as number);
        await release.opened;
      },
    } as never);
    await tasks.start();
    await client.dispatchMany([1, 2, 3, 4, 5]);
    await started.reach(1);
    const closing = tasks.close();
    release.open();
    await closing;
    expect(started.items).toEqual([1]);
    const reader = app();
    reader.register(plain);
    expect(await reader.jobs.count({ task: "work" })).toMatchObject({ waiting: 4, completed: 1, active: 0 });
  });
});

describeBehaviour("two apps that were given one adapter", ({ app, world }) => {
  it("keep it open until the second closes", async () => {
    const adapter = world().adapter();
    const worker = app({ adapter });
    const producer = app({ adapter });
    worker.task("work", (n: number) => n + 1);
    const client = producer.register(plain);
    await worker.start();
    expect(await client.dispatch(1).result).toBe(2);
    await worker.close();
    const job = await client.dispatch(2);
    expect(await job.getState()).toBe("waiting");
    await worker.start();
    expect(await job.result).toBe(3);
    await producer.close();
    expect(await worker.jobs.count({ task: "work" })).toMatchObject({ completed: 2 });
    await worker.close();
    await expect(adapter.read([{ task: "work", id: job.id }])).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
  });
});

describe("an app whose store cannot be reached", () => {
  it("fails the dispatch with the store's own error and tries again with the next", async () => {
    const adapter = memoryAdapter();
    const connect = adapter.connect.bind(adapter);
    let failures = 1;
    adapter.connect = async () => {
      if (failures > 0) {
        failures -= 1;
        throw new Error("the wire is cut");
      }
      return connect();
    };
    await using tasks = createTaskora({ adapter, logger: false });
    const client = tasks.register(plain);
    expect((await rejection(client.dispatch(1))).message).toBe("the wire is cut");
    expect(await client.dispatch(2).then((handle) => handle.getState())).toBe("waiting");
  });

  it("fails start and may be started later", async () => {
    const adapter = memoryAdapter();
    const connect = adapter.connect.bind(adapter);
    let isDown = true;
    adapter.connect = async () => {
      if (isDown) throw new Error("down");
      return connect();
    };
    await using tasks = createTaskora({ adapter, logger: false });
    const client = tasks.task("work", () => 1);
    expect((await rejection(tasks.start())).message).toBe("down");
    isDown = false;
    await tasks.start();
    expect(await client.dispatch(null).result).toBe(1);
  });
});
