import { type JobContext, type Middleware, UnrecoverableError } from "taskora";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate, rejection, untilAborted } from "../../support/signals.js";

/** A hook that writes down what it was told. */
function listening() {
  const told: unknown[] = [];
  const onFailed = (data: unknown, ctx: JobContext, error: Error) => {
    told.push([data, ctx.attempt, error.message]);
  };
  return { told, onFailed };
}

describeBehaviour("a job that fails for good", ({ app, world }) => {
  it("is told to its hook once, after the last attempt alone", async () => {
    const tasks = app();
    const { told, onFailed } = listening();
    const client = tasks.task("work", {
      retry: { attempts: 3, delay: 0 },
      onFailed,
      handler: (data: unknown, { attempt }) => {
        throw new Error(`${data} ${attempt}`);
      },
    });
    await tasks.start();
    expect(await rejection(client.dispatch("a").result)).toMatchObject({ code: "JOB_FAILED" });
    expect(told).toEqual([["a", 3, "a 3"]]);
  });

  it("is not told when it completes, is cancelled, given back or tried again", async () => {
    const tasks = app();
    const { told, onFailed } = listening();
    const started = gate();
    const client = tasks.task("work", {
      retry: { attempts: 2, delay: 0 },
      onFailed,
      handler: async (data: unknown, ctx) => {
        if (data === "again" && ctx.attempt === 1) throw new Error("once");
        if (data === "later" && (await ctxState(ctx))) ctx.snooze(1);
        if (data !== "stopped") return;
        started.open();
        await untilAborted(ctx.signal);
      },
    });
    const seen = new Set<string>();
    const ctxState = async ({ id }: JobContext) => seen.size < seen.add(id).size;
    await tasks.start();
    for (const data of ["fine", "again", "later"]) await client.dispatch(data).result;
    const stopped = client.dispatch("stopped");
    const ended = rejection(stopped.result);
    await started.opened;
    await stopped.cancel();
    expect(await ended).toMatchObject({ code: "JOB_CANCELLED" });
    expect(told).toEqual([]);
  });

  it("is told at once when trying again is no use", async () => {
    const tasks = app();
    const { told, onFailed } = listening();
    class NoSuchUser extends UnrecoverableError {}
    const client = tasks.task("work", {
      retry: { attempts: 5, delay: 0, retryOn: [Error] },
      onFailed,
      handler: (data: unknown, ctx) => {
        if (data === "call") ctx.fail("the account is closed", { cause: new RangeError("7") });
        throw new NoSuchUser("no user 7");
      },
    });
    await tasks.start();
    const called = client.dispatch("call");
    expect(await rejection(called.result)).toMatchObject({ attempt: 1 });
    expect((await called.get())?.error).toMatchObject({
      ...{ name: "UnrecoverableError", code: "JOB_UNRECOVERABLE", message: "the account is closed" },
      cause: { name: "RangeError", message: "7" },
    });
    expect(await rejection(client.dispatch("throw").result)).toMatchObject({ attempt: 1 });
    expect(told).toEqual([
      ["call", 1, "the account is closed"],
      ["throw", 1, "no user 7"],
    ]);
  });

  it("is told before the store, and keeps its slot until then", async () => {
    const tasks = app();
    const [reached, hold] = [gate(), gate()];
    const client = tasks.task("work", {
      concurrency: 1,
      onFailed: async () => {
        reached.open();
        await hold.opened;
      },
      handler: (data: unknown) => {
        if (data === "bad") throw new Error("no");
        return data;
      },
    });
    await tasks.start();
    const bad = client.dispatch("bad");
    const ended = rejection(bad.result);
    await reached.opened;
    const next = client.dispatch("next");
    const { result } = next;
    await next;
    expect(await bad.getState()).toBe("active");
    hold.open();
    expect(await ended).toMatchObject({ code: "JOB_FAILED" });
    expect(await result).toBe("next");
  });

  it("fails as it did when its hook throws, which is reported", async () => {
    const tasks = app();
    const client = tasks.task("work", {
      onFailed: async () => {
        throw new Error("the hook is broken");
      },
      handler: () => {
        throw new Error("no");
      },
    });
    await tasks.start();
    const job = client.dispatch(1);
    await rejection(job.result);
    expect((await job.get())?.error?.message).toBe("no");
    expect(world().errors.map(({ error, jobId }) => [(error as Error).message, jobId])).toEqual([
      ["the hook is broken", job.id],
    ]);
    world().takeErrorCodes();
  });

  it("is told of a timeout, and of a payload that the schema refuses, without data", async () => {
    const tasks = app();
    const { told, onFailed } = listening();
    const slow = tasks.task("slow", { timeout: 5, onFailed, handler: (_, ctx) => untilAborted(ctx.signal) });
    const strict = tasks.task("strict", { input: z.object({ n: z.number() }), onFailed, handler: () => 1 });
    await tasks.start();
    expect(await rejection(slow.dispatch("s").result)).toMatchObject({ code: "JOB_FAILED" });
    await rejection(strict.dispatch({ n: "x" as never }, { validateOnDispatch: false }).result);
    expect(told).toEqual([
      ["s", 1, expect.stringMatching(/timed out|longer than/)],
      [undefined, 1, expect.stringMatching(/n: /)],
    ]);
  });

  it("is told for each job of a batch", async () => {
    const tasks = app();
    const { told, onFailed } = listening();
    const client = tasks.task("batch", {
      collect: { delay: 5, maxSize: 10 },
      onFailed,
      handler: () => {
        throw new Error("all of it");
      },
    });
    await tasks.start();
    await Promise.all(["a", "b"].map((data) => rejection(client.dispatch(data).result)));
    expect(told).toEqual([
      ["a", 1, "all of it"],
      ["b", 1, "all of it"],
    ]);
  });

  it("is known to middleware before it is told", async () => {
    const tasks = app();
    const seen: unknown[] = [];
    const watch: Middleware = async (ctx, next) => {
      try {
        await next();
      } catch (error) {
        seen.push([
          ctx.attempt,
          ctx.willRetry(error),
          ctx.willRetry(new UnrecoverableError("x")),
          ctx.willRetry("text"),
        ]);
        throw error;
      }
    };
    tasks.use(watch);
    const client = tasks.task("work", {
      retry: { attempts: 2, delay: 0 },
      handler: () => {
        throw new Error("no");
      },
    });
    await tasks.start();
    await rejection(client.dispatch(1).result);
    expect(seen).toEqual([
      [1, true, false, true],
      [2, false, false, false],
    ]);
  });
});
