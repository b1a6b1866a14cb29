import type { Taskora } from "taskora";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { rejection } from "../../support/signals.js";

describeBehaviour("dead letters", ({ app }) => {
  /** A worker whose jobs fail until `mend` is called. */
  async function broken(tasks: Taskora) {
    let isBroken = true;
    const client = tasks.task("break", {
      concurrency: 100,
      retry: { attempts: 2, delay: 0 },
      handler: (data, ctx) => {
        if (isBroken) throw new Error("broken");
        return { data, attempt: ctx.attempt };
      },
    });
    await tasks.start();
    const mend = () => {
      isBroken = false;
    };
    return { client, mend };
  }

  it("lists what failed, newest first, with its error", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    for (const n of [1, 2, 3]) await rejection(client.dispatch(n).result);
    const page = await tasks.deadLetters.list({ task: "break" });
    expect(page.jobs.map(({ payload, error }) => [payload, error?.message])).toEqual([
      [3, "broken"],
      [2, "broken"],
      [1, "broken"],
    ]);
  });

  it("retries one as a fresh first attempt, which its handle can be asked for", async () => {
    const tasks = app();
    const { client, mend } = await broken(tasks);
    const job = client.dispatch("x");
    await rejection(job.result);
    mend();
    const reply = await tasks.deadLetters.retry("break", job.id);
    if (reply.status !== "applied") throw new Error(reply.status);
    expect(await reply.job.result).toEqual({ data: "x", attempt: 1 });
    await expect(job.result).rejects.toMatchObject({ code: "JOB_FAILED" });
    const found = await tasks.inspect().find(job.id);
    expect(found?.history.map(({ outcome }) => outcome)).toEqual(["failed", "failed", "completed"]);
    expect(found?.error).toBeUndefined();
  });

  it("gives a revived job its attempts again", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    const job = client.dispatch("x");
    await rejection(job.result);
    await tasks.deadLetters.retry("break", job.id);
    expect(await rejection(client.job(job.id).result)).toMatchObject({ attempt: 2 });
    expect((await tasks.inspect().find(job.id))?.history).toHaveLength(4);
  });

  it("retries all, across pages", async () => {
    // More than are revived, or the first ones would be gone before they are asked for.
    const tasks = app({ retention: { completed: { count: 2000 } } });
    const { client, mend } = await broken(tasks);
    const jobs = await client.dispatchMany(Array.from({ length: 1201 }, (_, n) => n));
    await Promise.all(jobs.map((job) => rejection(job.result)));
    mend();
    expect(await tasks.deadLetters.retryAll("break")).toBe(1201);
    await Promise.all(jobs.map((job) => client.job(job.id).result));
    expect((await tasks.inspect().stats("break")).failed).toBe(0);
    expect(await tasks.deadLetters.retryAll("break")).toBe(0);
  });

  it("removes one and purges the rest", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    const jobs = [1, 2, 3].map((n) => client.dispatch(n));
    await Promise.all(jobs.map((job) => rejection(job.result)));
    const [first] = jobs;
    expect(await tasks.deadLetters.remove("break", first?.id ?? "")).toEqual({ status: "applied" });
    expect(await client.job(first?.id ?? "").getState()).toBeUndefined();
    expect(await tasks.deadLetters.purge("break")).toBe(2);
    expect((await tasks.inspect().stats("break")).total).toBe(0);
  });

  it("work over all tasks when none is named", async () => {
    const tasks = app();
    const failing = (name: string) =>
      tasks.task(name, {
        retry: { attempts: 1 },
        handler: (data) => {
          throw new Error(`${name} ${data}`);
        },
      });
    const [two, one] = [failing("two"), failing("one")];
    await tasks.start();
    for (const n of [1, 2, 3]) for (const client of [one, two]) await rejection(client.dispatch(n).result);
    const seen: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await tasks.deadLetters.list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.jobs.length).toBeLessThanOrEqual(2);
      seen.push(...page.jobs.map(({ task, payload }) => `${task} ${payload}`));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(["one 3", "one 2", "one 1", "two 3", "two 2", "two 1"]);
    expect((await tasks.deadLetters.list()).jobs).toHaveLength(6);
    await tasks.close();
    const reader = app();
    for (const name of ["one", "two"]) reader.register({ name, version: 1 });
    expect(await reader.deadLetters.retryAll({ filter: ({ error }) => error?.message === "two 2" })).toBe(1);
    expect(await reader.inspect().stats("two")).toMatchObject({ waiting: 1, failed: 2 });
    expect(await reader.deadLetters.purge()).toBe(5);
    expect((await reader.inspect().stats()).failed).toBe(0);
  });

  it("go no further than a limit, and say how far they have come", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    const jobs = await client.dispatchMany(Array.from({ length: 700 }, (_, n) => n));
    await Promise.all(jobs.map((job) => rejection(job.result)));
    await tasks.close();
    const reader = app();
    reader.register({ name: "break", version: 1 });
    const progress: unknown[] = [];
    const onProgress = (step: unknown) => progress.push(step);
    expect(await reader.deadLetters.retryAll({ task: "break", limit: 600, onProgress })).toBe(600);
    expect(progress).toEqual([
      { task: "break", seen: 500, changed: 500 },
      { task: "break", seen: 700, changed: 600 },
    ]);
    expect(await reader.inspect().stats("break")).toMatchObject({ waiting: 600, failed: 100 });
  });

  it("refuse a query that is none", async () => {
    const { deadLetters } = app();
    expect((await rejection(deadLetters.retryAll({ filer: () => true } as never))).message).toMatch(
      /"filter"/,
    );
    expect((await rejection(deadLetters.purge({ limit: 0 }))).message).toMatch(/limit/);
    expect((await rejection(deadLetters.purge({ filter: "all" as never }))).message).toMatch(/function/);
    expect((await rejection(deadLetters.list({ cursor: "?" }))).message).toMatch(/cursor/);
  });

  it("touches no job that is not dead", async () => {
    const tasks = app();
    const client = tasks.register({ name: "alive", version: 1 });
    const job = await client.dispatch(1);
    expect(await tasks.deadLetters.retry("alive", job.id)).toEqual({ status: "refused", state: "waiting" });
    expect(await tasks.deadLetters.remove("alive", job.id)).toEqual({ status: "refused", state: "waiting" });
    expect(await tasks.deadLetters.retry("alive", "00000000000000")).toEqual({ status: "missing" });
    expect(await tasks.deadLetters.purge("alive")).toBe(0);
    expect(await job.getState()).toBe("waiting");
  });

  it("gives a revived job a fresh ttl", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    const job = client.dispatch("x", { ttl: "1h" });
    await rejection(job.result);
    await tasks.close();
    const reader = app();
    reader.register({ name: "break", version: 1 });
    const before = Date.now();
    await reader.deadLetters.retry("break", job.id);
    const found = await reader.inspect().find(job.id);
    expect(found?.state).toBe("waiting");
    expect(found?.expiresAt).toBeGreaterThanOrEqual(before + 3_590_000);
  });
});

describeBehaviour("retention", ({ app }) => {
  it("keeps the newest finished jobs of each state up to its count", async () => {
    const tasks = app({ retention: { completed: { count: 3 }, failed: { count: 2 } } });
    const client = tasks.task("keep", {
      concurrency: 1,
      handler: (data) => {
        if (data === "fail") throw new Error("no");
        return data;
      },
    });
    await tasks.start();
    for (let n = 0; n < 6; n++) await client.dispatch(n).result;
    for (let n = 0; n < 4; n++) await rejection(client.dispatch("fail").result);
    expect(await tasks.inspect().stats("keep")).toMatchObject({ completed: 3, failed: 2, total: 5 });
    const page = await tasks.inspect().list({ task: "keep", state: "completed" });
    expect(page.jobs.map(({ result }) => result)).toEqual([5, 4, 3]);
  });

  it("of a task wins over the app's, field by field", async () => {
    const tasks = app({ retention: { completed: { count: 5, age: "1h" } } });
    const client = tasks.task("keep", { retention: { completed: { count: 1 } }, handler: () => 1 });
    await tasks.start();
    for (let n = 0; n < 3; n++) await client.dispatch(n).result;
    expect((await tasks.inspect().stats("keep")).completed).toBe(1);
  });

  it("keeps up with many jobs that finish at once", async () => {
    const tasks = app({ retention: { completed: { count: 10 } } });
    const client = tasks.task("keep", { concurrency: 500, handler: () => 1 });
    await tasks.start();
    const jobs = await client.dispatchMany(Array.from({ length: 3000 }, (_, n) => n));
    await Promise.allSettled(jobs.map((job) => job.result));
    await tasks.close();
    const reader = app();
    reader.register({ name: "keep", version: 1 });
    expect(await reader.inspect().stats("keep")).toMatchObject({ completed: 10, total: 10 });
  });

  it("refuses rules that are none", () => {
    expect(() => app({ retention: { complete: { count: 1 } } as never })).toThrow(/Did you mean "completed"/);
    expect(() => app({ retention: { failed: { cout: 1 } } as never })).toThrow(/Did you mean "count"/);
    expect(() => app({ retention: { failed: { count: -1 } } })).toThrow(/retention\.failed\.count/);
    expect(() => app({ retention: { failed: { age: "1y" as never } } })).toThrow(/retention\.failed\.age/);
  });
});
