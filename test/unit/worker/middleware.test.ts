import type { Middleware, TaskoraError } from "taskora";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { rejection } from "../../support/signals.js";

describeBehaviour("middleware", ({ app }) => {
  it("is an onion: app before task before handler", async () => {
    const order: string[] = [];
    const layer =
      (name: string): Middleware =>
      async (_, next) => {
        order.push(`${name} in`);
        await next();
        order.push(`${name} out`);
      };
    const tasks = app()
      .use(layer("app 1"))
      .use({ handle: layer("app 2") });
    const client = tasks.task("onion", {
      middleware: [layer("task 1"), layer("task 2")],
      handler: () => void order.push("handler"),
    });
    await tasks.start();
    await client.dispatch(null).result;
    expect(order).toEqual([
      ...["app 1 in", "app 2 in", "task 1 in", "task 2 in", "handler"],
      ...["task 2 out", "task 1 out", "app 2 out", "app 1 out"],
    ]);
  });

  it("ends with the handler although it does not wait for next", async () => {
    const tasks = app().use((_, next) => void next());
    const late = tasks.task("late", async (fails: boolean) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (fails) throw new RangeError("late");
      return "late";
    });
    await tasks.start();
    expect(await late.dispatch(false).result).toBe("late");
    expect((await rejection(late.dispatch(true).result)).cause).toMatchObject({ message: "late" });
  });

  it("fails with its own error and still lets the handler end", async () => {
    let hasEnded = false;
    const tasks = app().use((_, next) => {
      void next();
      throw new Error("layer");
    });
    const client = tasks.task("both", async () => {
      await new Promise((resolve) => setImmediate(resolve));
      hasEnded = true;
      throw new Error("handler");
    });
    await tasks.start();
    expect((await rejection(client.dispatch(null).result)).cause).toMatchObject({ message: "layer" });
    expect(hasEnded).toBe(true);
  });

  it("changes data before and the result after", async () => {
    const tasks = app().use(async (ctx, next) => {
      ctx.data = { n: (ctx.data as { n: number }).n + 1 };
      await next();
      ctx.result = { n: (ctx.result as { n: number }).n * 10 };
    });
    const shape = z.object({ n: z.number() });
    const client = tasks.task("sum", { input: shape, output: shape, handler: ({ n }) => ({ n: n + 1 }) });
    await tasks.start();
    expect(await client.dispatch({ n: 1 }).result).toEqual({ n: 30 });
  });

  it("sees parsed data, and its result is validated", async () => {
    const seen: unknown[] = [];
    const tasks = app().use(async (ctx, next) => {
      seen.push(ctx.data);
      await next();
      ctx.result = "not a number";
    });
    const client = tasks.task("typed", {
      input: z.object({ n: z.number().default(5) }),
      output: z.number(),
      handler: ({ n }) => n,
    });
    await tasks.start();
    expect((await rejection(client.dispatch({}).result)).cause).toMatchObject({ name: "ValidationError" });
    expect(seen).toEqual([{ n: 5 }]);
  });

  it("skips the handler when it does not call next", async () => {
    const tasks = app().use((ctx) => {
      ctx.result = "from the cache";
    });
    let runs = 0;
    const client = tasks.task("cached", () => {
      runs += 1;
      return "fresh";
    });
    await tasks.start();
    expect(await client.dispatch(null).result).toBe("from the cache");
    expect(runs).toBe(0);
  });

  it("fails the attempt when it throws, and sees what the handler throws", async () => {
    const seen: string[] = [];
    const tasks = app().use(async (_, next) => {
      try {
        await next();
      } catch (error) {
        seen.push((error as Error).message);
        throw new Error("wrapped", { cause: error });
      }
    });
    const client = tasks.task("fail", () => {
      throw new Error("inner");
    });
    await tasks.start();
    expect((await rejection(client.dispatch(null).result)).cause).toMatchObject({ message: "wrapped" });
    expect(seen).toEqual(["inner"]);
  });

  it("may turn a failure into a result", async () => {
    const tasks = app().use(async (ctx, next) => {
      await next().catch(() => {
        ctx.result = "fallback";
      });
    });
    const client = tasks.task("fail", () => {
      throw new Error("inner");
    });
    await tasks.start();
    expect(await client.dispatch(null).result).toBe("fallback");
  });

  it("may call next only once", async () => {
    const tasks = app().use(async (_, next) => {
      await next();
      await next();
    });
    let runs = 0;
    const client = tasks.task("twice", () => {
      runs += 1;
    });
    await tasks.start();
    const error = await rejection(client.dispatch(null).result);
    expect(error.cause).toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringContaining("next() twice"),
    });
    expect(runs).toBe(1);
  });

  it("is refused with an unknown side", () => {
    expect(() => app().use({ dispach: async () => undefined } as never)).toThrow(/Did you mean "dispatch"/);
  });
});

describeBehaviour("dispatch middleware", ({ app, world }) => {
  it("adds headers and changes data, the first added outermost", async () => {
    const order: string[] = [];
    const tasks = app()
      .use({
        dispatch: async (ctx, next) => {
          order.push("outer");
          ctx.headers.traceparent = "00-1";
          await next();
        },
      })
      .use({
        dispatch: async (ctx, next) => {
          order.push("inner");
          ctx.data = { n: 2 };
          await next();
        },
      });
    const client = tasks.register({ name: "traced", version: 1, input: z.object({ n: z.number() }) });
    const job = await client.dispatch({ n: 1 }, { headers: { own: "x" } });
    const found = await tasks.jobs.get({ id: job.id });
    expect(found).toMatchObject({ data: { n: 2 }, headers: { own: "x", traceparent: "00-1" } });
    expect(order).toEqual(["outer", "inner"]);
  });

  it("refuses the job when it throws, and only that job", async () => {
    const tasks = app().use({
      dispatch: async (ctx, next) => {
        if (ctx.data === "bad") throw new Error("not allowed");
        await next();
      },
    });
    const client = tasks.register({ name: "guarded", version: 1 });
    const settled = await Promise.allSettled(["good", "bad", "fine"].map((data) => client.dispatch(data)));
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await tasks.jobs.count({ task: "guarded" })).waiting).toBe(2);
  });

  it("refuses the job when it ends without calling next, and says so", async () => {
    const tasks = app().use({ dispatch: () => undefined });
    const job = tasks.register({ name: "silent", version: 1 }).dispatch(null);
    expect((await rejection(job)).message).toContain("without calling next()");
  });

  it("fails the dispatch although it does not wait for next", async () => {
    const tasks = app().use({ dispatch: (_, next) => void next() });
    const job = tasks.register({ name: "checked", version: 1, input: z.string() }).dispatch(5 as never);
    expect(await rejection(job)).toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("stores the job once although it calls next twice", async () => {
    const tasks = app().use({
      dispatch: async (ctx, next) => {
        await next();
        ctx.data = "changed too late";
        await next();
      },
    });
    const job = await tasks.register({ name: "twice", version: 1 }).dispatch("given");
    expect((await tasks.jobs.count({ task: "twice" })).waiting).toBe(1);
    expect((await tasks.jobs.get({ id: job.id }))?.data).toBe("given");
  });

  it("validates what it made of the data", async () => {
    const tasks = app().use({
      dispatch: async (ctx, next) => {
        ctx.data = { n: "text" };
        await next();
      },
    });
    const client = tasks.register({ name: "checked", version: 1, input: z.object({ n: z.number() }) });
    expect(await rejection(client.dispatch({ n: 1 }))).toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("is told what the store said: a stored job, a duplicate, a refusal", async () => {
    const rows: unknown[] = [];
    const tasks = app().use({
      dispatch: async ({ options }, next) => {
        const row = await next().then(
          ({ id, isDuplicate }) => ({ id, isDuplicate }),
          ({ code }: TaskoraError) => code,
        );
        rows.push([options.deduplicate ?? options.throttle, row]);
      },
    });
    const client = tasks.register({ name: "audited", version: 1 });
    const deduplicate = { key: "k" };
    const throttle = { key: "k", limit: 1, window: "1h" } as const;
    const first = await client.dispatch(1, { deduplicate });
    expect((await client.dispatch(2, { deduplicate })).id).toBe(first.id);
    const passed = await client.dispatch(3, { throttle });
    expect(await rejection(client.dispatch(4, { throttle }))).toMatchObject({ code: "JOB_THROTTLED" });
    await expect.poll(() => rows).toHaveLength(4);
    expect(rows).toEqual([
      [deduplicate, { id: first.id, isDuplicate: false }],
      [deduplicate, { id: first.id, isDuplicate: true }],
      [throttle, { id: passed.id, isDuplicate: false }],
      [throttle, "JOB_THROTTLED"],
    ]);
    expect((await tasks.jobs.count({ task: "audited" })).waiting).toBe(2);
  });

  it("is given the options as they are, and may not change them", async () => {
    const tasks = app().use({
      dispatch: async ({ options }, next) => {
        expect(() => Object.assign(options, { priority: 9 })).toThrow(TypeError);
        await next();
      },
    });
    const given = { priority: 3 };
    const job = await tasks.register({ name: "kept", version: 1 }).dispatch(1, given);
    expect((await job.get())?.priority).toBe(3);
  });

  it("does not make a dispatch wait for the answers to those before it", async () => {
    const order: number[] = [];
    const tasks = app().use({
      dispatch: async ({ data }, next) => {
        order.push(data as number);
        await next();
      },
    });
    const client = tasks.register({ name: "many", version: 1 });
    const [first, second] = [client.dispatch(1), client.dispatch(2)];
    await tasks.connect();
    await Promise.all([first, second]);
    await client.dispatchMany([3, 4, 5]);
    expect(order).toEqual([1, 2, 3, 4, 5]);
    const stored = (await tasks.jobs.list({ task: client })).items.map(({ data }) => data);
    expect(stored).toEqual([1, 2, 3, 4, 5]);
  });

  it("changes nothing by what it throws when the job is stored, and is reported", async () => {
    const tasks = app().use({
      dispatch: async (_, next) => {
        await next();
        throw new Error("the audit list is full");
      },
    });
    const told = tasks.once("error");
    const job = await tasks.register({ name: "stored", version: 1 }).dispatch(1);
    expect(await job.getState()).toBe("waiting");
    expect(await told).toMatchObject({ code: "HOOK_FAILED", task: "stored", jobId: job.id });
    expect(world().takeErrorCodes()).toEqual(["HOOK_FAILED"]);
  });

  it("that swallows why its job was refused does not hide it", async () => {
    const tasks = app().use({ dispatch: (_, next) => next().catch(() => undefined) });
    const job = tasks.register({ name: "checked", version: 1, input: z.string() }).dispatch(5 as never);
    expect(await rejection(job)).toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("keeps a ttl watched by a result that was asked for early", async () => {
    const tasks = app().use({ dispatch: async (_, next) => next() });
    const job = tasks.register({ name: "expiring", version: 1 }).dispatch(null, { ttl: 20 });
    expect(await rejection(job.result)).toMatchObject({ code: "JOB_EXPIRED" });
  });
});
