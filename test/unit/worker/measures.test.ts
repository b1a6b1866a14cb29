import { describe, expect, it } from "vitest";
import { createTaskora } from "../../../src/app/app.js";
import type { TaskoraOptions } from "../../../src/app/options.js";
import type { Taskora } from "../../../src/app/taskora.js";
import { memoryAdapter } from "../../../src/memory/memory-adapter.js";
import { createMemoryStore, type MemoryStore } from "../../../src/memory/memory-store.js";
import { VirtualClock } from "../../../src/testing/virtual-clock.js";

/** A store and apps over it, all of whose time is virtual. */
function setUp() {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  return {
    clock,
    store,
    newApp: (options: Partial<TaskoraOptions> = {}) => anApp({ clock, store }, options),
  };
}

function anApp(
  { clock, store }: { readonly clock: VirtualClock; readonly store: MemoryStore },
  options: Partial<TaskoraOptions>,
): Taskora {
  return createTaskora({ adapter: memoryAdapter({ store }), clock, logger: false, ...options });
}

/** Lets so much virtual time pass. */
function pass(clock: VirtualClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(ms, resolve));
}

function exact(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(values.length * fraction)) - 1] ?? Number.NaN;
}

const FRACTIONS = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

/** Lengths of time from 2 ms to about 20 s, most of them short. */
function runMsOf(nth: number): number {
  const spread = ((nth * 7919) % 20_000) / 20_000;
  return 2 + Math.round(20_000 * spread ** 6);
}

describe("what a worker measures", () => {
  it("gives percentiles of 20 000 jobs within 5 %, also after a restart and where no job is kept", async () => {
    const { clock, newApp } = setUp();
    const app = newApp({ defaults: { retention: { completed: { count: 0 } } }, release: "41c0" });
    const waits: number[] = [];
    const began = clock.now();
    const task = app.task("measured", {
      concurrency: 1000,
      handler: async (nth: number) => {
        waits.push(clock.now() - began);
        await pass(clock, runMsOf(nth));
      },
    });
    await app.start();
    const numbers = Array.from({ length: 20_000 }, (_, nth) => nth);
    await task.dispatchMany(numbers);
    while (waits.length < 20_000) await clock.advance(1000);
    await clock.advance(60_000);
    await app.close();

    const after = newApp();
    const measures = await after.tasks.measures("measured", { from: began });
    expect(measures).toMatchObject({ completed: 20_000, failed: 0, retried: 0 });
    expect([measures.wait.count, measures.run.count]).toEqual([20_000, 20_000]);
    const runs = numbers.map(runMsOf);
    for (const [name, fraction] of Object.entries(FRACTIONS)) {
      const key = name as keyof typeof FRACTIONS;
      expect(Math.abs((measures.run[key] as number) / exact(runs, fraction) - 1)).toBeLessThan(0.05);
      expect(Math.abs((measures.wait[key] as number) / exact(waits, fraction) - 1)).toBeLessThan(0.05);
    }
    await after.close();
  });

  it("knows the wait of delayed and retried jobs, however late they are claimed", async () => {
    const { clock, newApp } = setUp();
    const app = newApp({ concurrency: 1 });
    const truth: number[] = [];
    let dueAt = clock.now() + 5000;
    const blocker = app.task("blocker", () => pass(clock, 8_700));
    const late = app.task("late", {
      retry: { attempts: 2, delay: "3s", backoff: "fixed", jitter: 0 },
      handler: async (_data: unknown, ctx) => {
        truth.push(clock.now() - dueAt);
        dueAt = clock.now() + 3000;
        if (ctx.attempt === 2) return;
        await blocker.dispatch(undefined);
        throw new Error("again");
      },
    });
    await app.start();
    await late.dispatch(undefined, { delay: "5s" });
    await blocker.dispatch(undefined);
    await clock.advance(60_000);
    await app.close();

    const { wait, retried, completed } = await newApp().tasks.measures("late");
    expect([wait.count, retried, completed]).toEqual([2, 1, 1]);
    expect(truth).toHaveLength(2);
    expect(Math.min(...truth)).toBeGreaterThan(1000);
    const mean = (truth[0] as number) / 2 + (truth[1] as number) / 2;
    expect(Math.abs((wait.mean as number) - mean)).toBeLessThan(50);
  });

  it("tells every ten seconds, at a close, and with no command more", async () => {
    const { clock, newApp } = setUp();
    const adapter = memoryAdapter({ store: createMemoryStore({ clock }) });
    const calls: string[] = [];
    const record = adapter.observe?.record;
    Object.assign(adapter.observe as object, {
      record: (measures: never) => {
        calls.push("record");
        return record?.(measures);
      },
    });
    const app = newApp({ adapter });
    const task = app.task("quick", () => undefined);
    await app.start();
    for (let nth = 0; nth < 50; nth++) {
      await task.dispatch(undefined);
      await clock.advance(500);
    }
    expect(calls).toHaveLength(2);
    await clock.advance(60_000);
    expect(calls).toHaveLength(3);
    await task.dispatch(undefined).result;
    await app.close();
    expect(calls).toHaveLength(4);
  });

  it("counts how runs end, step by step", async () => {
    const { clock, newApp } = setUp();
    const app = newApp();
    const task = app.task("mixed", {
      retry: { attempts: 2, delay: "1s", jitter: 0 },
      handler: async (what: string, ctx) => {
        await pass(clock, 40);
        if (what === "snooze" && clock.now() < began + 30_000) ctx.snooze("1m");
        if (what === "fail") throw new Error("never");
      },
    });
    const began = clock.now();
    await app.start();
    await task.dispatchMany(["fine", "fine", "fail", "snooze"]);
    await clock.advance(50_000);
    await clock.advance(100_000);
    const steps = await app.tasks.series("mixed", { from: began, to: began + 180_000, step: "1m" });
    expect(steps.map(({ at }) => at - began)).toEqual([0, 60_000, 120_000]);
    const [first, second, third] = steps;
    expect(first).toMatchObject({ completed: 2, retried: 1, failed: 1, released: 1, wait: { count: 5 } });
    expect(second).toMatchObject({
      completed: 1,
      failed: 0,
      released: 0,
      wait: { count: 1 },
      run: { count: 1 },
    });
    expect(third).toMatchObject({ completed: 0, wait: { count: 0 }, run: { count: 0 } });
    expect(third?.run).toEqual({ count: 0 });
    expect(Math.abs((first?.run.p50 ?? 0) / 40 - 1)).toBeLessThan(0.05);
    await app.close();
  });

  it("measures nothing when it is told so", async () => {
    const { clock, newApp } = setUp();
    const app = newApp({ metrics: false });
    const task = app.task("quiet", () => undefined);
    await app.start();
    await task.dispatch(undefined).result;
    await clock.advance(30_000);
    await app.close();
    const { completed, wait } = await newApp().tasks.measures("quiet");
    expect([completed, wait]).toEqual([0, { count: 0 }]);
  });

  it("makes five groups of five errors with a thousand messages each, with exact counts", async () => {
    const { clock, newApp } = setUp();
    const app = newApp({ release: "52d1" });
    const kinds = [
      (n: number) => new Error(`connect ECONNREFUSED 10.0.0.${n % 256}:${3000 + n}`),
      (n: number) => new RangeError(`order ${n} has "${n * 7}" items`),
      (n: number) => new TypeError(`cannot read item ${n} of ${n * 2}`),
      (n: number) => new Error(`GET https://api.example.com/items?id=${n} gave 502`),
      (n: number) => Object.assign(new Error(`row ${n} is locked`), { code: 55 }),
    ];
    const task = app.task("failing", {
      concurrency: 500,
      handler: (n: number) => {
        throw kinds[n % 5]?.(n) ?? new Error("no kind");
      },
    });
    await app.start();
    const jobs = await task.dispatchMany(Array.from({ length: 5000 }, (_, n) => n));
    await Promise.allSettled(jobs.map(({ result }) => result));
    await clock.advance(20_000);
    const { items } = await app.errors.list({ task: "failing" });
    expect(items.map(({ count }) => count)).toEqual([1000, 1000, 1000, 1000, 1000]);
    expect(new Set(items.map(({ name, message, code }) => `${name} ${code ?? ""} ${message}`))).toEqual(
      new Set([
        "Error  connect ECONNREFUSED <n>",
        "RangeError  order <n> has <text> items",
        "TypeError  cannot read item <n> of <n>",
        "Error  GET https://api.example.com/items?<query> gave <n>",
        "Error 55 row <n> is locked",
      ]),
    );
    const ids = new Set(jobs.map(({ id }) => id));
    for (const { last } of items) {
      expect(ids.has(last.jobId)).toBe(true);
      expect(last).toMatchObject({ version: 1, release: "52d1" });
    }
    await app.close();
  });

  it("keeps what the store did not take for the next time", async () => {
    const { clock, store, newApp } = setUp();
    const adapter = memoryAdapter({ store });
    const record = adapter.observe?.record;
    let isAway = true;
    Object.assign(adapter.observe as object, {
      record: async (measures: never) => {
        if (isAway) throw new Error("the store is away");
        await record?.(measures);
      },
    });
    const app = newApp({ adapter });
    const errors: unknown[] = [];
    app.on("error", ({ error }) => errors.push(error));
    const task = app.task("kept", (fails: boolean) => {
      if (fails) throw new Error("no");
    });
    await app.start();
    await task.dispatch(false).result;
    await clock.advance(25_000);
    expect(errors).toHaveLength(1);
    await task.dispatch(false).result;
    await task.dispatch(true).result.catch(() => undefined);
    isAway = false;
    await clock.advance(10_000);
    expect(await app.tasks.measures("kept")).toMatchObject({ completed: 2, failed: 1, wait: { count: 3 } });
    expect((await app.errors.list()).items).toMatchObject([{ task: "kept", count: 1 }]);
    await app.close();
  });
});
