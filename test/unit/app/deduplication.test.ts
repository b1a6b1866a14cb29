import { createTaskora, DuplicateJobError, JobNotFoundError, KeyReusedError } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { createTestApp } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate, rejection } from "../../support/signals.js";

describeBehaviour("a deduplicated dispatch", ({ app, world }) => {
  it("gets the handle of the job that is there, from any process", async () => {
    const worker = app();
    const release = gate();
    worker.task("work", async (data) => {
      await release.opened;
      return data;
    });
    const first = app().register({ name: "work", version: 1 });
    const second = app().register({ name: "work", version: 1 });
    const original = await first.dispatch("a", { deduplicate: "k" });
    const pending = second.dispatch("b", { deduplicate: "k" });
    const ownId = pending.id;
    const asked = pending.result;
    const joined = await pending;
    expect([original.isDuplicate, joined.isDuplicate, pending.isDuplicate]).toEqual([false, true, true]);
    expect([joined.id, pending.id]).toEqual([original.id, original.id]);
    expect(ownId).not.toBe(original.id);
    const waited = joined.waitFor("10s");
    await worker.start();
    release.open();
    expect(await Promise.all([asked, joined.result, original.result, waited])).toEqual(["a", "a", "a", "a"]);
    expect(await first.job(ownId).getState()).toBeUndefined();
  });

  it("waits for the other job when its result was asked for while it was on its way", async () => {
    const adapter = world().adapter();
    const insert = adapter.insert.bind(adapter);
    const arrived = gate();
    const release = gate();
    const tasks = app({ adapter });
    const client = tasks.task("work", (data) => data);
    await client.dispatch("a", { deduplicate: "k", delay: 50 });
    adapter.insert = async (jobs) => {
      arrived.open();
      await release.opened;
      return insert(jobs);
    };
    const job = client.dispatch("b", { deduplicate: "k" });
    await arrived.opened;
    const { result } = job;
    release.open();
    // Else the first may have ended before the store is asked: calls go on connections of their own.
    await job;
    await tasks.start();
    expect(await result).toBe("a");
  });

  it("fails when it was told to", async () => {
    const client = app().register({ name: "work", version: 1 });
    const { id } = await client.dispatch(1, { deduplicate: { key: "k" } });
    const job = client.dispatch(1, { deduplicate: { key: "k" }, onDuplicate: "reject" });
    const error = await rejection(job);
    expect(error).toBeInstanceOf(DuplicateJobError);
    expect(error).toMatchObject({
      code: "JOB_DUPLICATE",
      jobId: job.id,
      existingId: id,
      option: "deduplicate",
    });
    expect(await rejection(job.result)).toBe(error);
  });

  it("is stored when only states count in which the other is not", async () => {
    const client = app().register({ name: "work", version: 1 });
    await client.dispatch(1, { deduplicate: "k", delay: "1h" });
    const other = await client.dispatch(1, { deduplicate: { key: "k", while: ["waiting", "active"] } });
    expect(other.isDuplicate).toBe(false);
  });

  it("answers all of many dispatched in one tick", async () => {
    const client = app().register({ name: "work", version: 1 });
    const jobs = await client.dispatchMany([1, 2, 3, 4], { deduplicate: "k" });
    expect(new Set(jobs.map((job) => job.id)).size).toBe(1);
    expect(jobs.map((job) => job.isDuplicate)).toEqual([false, true, true, true]);
  });

  it("cancels the job that is there by its handle", async () => {
    const client = app().register({ name: "work", version: 1 });
    const original = await client.dispatch(1, { deduplicate: "k" });
    const joined = await client.dispatch(1, { deduplicate: "k" });
    expect(await joined.cancel({ reason: "enough" })).toEqual({ status: "applied" });
    expect(await original.getState()).toBe("cancelled");
    expect((await client.dispatch(1, { deduplicate: "k" })).isDuplicate).toBe(false);
  });
});

describeBehaviour("an idempotency key", ({ app }) => {
  it("answers with the first job, also after its end", async () => {
    const tasks = app();
    let runs = 0;
    const client = tasks.task("pay", () => ++runs);
    await tasks.start();
    const first = await client.dispatch({ euro: 5 }, { idempotency: "r-1" });
    expect(await first.result).toBe(1);
    const again = client.dispatch({ euro: 5 }, { idempotency: "r-1" });
    expect(await again.result).toBe(1);
    expect([again.id, again.isDuplicate, runs]).toEqual([first.id, true, 1]);
  });

  it("refuses another payload, and a duplicate when it was told to", async () => {
    const client = app().register({ name: "pay", version: 1 });
    const { id } = await client.dispatch({ euro: 5 }, { idempotency: "r-1" });
    const reused = await rejection(client.dispatch({ euro: 6 }, { idempotency: "r-1" }));
    expect(reused).toBeInstanceOf(KeyReusedError);
    expect(reused).toMatchObject({ code: "JOB_KEY_REUSED", existingId: id });
    const refused = client.dispatch({ euro: 5 }, { idempotency: "r-1", onDuplicate: "reject" });
    expect(await rejection(refused)).toMatchObject({ code: "JOB_DUPLICATE", option: "idempotency" });
  });

  it("tells payloads of a binary serializer apart", async () => {
    const serializer = {
      encode: (value: unknown) => new TextEncoder().encode(JSON.stringify(value)),
      decode: (bytes: string | Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as unknown,
    };
    const client = app({ serializer: { name: "bytes", ...serializer } }).register({
      name: "pay",
      version: 1,
    });
    await client.dispatch({ euro: 5 }, { idempotency: "r-1" });
    expect((await client.dispatch({ euro: 5 }, { idempotency: "r-1" })).isDuplicate).toBe(true);
    expect(await rejection(client.dispatch({ euro: 6 }, { idempotency: "r-1" }))).toBeInstanceOf(
      KeyReusedError,
    );
  });

  it("holds when the job's record is gone", async () => {
    const tasks = app({ defaults: { retention: { completed: { count: 0 } } } });
    const client = tasks.task("pay", () => 1);
    await tasks.start();
    await client.dispatch(1, { idempotency: "r-1" }).result;
    const again = client.dispatch(1, { idempotency: "r-1" });
    expect(await rejection(again.result)).toBeInstanceOf(JobNotFoundError);
    expect((await again).isDuplicate).toBe(true);
  });
});

describe("an idempotency key in virtual time", () => {
  it.each([
    [undefined, "23h", "2h"],
    ["10m" as const, "9m" as const, "2m" as const],
  ] as const)("with window %s holds for that long after the end", async (window, within, beyond) => {
    await using test = createTestApp();
    const client = test.app.task("pay", () => 1);
    const idempotency = window === undefined ? "r-1" : { key: "r-1", window };
    const options = { idempotency, delay: "3h" } as const;
    await test.runJob(client, 1, options);
    await test.advanceTime(within);
    expect((await client.dispatch(1, options)).isDuplicate).toBe(true);
    await test.advanceTime(beyond);
    expect((await client.dispatch(1, options)).isDuplicate).toBe(false);
  });
});

describeBehaviour("a job by the application's key", ({ app }) => {
  it("is found and ended from any process, by the key alone", async () => {
    const client = app().register({ name: "work", version: 1 });
    const job = await client.dispatch("a", { deduplicate: "run-42", delay: "1h" });
    const other = app();
    const held = other.jobs.byKey({ task: "work", key: "run-42" });
    expect(await held.get()).toMatchObject({ id: job.id, state: "delayed", data: "a" });
    expect((await held.holder())?.id).toBe(job.id);
    expect(await held.promote()).toEqual({ status: "applied" });
    expect(await held.promote()).toEqual({ status: "refused", state: "waiting" });
    expect(await held.changePriority(5)).toEqual({ status: "applied" });
    expect(await held.reschedule({ delay: "1h" })).toEqual({ status: "applied" });
    expect(await held.cancel({ reason: "not wanted" })).toEqual({ status: "applied" });
    expect(await job.getState()).toBe("cancelled");
    expect(await held.cancel()).toEqual({ status: "missing" });
    expect([await held.get(), await held.holder()]).toEqual([undefined, undefined]);
  });

  it("is retried by its idempotency key, which outlives it", async () => {
    const worker = app();
    let runs = 0;
    const client = worker.task("work", () => {
      runs += 1;
      if (runs === 1) throw new Error("once");
      return runs;
    });
    await worker.start();
    const { result } = client.dispatch("a", { idempotency: "request-1" });
    await rejection(result);
    const again = await client.byKey("request-1").retry();
    expect(again.status === "applied" && (await again.job.result)).toBe(2);
    expect(await client.byKey("request-1").remove()).toEqual({ status: "applied" });
    expect(await client.byKey("request-1").get()).toBeUndefined();
    expect(await client.byKey("request-1").remove()).toEqual({ status: "missing" });
    expect(await client.byKey("request-1").holder()).toBeDefined();
  });

  it("answers for itself when it ends between the look and the change", async () => {
    const worker = app();
    const client = worker.task("work", (data) => data);
    const job = await client.dispatch("a", { deduplicate: "k" });
    const holder = await client.byKey("k").holder();
    await worker.start();
    await job.result;
    const next = await client.dispatch("b", { deduplicate: "k", delay: "1h" });
    expect(await holder?.cancel()).toEqual({ status: "refused", state: "completed" });
    expect(await next.getState()).toBe("delayed");
  });
});

/** Options and what is said of them. */
const REFUSED: readonly [object, RegExp][] = [
  [{ deduplicate: "" }, /expected deduplicate to be text of 1 to 200 characters, got 0 characters/],
  [{ deduplicate: "x".repeat(201) }, /got 201 characters/],
  [{ deduplicate: "\ud83d" }, /got half a character/],
  [{ deduplicate: 5 }, /deduplicate to be text of 1 to 200 characters, or an object .*; got 5/],
  [{ deduplicate: { key: "k", whilst: ["waiting"] } }, /deduplicate.*while/],
  [{ deduplicate: { key: "k", while: [] } }, /deduplicate.while to list some of/],
  [{ deduplicate: { key: "k", while: ["completed"] } }, /idempotency holds for finished jobs too/],
  [{ deduplicate: { key: "k", while: "waiting" } }, /deduplicate.while to list/],
  [{ deduplicate: "k", debounce: { key: "k", delay: 5 } }, /deduplicate or debounce, got both/],
  [{ onDuplicate: "ignore" }, /onDuplicate to be "join" or "reject", got "ignore"/],
  [{ idempotency: null }, /idempotency to be text of 1 to 200 characters, or an object .*; got null/],
  [{ idempotency: { key: "" } }, /idempotency.key to be text/],
  [{ idempotency: { key: "k", window: 0 } }, /idempotency.window to be at least "1ms", got 0/],
  [{ throttle: "k" }, /throttle to be an object, got "k"/],
  [{ throttle: { key: "k", limit: 0, window: "1s" } }, /throttle.limit/],
  [{ throttle: { key: "k", limit: 1.5, window: "1s" } }, /throttle.limit/],
  [{ throttle: { key: "k", limit: 100_001, window: "1s" } }, /throttle.limit/],
  [{ throttle: { key: "k", limit: 1, window: "0s" } }, /throttle.window to be at least "1ms", got "0s"/],
  [{ throttle: { key: "k", limit: 1 } }, /throttle.window/],
  [{ debounce: { key: "k" } }, /debounce.delay/],
  [{ debounce: { key: "k", delay: 0 } }, /debounce.delay to be at least "1ms", got 0/],
  [
    { debounce: { key: "k", delay: "2s", maxWait: "1s" } },
    /maxWait to be at least debounce.delay \("2s"\), got "1s"/,
  ],
  [{ debounce: { key: "k", delay: 5 }, delay: 5 }, /debounce without delay and runAt/],
  [{ debounce: { key: "k", delay: 5 }, runAt: 5 }, /debounce without delay and runAt/],
];

describe("options about who may be stored", () => {
  it.each(REFUSED)("%o are refused", async (options, message) => {
    const app = createTaskora({ adapter: memoryAdapter(), logger: false });
    const error = await rejection(app.register({ name: "work", version: 1 }).dispatch(1, options));
    expect(error).toMatchObject({ code: expect.stringMatching(/^(OPTION|DURATION)_INVALID$/) });
    expect(error.message).toMatch(message);
    await app.close();
  });
});
