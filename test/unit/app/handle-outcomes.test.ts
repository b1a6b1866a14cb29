import {
  CancelledError,
  ExpiredError,
  JobFailedError,
  JobNotFoundError,
  TaskoraError,
  TimeoutError,
} from "taskora";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate, rejection } from "../../support/signals.js";

describeBehaviour("a handle", ({ app, world }) => {
  it.each([
    ["undefined", undefined],
    ["null", null],
    ["zero", 0],
    ["empty text", ""],
    ["an empty list", []],
    ["false", false],
    ["an object", { a: { b: [1, "ü", null] } }],
    ["__proto__ as data", JSON.parse('{"__proto__":{"polluted":true}}')],
  ])("settles with %s", async (_, value) => {
    const tasks = app();
    const echo = tasks.task("echo", () => value);
    await tasks.start();
    const job = echo.dispatch(null);
    expect(await job.result).toEqual(value);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(await echo.job(job.id).result).toEqual(value);
  });

  it("settles with the parsed result of another app's worker", async () => {
    const contract = {
      input: z.object({ n: z.number().default(2) }),
      output: z.object({ double: z.number() }),
    };
    const worker = app();
    worker.task("math.double", { ...contract, handler: ({ n }) => ({ double: 2 * n, secret: "stripped" }) });
    await worker.start();
    const double = app().register({ name: "math.double", version: 1, ...contract });
    expect(await double.dispatch({}).result).toEqual({ double: 4 });
    expect(await double.dispatch({ n: 21 }).result).toEqual({ double: 42 });
  });

  it("rejects with JobFailedError that carries the last error and its attempt", async () => {
    const tasks = app();
    const fail = tasks.task("fail", {
      retry: { attempts: 3, delay: 1 },
      handler: (_, ctx) => {
        throw Object.assign(new RangeError(`number ${ctx.attempt}`), { code: "E_RANGE" });
      },
    });
    await tasks.start();
    const error = await rejection(fail.dispatch(null).result);
    expect(error).toBeInstanceOf(JobFailedError);
    expect(error).toMatchObject({ code: "JOB_FAILED", task: "fail", attempt: 3 });
    expect(error.cause).toMatchObject({ name: "RangeError", message: "number 3", code: "E_RANGE" });
    expect((error.cause as Error).stack).toContain("handle-outcomes.test");
  });

  it("rejects with the reason of a cancel", async () => {
    const wait = app().register({ name: "wait", version: 1 });
    const job = await wait.dispatch(null);
    expect(await job.cancel({ reason: "changed my mind" })).toEqual({ status: "applied" });
    const error = await rejection(job.result);
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ reason: "changed my mind", jobId: job.id });
  });

  it("rejects as expired when no worker runs", async () => {
    const wait = app().register({ name: "wait", version: 1 });
    const early = wait.dispatch(null, { ttl: 20 });
    const late = await wait.dispatch(null, { ttl: 20 });
    expect(await rejection(early.result)).toBeInstanceOf(ExpiredError);
    expect(await rejection(late.result)).toBeInstanceOf(ExpiredError);
    expect(await rejection(wait.job(late.id).result)).toBeInstanceOf(ExpiredError);
  });

  it("rejects as expired for a handle made from an id by another app", async () => {
    const wait = app().register({ name: "wait", version: 1 });
    const { id } = await wait.dispatch(null, { ttl: 50 });
    const other = app().register({ name: "wait", version: 1 });
    expect(await rejection(other.job(id).result)).toBeInstanceOf(ExpiredError);
  });

  it("rejects as expired when the only worker is busy", async () => {
    const tasks = app();
    const started = gate();
    const release = gate();
    const busy = tasks.task("busy", {
      concurrency: 1,
      handler: async () => {
        started.open();
        await release.opened;
      },
    });
    await tasks.start();
    const first = busy.dispatch(null);
    const watched = first.result;
    await started.opened;
    const second = busy.dispatch(null, { ttl: 20 });
    expect(await rejection(second.result)).toBeInstanceOf(ExpiredError);
    release.open();
    await watched;
  });

  it("rejects as expired when the job is discarded by policy", async () => {
    const wait = app().register({ name: "wait", version: 1, onExpire: "discard" });
    const job = wait.dispatch(null, { ttl: 20 });
    expect(await rejection(job.result)).toBeInstanceOf(ExpiredError);
    expect(await wait.job(job.id).getState()).toBeUndefined();
  });

  it("rejects with JobNotFoundError for an id nobody dispatched", async () => {
    const wait = app().register({ name: "wait", version: 1 });
    const error = await rejection(wait.job("0000000000000x").result);
    expect(error).toBeInstanceOf(JobNotFoundError);
    expect(error.message).toContain("Raise retention");
    expect(await wait.job("0000000000000x").getState()).toBeUndefined();
    expect(await wait.job("0000000000000x").cancel()).toEqual({ status: "missing" });
  });

  it("rejects with JobNotFoundError once retention keeps nothing of a job", async () => {
    const tasks = app({ defaults: { retention: { completed: { count: 0 } } } });
    const quick = tasks.task("quick", () => 7);
    await tasks.start();
    const job = quick.dispatch(null);
    expect(await job.result).toBe(7);
    expect(await rejection(quick.job(job.id).result)).toBeInstanceOf(JobNotFoundError);
  });

  it("rejects waitFor with TimeoutError while the job goes on", async () => {
    const tasks = app();
    const release = gate();
    const slow = tasks.task("slow", async (_: unknown) => {
      await release.opened;
      return "done";
    });
    await tasks.start();
    const job = await slow.dispatch(null);
    const error = await rejection(job.waitFor("10ms"));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "TIMEOUT", timeoutMs: 10 });
    release.open();
    expect(await job.waitFor("10s")).toBe("done");
  });

  it("refuses a waitFor that is no duration", async () => {
    const wait = app().register({ name: "wait", version: 1 });
    const job = await wait.dispatch(null);
    expect(() => job.waitFor("soon" as never)).toThrow(TaskoraError);
  });

  it("settles every waiter, early and late, of the same job", async () => {
    const tasks = app();
    const release = gate();
    const slow = tasks.task("slow", async (_: unknown) => {
      await release.opened;
      return 1;
    });
    await tasks.start();
    const job = slow.dispatch(null);
    const stored = await job;
    const waiters: Promise<unknown>[] = [
      job.result,
      job.result,
      stored.result,
      slow.job(job.id).result,
      job.waitFor("10s"),
    ];
    const other = app().register({ name: "slow", version: 1 });
    waiters.push(other.job(job.id).result);
    release.open();
    expect(await Promise.all(waiters)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(await job.getState()).toBe("completed");
  });

  it("tells the waiter when the job is removed by another process", async () => {
    const job = app().register({ name: "wait", version: 1 }).dispatch(null);
    const { result } = job;
    await job;
    const adapter = world().adapter();
    await adapter.connect();
    await adapter.change([{ task: "wait", id: job.id, change: "remove" }]);
    await adapter.close();
    expect(await rejection(result)).toMatchObject({ code: "JOB_CANCELLED", reason: "removed" });
  });

  it("rejects with AppClosedError when its own app closes first", async () => {
    const tasks = app();
    const wait = tasks.register({ name: "wait", version: 1 });
    const job = await wait.dispatch(null);
    const { result } = job;
    await tasks.close();
    expect(await rejection(result)).toMatchObject({ code: "APP_CLOSED" });
  });

  it("reads progress and logs from another app", async () => {
    const worker = app();
    worker.task("noisy", async (_, ctx) => {
      ctx.progress({ percent: 10 });
      ctx.log.info("started", { by: "test" });
      ctx.progress({ percent: 90 });
      ctx.log.warn("nearly there");
      ctx.log.error("not good");
    });
    await worker.start();
    const noisy = app().register({ name: "noisy", version: 1 });
    const job = noisy.dispatch(null);
    await job.result;
    expect((await job.get())?.progress).toEqual({ percent: 90 });
    expect((await job.get())?.logs ?? []).toMatchObject([
      { level: "info", message: "started", fields: { by: "test" } },
      { level: "warn", message: "nearly there" },
      { level: "error", message: "not good" },
    ]);
  });

  it("has neither progress nor logs when nothing was written", async () => {
    const wait = app().register({ name: "wait", version: 1 });
    const job = wait.dispatch(null);
    expect((await job.get())?.progress).toBeUndefined();
    expect((await job.get())?.logs ?? []).toEqual([]);
    expect(await job.getState()).toBe("waiting");
  });
});
