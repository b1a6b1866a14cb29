import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, rejection } from "../../support/signals.js";

const ITEMS = 50_000;
const numbered = { name: "numbered", version: 1, input: z.object({ n: z.number() }) };

function* numbers(count: number): Generator<{ n: number }> {
  for (let n = 0; n < count; n++) yield { n };
}

describeBehaviour("dispatchMany", ({ app, world }) => {
  it("brings 50 000 items to the worker once each and in order", async () => {
    const seen = new Collected<number>();
    const worker = app();
    worker.task("numbered", {
      input: numbered.input,
      concurrency: 1000,
      handler: ({ n }) => seen.push(n),
    });
    await worker.start();
    const jobs = await app().register(numbered).dispatchMany(numbers(ITEMS));
    expect(jobs.length).toBe(ITEMS);
    const items = await seen.reach(ITEMS);
    const isInOrder = items.every((n, index) => n === index);
    expect(isInOrder).toBe(true);
    await Promise.all(jobs);
    await worker.close();
    expect(seen.items.length).toBe(ITEMS);
  });

  it("lets a bad item reject only its own handle", async () => {
    const tasks = app();
    const client = tasks.register(numbered);
    const items = [{ n: 1 }, { n: "two" as unknown as number }, { n: 3 }];
    const jobs = await client.dispatchMany(items);
    const settled = await Promise.allSettled(jobs);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await tasks.jobs.count({ task: "numbered" })).waiting).toBe(2);
    expect(world().errors).toEqual([]);
  });

  it("tells the error event of a bad item nobody looks at", async () => {
    const tasks = app();
    const told = new Collected<{ code: string }>();
    tasks.on("error", told.push);
    await tasks.register(numbered).dispatchMany([{ n: "two" as unknown as number }]);
    expect((await told.reach(1)).map(({ code }) => code)).toEqual(["VALIDATION_FAILED"]);
    world().takeErrorCodes();
  });

  it("takes an asynchronous iterable only as fast as the store accepts", async () => {
    let made = 0;
    let stored = 0;
    let mostAhead = 0;
    async function* source(): AsyncGenerator<{ n: number }> {
      for (let n = 0; n < 5000; n++) {
        made += 1;
        mostAhead = Math.max(mostAhead, made - stored);
        yield { n };
      }
    }
    const counted = app().use({
      dispatch: async (_, next) => {
        await new Promise((resolve) => setImmediate(resolve));
        await next();
        stored += 1;
      },
    });
    const jobs = await counted.register(numbered).dispatchMany(source());
    await Promise.all(jobs);
    expect(made).toBe(5000);
    expect(mostAhead).toBeLessThanOrEqual(1001);
  });

  it("gives each item its own options", async () => {
    const tasks = app();
    const client = tasks.register(numbered);
    await client.dispatchMany(numbers(3), (_, index) => ({ priority: index }));
    const page = await tasks.jobs.list({ task: "numbered", state: "waiting" });
    expect(page.items.map(({ data }) => (data as { n: number }).n)).toEqual([2, 1, 0]);
  });

  it("shares one set of options", async () => {
    const tasks = app();
    await tasks.register(numbered).dispatchMany(numbers(3), { delay: "1h" });
    expect((await tasks.jobs.count({ task: "numbered" })).delayed).toBe(3);
  });

  it("resolves with nothing for no items", async () => {
    expect(await app().register(numbered).dispatchMany([])).toEqual([]);
  });

  it("rejects with the error of its source and keeps what came before", async () => {
    const tasks = app();
    const client = tasks.register(numbered);
    async function* broken(): AsyncGenerator<{ n: number }> {
      yield { n: 1 };
      throw new Error("the file ended early");
    }
    expect((await rejection(client.dispatchMany(broken()))).message).toBe("the file ended early");
    await tasks.close();
    const reader = app();
    reader.register(numbered);
    expect((await reader.jobs.count({ task: "numbered" })).waiting).toBe(1);
  });

  it("tells the error event of bad items although its source ends with an error", async () => {
    const tasks = app();
    const told = new Collected<{ code: string }>();
    tasks.on("error", told.push);
    function* broken(): Generator<{ n: number }> {
      yield { n: "two" as unknown as number };
      throw new Error("the file ended early");
    }
    await rejection(tasks.register(numbered).dispatchMany(broken()));
    expect((await told.reach(1)).map(({ code }) => code)).toEqual(["VALIDATION_FAILED"]);
    world().takeErrorCodes();
  });

  it("keeps order with what is dispatched around it", async () => {
    const tasks = app();
    const client = tasks.register(numbered);
    const first = client.dispatch({ n: -1 });
    const many = client.dispatchMany(numbers(2500));
    const last = client.dispatch({ n: 99_999 });
    await Promise.all([first, many, last]);
    await Promise.all(await many);
    const page = await tasks.jobs.list({ task: "numbered", state: "waiting", limit: 1000 });
    expect(page.items.map(({ data }) => (data as { n: number }).n).slice(0, 3)).toEqual([-1, 0, 1]);
  });
});

describeBehaviour("room", ({ app }) => {
  it("resolves at once while little is queued, and after the queue has shrunk when much is", async () => {
    const tasks = app();
    const client = tasks.register(numbered);
    await client.waitForCapacity();
    const jobs = [...numbers(20_000)].map((item) => client.dispatch(item));
    await client.waitForCapacity();
    await Promise.all(jobs);
    expect((await tasks.jobs.count({ task: "numbered" })).waiting).toBe(20_000);
  });
});
