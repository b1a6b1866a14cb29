import { type CollectedItem, createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { createTestApp, type TestApp } from "taskora/testing";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";

const collect = { delay: "1s", maxSize: 3, maxWait: "5s" } as const;

describe("a task that collects", () => {
  const opened: TestApp[] = [];
  const open = (): TestApp => {
    const test = createTestApp();
    opened.push(test);
    return test;
  };

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((test) => test.close()));
  });

  it("gives its handler the payloads of a batch, and every job the batch's result", async () => {
    const test = open();
    const batches: number[][] = [];
    const sum = test.app.task("sum", {
      input: z.object({ n: z.number() }),
      collect,
      handler: (items) => {
        batches.push(items.map(({ n }) => n));
        return items.reduce((total, { n }) => total + n, 0);
      },
    });
    const jobs = await sum.dispatchMany([{ n: 1 }, { n: 2 }]);
    await test.advanceTime("1s");
    expect(batches).toEqual([[1, 2]]);
    expect(await Promise.all(jobs.map((job) => job.result))).toEqual([3, 3]);
  });

  it("runs a full batch at once", async () => {
    const test = open();
    const sizes: number[] = [];
    const task = test.app.task("full", { collect, handler: (items) => sizes.push(items.length) });
    await task.dispatchMany([1, 2, 3, 4, 5, 6, 7]);
    await test.advanceTime(0);
    expect(sizes).toEqual([3, 3]);
    await test.advanceTime("1s");
    expect(sizes).toEqual([3, 3, 1]);
  });

  it("collects by a field of the payload", async () => {
    const test = open();
    const batches: string[] = [];
    const task = test.app.task("by-customer", {
      input: z.object({ customer: z.object({ id: z.number() }), text: z.string() }),
      collect: { ...collect, by: "customer.id" },
      handler: (items) => {
        batches.push(items.map(({ customer, text }) => `${customer.id}${text}`).join());
      },
    });
    for (const [id, text] of [
      [1, "a"],
      [2, "b"],
      [1, "c"],
    ] as const) {
      await task.dispatch({ customer: { id }, text });
    }
    await test.runUntilIdle();
    expect(batches.sort()).toEqual(["1a,1c", "2b"]);
  });

  it("refuses a payload whose key is missing", async () => {
    const test = open();
    const task = test.app.task("keyed", { collect: { ...collect, by: "id" }, handler: () => null });
    await expect(task.dispatch({ other: 1 })).rejects.toMatchObject({ code: "OPTION_INVALID" });
    await expect(task.dispatch({ id: "" })).rejects.toThrow(
      "collect.by of keyed, the payload's id, to be text",
    );
  });

  it("fails a bad item alone", async () => {
    const test = open();
    const task = test.app.task("strict", {
      input: z.object({ n: z.number() }),
      collect,
      retry: { attempts: 1 },
      handler: (items) => items.length,
    });
    const good = task.dispatch({ n: 1 });
    const bad = task.dispatch(JSON.parse('{"n":"one"}'), { validateOnDispatch: false });
    const alsoGood = task.dispatch({ n: 2 });
    const outcomes = Promise.allSettled([good.result, bad.result, alsoGood.result]);
    await Promise.all([good, bad, alsoGood]);
    await test.runUntilIdle();
    expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await good.result).toBe(2);
  });

  it("retries a batch as a batch", async () => {
    const test = open();
    const attempts: (readonly CollectedItem[] | undefined)[] = [];
    const task = test.app.task("flaky", {
      collect,
      retry: { attempts: 3, delay: "10s" },
      handler: (items, ctx) => {
        attempts.push(ctx.items);
        if (ctx.attempt < 3) throw new Error("not yet");
        return items.length;
      },
    });
    const jobs = await task.dispatchMany(["a", "b"]);
    await test.runUntilIdle();
    expect(attempts.map((items) => items?.map(({ attempt }) => attempt))).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(await Promise.all(jobs.map((job) => job.result))).toEqual([2, 2]);
  });

  it("tells the highest attempt of a batch in which tried and fresh jobs meet", async () => {
    const test = open();
    const seen: { readonly attempt: number; readonly items: readonly number[] }[] = [];
    const task = test.app.task("mixed", {
      collect,
      retry: { attempts: 3, delay: "10s", backoff: "fixed" },
      handler: (_, ctx) => {
        seen.push({ attempt: ctx.attempt, items: ctx.items?.map(({ attempt }) => attempt) ?? [] });
        if (ctx.attempt === 1) throw new Error("not yet");
      },
    });
    await task.dispatch("tried");
    await test.advanceTime("10500ms");
    await task.dispatch("fresh");
    await test.advanceTime("2s");
    expect(seen).toEqual([
      { attempt: 1, items: [1] },
      { attempt: 2, items: expect.toSatisfy((items: number[]) => items.length === 2 && items.includes(1)) },
    ]);
  });

  it("leaves out an item that was cancelled while it waited", async () => {
    const test = open();
    const task = test.app.task("cancellable", { collect, handler: (items) => items });
    const [first, second] = await task.dispatchMany(["a", "b"]);
    const gone = first?.result.catch((error: unknown) => error);
    await first?.cancel({ reason: "changed my mind" });
    await test.runUntilIdle();
    expect(await second?.result).toEqual(["b"]);
    expect(await gone).toMatchObject({ code: "JOB_CANCELLED" });
  });

  it("gives every job of a batch its progress and logs", async () => {
    const test = open();
    const task = test.app.task("noting", {
      collect,
      handler: (_, ctx) => {
        ctx.progress(50);
        ctx.log.info("half way");
      },
    });
    const jobs = await task.dispatchMany(["a", "b"]);
    await test.runUntilIdle();
    for (const job of jobs) {
      expect((await job.get())?.progress).toBe(50);
      expect(((await job.get())?.logs ?? []).map(({ message }) => message)).toEqual(["half way"]);
    }
  });

  it("counts a batch as one against the concurrency", async () => {
    const test = open();
    let running = 0;
    let most = 0;
    const task = test.app.task("slots", {
      collect,
      concurrency: 2,
      handler: async () => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
      },
    });
    await task.dispatchMany(Array.from({ length: 30 }, (_, index) => index));
    await test.runUntilIdle();
    expect(most).toBe(2);
    expect((await test.app.jobs.count({ task: "slots" })).completed).toBe(30);
  });

  it.each([
    [{ delay: "1s", maxSize: 0 }, "collect.maxSize"],
    [{ delay: "1s", maxSize: 1001 }, "collect.maxSize"],
    [{ delay: "1s", maxWait: "100ms" }, "collect.maxWait"],
    [{ delay: "soon" }, "collect.delay"],
    [{ delay: "1s", by: "a..b" }, "collect.by"],
    [{ delay: "1s", size: 3 }, "size"],
  ])("refuses the options %j", (options, named) => {
    const app = createTaskora({ adapter: memoryAdapter(), logger: false });
    expect(() => app.task("bad", { collect: options as typeof collect, handler: () => null })).toThrow(named);
  });

  it("shows what is collected without changing it", async () => {
    const test = open();
    const task = test.app.task("shown", {
      input: z.object({ id: z.string() }),
      collect: { delay: "1h", by: "id" },
      handler: () => null,
    });
    await task.dispatchMany([{ id: "a" }, { id: "b" }, { id: "a" }]);
    const keys = await task.listCollected();
    expect(keys.map(({ key, count }) => [key, count])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
    const peek = await task.getCollected({ key: "a" });
    expect(peek).toMatchObject({ key: "a", count: 2, items: [{ id: "a" }, { id: "a" }] });
    expect((peek?.dueAt ?? 0) - (peek?.firstAt ?? 0)).toBe(3_600_000);
    expect(await task.getCollected({ key: "c" })).toBeUndefined();
    expect(await task.getCollected({ key: "a", limit: 1 })).toMatchObject({ count: 2, items: [{ id: "a" }] });
  });

  it("takes no group for a job that is collected", async () => {
    const test = open();
    const task = test.app.task("grouped", { collect, handler: () => null });
    await expect(task.dispatch("a", { group: "tenant" })).rejects.toThrow("expected no group");
  });
});
