import { createTaskora, type Taskora } from "taskora";
import { createObserver } from "taskora/board";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gate } from "../support/signals.js";
import { VirtualWorld } from "../support/virtual-world.js";
import { counted } from "./counted-adapter.js";

let world: VirtualWorld;
let watching: Taskora;
let calls: Map<string, number>;

beforeEach(() => {
  world = new VirtualWorld();
  const store = counted(world.adapter());
  calls = store.calls;
  watching = createTaskora({ adapter: store.adapter, clock: world.clock, logger: false });
});

afterEach(async () => {
  await watching.close({ timeout: 0 });
  await world.close();
});

describe("an observer", () => {
  it("shows a fresh store: nothing waits, all slots are idle, nothing is done", async () => {
    const { app } = world.drive();
    app.task("image.resize", { concurrency: 3, handler: () => undefined });
    await app.start();
    await world.settle();
    const { sum, workers, notes, okSince, at } = await createObserver(watching).read();
    expect(sum.counts.waiting).toBe(0);
    expect(sum.slots).toEqual({ running: 0, size: 3 });
    expect(workers).toMatchObject([{ slots: 3, running: 0, jobs: [], tasks: ["image.resize"] }]);
    expect(sum.done).toEqual({ completed: 0, failed: 0, cancelled: 0, expired: 0 });
    expect(notes).toEqual([]);
    expect(okSince).toBe(at);
  });

  it("shows the job in each slot with the first reading after its claim", async () => {
    const { app } = world.drive();
    const end = gate();
    const task = app.task("image.resize", { concurrency: 3, handler: () => end.opened });
    await app.start();
    const observer = createObserver(watching);
    await observer.read();
    const ids: string[] = [];
    for (let job = 0; job < 5; job++) ids.push((await task.dispatch(job)).id);
    await world.settle();
    const { sum, workers } = await observer.read();
    expect(sum.slots).toEqual({ running: 3, size: 3 });
    expect(workers?.[0]?.jobs.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    end.open();
    await world.settle();
    await world.clock.advance(1000);
    const after = await observer.read();
    expect(after.sum.done.completed).toBe(5);
    expect(after.sum.slots).toEqual({ running: 0, size: 3 });
    expect(after.sum.rates).toEqual({ in: 5, out: 5, failed: 0 });
  });

  it("says how long what waits needs, what is wrong, and since when nothing is", async () => {
    const { app } = world.drive();
    const task = app.task("email.send", { handler: () => undefined });
    const observer = createObserver(watching);
    await task.dispatchMany([{ data: 1 }, { data: 2 }]);
    const first = await observer.read();
    expect(first.notes).toMatchObject([{ check: "workers", severity: "critical", task: "email.send" }]);
    expect(first.tasks[0]).toMatchObject({ name: "email.send", severity: "critical", workers: 0 });
    expect(first.okSince).toBeUndefined();
    await app.start();
    await world.settle();
    await world.clock.advance(2000);
    const second = await observer.read();
    expect(second.notes).toEqual([]);
    await world.clock.advance(2000);
    expect((await observer.read()).okSince).toBe(second.at);
  });

  it("counts the failures of a day from what workers measured and from exact counters since", async () => {
    const { app } = world.drive();
    const task = app.task("pay", { retry: { attempts: 1 }, handler: () => Promise.reject(new Error("no")) });
    await app.start();
    const fail = async () => {
      const job = await task.dispatch(1);
      await expect(job.result).rejects.toThrow("no");
    };
    await fail();
    await fail();
    await world.clock.advance(11_000);
    const observer = createObserver(watching);
    expect((await observer.read()).tasks[0]?.failedLately).toBe(2);
    await fail();
    await world.clock.advance(1000);
    const { tasks } = await observer.read();
    expect(tasks[0]?.failedLately).toBe(3);
    expect(tasks[0]?.run?.count).toBe(2);
  });

  it("counts what failed just before it came, which is told after that", async () => {
    const { app } = world.drive();
    const client = app.task("webhook.deliver", async () => {
      throw new Error("HTTP 503");
    });
    await app.start();
    await client.dispatch().result.catch(() => undefined);
    const observer = createObserver(watching);
    const failures = async () => (await observer.read()).tasks[0]?.failedLately;
    await failures();
    await world.clock.advance(11_000);
    expect(await failures()).toBe(1);
  });

  it("sees some tasks alone where it is told to", async () => {
    const { app } = world.drive();
    const end = gate();
    const mail = app.task("email.send", { concurrency: 2, handler: () => end.opened });
    const image = app.task("image.resize", { concurrency: 2, handler: () => end.opened });
    await app.start();
    await mail.dispatch(1);
    await image.dispatch(1);
    await world.settle();
    const { tasks, workers, sum } = await createObserver(watching, { tasks: ["email.*"] }).read();
    expect(tasks.map(({ name }) => name)).toEqual(["email.send"]);
    expect(workers?.[0]).toMatchObject({ tasks: ["email.send"], slots: 2, running: 1 });
    expect(workers?.[0]?.jobs.map(({ task }) => task)).toEqual(["email.send"]);
    expect(sum.counts.active).toBe(1);
    end.open();
  });

  it("costs an idle store of 200 tasks at most 10 calls a second, and one of 400 little more", async () => {
    const { app } = world.drive();
    const dispatchAll = async (from: number, to: number) => {
      for (let nth = from; nth < to; nth++) await app.task(`task.${nth}`, () => undefined).dispatch(nth);
    };
    await dispatchAll(0, 200);
    const perSecond = async (seconds: number) => {
      const observer = createObserver(watching);
      // What is read once: a day of each task, and its last hour until no more is told of it.
      for (let second = 0; second < 55; second++) {
        await observer.read();
        await world.clock.advance(1000);
      }
      calls.clear();
      for (let second = 0; second < seconds; second++) {
        await observer.read();
        await world.clock.advance(1000);
      }
      return [...calls.values()].reduce((sum, count) => sum + count, 0) / seconds;
    };
    expect(await perSecond(10)).toBeLessThanOrEqual(10);
    await dispatchAll(200, 400);
    expect(await perSecond(10)).toBeLessThanOrEqual(13);
  });
});
