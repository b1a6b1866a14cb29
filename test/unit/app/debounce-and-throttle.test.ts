import { JobReplacedError, ThrottledError } from "taskora";
import { createTestApp } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, rejection } from "../../support/signals.js";

describeBehaviour("a debounced dispatch", ({ app }) => {
  it("replaces the one before, whoever waits for it", async () => {
    const tasks = app();
    const client = tasks.register({ name: "index", version: 1 });
    const other = app().register({ name: "index", version: 1 });
    const debounce = { key: "doc", delay: "1h" } as const;
    const first = await client.dispatch(1, { debounce });
    const waiting = rejection(other.job(first.id).result);
    const asked = rejection(first.result);
    const second = await other.dispatch(2, { debounce });
    expect([first.isDuplicate, second.isDuplicate]).toEqual([false, false]);
    for (const error of [await waiting, await asked, await rejection(other.job(first.id).result)]) {
      expect(error).toBeInstanceOf(JobReplacedError);
      expect(error).toMatchObject({ code: "JOB_REPLACED", jobId: first.id, replacedBy: second.id });
    }
    expect(await first.cancel()).toEqual({ status: "refused", state: "cancelled" });
    expect(await tasks.jobs.get({ id: first.id })).toMatchObject({
      state: "cancelled",
      reason: "replaced",
      replacedBy: second.id,
    });
  });

  it("tells listeners by which job one was replaced", async () => {
    const tasks = app();
    const client = tasks.task("index", (data) => data);
    const cancelled = new Collected<{ readonly id: string; readonly replacedBy?: string }>();
    client.on("cancelled", ({ id, replacedBy }) =>
      cancelled.push({ id, ...(replacedBy === undefined ? {} : { replacedBy }) }),
    );
    await tasks.start();
    const debounce = { key: "doc", delay: 100 } as const;
    const first = client.dispatch(1, { debounce });
    const second = client.dispatch(2, { debounce });
    expect(await cancelled.reach(1)).toEqual([{ id: first.id, replacedBy: second.id }]);
    expect(await second.result).toBe(2);
  });
});

describe("a debounced dispatch in virtual time", () => {
  it("runs once the key was quiet, and no later than maxWait", async () => {
    await using test = createTestApp();
    const runs: [number, unknown][] = [];
    const client = test.app.task("index", (data) => void runs.push([test.clock.now() - start, data]));
    const start = test.clock.now();
    const debounce = { key: "doc", delay: "10s", maxWait: "25s" } as const;
    for (let n = 0; n < 8; n++) {
      client.dispatch(n, { debounce }).catch(() => undefined);
      await test.advanceTime("6s");
    }
    await test.runUntilIdle();
    // From 0 s on every 6 s: 25 s after the first (0), and 25 s after the next that came then (30).
    expect(runs).toEqual([
      [25_000, 4],
      [52_000, 7],
    ]);
  });

  it("without maxWait waits as long as dispatches come", async () => {
    await using test = createTestApp();
    const runs: unknown[] = [];
    const client = test.app.task("index", (data) => void runs.push(data));
    for (let n = 0; n < 100; n++) {
      client.dispatch(n, { debounce: { key: "doc", delay: "10s" } }).catch(() => undefined);
      await test.advanceTime("9s");
    }
    expect(runs).toEqual([]);
    await test.runUntilIdle();
    expect(runs).toEqual([99]);
  });
});

describeBehaviour("a throttled dispatch", ({ app }) => {
  it("over the limit fails with the time to wait, and stores nothing", async () => {
    const tasks = app();
    const client = tasks.register({ name: "alert", version: 1 });
    const throttle = { key: "c", limit: 2, window: "1h" } as const;
    const jobs = await client.dispatchMany([1, 2, 3], { throttle });
    const settled = await Promise.allSettled(jobs);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    const [, , third] = jobs;
    const error = await rejection(Promise.resolve(third));
    expect(error).toBeInstanceOf(ThrottledError);
    expect(error).toMatchObject({ code: "JOB_THROTTLED", retryable: true, jobId: third?.id });
    expect((error as ThrottledError).retryAfterMs).toBeGreaterThan(3_500_000);
    expect(await rejection(client.dispatch(4, { throttle }).result)).toBeInstanceOf(ThrottledError);
    expect((await tasks.jobs.count({ task: "alert" })).total).toBe(2);
  });
});

describe("a throttle in virtual time", () => {
  it("never lets more through than its limit, in any window", async () => {
    await using test = createTestApp();
    const client = test.app.register({ name: "alert", version: 1 });
    const stored: number[] = [];
    for (let n = 0; n < 300; n++) {
      const job = client.dispatch(n, { throttle: { key: "c", limit: 5, window: "10s" } });
      await job.then(
        () => stored.push(test.clock.now()),
        () => undefined,
      );
      await test.advanceTime(n % 7 === 0 ? 1300 : 170);
    }
    expect(stored.length).toBeGreaterThan(40);
    for (const [index, at] of stored.entries()) {
      const fifth = stored[index - 5];
      if (fifth !== undefined) expect(at - fifth).toBeGreaterThanOrEqual(10_000);
    }
  });

  it("has room exactly when it says so", async () => {
    await using test = createTestApp();
    const client = test.app.register({ name: "alert", version: 1 });
    const options = { throttle: { key: "c", limit: 1, window: "10s" } } as const;
    await client.dispatch(1, options);
    await test.advanceTime(2500);
    const error = (await rejection(client.dispatch(2, options))) as ThrottledError;
    expect(error.retryAfterMs).toBe(7500);
    await test.advanceTime(7499);
    expect(await rejection(client.dispatch(2, options))).toMatchObject({ retryAfterMs: 1 });
    await test.advanceTime(1);
    await client.dispatch(2, options);
  });
});
