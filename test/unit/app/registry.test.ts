import { createTaskora, type TaskoraOptions } from "taskora";
import { defineTask } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected } from "../../support/signals.js";

const contract = defineTask({ name: "user.greet", input: z.object({ name: z.string() }) });

describeBehaviour("register and implement", ({ app, world }) => {
  it("work in one app and in two", async () => {
    const worker = app();
    worker.implement(contract, ({ name }) => `hello ${name}`);
    await worker.start();
    expect(await worker.register(contract).dispatch({ name: "Ada" }).result).toBe("hello Ada");
    expect(await app().register(contract).dispatch({ name: "Bob" }).result).toBe("hello Bob");
  });

  it("register is idempotent", async () => {
    const tasks = app();
    tasks.register(contract);
    tasks.register(contract);
    tasks.implement(contract, () => "once");
    tasks.register(contract);
    await tasks.start();
    expect(await tasks.register(contract).dispatch({ name: "x" }).result).toBe("once");
  });

  it("refuse a second handler and another contract of the same name", () => {
    const tasks = app();
    tasks.implement(contract, () => 1);
    expect(() => tasks.implement(contract, () => 2)).toThrow(
      expect.objectContaining({
        code: "CONTRACT_CONFLICT",
        message: expect.stringContaining("already has a handler"),
      }),
    );
    expect(() => tasks.task("user.greet", () => 3)).toThrow(
      expect.objectContaining({ code: "CONTRACT_CONFLICT" }),
    );
    const other = defineTask({ name: "user.greet", input: z.object({ id: z.number() }) });
    expect(() => tasks.register(other)).toThrow(/already registered with another contract/);
    const newer = defineTask({ ...contract, version: 2 });
    expect(() => tasks.register(newer)).toThrow(/version 1.* now version 2/);
  });

  it("take a handler after start", async () => {
    const tasks = app();
    await tasks.start();
    const job = tasks.register(contract).dispatch({ name: "Ada" });
    const { result } = job;
    await job;
    tasks.implement(contract, ({ name }) => name);
    expect(await result).toBe("Ada");
  });

  it("take a handler while start is under way", async () => {
    const tasks = app();
    const starting = tasks.start();
    tasks.implement(contract, ({ name }) => name);
    await starting;
    expect(await tasks.register(contract).dispatch({ name: "Ada" }).result).toBe("Ada");
    expect(world().errors).toEqual([]);
  });

  it("work on tasks of one app side by side over few connections", async () => {
    const tasks = app();
    const seen = new Collected<string>();
    const clients = Array.from({ length: 50 }, (_, n) =>
      tasks.task<null, void>(`many.t${n}`, () => seen.push(`t${n}`)),
    );
    await tasks.start();
    await Promise.all(clients.map((client) => client.dispatch(null)));
    expect((await seen.reach(50)).length).toBe(50);
  });
});

describe("options", () => {
  const make = (options: object) => () =>
    createTaskora({ adapter: memoryAdapter(), ...options } as unknown as TaskoraOptions);
  const task = (options: object) => () => make({})().task("one", { handler: () => 1, ...options } as never);
  const dispatch = (options: object) =>
    make({ logger: false })()
      .register(contract)
      .dispatch({ name: "x" }, options as never);

  it.each([
    [
      "createTaskora",
      make({ adaptor: 1 }),
      /unknown option "adaptor" in createTaskora\(\)\. Did you mean "adapter"/,
    ],
    ["createTaskora without options", () => createTaskora(undefined as never), /expected options such as/],
    [
      "createTaskora without an adapter",
      () => createTaskora({} as never),
      /expected adapter to be an adapter/,
    ],
    [
      "an adapter that is a url",
      make({ adapter: "redis://x" }),
      /redisAdapter\("redis:\/\/localhost:6379"\)/,
    ],
    ["maxPayloadBytes", make({ maxPayloadBytes: 0.5 }), /maxPayloadBytes to be a whole number from 1/],
    ["defaults", make({ defaults: { timout: 1 } }), /Did you mean "timeout"/],
    ["defaults.retry", make({ defaults: { retry: { atempts: 1 } } }), /Did you mean "attempts"/],
    [
      "defaults.timeout",
      make({ defaults: { timeout: "soon" } }),
      /expected defaults\.timeout to be milliseconds/,
    ],
    ["task", task({ concurency: 1 }), /unknown option "concurency" in .*one\. Did you mean "concurrency"/],
    ["task name", () => make({})().task("Send Email", () => 1), /Use "send-email"/],
    [
      "task without a handler",
      () => make({})().task("one", {} as never),
      /expected a handler function for one/,
    ],
    ["concurrency", task({ concurrency: 0 }), /concurrency to be a whole number from 1 to 10000, got 0/],
    ["lease", task({ lease: "50ms" }), /expected lease to be at least "100ms", got "50ms"/],
    ["retry", task({ retry: { attempt: 3 } }), /Did you mean "attempts"/],
    ["backoff", task({ retry: { backoff: "exponental" } }), /"exponential", "linear", "fixed" or a function/],
    ["jitter", task({ retry: { jitter: 2 } }), /jitter to be a number from 0 to 1/],
    ["stallLimit", task({ stallLimit: -1 }), /stallLimit/],
    ["timeout", task({ timeout: -1 }), /expected timeout to be/],
    ["onExpire", task({ onExpire: "forget" }), /onExpire to be "fail" or "discard", got "forget"/],
    ["priority", task({ priority: 1001 }), /priority to be a whole number from -1000 to 1000/],
    ["schema", task({ input: { type: "object" } }), /input of one to be a schema/],
    [
      "a contract by hand",
      () => make({})().register({ name: "one", version: 1, timout: 1 } as never),
      /Did you mean "timeout"/,
    ],
    ["the name of one", () => make({})().register({ name: "One", version: 1 }), /Use "one"/],
    [
      "the version of one",
      () => make({})().register({ name: "one", version: 0 }),
      /version to be a whole number from 1/,
    ],
    ["close", () => make({})().close({ timout: 1 } as never), /Did you mean "timeout"/],
    ["use", () => make({})().use({ handel: 1 } as never), /Did you mean "handle"/],
  ])("of %s are refused with a message that helps", (_, act, message) => {
    expect(act).toThrow(message);
  });

  it.each([
    ["an unknown one", { dealy: 5 }, /unknown option "dealy" in dispatch options\. Did you mean "delay"/],
    ["delay and runAt", { delay: 1, runAt: 1 }, /expected delay or runAt, got both/],
    ["delay", { delay: "5 parsecs" }, /expected delay to be milliseconds or text/],
    ["runAt", { runAt: Number.NaN }, /expected runAt to be a Date or ms since the epoch/],
    ["an invalid date", { runAt: new Date("nonsense") }, /expected runAt/],
    ["priority", { priority: 0.5 }, /priority to be a whole number/],
    ["ttl", { ttl: -1 }, /expected ttl/],
    ["attempts", { attempts: 0 }, /attempts to be a whole number from 1/],
    ["a header", { headers: { a: 1 } }, /expected header "a" to be text, got 1/],
    [
      "large names of headers",
      { headers: { ["x".repeat(20_000)]: "" } },
      /headers of at most 16384 characters/,
    ],
    ["large headers", { headers: { a: "x".repeat(20_000) } }, /headers of at most 16384 characters/],
  ])("of dispatch reject that job: %s", async (_, options, message) => {
    await expect(dispatch(options)).rejects.toThrow(message);
  });
});
