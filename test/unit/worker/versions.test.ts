import { createTaskora } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { settled, VirtualClock } from "../../../src/testing/virtual-clock.js";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, rejection } from "../../support/signals.js";

const v1 = { name: "user.greet", version: 1, input: z.object({ name: z.string() }) } as const;
const v2 = { ...v1, version: 2, input: z.object({ first: z.string(), last: z.string() }) } as const;
const v3 = {
  ...v1,
  version: 3,
  input: z.object({ first: z.string(), last: z.string(), polite: z.boolean() }),
} as const;

const toV2 = (payload: unknown) => {
  const [first = "", last = ""] = (payload as { name: string }).name.split(" ");
  return { first, last };
};

describeBehaviour("the version of a job", ({ app, world }) => {
  it("is migrated step by step, async steps too, and then validated", async () => {
    const old = app().register(v1).dispatch({ name: "Ada Lovelace" });
    const { result } = old;
    const worker = app();
    worker.implement(v3, {
      migrate: { 1: toV2, 2: async (payload) => ({ ...(payload as object), polite: true }) },
      handler: (data) => data,
    });
    await old;
    await worker.start();
    expect(await result).toEqual({ first: "Ada", last: "Lovelace", polite: true });
  });

  it("skips a step that is not given, so a compatible change needs none", async () => {
    const job = app().register(v2).dispatch({ first: "Ada", last: "Lovelace" });
    const { result } = job;
    const worker = app();
    worker.implement({ ...v3, input: v2.input }, (data) => data);
    await worker.start();
    expect(await result).toEqual({ first: "Ada", last: "Lovelace" });
  });

  it("fails the job when the migrated payload does not fit", async () => {
    const job = app().register(v1).dispatch({ name: "Ada" });
    const { result } = job;
    const worker = app();
    worker.implement(v2, { migrate: { 1: () => ({ first: 1 }) }, handler: () => "never" });
    await worker.start();
    expect((await rejection(result)).cause).toMatchObject({ name: "ValidationError" });
  });

  it("fails the job when a step throws, and retries it by the policy", async () => {
    const job = app().register(v1).dispatch({ name: "Ada" });
    const { result } = job;
    const worker = app();
    let steps = 0;
    worker.implement(v2, {
      retry: { attempts: 2, delay: 0 },
      migrate: {
        1: () => {
          steps += 1;
          throw new Error("no such user");
        },
      },
      handler: () => "never",
    });
    await worker.start();
    expect(await rejection(result)).toMatchObject({ attempt: 2, cause: { message: "no such user" } });
    expect(steps).toBe(2);
  });

  it("older than since fails the job and says what to do", async () => {
    const job = app().register(v1).dispatch({ name: "Ada" });
    const { result } = job;
    const worker = app();
    worker.implement({ ...v3, since: 2 }, { retry: { attempts: 5 }, handler: () => "never" });
    await worker.start();
    const error = await rejection(result);
    expect(error).toMatchObject({ attempt: 1, cause: { code: "JOB_VERSION_UNSUPPORTED" } });
    expect((error.cause as Error).message).toMatch(
      /version 1 .* accepts 2 to 3\. Run a worker that still knows/,
    );
  });

  it("newer than the worker is put back untouched for a newer worker", async () => {
    const old = app();
    const seen = new Collected<string>();
    old.implement(v1, (data) => void seen.push(`old ${data.name}`));
    const client = app().register(v2);
    const delayed = new Collected<{ delayMs?: number; attempt: number }>();
    client.on("delayed", delayed.push);
    const job = client.dispatch({ first: "Ada", last: "Lovelace" });
    const { result } = job;
    await job;
    await old.start();
    const [event] = await delayed.reach(1);
    expect(event?.delayMs).toBeGreaterThanOrEqual(250);
    expect(await job.getState()).toBe("delayed");
    await old.close();
    const fresh = app();
    fresh.implement(v2, (data) => `new ${data.first}`);
    await fresh.start();
    expect(await result).toBe("new Ada");
    expect(seen.items).toEqual([]);
    expect((await fresh.jobs.get({ id: job.id }))?.history).toMatchObject([
      { attempt: 1, outcome: "completed" },
    ]);
  });

  it("refuses a migration from a version that cannot be", () => {
    const tasks = app();
    const implement = (migrate: Record<number, () => unknown>) =>
      tasks.implement(v2, { migrate, handler: () => 1 });
    expect(() => implement({ 2: () => 1 })).toThrow(/source versions from 1 to 1, got 2/);
    expect(() => implement({ 0: () => 1 })).toThrow(/got 0/);
    expect(() => tasks.implement({ ...v1, since: 2 }, () => 1)).toThrow(/since to be at most version 1/);
    expect(world().errors).toEqual([]);
  });
});

describe("jobs of a newer version", () => {
  /** Ten of them under a worker that is too old, for `ms`; gives what was told and the ids. */
  async function keptFor(ms: number) {
    const clock = new VirtualClock();
    const store = createMemoryStore({ clock });
    const over = { adapter: memoryAdapter({ store }), clock, logger: false } as const;
    const producer = createTaskora({ ...over, adapter: memoryAdapter({ store }) });
    const worker = createTaskora(over);
    const startedAt = clock.now();
    const tries: number[] = [];
    let told = 0;
    const count = () => {
      told += 1;
    };
    worker.implement(v1, () => "never").on("active", ({ at }) => tries.push(at - startedAt));
    for (const type of ["active", "delayed", "waiting"] as const) worker.on(type, () => count());
    for (const type of ["retrying", "failed", "stalled"] as const)
      worker.on(type, () => tries.push(Number.NaN));
    const client = producer.register(v2);
    await worker.start();
    const jobs = Array.from({ length: 10 }, () => client.dispatch({ first: "Ada", last: "Lovelace" }));
    await Promise.all(jobs);
    for (let passed = 0; passed < ms; passed += 50) {
      await settled();
      await clock.advance(50);
    }
    const found = await Promise.all(jobs.map(({ id }) => producer.jobs.get({ id })));
    const closing = Promise.all([worker.close({ timeout: 0 }), producer.close()]);
    await settled();
    await clock.advance(1000);
    await closing;
    return { tries, told, found };
  }

  it("are tried a few times a second at most, and ever more rarely", async () => {
    const { tries } = await keptFor(60_000);
    const perJob = (from: number, to: number) => tries.filter((at) => at >= from && at < to).length / 10;
    expect(tries.some(Number.isNaN)).toBe(false);
    expect(perJob(0, 1000)).toBeGreaterThanOrEqual(2);
    expect(perJob(0, 1000)).toBeLessThanOrEqual(5);
    expect(perJob(1000, 10_000)).toBeLessThanOrEqual(8);
    expect(perJob(10_000, 60_000)).toBeLessThanOrEqual(6);
  });

  it("use no attempt, leave no history and flood nobody with events", async () => {
    const { found, told } = await keptFor(60_000);
    for (const job of found) {
      expect(job).toMatchObject({ state: "delayed", attempt: 0, stalls: 0, history: [], version: 2 });
      expect(job?.error).toBeUndefined();
    }
    // Three events a try, 19 tries at most in a minute.
    expect(told / 10).toBeLessThanOrEqual(57);
  });
});

/** Lets one worker of a newer version stand among ten older ones. */
describeBehaviour("jobs of a version that one of many workers runs", ({ app, world }) => {
  const PROMPT_MS = 1000;
  const work = { name: "work", version: 1 } as const;
  const newer = { ...work, version: 2 } as const;

  /** Old workers, and what they ran. */
  async function oldWorkers(count: number, ms = 0) {
    const ran: unknown[] = [];
    for (let index = 0; index < count; index++) {
      const worker = app();
      worker.implement(work, {
        concurrency: 5,
        handler: async (data) => {
          ran.push(data);
          await new Promise((resolve) => setTimeout(resolve, ms));
          return "old";
        },
      });
      await worker.start();
    }
    return ran;
  }

  async function newWorker(concurrency = 2, ms = 0) {
    const worker = app();
    const ran: unknown[] = [];
    worker.implement(newer, {
      concurrency,
      handler: async (data) => {
        ran.push(data);
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        return "new";
      },
    });
    await worker.start();
    return ran;
  }

  it("start within a second, with no attempt used and two events more at most", async () => {
    const ran = await oldWorkers(10);
    await newWorker();
    const producer = app();
    const client = producer.register(newer);
    const events: string[] = [];
    for (const type of ["active", "waiting", "delayed", "retrying", "stalled"] as const)
      client.on(type, () => events.push(type));
    await producer.connect();
    for (let round = 0; round < 20; round++) {
      const startedAt = performance.now();
      const job = client.dispatch(round);
      expect(await job.result).toBe("new");
      expect(performance.now() - startedAt).toBeLessThan(PROMPT_MS);
      expect((await producer.jobs.get({ id: job.id }))?.history).toMatchObject([
        { attempt: 1, outcome: "completed" },
      ]);
    }
    expect(ran).toEqual([]);
    // Waiting and active; and once each for an old worker that put it back.
    expect(events.length).toBeLessThanOrEqual(20 * 5);
    expect(events.filter((type) => type === "delayed").length).toBeLessThanOrEqual(20);
  });

  it("start within a second of the start of the first worker that runs them, in order of priority", async () => {
    const ran = await oldWorkers(3);
    const producer = app();
    const client = producer.register(newer);
    const delayed = new Collected<unknown>();
    client.on("delayed", delayed.push);
    await producer.connect();
    const priorities = [0, 7, -7, 0, 7, -7];
    const results = priorities.map((priority) => client.dispatch(priority, { priority }).result);
    await delayed.reach(24);
    const startedAt = performance.now();
    const order = await newWorker(1);
    await Promise.all(results);
    expect(performance.now() - startedAt).toBeLessThan(PROMPT_MS);
    expect(order).toEqual([...priorities].sort((a, b) => b - a));
    expect(ran).toEqual([]);
  });

  it("keep jobs behind them from no old worker", async () => {
    const producer = app();
    const fresh = producer.register(newer);
    const old = app().register(work);
    const inFront = Array.from({ length: 200 }, (_, index) => fresh.dispatch(index, { priority: index % 3 }));
    await Promise.all(inFront);
    const behind = Array.from({ length: 200 }, (_, index) => old.dispatch(index).result);
    const own = await newWorker(1, 10);
    const ran = await oldWorkers(3, 2);
    await Promise.all(behind);
    expect(own.length).toBeLessThan(200);
    expect(ran.length).toBeGreaterThan(150);
    await Promise.all(inFront.map((job) => job.result));
    const { failed, delayed, waiting, completed } = await producer.jobs.count({ task: "work" });
    expect([failed, delayed, waiting, completed]).toEqual([0, 0, 0, 400]);
    expect(world().warnings).toEqual([]);
  });
});

describeBehaviour("an alias", ({ app }) => {
  it("lets a renamed task take over jobs queued under its former name", async () => {
    const former = app().register(v1).dispatch({ name: "Ada" });
    const { result } = former;
    const worker = app();
    const renamed = worker.implement(
      { ...v1, name: "person.greet", aliases: ["user.greet"] },
      (data) => `hello ${data.name}`,
    );
    await worker.start();
    expect(await result).toBe("hello Ada");
    expect(await renamed.dispatch({ name: "Bob" }).result).toBe("hello Bob");
  });

  it("is refused when the name has a handler or an alias of its own", () => {
    const tasks = app();
    tasks.implement(v1, () => 1);
    const clash = { ...v1, name: "person.greet", aliases: ["user.greet"] };
    expect(() => tasks.implement(clash, () => 2)).toThrow(/user\.greet/);
    const other = app();
    other.implement(clash, () => 1);
    expect(() => other.implement(v1, () => 2)).toThrow(/user\.greet/);
  });
});
