import { createTaskora, type Taskora, type TaskoraOptions } from "taskora";
import { createMemoryStore, type MemoryStore, memoryAdapter } from "taskora/memory";
import { metrics } from "taskora/prometheus";
import { afterEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/testing/virtual-clock.js";
import { telemetryClients } from "./clients.js";

/** A metric as a parser that is not ours reads it. */
interface Parsed {
  readonly name: string;
  readonly type: string;
  readonly metrics: readonly {
    readonly labels?: Readonly<Record<string, string>>;
    readonly value?: string;
    readonly buckets?: Readonly<Record<string, string>>;
    readonly sum?: string;
    readonly count?: string;
  }[];
}

const clients = telemetryClients();
const module = clients("parse-prometheus-text-format") as { default?: (text: string) => Parsed[] };
const parse = (module.default ?? module) as (text: string) => Parsed[];

let apps: Taskora[] = [];

afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  apps = [];
});

function anApp(store: MemoryStore, options: Partial<TaskoraOptions> = {}): Taskora {
  const app = createTaskora({ adapter: memoryAdapter({ store }), logger: false, ...options });
  apps.push(app);
  return app;
}

/** Values of a metric by its labels, those of `le` as numbers. */
function valuesOf(text: string, name: string): Record<string, number> {
  const found = parse(text).find((metric) => metric.name === name);
  const labelled = ({ labels = {} }) => Object.values(labels).join(" ");
  return Object.fromEntries(
    (found?.metrics ?? []).map((one) => [labelled(one), Number(one.value ?? one.count)]),
  );
}

describe("metrics() of a process", () => {
  it("counts dispatches, ends and attempts, and has exact histograms with powers of two", async () => {
    const app = anApp(createMemoryStore());
    const { read, stop } = metrics(app);
    const task = app.task('odd"\\name'.slice(0, 3), {
      retry: { attempts: 2, backoff: "fixed", delay: 1 },
      concurrency: 4,
      handler: (n: number) => {
        if (n < 2) throw new Error("low");
      },
    });
    await app.start();
    await Promise.allSettled([1, 2, 3].map((n) => task.dispatch(n).result));
    const { text, contentType } = await read();
    expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(valuesOf(text, "taskora_dispatched_total")).toEqual({ odd: 3 });
    expect(valuesOf(text, "taskora_jobs_total")).toEqual({ "odd failed": 1, "odd completed": 2 });
    expect(valuesOf(text, "taskora_runs_total")).toEqual({
      "odd retried": 1,
      "odd failed": 1,
      "odd completed": 2,
    });
    expect(valuesOf(text, "taskora_slots")).toEqual({ used: 0, free: 4 });
    const [run] = parse(text).find(({ name }) => name === "taskora_run_seconds")?.metrics ?? [];
    const bounds = Object.keys(run?.buckets ?? {}).map((le) =>
      le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le),
    );
    expect(bounds).toEqual([
      ...Array.from({ length: 25 }, (_, n) => 2 ** (n - 10)),
      Number.POSITIVE_INFINITY,
    ]);
    const counts = Object.values(run?.buckets ?? {}).map(Number);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(4);
    expect(text).toContain('taskora_run_seconds_count{task="odd"} 4\n');
    stop();
    await task.dispatch(5).result;
    expect(valuesOf((await read()).text, "taskora_dispatched_total")).toEqual({ odd: 3 });
  });

  it("has at most 500 tasks, and all others as one", async () => {
    const app = anApp(createMemoryStore());
    const { read } = metrics(app);
    for (let n = 0; n < 510; n++) await app.register({ name: `t${n}`, version: 1 }).dispatch(n);
    const values = valuesOf((await read()).text, "taskora_dispatched_total");
    expect(Object.keys(values)).toHaveLength(501);
    expect(values.other).toBe(10);
    const { text } = await metrics(app, { mode: "store" }).read();
    const queues = parse(text).find(({ name }) => name === "taskora_queue_jobs")?.metrics ?? [];
    expect(new Set(queues.map(({ labels }) => labels?.task)).size).toBe(501);
    expect(valuesOf(text, "taskora_queue_jobs")["other waiting"]).toBe(10);
  });

  it("writes OpenMetrics where it is asked for, and into a registry of prom-client", async () => {
    const app = anApp(createMemoryStore());
    const exported = metrics(app);
    await app.register({ name: "prom", version: 1 }).dispatch(1);
    const { text, contentType } = await exported.read(
      "application/openmetrics-text; version=1.0.0, text/plain;q=0.5",
    );
    expect(contentType).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(text).toMatch(/# TYPE taskora_dispatched counter\ntaskora_dispatched_total\{task="prom"\} 1\n/);
    expect(text.endsWith("# EOF\n")).toBe(true);
    const { Registry } = clients("prom-client") as {
      Registry: {
        new (type?: string): { metrics(): Promise<string> } & Parameters<typeof exported.register>[0];
      } & {
        OPENMETRICS_CONTENT_TYPE: string;
      };
    };
    const registry = new Registry();
    exported.register(registry);
    expect(valuesOf(await registry.metrics(), "taskora_dispatched_total")).toEqual({ prom: 1 });
    expect(parse(await registry.metrics()).find(({ name }) => name === "taskora_run_seconds")?.type).toBe(
      "HISTOGRAM",
    );
    const open = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
    exported.register(open);
    expect(await open.metrics()).toContain('taskora_dispatched_total{task="prom"} 1');
  });
});

describe("metrics() of a store", () => {
  it("tells what all processes did, without a counter falling when workers are replaced", async () => {
    const clock = new VirtualClock();
    const store = createMemoryStore({ clock });
    const { read } = metrics(anApp(store, { clock }), { mode: "store" });
    const seen: { readonly jobs: number; readonly runs: number; readonly count: number }[] = [];
    for (const share of [1, 2]) {
      const worker = anApp(store, { clock });
      const task = worker.task("shared", (n: number) => n);
      await worker.start();
      await Promise.all((await task.dispatchMany([1, 2, 3])).map((job) => job.result));
      await task.dispatch(4, { delay: "1h" });
      await worker.close();
      const { text } = await read();
      const runs = valuesOf(text, "taskora_runs_total");
      seen.push({
        jobs: valuesOf(text, "taskora_jobs_total")["shared completed"] ?? 0,
        runs: runs["shared completed"] ?? 0,
        count: Number(/^taskora_run_seconds_count\{task="shared"\} (\d+)$/m.exec(text)?.[1]),
      });
      expect(valuesOf(text, "taskora_dispatched_total")).toEqual({ shared: 4 * share });
      expect(valuesOf(text, "taskora_queue_jobs")).toMatchObject({
        "shared delayed": share,
        "shared completed": 3 * share,
      });
      expect(valuesOf(text, "taskora_store_up")).toEqual({ "": 1 });
    }
    expect(seen).toEqual([
      { jobs: 3, runs: 3, count: 3 },
      { jobs: 6, runs: 6, count: 6 },
    ]);
  });

  it("says so when the store does not answer", async () => {
    const adapter = memoryAdapter({ store: createMemoryStore() });
    adapter.connect = () => Promise.reject(new Error("away"));
    const app = createTaskora({ adapter, logger: false });
    const { text } = await metrics(app, { mode: "store" }).read();
    expect(valuesOf(text, "taskora_store_up")).toEqual({ "": 0 });
  });
});
