import { createTaskora, type TaskEvents, type Taskora, TaskoraError } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { describe, expect, it } from "vitest";
import { settled, VirtualClock } from "../../../src/testing/virtual-clock.js";
import { describeBehaviour } from "../../support/behaviour.js";
import { FaultyAdapter } from "../../support/faulty-adapter.js";
import { Collected, gate, rejection } from "../../support/signals.js";

const plain = { name: "work", version: 1 } as const;

describeBehaviour("a result over a store that goes wrong", ({ app, world }) => {
  it("of a duplicate is there although the job that holds the key ends, and is gone, before the answer is here", async () => {
    const store = new FaultyAdapter(world().adapter());
    const producer = app({ adapter: store.adapter });
    const worker = app();
    const client = producer.register(plain);
    const ended = new Collected<TaskEvents["completed"]>();
    worker.implement(plain, { retention: { completed: { count: 0 } }, handler: (data) => data });
    worker.on("completed", ended.push);
    const first = await client.dispatch("first", { deduplicate: { key: "k" } });
    const answer = store.holdAnswer("insert");
    const second = client.dispatch("second", { deduplicate: { key: "k" } });
    const { result } = second;
    await answer.held;
    await worker.start();
    await ended.reach(1);
    // The outcome is told before the event, and both travel alike.
    const other = await client.dispatch("other").result;
    expect(other).toBe("other");
    answer.release();
    expect(await result).toBe("first");
    expect(second.id).toBe(first.id);
  });

  it("is asked for when its outcome got lost on the way", async () => {
    const store = new FaultyAdapter(world().adapter());
    const producer = app({ adapter: store.adapter });
    const worker = app();
    worker.implement(plain, (data) => data);
    const { result } = producer.register(plain).dispatch("kept");
    await store.called("insert", 1);
    store.mute("outcomes");
    const ended = new Collected<TaskEvents["completed"]>();
    worker.on("completed", ended.push);
    await worker.start();
    await ended.reach(1);
    store.interrupt("outcomes");
    expect(await result).toBe("kept");
    // Answers come in order: what was asked for has been answered.
    await producer.jobs.count({ task: "work" });
  });

  it("stays pending while an insert is under way when the link was interrupted", async () => {
    const store = new FaultyAdapter(world().adapter());
    const producer = app({ adapter: store.adapter });
    const worker = app();
    worker.implement(plain, (data) => data);
    await worker.start();
    const client = producer.register(plain);
    expect(await client.dispatch("first").result).toBe("first");
    const call = store.holdCall("insert");
    const { result } = client.dispatch("late");
    await call.held;
    store.interrupt("outcomes");
    call.release();
    expect(await result).toBe("late");
    // Answers come in order: what was asked for has been answered.
    await producer.jobs.count({ task: "work" });
  });
});

describe("a result that has come", () => {
  it("is not asked for again when the job's ttl would be over", async () => {
    const clock = new VirtualClock();
    const store = createMemoryStore({ clock });
    const faulty = new FaultyAdapter(memoryAdapter({ store }));
    const producer = createTaskora({ adapter: faulty.adapter, clock });
    const worker = createTaskora({ adapter: memoryAdapter({ store }), clock, logger: false });
    const release = gate();
    worker.implement(plain, () => release.opened);
    const started = worker.start();
    await settled();
    await clock.advance(10);
    await started;
    const job = producer.register(plain).dispatch("x", { ttl: "1m" });
    const { result } = job;
    await job;
    release.open();
    await settled();
    await clock.advance(10);
    expect(await result).toBeUndefined();
    await clock.advance(70_000);
    expect(faulty.count("watch")).toBe(0);
    const closing = Promise.all([producer.close(), worker.close({ timeout: 0 })]);
    await settled();
    await clock.advance(1000);
    await closing;
  });
});

describeBehaviour("an app over a store that refuses once", ({ app, world }) => {
  it("can be started again after a subscription failed", async () => {
    const store = new FaultyAdapter(world().adapter());
    const tasks = app({ adapter: store.adapter });
    const client = tasks.task("work", (data) => data);
    const completed = new Collected<TaskEvents["completed"]>();
    client.on("completed", completed.push);
    store.next("subscribe", "refused");
    expect(await rejection(tasks.start())).toMatchObject({ code: "STORE_UNAVAILABLE" });
    await tasks.start();
    expect(await client.dispatch("x").result).toBe("x");
    await completed.reach(1);
  });

  it("lists all schedules, however many pages they are", async () => {
    const tasks = app();
    tasks.task("work", () => 1);
    const names = Array.from({ length: 1001 }, (_, index) => `s-${String(index).padStart(4, "0")}`);
    for (const name of names.slice(0, 500)) tasks.schedule(name, { task: "work", every: "1h" });
    const namesOf = async (of: Taskora) => {
      const found: string[] = [];
      for await (const { name } of of.schedules.list({ limit: 300 })) found.push(name);
      return found;
    };
    expect(await namesOf(tasks)).toEqual(names.slice(0, 500));
    const more = app();
    more.task("work", () => 1);
    for (const name of names) more.schedule(name, { task: "work", every: "1h" });
    expect(await namesOf(more)).toEqual(names);
  });

  it("gives no handle for a triggered job that was not stored", async () => {
    const store = new FaultyAdapter(world().adapter());
    const tasks = app({ adapter: store.adapter });
    tasks.task("work", () => 1);
    tasks.schedule("often", { task: "work", every: "1h" });
    await tasks.schedules.list();
    const error = new TaskoraError("STORE_FULL", "the store is full");
    store.answer("insert", [{ status: "refused", error }]);
    expect(await rejection(tasks.schedules.trigger("often"))).toBe(error);
    const again = await tasks.schedules.trigger("often");
    expect(again.status === "applied" && (await again.job.getState())).toBe("waiting");
  });
});

describeBehaviour("an app that closes while the store is silent", ({ app, world }) => {
  it("reports no look of its own that ends with the connection", async () => {
    const store = new FaultyAdapter(world().adapter());
    const tasks = app({ adapter: store.adapter });
    const job = tasks.register(plain).dispatch("x", { ttl: 20 });
    const result = rejection(job.result);
    await job;
    store.always("silent", "survey", "sweep", "read", "contracts.workers", "watch");
    store.interrupt("outcomes");
    await store.called("watch", 2);
    await tasks.close({ timeout: 0 });
    expect(await result).toMatchObject({ code: "APP_CLOSED" });
    await new Promise(setImmediate);
  });
});
