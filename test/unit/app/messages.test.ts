import { createTaskora, type JobMessage, OptionError } from "taskora";
import { MAX_MESSAGES } from "taskora/adapter";
import { defineTask } from "taskora/contract";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate, rejection } from "../../support/signals.js";

const answer = defineTask({
  name: "answer",
  input: z.number(),
  emits: z.object({ token: z.string(), index: z.number().default(0) }),
});

async function all<Message>(messages: AsyncIterable<JobMessage<Message>>): Promise<JobMessage<Message>[]> {
  const got: JobMessage<Message>[] = [];
  for await (const message of messages) got.push(message);
  return got;
}

/** `index` of what was emitted. */
async function indexes(messages: AsyncIterable<JobMessage<{ index: number }>>): Promise<number[]> {
  return (await all(messages)).map(({ value }) => value.index);
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describeBehaviour("messages of a running job", ({ app, world }) => {
  it("reach whoever holds the handle while it runs, in any process, and end with the job", async () => {
    const worker = app();
    const heard = gate();
    worker.implement(answer, async (_, ctx) => {
      ctx.emit({ token: "first" });
      await heard.opened;
      ctx.emit({ token: "second", index: 7 });
    });
    const client = app().register(answer);
    const job = await client.dispatch(1);
    const other = app().register(answer).job(job.id);
    await worker.start();
    const elsewhere = all(other.messages());
    const got: JobMessage<{ token: string; index: number }>[] = [];
    for await (const message of job.messages()) {
      got.push(message);
      heard.open();
    }
    expect(got).toEqual([
      { value: { token: "first", index: 0 }, number: 1, attempt: 1, at: expect.any(Number) },
      { value: { token: "second", index: 7 }, number: 2, attempt: 1, at: expect.any(Number) },
    ]);
    expect(await elsewhere).toEqual(got);
    expect(await job.getState()).toBe("completed");
  });

  it("of one tick all come, in order, and travel in one call", async () => {
    const adapter = world().adapter();
    const annotate = adapter.annotate.bind(adapter);
    const calls: number[] = [];
    adapter.annotate = (annotations, call) => {
      calls.push(annotations.length);
      return annotate(annotations, call);
    };
    const tasks = app({ adapter });
    const client = tasks.implement(answer, (count, ctx) => {
      for (const index of upTo(count)) ctx.emit({ token: "x", index });
    });
    const job = client.dispatch(250);
    await tasks.start();
    expect(await indexes(job.messages())).toEqual(upTo(250));
    expect(calls).toEqual([250]);
  });

  it("that are kept come to a listener that attaches after the end, and to one that goes on", async () => {
    const tasks = app();
    const client = tasks.implement(answer, (count, ctx) => {
      for (const index of upTo(count)) ctx.emit({ token: "x", index });
    });
    const job = await client.dispatch(120);
    await tasks.start();
    await job.result;
    expect(await indexes(client.job(job.id).messages())).toEqual(upTo(120));
    expect(await indexes(job.messages({ after: 118 }))).toEqual([118, 119]);
    expect(await indexes(job.messages({ after: 500 }))).toEqual([]);
  });

  it("beyond the bound are dropped, the oldest first, which a gap in the numbers says", async () => {
    const tasks = app();
    const client = tasks.implement(answer, (count, ctx) => {
      for (const index of upTo(count)) ctx.emit({ token: "x", index });
    });
    const job = await client.dispatch(MAX_MESSAGES + 50);
    await tasks.start();
    await job.result;
    const got = await all(job.messages());
    expect(got).toHaveLength(MAX_MESSAGES);
    expect(got[0]).toMatchObject({ number: 51, value: { index: 50 } });
    expect(got.at(-1)).toMatchObject({ number: MAX_MESSAGES + 50, value: { index: MAX_MESSAGES + 49 } });
  });

  it("wait for a slow listener", async () => {
    const tasks = app();
    const client = tasks.implement(answer, async (count, ctx) => {
      for (const index of upTo(count)) {
        ctx.emit({ token: "x", index });
        if (index % 10 === 0) await new Promise(setImmediate);
      }
    });
    const job = await client.dispatch(300);
    await tasks.start();
    const got: number[] = [];
    for await (const { value } of job.messages()) {
      got.push(value.index);
      if (value.index === 0) await job.result;
    }
    expect(got).toEqual(upTo(300));
  });

  it("of an attempt that fails stay, and say of which run they are", async () => {
    const tasks = app();
    const client = tasks.implement(answer, {
      handler: (_, ctx) => {
        ctx.emit({ token: `run ${ctx.attempt}` });
        if (ctx.attempt === 1) throw new Error("not yet");
      },
      retry: { attempts: 2, backoff: () => 0 },
    });
    const job = await client.dispatch(1);
    const listening = all(job.messages());
    await tasks.start();
    expect((await listening).map(({ number, attempt, value }) => [number, attempt, value.token])).toEqual([
      [1, 1, "run 1"],
      [2, 2, "run 2"],
    ]);
  });

  it.each(["failed", "cancelled", "removed"] as const)("end when the job is %s", async (end) => {
    const tasks = app();
    const client = tasks.register(answer);
    const job = await client.dispatch(1);
    const listening = all(job.messages());
    if (end === "failed") {
      tasks.implement(answer, (_, ctx) => ctx.fail("no"));
      await tasks.start();
    } else if (end === "cancelled") await job.cancel();
    else await job.remove();
    expect(await listening).toEqual([]);
    expect(await all(job.messages())).toEqual([]);
  });

  it("end for one listener when its signal aborts, and when it stops looking", async () => {
    const tasks = app();
    const release = gate();
    const client = tasks.implement(answer, async (_, ctx) => {
      ctx.emit({ token: "only" });
      await release.opened;
    });
    const job = await client.dispatch(1);
    await tasks.start();
    const controller = new AbortController();
    const reason = new Error("the page was left");
    const seen: string[] = [];
    const listening = (async () => {
      for await (const { value } of job.messages({ signal: controller.signal })) {
        seen.push(value.token);
        controller.abort(reason);
      }
    })();
    expect(await rejection(listening)).toBe(reason);
    expect(seen).toEqual(["only"]);
    expect(await rejection(all(job.messages({ signal: AbortSignal.abort(reason) })))).toBe(reason);
    for await (const _ of job.messages()) break;
    release.open();
    await job.result;
  });

  it("end with an error when the app closes", async () => {
    const client = app().register(answer);
    const closing = app();
    const job = await client.dispatch(1);
    const listening = rejection(all(closing.register(answer).job(job.id).messages()));
    await closing.connect();
    await job.getState();
    await closing.close();
    expect(await listening).toMatchObject({ code: "APP_CLOSED" });
  });

  it("are told as events, by their numbers", async () => {
    const tasks = app();
    const client = tasks.implement(answer, (_, ctx) => {
      ctx.emit({ token: "a" });
      ctx.emit({ token: "b" });
    });
    const numbers: number[] = [];
    const both = new Promise<void>((resolve) => {
      client.on("message", ({ number }) => {
        if (numbers.push(number) === 2) resolve();
      });
    });
    await tasks.start();
    const job = await client.dispatch(1);
    await Promise.all([job.result, both]);
    expect(numbers).toEqual([1, 2]);
  });

  it("of a batch go to every job of it", async () => {
    const tasks = app();
    const client = tasks.task("batch", {
      input: z.number(),
      emits: z.string(),
      collect: { maxSize: 2, delay: "1m" },
      handler: (list, ctx) => ctx.emit(`one of ${list.length}`),
    });
    const jobs = await client.dispatchMany([1, 2]);
    await tasks.start();
    for (const job of jobs)
      expect((await all(job.messages())).map(({ value }) => value)).toEqual(["one of 2"]);
  });

  it("know their task: one that nobody has met is refused", async () => {
    const tasks = app();
    const messages = tasks.jobs.handle({ task: "nowhere", id: "1" }).messages();
    expect(await rejection(all(messages))).toMatchObject({ code: expect.stringContaining("TASK") });
  });
});

describe("ctx.emit", () => {
  /** What one emit throws. */
  async function refusal(contract: Parameters<typeof taskOf>[0], value: unknown): Promise<Error> {
    return taskOf(contract, value);
  }

  async function taskOf(emits: z.ZodType | undefined, value: unknown): Promise<Error> {
    const app = createTaskora({ adapter: memoryAdapter() });
    const thrown: unknown[] = [];
    const task = app.task("emitter", {
      emits,
      handler: (_, ctx) => {
        try {
          (ctx.emit as (value: unknown) => void)(value);
        } catch (error) {
          thrown.push(error);
        }
      },
    });
    const job = await task.dispatch(undefined);
    await app.start();
    await job.result;
    await app.close();
    return thrown[0] as Error;
  }

  it("is refused where the contract has no emits", async () => {
    const error = await refusal(undefined, 1);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option: "emits", code: "OPTION_INVALID" });
    expect(error.message).toMatch(/^expected emits in the contract of emitter/);
  });

  it("refuses what does not fit, undefined, what is too long and what is checked later", async () => {
    expect(await refusal(z.string(), 1)).toMatchObject({
      code: "VALIDATION_FAILED",
      side: "message",
      message: expect.stringContaining("does not fit the emits schema of emitter"),
    });
    expect(await refusal(z.any(), undefined)).toMatchObject({ code: "OPTION_INVALID", option: "value" });
    expect(await refusal(z.string(), "x".repeat(20_000))).toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
      message: expect.stringContaining("a message may take 16384"),
    });
    const later = z.string().refine(async () => true);
    expect(await refusal(later, "x")).toMatchObject({ code: "CONTRACT_INVALID" });
  });

  it("gives each listener the newest when the store is away for long", async () => {
    const adapter = memoryAdapter({ store: createMemoryStore() });
    const annotate = adapter.annotate.bind(adapter);
    const back = gate();
    adapter.annotate = async (annotations, call) => {
      await back.opened;
      return annotate(annotations, call);
    };
    const app = createTaskora({ adapter });
    const client = app.implement(answer, async (count, ctx) => {
      for (const index of upTo(count)) {
        ctx.emit({ token: "x", index });
        if (index === 1) await Promise.resolve();
      }
      back.open();
    });
    const job = await client.dispatch(5000);
    await app.start();
    await job.result;
    const got = await indexes(job.messages());
    expect(got).toHaveLength(MAX_MESSAGES);
    expect(got.at(-1)).toBe(4999);
    await app.close();
  });
});
