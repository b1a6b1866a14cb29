import { CancelledError, createTaskora, ExpiredError, JobFailedError, TaskoraError } from "taskora";
import { defineTask } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import { createTestApp, type TestApp } from "taskora/testing";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";

const double = defineTask({
  name: "math.double",
  input: z.object({ n: z.number().default(21) }),
  output: z.object({ double: z.number() }),
});

describe("a test app", () => {
  const opened: TestApp[] = [];
  const open = (...options: Parameters<typeof createTestApp>): TestApp => {
    const test = createTestApp(...options);
    opened.push(test);
    return test;
  };

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((test) => test.close()));
  });

  it("runs a job to its typed result", async () => {
    const test = open();
    test.app.implement(double, ({ n }) => ({ double: 2 * n }));
    const result: { double: number } = await test.runJob(double, {});
    expect(result).toEqual({ double: 42 });
    expect(await test.runJob("math.double", { n: 4 })).toEqual({ double: 8 });
  });

  it("validates as in production", async () => {
    const test = open();
    const task = test.app.task("count", { input: z.object({ n: z.number() }), handler: ({ n }) => n });
    const wrong = test.runJob(task, JSON.parse('{"n":"one"}'));
    await expect(wrong).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("passes the time of backoffs without waiting for it", async () => {
    const test = open();
    const times: number[] = [];
    const flaky = test.app.task("flaky", {
      retry: { attempts: 4, backoff: "exponential", delay: "1h", maxDelay: "7d" },
      handler: (_, ctx) => {
        times.push(test.clock.now());
        if (ctx.attempt < 4) throw new Error("not yet");
        return ctx.attempt;
      },
    });
    expect(await test.runJob(flaky, null)).toBe(4);
    const [first = 0, ...others] = times;
    expect(others.map((time) => (time - first) / 3_600_000)).toEqual([1, 3, 7]);
  });

  it("rejects with what the job failed of", async () => {
    const test = open();
    const broken = test.app.task("broken", () => {
      throw new RangeError("out of paper");
    });
    const error = await test.runJob(broken, null).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobFailedError);
    expect((error as Error).cause).toMatchObject({ name: "RangeError", message: "out of paper" });
  });

  it("runs a delayed job when time has come to it", async () => {
    const test = open();
    const ran: number[] = [];
    const remind = test.app.task("remind", () => ran.push(test.clock.now()));
    const start = test.clock.now();
    await remind.dispatch(null, { delay: "30d" });
    await test.advanceTime("29d");
    expect(ran).toEqual([]);
    await test.advanceTime("1d");
    expect(ran.map((time) => time - start)).toEqual([30 * 86_400_000]);
  });

  it("runs everything until it is idle, also what handlers dispatch", async () => {
    const test = open();
    const ran: string[] = [];
    const child = test.app.task("child", (name: string) => ran.push(name));
    const parent = test.app.task("parent", async (_: null) => {
      await child.dispatch("at once");
      await child.dispatch("later", { delay: "20m" });
    });
    await parent.dispatch(null);
    await test.runUntilIdle();
    expect(ran).toEqual(["at once", "later"]);
    expect(await test.app.jobs.count({ task: "child" })).toMatchObject({ completed: 2, delayed: 0 });
  });

  it("waits for handlers that do real work", async () => {
    const test = open();
    const slow = test.app.task("slow", () => new Promise((resolve) => setTimeout(() => resolve("done"), 20)));
    const before = test.clock.now();
    expect(await test.runJob(slow, null)).toBe("done");
    expect(test.clock.now()).toBe(before);
  });

  it("reaches a timeout when time is moved", async () => {
    const test = open();
    const hangs = test.app.task("hangs", {
      timeout: "5s",
      handler: (_, ctx) =>
        new Promise((_resolve, reject) =>
          ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)),
        ),
    });
    const running = test.runJob(hangs, null).catch((thrown: unknown) => thrown);
    await test.advanceTime("5s");
    expect(((await running) as JobFailedError).cause).toMatchObject({ name: "TimeoutError" });
  });

  it("expires a job whose TTL passes", async () => {
    const test = open();
    const task = test.app.task("stale", () => "too late");
    const { result } = task.dispatch(null, { delay: "2m", ttl: "1m" });
    await test.runUntilIdle();
    await expect(result).rejects.toBeInstanceOf(ExpiredError);
  });

  it("cancels a delayed job", async () => {
    const test = open();
    const task = test.app.task("wanted", () => "ran");
    const job = await task.dispatch(null, { delay: "1h" });
    const { result } = job;
    await job.cancel({ reason: "not any more" });
    await test.runUntilIdle();
    await expect(result).rejects.toBeInstanceOf(CancelledError);
  });

  it("runs many jobs at once", async () => {
    const test = open();
    test.app.implement(double, ({ n }) => ({ double: 2 * n }));
    const results = await Promise.all([1, 2, 3, 4].map((n) => test.runJob(double, { n })));
    expect(results.map((result) => result.double)).toEqual([2, 4, 6, 8]);
  });

  it("takes tasks, middleware and settings from an app and leaves its store alone", async () => {
    const seen: string[] = [];
    const app = createTaskora({
      adapter: memoryAdapter(),
      logger: false,
      defaults: { retry: { attempts: 2 } },
    });
    app.use(async (ctx, next) => {
      seen.push(`${ctx.task} ${ctx.attempt}/${ctx.maxAttempts}`);
      await next();
    });
    const task = app.task("greet", { input: z.string(), handler: (name) => `hello ${name}` });
    const test = open({ from: app });
    expect(await test.runJob(task, "Ada")).toBe("hello Ada");
    expect(seen).toEqual(["greet 1/2"]);
    expect(await app.jobs.count({ task: "greet" })).toMatchObject({ completed: 0 });
    await app.close();
  });

  it("starts at the time it is given", async () => {
    const startAt = new Date("2030-06-01T12:00:00Z");
    const test = open({ startAt });
    const times: Date[] = [];
    const task = test.app.task("look", () => times.push(new Date(test.clock.now())));
    await test.runJob(task, null, { runAt: new Date("2030-06-02T12:00:00Z") });
    expect(times).toEqual([new Date("2030-06-02T12:00:00Z")]);
  });

  it("says that a task has no handler", async () => {
    const test = open();
    test.app.register(double);
    const error = await test.runJob(double, {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TaskoraError);
    expect(error).toMatchObject({ code: "HANDLER_MISSING" });
  });

  it("leaves jobs without a handler where they are", async () => {
    const test = open();
    const task = test.app.register(double);
    await task.dispatch({});
    await test.runUntilIdle();
    expect(await test.app.jobs.count({ task: "math.double" })).toMatchObject({ waiting: 1 });
  });

  it("gives up on a job that is given back for ever", async () => {
    const test = open();
    const task = test.app.task("circles", (_: null, ctx) => ctx.snooze("1m"));
    await task.dispatch(null);
    await expect(test.runUntilIdle()).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("leaves the jobs of a paused task, and says so instead of waiting for one for ever", async () => {
    const test = open();
    const task = test.app.task("paused", () => "ran");
    await task.pause();
    const job = await task.dispatch(null);
    await test.runUntilIdle();
    expect(await job.getState()).toBe("waiting");
    await expect(test.runJob(task, null)).rejects.toThrow(/the task is paused. Resume it first/);
    await task.resume();
    expect(await test.runJob(task, null)).toBe("ran");
  });

  it("closes although a handler never ends", async () => {
    const test = open();
    const task = test.app.task("hangs", () => new Promise(() => undefined));
    await task.dispatch(null);
    await test.advanceTime(1);
    await test.close();
  });

  it("follows months of virtual time with periodic work going on", async () => {
    const test = open();
    const ran: number[] = [];
    const monthly = test.app.task("monthly", async (left: number): Promise<void> => {
      ran.push(left);
      if (left > 0) await monthly.dispatch(left - 1, { delay: "30d" });
    });
    await monthly.dispatch(12);
    await test.advanceTime("365d");
    expect(ran).toHaveLength(13);
  });
});
