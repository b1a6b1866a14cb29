import { context, metrics, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { createTaskora, type Taskora } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { type InstrumentOptions, instrument } from "taskora/otel";
import { redisAdapter } from "taskora/redis";
import { createTestApp } from "taskora/testing";
import { group } from "taskora/workflow";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { loadApi } from "../../src/otel/load-api.js";
import type { LoggedContext } from "../../src/worker/job-context.js";
import { Program } from "../support/child.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";
import { CLIENTS_FOLDER, type Collection, type EndedSpan, metricsSdk, tracingSdk } from "./clients.js";

const sdk = tracingSdk();
const exporter = new sdk.InMemorySpanExporter();
const provider = new sdk.BasicTracerProvider({ spanProcessors: [new sdk.SimpleSpanProcessor(exporter)] });
let apps: Taskora[] = [];

function setUpSdk(): void {
  context.setGlobalContextManager(sdk.contextManager);
  propagation.setGlobalPropagator(sdk.propagator);
  trace.setGlobalTracerProvider(provider);
}

function takeSdkAway(): void {
  for (const api of [context, propagation, trace, metrics]) api.disable();
}

beforeAll(setUpSdk);
afterAll(takeSdkAway);

beforeEach(() => exporter.reset());

afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  apps = [];
});

async function anApp(options?: InstrumentOptions, store = createMemoryStore()): Promise<Taskora> {
  const app = createTaskora({ adapter: memoryAdapter({ store }), logger: false });
  apps.push(app);
  await instrument(app, options);
  return app;
}

const spansOf = (name: string): EndedSpan[] =>
  exporter.getFinishedSpans().filter((span) => span.name === name);
const idsOf = (span: EndedSpan | undefined) => {
  const { traceId, spanId } = (span as EndedSpan).spanContext();
  return { traceId, spanId };
};
const linksOf = (span: EndedSpan | undefined) =>
  (span as EndedSpan).links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId }));

describe("instrument()", () => {
  it("gives each attempt a trace of its own, linked to its dispatch and to the attempt before", async () => {
    const app = await anApp();
    const task = app.task("tries", {
      retry: { attempts: 3, backoff: "fixed", delay: 1 },
      handler: async () => {
        await Promise.resolve();
        trace.getTracer("test").startSpan("inside").end();
        throw new RangeError("no");
      },
    });
    await app.start();
    const request = trace.getTracer("test").startSpan("request");
    const job = context.with(trace.setSpan(context.active(), request), () => task.dispatch("secret"));
    await expect(job.result).rejects.toThrow();
    request.end();
    await app.close();
    const [send] = spansOf("send tries");
    const attempts = spansOf("process tries");
    expect(send?.kind).toBe(SpanKind.PRODUCER);
    expect(send?.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(attempts.map(({ kind }) => kind)).toEqual(Array(3).fill(SpanKind.CONSUMER));
    expect(new Set([send, ...attempts].map((span) => idsOf(span).traceId)).size).toBe(4);
    expect(attempts.map(({ parentSpanContext }) => parentSpanContext)).toEqual(Array(3).fill(undefined));
    expect(linksOf(attempts[0])).toEqual([idsOf(send)]);
    expect(linksOf(attempts[1])).toEqual([idsOf(send), idsOf(attempts[0])]);
    expect(linksOf(attempts[2])).toEqual([idsOf(send), idsOf(attempts[1])]);
    const inside = spansOf("inside").map(({ parentSpanContext }) => parentSpanContext?.spanId);
    expect(inside).toEqual(attempts.map((span) => idsOf(span).spanId));
    expect(attempts.map(({ status }) => status.code)).toEqual([
      ...[SpanStatusCode.UNSET, SpanStatusCode.UNSET],
      SpanStatusCode.ERROR,
    ]);
    expect(attempts.map(({ events }) => events.map(({ name }) => name))).toEqual(
      Array(3).fill(["exception"]),
    );
    expect(attempts[0]?.attributes).toMatchObject({
      "messaging.system.name": "taskora",
      "messaging.operation.type": "process",
      "messaging.operation.name": "process",
      "messaging.destination.name": "tries",
      "messaging.consumer.group.name": "tries",
      "messaging.client.id": expect.any(String),
      "messaging.message.id": job.id,
      "messaging.message.body.size": 8,
      "taskora.attempt": 1,
      "taskora.outcome": "retried",
      "taskora.will_retry": true,
      "error.type": "RangeError",
    });
    expect(JSON.stringify(exporter.getFinishedSpans().map(({ attributes }) => attributes))).not.toContain(
      "secret",
    );
  });

  it("continues the trace of the dispatch when asked, or when the job waited for less than 10 s", async () => {
    for (const [links, waitMs, isChild] of [
      ["parent", 11_000, true],
      ["auto", 0, true],
      ["auto", 11_000, false],
    ] as const) {
      exporter.reset();
      let ahead = 0;
      const clock = Object.assign(Object.create(systemClock) as typeof systemClock, {
        now: () => systemClock.now() + ahead,
        monotonic: () => systemClock.monotonic() + ahead,
      });
      const app = await anApp({ links }, createMemoryStore({ clock }));
      const task = app.task("child", () => undefined);
      const job = await task.dispatch(1);
      ahead = waitMs;
      await app.start();
      await job.result;
      await app.close();
      const [send] = spansOf("send child");
      const [process] = spansOf("process child");
      expect(idsOf(process).traceId === idsOf(send).traceId, `${links} ${waitMs}`).toBe(isChild);
      expect(process?.parentSpanContext?.spanId).toBe(isChild ? idsOf(send).spanId : undefined);
      expect(linksOf(process)).toEqual(isChild ? [] : [idsOf(send)]);
    }
  });

  it("has one span for many jobs, and no trace grows with them", async () => {
    const app = await anApp();
    const task = app.task("fan", async () => undefined);
    await app.start();
    const jobs = await task.dispatchMany(Array.from({ length: 10_000 }, (_, n) => n));
    await Promise.all(jobs.map((job) => job.result));
    await app.workflow(group([task.step(1), task.step(2)])).result;
    await app.close();
    expect(spansOf("send fan").map(({ attributes }) => attributes["messaging.batch.message_count"])).toEqual([
      10_000,
    ]);
    expect(
      spansOf("send workflow").map(({ attributes }) => attributes["messaging.batch.message_count"]),
    ).toEqual([2]);
    const processes = spansOf("process fan");
    expect(processes).toHaveLength(10_002);
    const sizes = new Map<string, number>();
    for (const span of exporter.getFinishedSpans())
      sizes.set(idsOf(span).traceId, (sizes.get(idsOf(span).traceId) ?? 0) + 1);
    expect(Math.max(...sizes.values())).toBeLessThanOrEqual(10);
    expect(linksOf(processes[0])).toEqual([idsOf(spansOf("send fan")[0])]);
  });

  it("takes further attributes, passes over what they throw, and ends with stop()", async () => {
    const app = createTaskora({ adapter: memoryAdapter({ store: createMemoryStore() }), logger: false });
    apps.push(app);
    const { stop } = await instrument(app, {
      attributes: ({ headers }) => {
        if (headers.tenant === undefined) throw new Error("none");
        return { tenant: headers.tenant };
      },
    });
    const task = app.task("more", () => undefined);
    await app.start();
    await task.dispatch(1, { headers: { tenant: "a" } }).result;
    await task.dispatch(1).result;
    stop();
    await task.dispatch(1).result;
    await app.close();
    expect(spansOf("process more").map(({ attributes }) => attributes.tenant)).toEqual(["a", undefined]);
  });

  it("says which workflow, schedule and group a job is of, and whose workers share it", async () => {
    await using test = createTestApp();
    await instrument(test.app);
    const task = test.app.task("origins", { lanes: ["slow"], handler: (_: string) => undefined });
    test.app.schedule("half.hourly", { task, every: "30m", data: "secret" });
    const { id } = test.app.workflow(group([task.step("secret")]));
    await task.dispatch("secret", { group: "tenant-7", lane: "slow" });
    await test.advanceTime("31m");
    const origins = spansOf("process origins").map(({ attributes }) => [
      attributes["messaging.message.conversation_id"],
      attributes["taskora.schedule"],
    ]);
    expect(origins).toHaveLength(2);
    expect(origins).toEqual(
      expect.arrayContaining([
        [id, undefined],
        [undefined, "half.hourly"],
      ]),
    );
    const [send] = spansOf("send origins/slow");
    expect(send?.attributes).toMatchObject({ "taskora.group": "tenant-7" });
    expect(send?.attributes).not.toHaveProperty("messaging.consumer.group.name");
    const [process] = spansOf("process origins/slow");
    expect(process?.attributes).toMatchObject({ "messaging.consumer.group.name": "origins" });
    expect(JSON.stringify(exporter.getFinishedSpans().map((span) => span.attributes))).not.toContain(
      "secret",
    );
  });

  it("carries the context of what is not sampled, and works out nothing for it", async () => {
    const tracer = new sdk.BasicTracerProvider({ sampler: new sdk.AlwaysOffSampler() }).getTracer("off");
    let asked = 0;
    const app = await anApp({
      tracer,
      attributes: () => {
        asked += 1;
        return {};
      },
    });
    const task = app.task("unsampled", async (_: number, ctx) => {
      await Promise.resolve();
      return { carried: ctx.headers.traceparent, inside: trace.getActiveSpan()?.spanContext() };
    });
    await app.start();
    const { carried, inside } = await task.dispatch(1).result;
    expect(carried).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(inside).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), traceFlags: 0 });
    expect(carried).not.toContain(inside?.traceId);
    expect(asked).toBe(0);
  });

  it("makes nothing for a job until an SDK is set up, and tells it of those that follow", async () => {
    takeSdkAway();
    try {
      const app = await anApp();
      const task = app.task("late", (_: number, ctx) => ({
        headers: Object.keys(ctx.headers),
        isTold: (ctx as unknown as LoggedContext).told !== undefined,
      }));
      await app.start();
      expect(await task.dispatch(1).result).toEqual({ headers: [], isTold: false });
      setUpSdk();
      expect(await task.dispatch(2).result).toEqual({ headers: ["traceparent"], isTold: true });
      expect(spansOf("send late")).toHaveLength(1);
      expect(linksOf(spansOf("process late")[0])).toEqual([idsOf(spansOf("send late")[0])]);
      const { provider: meters, reader } = aMeterProvider();
      metrics.setGlobalMeterProvider(meters);
      await task.dispatch(3).result;
      const found = valuesOf(await reader.collect());
      expect(found("messaging.client.sent.messages")).toEqual([["", 1]]);
      expect(found("taskora.worker.slots", "taskora.slot.state").map(([state]) => state)).toEqual([
        "free",
        "used",
      ]);
    } finally {
      takeSdkAway();
      setUpSdk();
    }
  });

  it("keeps what a worker does for itself out of the trace that it is started in", async () => {
    const adapter = memoryAdapter({ store: createMemoryStore() });
    const seen = new Map<string, unknown>();
    const isWatched = (name: string) => ["claim", "settle", "survey"].includes(name);
    const watched = new Proxy(adapter, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...given: unknown[]) => {
          if (isWatched(String(name))) seen.set(String(name), trace.getActiveSpan());
          return Reflect.apply(value, target, given);
        };
      },
    });
    const app = createTaskora({ adapter: watched, logger: false });
    apps.push(app);
    await instrument(app);
    const task = app.task("apart", async () => undefined);
    const request = trace.getTracer("test").startSpan("request");
    await context.with(trace.setSpan(context.active(), request), async () => {
      await app.start();
      await task.dispatch(1).result;
    });
    await app.close();
    expect([...seen.keys()]).toEqual(expect.arrayContaining(["claim", "settle"]));
    expect([...seen.values()].filter((span) => span !== undefined)).toEqual([]);
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["send apart", "process apart"]);
  });

  it("measures what the conventions ask for", async () => {
    const { provider: meters, reader } = aMeterProvider();
    const meter = meters.getMeter("test");
    const app = await anApp({ meter });
    const task = app.task("measured", {
      concurrency: 7,
      handler: (n: number) => {
        if (n === 2) throw new TypeError("two");
      },
    });
    await app.start();
    await Promise.allSettled([1, 2, 3].map((n) => task.dispatch(n).result));
    await task.dispatch(4, { delay: "1h" });
    const found = valuesOf(await reader.collect());
    expect(found("messaging.client.sent.messages")).toEqual([["", 4]]);
    // A job that a busy process gave back is claimed once more.
    expect(found("messaging.client.consumed.messages")[0]?.[1]).toBeGreaterThanOrEqual(3);
    expect(found("messaging.process.duration")).toEqual(
      [
        ["TypeError", 1],
        ["", 2],
      ].sort(),
    );
    expect(found("taskora.job.wait.duration")).toEqual([["", 3]]);
    expect(found("messaging.client.operation.duration")).toEqual([
      ["", 3],
      ["", 4],
    ]);
    expect(found("taskora.worker.slots", "taskora.slot.state")).toEqual([
      ["free", 7],
      ["used", 0],
    ]);
    expect(found("taskora.jobs", "taskora.job.state")).toEqual(
      expect.arrayContaining([
        ["completed", 2],
        ["delayed", 1],
        ["failed", 1],
      ]),
    );
  });

  it("loads without its package, and fails when it is called", async () => {
    vi.resetModules();
    vi.doMock("@opentelemetry/api", () => {
      throw new Error("not there");
    });
    try {
      const otel = await import("taskora/otel");
      const app = createTaskora({ adapter: memoryAdapter({ store: createMemoryStore() }), logger: false });
      apps.push(app);
      await expect(otel.instrument(app)).rejects.toMatchObject({ code: "DEPENDENCY_MISSING" });
    } finally {
      vi.doUnmock("@opentelemetry/api");
    }
  });

  it("says what to install without its package", async () => {
    const missing = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    await expect(loadApi(() => Promise.reject(missing))).rejects.toMatchObject({
      code: "DEPENDENCY_MISSING",
      message: expect.stringContaining("npm install @opentelemetry/api"),
    });
  });
});

describe("instrument() in two processes", () => {
  it("links what a worker does to who dispatched it, and to attempts of other workers", async () => {
    const { url } = await sharedRedis();
    const prefix = uniquePrefix();
    const worker = new Program("traced-worker", [url, prefix, CLIENTS_FOLDER]);
    const app = createTaskora({ adapter: redisAdapter({ url, prefix }), logger: false });
    apps.push(app);
    await instrument(app);
    await worker.printed("ready");
    const task = app.task("traced", () => undefined);
    await task.dispatch(1).result;
    worker.kill("SIGTERM");
    await worker.exited;
    const spans = worker.lines.slice(1).map((line) => JSON.parse(line) as Printed);
    const { traceId, spanId } = idsOf(spansOf("send traced")[0]);
    const [first, second] = spans.filter(({ name }) => name === "process traced");
    expect(first?.links).toEqual([`${traceId}-${spanId}`]);
    expect(second?.links).toEqual([`${traceId}-${spanId}`, `${first?.traceId}-${first?.spanId}`]);
    expect(first?.traceId).not.toBe(traceId);
    expect(spans.find(({ name }) => name === "work 2")?.parent).toBe(second?.spanId);
    expect(spans.map(({ name }) => name).sort()).toEqual([
      ...["process traced", "process traced", "work 1", "work 2"],
    ]);
  }, 120_000);

  it("finds the attempt before in the store, when it ran elsewhere", async () => {
    const store = createMemoryStore();
    const settings = { retry: { attempts: 2, backoff: "fixed", delay: "1h" } } as const;
    const first = await anApp(undefined, store);
    first.task("moved", {
      ...settings,
      handler: () => {
        throw new Error("elsewhere");
      },
    });
    const failed = new Promise((resolve) => first.on("retrying", resolve));
    const producer = await anApp(undefined, store);
    const job = await producer.register({ name: "moved" } as never).dispatch(1 as never);
    await first.start();
    await failed;
    await first.close();
    const second = await anApp(undefined, store);
    second.task("moved", { ...settings, handler: async () => undefined });
    await second.start();
    await job.promote();
    await job.result;
    await second.close();
    const [before, after] = spansOf("process moved");
    expect(linksOf(after)).toContainEqual(idsOf(before));
  });
});

function aMeterProvider() {
  const { MeterProvider, MetricReader } = metricsSdk();
  class Reader extends MetricReader {
    onShutdown = () => Promise.resolve();
    onForceFlush = () => Promise.resolve();
  }
  const reader = new Reader();
  return { provider: new MeterProvider({ readers: [reader] }), reader };
}

interface Printed {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent?: string;
  readonly links: readonly string[];
}

/** Counts and values of a metric, by one of its attributes. */
function valuesOf({ resourceMetrics }: Collection) {
  const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  return (name: string, attribute = "error.type"): [string, number][] =>
    metrics
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints)
      .map(({ attributes, value }): [string, number] => [
        String(attributes[attribute] ?? ""),
        typeof value === "number" ? value : (value as { count: number }).count,
      ])
      .sort();
}
