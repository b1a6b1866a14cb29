import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { createTaskora, type Taskora, type TaskoraOptions } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobTelemetry } from "../../../src/core/telemetry/job-telemetry.js";
import { gate } from "../../support/signals.js";

const OPERATIONS = ["dispatch", "run", "settle"] as const;
const PARTS = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
const PLAIN = [
  "taskora:claim",
  ...["waiting", "delayed", "active", "completed", "failed", "retrying", "cancelled"].map(
    (state) => `taskora:job:${state}`,
  ),
];
const ALL = [
  ...OPERATIONS.flatMap((name) => PARTS.map((part) => `tracing:taskora:${name}:${part}`)),
  ...PLAIN,
  "taskora:worker",
  "taskora:error",
];

/** What was told, in order. */
interface Told {
  readonly channel: string;
  readonly message: JobTelemetry;
  /** As it was then. */
  readonly outcome: JobTelemetry["outcome"];
}

let told: Told[] = [];
let stops: (() => void)[] = [];
let apps: Taskora[] = [];

function hear(channels: readonly string[]): void {
  for (const channel of channels) {
    const listener = (message: unknown) => {
      told.push({ channel, message: message as JobTelemetry, outcome: (message as JobTelemetry).outcome });
    };
    subscribe(channel, listener);
    stops.push(() => unsubscribe(channel, listener));
  }
}

const channelsOf = (id: string) =>
  told.filter(({ message }) => message.id === id).map(({ channel }) => channel);

function anApp(options: Partial<TaskoraOptions> = {}): Taskora {
  const app = createTaskora({
    adapter: memoryAdapter({ store: createMemoryStore() }),
    logger: false,
    ...options,
  });
  apps.push(app);
  return app;
}

beforeEach(() => {
  told = [];
});

afterEach(async () => {
  for (const stop of stops) stop();
  await Promise.all(apps.map((app) => app.close()));
  stops = [];
  apps = [];
});

describe("the channels of jobs", () => {
  it("tell of each step of a job once and in order", async () => {
    hear(ALL);
    const app = anApp();
    const task = app.task("once", async (n: number) => n);
    const jobs = await task.dispatchMany([1, 2, 3]);
    await app.start();
    await Promise.all(jobs.map((job) => job.result));
    await app.close();
    for (const { id } of jobs)
      expect(channelsOf(id)).toEqual([
        "tracing:taskora:dispatch:start",
        "tracing:taskora:dispatch:end",
        "tracing:taskora:dispatch:asyncStart",
        "tracing:taskora:dispatch:asyncEnd",
        "taskora:job:waiting",
        "taskora:claim",
        "taskora:job:active",
        "tracing:taskora:run:start",
        "tracing:taskora:run:end",
        "tracing:taskora:run:asyncStart",
        "tracing:taskora:run:asyncEnd",
        "tracing:taskora:settle:start",
        "tracing:taskora:settle:end",
        "tracing:taskora:settle:asyncStart",
        "tracing:taskora:settle:asyncEnd",
        "taskora:job:completed",
      ]);
    const processEvents = told
      .filter(({ channel }) => channel === "taskora:worker")
      .map(({ message }) => message);
    expect(processEvents).toEqual([
      { worker: expect.any(String), event: "started" },
      { worker: expect.any(String), event: "stopped" },
    ]);
  });

  const lived = ALL.filter((channel) => !["tracing:taskora:settle:error", "taskora:error"].includes(channel));

  it.each(lived)("tell of their step to who hears of no other: %s", async (channel) => {
    hear([channel]);
    const app = anApp({ maxPayloadBytes: 20 });
    const task = app.task("alone", {
      retry: { attempts: 2, backoff: "fixed", delay: 1 },
      handler: async (data: string, { attempt, signal }) => {
        if (data === "never" || (data === "done" && attempt === 1)) throw new Error("no");
        if (data === "done") return;
        const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        await (await stop).cancel();
        await stopped;
        throw signal.reason;
      },
    });
    await expect(task.dispatch("longer than twenty bytes")).rejects.toThrow();
    const stop = task.dispatch("stop");
    const jobs = [task.dispatch("done"), task.dispatch("never"), stop];
    await task.dispatch("later", { delay: "1h" });
    await app.start();
    await Promise.allSettled(jobs.map(({ result }) => result));
    await app.close();
    expect(told.length).toBeGreaterThan(0);
  });

  it("give messages of one documented shape, one for a dispatch and one for each attempt", async () => {
    hear(ALL);
    const app = anApp();
    const task = app.task("shape", {
      retry: { attempts: 2, backoff: "fixed", delay: 1 },
      handler: (_: string, ctx) => {
        if (ctx.attempt === 1) throw new RangeError("too far");
      },
    });
    await app.start();
    const job = task.dispatch("äx", { headers: { tenant: "a" } });
    await job.result;
    await app.close();
    const messages = [
      ...new Set(told.filter(({ message }) => message.id === job.id).map((one) => one.message)),
    ];
    expect(messages.map(({ attempt }) => attempt)).toEqual([0, 1, 2]);
    const fields = {
      ...{ task: "shape", id: job.id, version: 1, fingerprint: "", headers: { tenant: "a" }, bytes: 4 },
      ...{ delayMs: 0, error: undefined, trace: undefined, group: undefined },
    };
    const run = { ...fields, maxAttempts: 2, worker: expect.any(String), settled: "applied" };
    const times = { waitMs: expect.any(Number), runMs: expect.any(Number) };
    expect(messages.map((message) => Object.fromEntries(Object.entries(message)))).toStrictEqual([
      {
        ...fields,
        ...{ attempt: 0, maxAttempts: 0, worker: undefined, outcome: "stored" },
        ...{ settled: undefined, waitMs: undefined, runMs: undefined },
      },
      {
        ...{ ...run, ...times, attempt: 1, outcome: "retried", delayMs: 1 },
        error: expect.objectContaining({ message: "too far" }),
      },
      { ...run, ...times, attempt: 2, outcome: "completed" },
    ]);
    expect(channelsOf(job.id)).toContain("taskora:job:retrying");
    expect(channelsOf(job.id).filter((name) => name === "tracing:taskora:run:error")).toHaveLength(1);
  });

  it("let whoever hears of a dispatch add headers, and refuse no job for them", async () => {
    const add = (extra: Record<string, unknown>) => {
      const listener = (message: unknown) => Object.assign((message as JobTelemetry).headers, extra);
      subscribe("tracing:taskora:dispatch:start", listener);
      return () => unsubscribe("tracing:taskora:dispatch:start", listener);
    };
    const app = anApp();
    const task = app.task("headers", (_: number, ctx) => ctx.headers);
    await app.start();
    let stop = add({ traceparent: "00-a-b-01", odd: 7 });
    expect(await task.dispatch(1, { headers: { own: "1" } }).result).toEqual({
      own: "1",
      traceparent: "00-a-b-01",
    });
    stop();
    stop = add({ long: "x".repeat(20_000) });
    expect(await task.dispatch(1, { headers: { own: "1" } }).result).toEqual({ own: "1" });
    stop();
  });

  it("let a subscriber choose what the handler finds in its AsyncLocalStorage", async () => {
    const { AsyncLocalStorage } = await import("node:async_hooks");
    const storage = new AsyncLocalStorage<string>();
    const { start } = tracingChannel("taskora:run");
    start.bindStore(storage, (message) => `run of ${(message as JobTelemetry).id}`);
    stops.push(() => start.unbindStore(storage));
    const app = anApp();
    const task = app.task("bound", async () => {
      await Promise.resolve();
      return storage.getStore();
    });
    await app.start();
    const jobs = [task.dispatch(1), task.dispatch(2)];
    expect(await Promise.all(jobs.map((job) => job.result))).toEqual(jobs.map(({ id }) => `run of ${id}`));
  });

  it("tell of what was refused, cancelled, given back and joined", async () => {
    hear(ALL);
    const app = anApp({ maxPayloadBytes: 10 });
    const started = gate();
    const task = app.task("ends", {
      concurrency: 1,
      handler: async (_: string, ctx) => {
        started.open();
        await new Promise((_resolve, reject) =>
          ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason), { once: true }),
        );
      },
    });
    const long = task.dispatch("longer than ten");
    await expect(long).rejects.toThrow();
    const later = await task.dispatch("a", { delay: "1h", deduplicate: "k" });
    const joined = task.dispatch("a", { delay: "1h", deduplicate: "k" });
    const own = joined.id;
    await joined;
    const running = await task.dispatch("b");
    await app.start();
    await started.opened;
    await running.cancel({ reason: "enough" });
    await expect(running.result).rejects.toThrow();
    await app.close();
    const outcomes = (id: string) => told.filter(({ message }) => message.id === id).at(-1)?.message.outcome;
    expect(outcomes(long.id)).toBe("refused");
    expect(channelsOf(long.id)).toContain("tracing:taskora:dispatch:error");
    expect(channelsOf(later.id)).toContain("taskora:job:delayed");
    expect(outcomes(own)).toBe("duplicate");
    expect(outcomes(running.id)).toBe("cancelled");
    expect(channelsOf(running.id)).toContain("taskora:job:cancelled");
  });

  it("tell of each step of a workflow and of each job of a batch", async () => {
    hear(ALL);
    const app = anApp();
    const { group } = await import("taskora/workflow");
    const step = app.task("step", async (n: number) => n);
    const batch = app.task("batch", {
      collect: { maxSize: 3, delay: "1h" },
      handler: async (items: readonly number[]) => items.length,
    });
    await app.start();
    expect(await app.workflow(group([step.step(1), step.step(2)])).result).toEqual([1, 2]);
    expect(await Promise.all([1, 2, 3].map((n) => batch.dispatch(n).result))).toEqual([3, 3, 3]);
    await app.close();
    for (const [name, count] of [
      ["step", 2],
      ["batch", 3],
    ] as const)
      for (const channel of ["dispatch:asyncEnd", "run:start", "run:asyncEnd", "settle:asyncEnd"]) {
        const ids = told
          .filter((one) => one.channel === `tracing:taskora:${channel}` && one.message.task === name)
          .map(({ message }) => message.id);
        expect(new Set(ids).size, `${name} ${channel}`).toBe(count);
        expect(ids).toHaveLength(count);
      }
  });

  it("tell of errors that reach nobody else", async () => {
    hear(["taskora:error"]);
    const app = anApp();
    const task = app.task("hook", {
      handler: () => {
        throw new Error("first");
      },
      onFailed: () => {
        throw new Error("second");
      },
    });
    app.on("error", () => undefined);
    await app.start();
    const job = task.dispatch(1);
    await expect(job.result).rejects.toThrow("first");
    expect(told.map(({ message }) => message)).toEqual([
      { task: "hook", jobId: job.id, error: expect.objectContaining({ message: "second" }) },
    ]);
  });
});
