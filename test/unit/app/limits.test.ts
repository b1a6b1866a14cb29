import { createTaskora, type DispatchOptions } from "taskora";
import type { ControlRequest } from "taskora/adapter";
import { defineTask } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import { createTestApp, type TestApp } from "taskora/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate } from "../../support/signals.js";

describeBehaviour("numbers of a limit that a worker says", ({ app, world }) => {
  const rated = defineTask({ name: "rated", rateLimit: { limit: 1, window: "1h" } });
  const single = defineTask({ name: "single", globalConcurrency: 1 });

  it("hold for jobs that were stored before, and over two processes", async () => {
    const ran: unknown[] = [];
    const entry = {
      rateLimit: { limit: 3, window: "1h" },
      handler: (n: unknown) => void ran.push(n),
    } as const;
    await app().register(rated).dispatchMany([0, 1, 2, 3, 4]);
    const workers = [app(), app()];
    for (const worker of workers) {
      worker.implement(rated, entry);
      await worker.start();
    }
    await vi.waitFor(() => expect(ran).toHaveLength(3));
    await app().register(rated).dispatch(5);
    await workers[0]?.close();
    expect((await app().jobs.count({ task: "rated" })).waiting).toBe(3);
    expect(ran.toSorted()).toEqual([0, 1, 2]);
  });

  it("let so many run at once, and those of the worker that started last", async () => {
    const hold = gate();
    const handler = async () => {
      await hold.opened;
    };
    const jobs = await app().register(single).dispatchMany([0, 1, 2, 3, 4]);
    const one = app();
    one.implement(single, { handler, globalConcurrency: 2 });
    await one.start();
    const active = async () => (await one.jobs.count({ task: "single" })).active;
    await vi.waitFor(async () => expect(await active()).toBe(2));
    const two = app();
    two.implement(single, { handler, globalConcurrency: 4 });
    await two.start();
    await vi.waitFor(async () => expect(await active()).toBe(4));
    hold.open();
    await Promise.all(jobs.map((job) => job.result));
  });

  it("are those of the contract where the handler says none, whatever the jobs brought", async () => {
    const hold = gate();
    await app()
      .register(defineTask({ ...single, globalConcurrency: 5 }))
      .dispatchMany([0, 1, 2]);
    const worker = app();
    worker.implement(single, async () => {
      await hold.opened;
    });
    await worker.start();
    await vi.waitFor(async () => expect((await worker.jobs.count({ task: "single" })).active).toBe(1));
    hold.open();
    await vi.waitFor(async () => expect((await worker.jobs.count({ task: "single" })).completed).toBe(3));
  });

  it("are told for lanes, also for one that is added later", async () => {
    const told: unknown[] = [];
    const adapter = world().adapter();
    const control = adapter.control?.bind(adapter);
    Object.assign(adapter, {
      control: async (requests: readonly ControlRequest[]) => {
        for (const request of requests)
          if (request.control === "limits") told.push([request.task, request.override]);
        return (await control?.(requests)) ?? [];
      },
    });
    const worker = app({ adapter });
    const client = worker.implement(single, { handler: () => 1, globalConcurrency: 2, lanes: ["a"] });
    await worker.start();
    client.lanes.add("b");
    await vi.waitFor(() => expect(told).toHaveLength(3));
    expect(told).toEqual(["single", "single/a", "single/b"].map((task) => [task, { max: 2 }]));
  });

  it("are told again to a store that was emptied", async () => {
    const worker = app();
    worker.implement(rated, { handler: (n) => n, rateLimit: { limit: 100, window: "1h" } });
    await worker.start();
    const client = app().register(rated);
    await client.dispatch(0).result;
    await world().empty();
    await vi.waitFor(
      () => expect(world().warnings.map(({ code }) => code)).toContain("STORE_EMPTIED"),
      10_000,
    );
    await Promise.all([1, 2, 3].map((n) => client.dispatch(n).result));
  });

  it("are refused where the contract has no such limit, and out of range", () => {
    const worker = app();
    const made = (options: object) => () => worker.implement(rated, { handler: () => 1, ...options });
    expect(made({ globalConcurrency: 2 })).toThrow(
      /expected globalConcurrency at the handler of rated only beside one of its contract/,
    );
    expect(made({ rateLimit: { limit: 0, window: "1s" } })).toThrow(/rateLimit\.limit/);
    expect(made({ rateLimit: { limit: 1, window: "1s", by: "a" } })).toThrow(/by/);
  });
});

describe("limits under virtual time", () => {
  const opened: TestApp[] = [];
  const open = (): TestApp => {
    const test = createTestApp();
    opened.push(test);
    return test;
  };

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((test) => test.close()));
  });

  it("starts jobs as often as the rate allows, in order", async () => {
    const test = open();
    const startedAt = test.clock.now();
    const starts: [unknown, number][] = [];
    const task = test.app.task("api.call", {
      rateLimit: { limit: 2, window: "1m" },
      handler: (n) => {
        starts.push([n, (test.clock.now() - startedAt) / 60_000]);
      },
    });
    await task.dispatchMany([0, 1, 2, 3, 4]);
    await test.runUntilIdle();
    expect(starts).toEqual([
      [0, 0],
      [1, 0],
      [2, 1],
      [3, 1],
      [4, 2],
    ]);
  });

  it("counts the rate per key of the payload", async () => {
    const test = open();
    const ran: string[] = [];
    const task = test.app.task("api.call", {
      input: z.object({ customer: z.object({ id: z.number() }) }),
      rateLimit: { limit: 1, window: "1h", by: "customer.id" },
      handler: ({ customer }) => {
        ran.push(String(customer.id));
      },
    });
    await task.dispatchMany([1, 1, 2, 3, 3].map((id) => ({ customer: { id } })));
    await test.advanceTime("1m");
    expect(ran).toEqual(["1", "2", "3"]);
    await test.advanceTime("1h");
    expect(ran).toEqual(["1", "2", "3", "1", "3"]);
  });

  it("counts a retry as a start", async () => {
    const test = open();
    const starts: number[] = [];
    const begin = test.clock.now();
    const task = test.app.task("flaky", {
      rateLimit: { limit: 1, window: "10s" },
      retry: { attempts: 3, delay: "1s", backoff: "fixed", jitter: 0 },
      handler: (_, ctx) => {
        starts.push(test.clock.now() - begin);
        if (ctx.attempt < 3) throw new Error("not yet");
      },
    });
    await test.runJob(task, null);
    expect(starts).toEqual([0, 10_000, 20_000]);
  });

  it("tells a producer whose payload has no key", async () => {
    const test = open();
    const task = test.app.task("keyed", {
      rateLimit: { limit: 1, window: "1s", by: "customer.id" },
      handler: () => null,
    });
    for (const payload of [
      null,
      {},
      { customer: null },
      { customer: { id: "" } },
      { customer: { id: [] } },
    ]) {
      await expect(task.dispatch(payload)).rejects.toThrow(
        "rateLimit.by of keyed, the payload's customer.id,",
      );
    }
    await expect(task.dispatch({ "customer.id": 1 })).rejects.toMatchObject({ code: "OPTION_INVALID" });
    const inherited = Object.create({ customer: { id: 1 } });
    await expect(task.dispatch(inherited)).rejects.toMatchObject({ code: "OPTION_INVALID" });
  });

  it("expires a job that had to wait too long for its turn", async () => {
    const test = open();
    const task = test.app.task("slow", {
      rateLimit: { limit: 1, window: "1h" },
      handler: () => "done",
    });
    const [first, second] = [task.dispatch(1), task.dispatch(2, { ttl: "10m" })];
    await test.runUntilIdle();
    expect(await first.result).toBe("done");
    await expect(second.result).rejects.toMatchObject({ code: "JOB_EXPIRED" });
  });
});

describe("options of limits", () => {
  const app = () => createTaskora({ adapter: memoryAdapter(), logger: false });

  it.each<[DispatchOptions, string]>([
    [{ concurrency: { limit: 2 } as never }, "expected concurrency.key"],
    [{ concurrency: "" }, "expected concurrency to be text of 1 to 200 characters"],
    [{ concurrency: "x".repeat(201) }, "got 201 characters"],
    [{ concurrency: 5 as never }, "expected concurrency to be text of 1 to 200 characters"],
    [{ concurrency: { key: "k", limit: 0 } }, "expected concurrency.limit to be a whole number from 1"],
    [{ concurrency: { key: "k", limit: 1.5 } }, "got 1.5"],
  ])("refuses to dispatch with %o", async (options, message) => {
    const taskora = app();
    const task = taskora.register({ name: "a.b", version: 1 });
    await expect(task.dispatch(null, options)).rejects.toThrow(message);
    await taskora.close();
  });

  it.each([
    ["group", 7, "7"],
    ["concurrency", null, "null"],
    ["deduplicate", ["a"], '["a"]'],
    ["idempotency", true, "true"],
  ])("says of %s that it may be text, where it is %o", async (option, value, got) => {
    const taskora = app();
    const task = taskora.register({ name: "a.b", version: 1 });
    const message = `expected ${option} to be text of 1 to 200 characters, or an object with it as key; got ${got}`;
    await expect(task.dispatch(null, { [option]: value } as never)).rejects.toThrow(message);
    await taskora.close();
  });

  it.each([
    [{ rateLimit: { limit: 0, window: "1s" } }, "expected rateLimit.limit to be a whole number from 1"],
    [{ rateLimit: { limit: 1, window: 0 } }, 'expected rateLimit.window to be at least "1ms", got 0'],
    [{ rateLimit: { limit: 1, window: "soon" } }, "expected rateLimit.window to be milliseconds or text"],
    [{ rateLimit: { limit: 1, window: "1s", by: "a..b" } }, 'a path such as "customer.id", got "a..b"'],
    [{ rateLimit: { limit: 1, window: "1s", bye: "a" } }, 'Did you mean "by"?'],
    [{ rateLimit: 5 }, "expected rateLimit to be an object, got 5"],
    [{ globalConcurrency: true }, "expected globalConcurrency to be a whole number from 1"],
    [{ globalConcurrency: { limit: 0 } }, "expected globalConcurrency.limit to be a whole number from 1"],
    [{ globalConcurrency: 1, collect: { delay: "1s" } }, "expected no globalConcurrency beside collect"],
    [
      { rateLimit: { limit: 1, window: "1s" }, collect: { delay: "1s" } },
      "expected no rateLimit beside collect",
    ],
  ])("refuses the contract %o", (options, message) => {
    expect(() => defineTask({ name: "a.b", ...(options as object) })).toThrow(message);
    expect(() => app().task("a.b", { handler: () => null, ...(options as object) })).toThrow(message);
  });

  it("refuses a concurrency beside the contract's own limit, but for one job at a time", async () => {
    const taskora = app();
    for (const [name, globalConcurrency] of [
      ["five", 5],
      ["keyed", { limit: 1, by: "customer" }],
    ] as const) {
      const limited = taskora.register({ name, version: 1, globalConcurrency });
      const job = limited.dispatch({ customer: "c" }, { concurrency: "k" });
      await expect(job).rejects.toThrow(`no concurrency for a job of ${name}, whose contract limits it`);
      expect((await limited.dispatch({ customer: "c" })).isDuplicate).toBe(false);
    }
    const alone = taskora.register({ name: "alone", version: 1, globalConcurrency: 1 });
    await alone.dispatch(null, { concurrency: { key: "k", limit: 7 } });
    await taskora.close();
  });

  it("refuses a payload that has no key for the contract's limit", async () => {
    const taskora = app();
    const keyed = taskora.register({
      name: "keyed",
      version: 1,
      globalConcurrency: { limit: 1, by: "customer.id" },
    });
    await expect(keyed.dispatch({ customer: {} })).rejects.toThrow("globalConcurrency.by of keyed");
    await taskora.close();
  });

  it("refuses a concurrency for a job that is collected", async () => {
    const taskora = app();
    const task = taskora.register({ name: "a.b", version: 1, collect: { delay: "1s" } });
    await expect(task.dispatch(null, { concurrency: "k" })).rejects.toThrow("expected no concurrency");
    await taskora.close();
  });
});

const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

describeBehaviour("limits over two workers", ({ app }) => {
  it("run a task with a global concurrency of 1 one at a time, in order, and start the next at once", async () => {
    const order: number[] = [];
    const ranBy = new Set<string>();
    let running = 0;
    const worker = (name: string) => {
      const taskora = app();
      taskora.task("report.build", {
        globalConcurrency: 1,
        handler: async (n) => {
          running += 1;
          expect(running).toBe(1);
          order.push(n as number);
          ranBy.add(name);
          await tick();
          running -= 1;
        },
      });
      return taskora;
    };
    const first = worker("first");
    await Promise.all([first.start(), worker("second").start()]);
    const task = app().register({ name: "report.build", version: 1, globalConcurrency: 1 });
    const startedAt = performance.now();
    const jobs = await task.dispatchMany(Array.from({ length: 100 }, (_, index) => index));
    await Promise.all(jobs.map((job) => job.result));
    expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index));
    // Waiting for a sweep instead of being woken would take 2 s for each.
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it("run as many jobs of the task, and of each key, as the contract allows", async () => {
    for (const [globalConcurrency, expected] of [
      [3, { all: 3 }],
      [
        { limit: 2, by: "key" },
        { all: 4, perKey: 2 },
      ],
    ] as const) {
      const running: string[] = [];
      const most = { all: 0, perKey: 0 };
      const name = `limited.${expected.all}`;
      const handler = async (data: unknown) => {
        const { key } = data as { readonly key: string };
        running.push(key);
        most.all = Math.max(most.all, running.length);
        most.perKey = Math.max(most.perKey, running.filter((other) => other === key).length);
        await tick();
        running.splice(running.indexOf(key), 1);
      };
      const workers = [app(), app()];
      for (const worker of workers) worker.task(name, { globalConcurrency, concurrency: 20, handler });
      const task = app().register({ name, version: 1, globalConcurrency });
      const payloads = Array.from({ length: 100 }, (_, index) => ({ key: index % 2 === 0 ? "even" : "odd" }));
      const jobs = await task.dispatchMany(payloads);
      await Promise.all(workers.map((worker) => worker.start()));
      await Promise.all(jobs.map((job) => job.result));
      expect(most).toMatchObject(expected);
    }
  });

  it("run as many jobs of a key as it allows, while others go on", async () => {
    const most = new Map<string, number>();
    const running = new Map<string, number>();
    const worker = () => {
      const taskora = app();
      taskora.task("sync", {
        concurrency: 20,
        handler: async (key) => {
          const count = (running.get(key as string) ?? 0) + 1;
          running.set(key as string, count);
          most.set(key as string, Math.max(most.get(key as string) ?? 0, count));
          await tick();
          running.set(key as string, (running.get(key as string) ?? 0) - 1);
        },
      });
      return taskora;
    };
    const task = app().register({ name: "sync", version: 1 });
    const jobs = await task.dispatchMany(
      Array.from({ length: 300 }, (_, index) => ["one", "three", "free"][index % 3] as string),
      (key) => (key === "free" ? {} : { concurrency: { key: key as string, limit: key === "one" ? 1 : 3 } }),
    );
    await Promise.all([worker().start(), worker().start()]);
    await Promise.all(jobs.map((job) => job.result));
    expect(most.get("one")).toBe(1);
    expect(most.get("three")).toBeLessThanOrEqual(3);
    expect(most.get("free")).toBeGreaterThan(3);
  });

  it("leave the next job to the worker that is free", async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const worker = () => {
      const taskora = app();
      taskora.task("mixed", {
        concurrency: 1,
        handler: async (data) => {
          if (data === "slow") await gate;
        },
      });
      return taskora;
    };
    const task = app().register({ name: "mixed", version: 1 });
    const key = { concurrency: "k" };
    await worker().start();
    const warm = await task.dispatchMany(
      Array.from({ length: 300 }, () => "warm"),
      key,
    );
    await Promise.all(warm.map((job) => job.result));
    const slow = task.dispatch("slow");
    const behind = await task.dispatchMany(["a", "b", "c"], key);
    await worker().start();
    await Promise.all(behind.map((job) => job.result));
    release();
    await slow.result;
  });
});
