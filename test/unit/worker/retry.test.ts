import { type RetryOptions, ValidationError } from "taskora";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, rejection } from "../../support/signals.js";

class Temporary extends Error {}
class Permanent extends Error {}

describeBehaviour("retry", ({ app }) => {
  /** Runs a job whose every attempt throws and gives how often it ran. */
  async function attemptsOf(retry: RetryOptions, toThrow: () => unknown): Promise<number> {
    const tasks = app();
    let runs = 0;
    const client = tasks.task("fail", {
      retry: { delay: 0, ...retry },
      handler: () => {
        runs += 1;
        throw toThrow();
      },
    });
    await tasks.start();
    await rejection(client.dispatch(null).result);
    await tasks.close();
    return runs;
  }

  it("does not happen by default", async () => {
    expect(await attemptsOf({}, () => new Error("no"))).toBe(1);
  });

  it("counts runs, the first included", async () => {
    expect(await attemptsOf({ attempts: 4 }, () => new Error("no"))).toBe(4);
  });

  it("stops as soon as an attempt succeeds", async () => {
    const tasks = app();
    const client = tasks.task("fail", {
      retry: { attempts: 10, delay: 0 },
      handler: (_, ctx) => {
        if (ctx.attempt < 3) throw new Error("not yet");
        return ctx.attempt;
      },
    });
    await tasks.start();
    expect(await client.dispatch(null).result).toBe(3);
  });

  it("is limited by the attempts of the dispatch", async () => {
    const tasks = app();
    const client = tasks.task("fail", {
      retry: { attempts: 2, delay: 0 },
      handler: (_, ctx) => {
        throw new Error(`${ctx.attempt} of ${ctx.maxAttempts}`);
      },
    });
    await tasks.start();
    const error = await rejection(client.dispatch(null, { attempts: 5 }).result);
    expect(error.cause).toMatchObject({ message: "5 of 5" });
  });

  it("retries only what retryOn lists, by class, name, code or predicate", async () => {
    const attempts = 3;
    expect(await attemptsOf({ attempts, retryOn: [Temporary] }, () => new Temporary())).toBe(3);
    expect(await attemptsOf({ attempts, retryOn: [Temporary] }, () => new Permanent())).toBe(1);
    expect(await attemptsOf({ attempts, retryOn: ["TypeError"] }, () => new TypeError())).toBe(3);
    const coded = () => Object.assign(new Error(), { code: "ECONNRESET" });
    expect(await attemptsOf({ attempts, retryOn: ["ECONNRESET"] }, coded)).toBe(3);
    expect(
      await attemptsOf(
        { attempts, retryOn: [(error: Error) => error.message === "x"] },
        () => new Error("x"),
      ),
    ).toBe(3);
  });

  it("never retries what noRetryOn lists", async () => {
    const retry = { attempts: 3, retryOn: [Error], noRetryOn: [Permanent] };
    expect(await attemptsOf(retry, () => new Permanent())).toBe(1);
    expect(await attemptsOf(retry, () => new Temporary())).toBe(3);
  });

  it("does not retry a payload that does not fit, unless it is listed", async () => {
    for (const [retryOn, expected] of [
      [undefined, 1],
      [[ValidationError], 2],
    ] as const) {
      const tasks = app();
      const client = tasks.task(`strict.${expected}`, {
        input: z.object({ n: z.number() }),
        retry: { attempts: 2, delay: 0, ...(retryOn === undefined ? {} : { retryOn }) },
        handler: () => 1,
      });
      await tasks.start();
      const job = client.dispatch({ n: "x" } as never, { validateOnDispatch: false });
      expect(await rejection(job.result)).toMatchObject({ attempt: expected });
    }
  });

  it("fails a job whose result does not fit, without another attempt", async () => {
    const tasks = app();
    const client = tasks.task("wrong", {
      output: z.object({ id: z.string() }),
      retry: { attempts: 3, delay: 0 },
      handler: () => ({ id: 7 }) as never,
    });
    await tasks.start();
    const error = await rejection(client.dispatch(null).result);
    expect(error).toMatchObject({ attempt: 1, cause: { name: "ValidationError" } });
    expect((error.cause as Error).message).toContain("id");
  });

  it("keeps the history of attempts", async () => {
    const tasks = app();
    const client = tasks.task("fail", {
      retry: { attempts: 3, delay: 0 },
      handler: (_, ctx) => {
        if (ctx.attempt < 3) throw new RangeError(`attempt ${ctx.attempt}`);
      },
    });
    await tasks.start();
    const job = client.dispatch(null);
    await job.result;
    const found = await tasks.jobs.get({ id: job.id });
    expect(found?.history).toMatchObject([
      { attempt: 1, outcome: "failed", error: { name: "RangeError", message: "attempt 1" } },
      { attempt: 2, outcome: "failed", error: { name: "RangeError", message: "attempt 2" } },
      { attempt: 3, outcome: "completed" },
    ]);
    for (const { startedAt, endedAt, worker } of found?.history ?? []) {
      expect(endedAt).toBeGreaterThanOrEqual(startedAt);
      expect(worker).toEqual(expect.any(String));
    }
  });

  it("waits at least the backoff between attempts", async () => {
    const tasks = app();
    const starts: number[] = [];
    const client = tasks.task("fail", {
      retry: { attempts: 3, delay: 20, backoff: "linear" },
      handler: () => {
        starts.push(Date.now());
        throw new Error("no");
      },
    });
    await tasks.start();
    await rejection(client.dispatch(null).result);
    const [first = 0, second = 0, third = 0] = starts;
    expect(second - first).toBeGreaterThanOrEqual(19);
    expect(third - second).toBeGreaterThanOrEqual(39);
  });

  it("keeps what is no Error readable", async () => {
    for (const [index, thrown] of ["plain text", { an: "object" }, undefined, 0].entries()) {
      const tasks = app();
      const client = tasks.task(`odd.n${index}`, () => {
        throw thrown;
      });
      await tasks.start();
      const error = await rejection(client.dispatch(null).result);
      expect((error.cause as Error).message).toContain("Throw an Error");
    }
  });
});

describeBehaviour("ctx.retry", ({ app }) => {
  it("uses an attempt, skips the filters and waits as asked", async () => {
    const tasks = app();
    const retrying = new Collected<{ delayMs?: number; error?: { message: string } }>();
    const client = tasks.task("again", {
      retry: { attempts: 3, delay: "1h", noRetryOn: [Error] },
      handler: (_, ctx) => {
        if (ctx.attempt === 1) ctx.retry({ delay: 5, reason: "the printer is warming up" });
        return ctx.attempt;
      },
    });
    client.on("retrying", retrying.push);
    await tasks.start();
    expect(await client.dispatch(null).result).toBe(2);
    expect((await retrying.reach(1))[0]).toMatchObject({
      delayMs: 5,
      error: { message: "the printer is warming up" },
    });
  });

  it("fails the job when no attempt is left", async () => {
    const tasks = app();
    const client = tasks.task("again", (_, ctx) => ctx.retry({ delay: 0, reason: "no ink" }));
    await tasks.start();
    expect(await rejection(client.dispatch(null).result)).toMatchObject({
      attempt: 1,
      cause: { message: "no ink", code: "RETRY_REQUESTED" },
    });
  });

  it("refuses a wait that is no duration and an unknown option", async () => {
    const tasks = app();
    const client = tasks.task("again", (options, ctx) => ctx.retry(options as never));
    await tasks.start();
    const bad = await rejection(client.dispatch({ delay: "soon" }).result);
    expect(bad.cause).toMatchObject({ code: "DURATION_INVALID" });
    const unknown = await rejection(client.dispatch({ dely: 5 }).result);
    expect(unknown.cause).toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringMatching(/Did you mean "delay"/),
    });
  });
});

describeBehaviour("ctx.snooze", ({ app }) => {
  it("gives the job back, uses no attempt and leaves no trace in the history", async () => {
    const tasks = app();
    const attempts: number[] = [];
    const delayed = new Collected<{ delayMs?: number }>();
    const client = tasks.task("nap", (_, ctx) => {
      attempts.push(ctx.attempt);
      if (attempts.length < 4) ctx.snooze(5);
      return "awake";
    });
    client.on("delayed", delayed.push);
    await tasks.start();
    const job = client.dispatch(null);
    expect(await job.result).toBe("awake");
    expect(attempts).toEqual([1, 1, 1, 1]);
    expect((await delayed.reach(3)).map(({ delayMs }) => delayMs)).toEqual([5, 5, 5]);
    expect((await tasks.jobs.get({ id: job.id }))?.history).toMatchObject([
      { attempt: 1, outcome: "completed" },
    ]);
  });
});
