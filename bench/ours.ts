/** Ours, as users run it: a built package, which `prepare.ts` puts beside the compiled harness. */
import { subscribe } from "node:diagnostics_channel";
import * as z from "zod";
import type { Adapter } from "../src/adapter/index.js";
import type { DispatchOptions, TaskClient, TaskContract, Taskora } from "../src/index.js";
import {
  type JobOptions,
  type Payload,
  type Peer,
  RESULT,
  type Session,
  type Setup,
  type Work,
} from "./peers/peer.js";
import type { Feature } from "./spec.js";
import { flushSpans, inSpan, setUpSdk } from "./tracing.js";

/** The built modules that are used, with the types of their sources. */
interface Build {
  readonly "index.js": typeof import("../src/index.js");
  readonly "contract/index.js": typeof import("../src/contract/index.js");
  readonly "redis/index.js": typeof import("../src/redis/index.js");
  readonly "postgres/index.js": typeof import("../src/postgres/index.js");
  readonly "memory/index.js": typeof import("../src/memory/index.js");
  readonly "otel/index.js": typeof import("../src/otel/index.js");
}

const RETENTION = {
  all: { defaults: { retention: { completed: { count: 1_000_000_000, age: "365d" } } } },
  none: { defaults: { retention: { completed: { count: 0 } } } },
  default: {},
} as const;
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const inputSchema = z.object({ id: z.string(), text: z.string(), sentAtMs: z.number().optional() });
const outputSchema = z.object({ ok: z.boolean(), note: z.string() });

/** The built modules that are used, by the name of their file. */
type Load = <File extends keyof Build>(file: File) => Promise<Build[File]>;

/** A build of ours as a contender. */
export function peerOf(load: Load): Peer {
  return {
    setting:
      "contracts with a zod input schema that both ends check; default lease, retention (completed: 1 h and 1 000) " +
      "and connections",
    capabilities: ["bulk", "results", "delay", "priority"],
    open: (setup) => open(setup, load),
  };
}

async function open(setup: Setup, load: Load): Promise<Session> {
  const { createTaskora } = await load("index.js");
  const app = createTaskora({
    adapter: await makeAdapter(setup, load),
    logger: false,
    ...(setup.features.includes("no-metrics") && { metrics: false }),
    ...RETENTION[setup.retention],
  });
  addLayers(app, setup.features);
  await addTelemetry(app, setup.features, load);
  const contracts = await Promise.all(setup.queues.map((name) => makeContract(name, { setup, load })));
  const client = app.register(contracts[0] as TaskContract) as TaskClient<Payload>;
  const isTracedByHand = TRACED_BY_HAND.some((feature) => setup.features.includes(feature));
  const start = (work: Work) => startWork(app, { contracts, work: isTracedByHand ? traced(work) : work });
  return makeSession(app, { client, setup, start });
}

/** What the SDK itself costs, where nobody else calls it. */
const TRACED_BY_HAND: readonly Feature[] = ["sdk-unsampled", "sdk-sampled"];

function traced({ concurrency, onJob }: Work): Work {
  return { concurrency, onJob: (payload) => inSpan(TRACEPARENT, () => onJob(payload)) };
}

interface SessionParts {
  readonly client: TaskClient<Payload>;
  readonly setup: Setup;
  readonly start: (work: Work) => Promise<void>;
}

function makeSession(app: Taskora, { client, setup, start }: SessionParts): Session {
  const always = alwaysOptions(setup.features);
  const own = ownOptions(setup.features);
  const merge = (options: JobOptions): DispatchOptions => ({
    ...always,
    ...own?.(),
    ...dispatchOptions(options),
  });
  const usual = own ?? (() => always);
  if (setup.features.includes("workflow")) return workflowSession(app, { client, setup, start });
  return {
    dispatch: (payload, options) =>
      client.dispatch(payload, options === undefined ? usual() : merge(options)),
    dispatchMany: async (payloads, options) => {
      const plain = own ?? always;
      const each = options === undefined ? plain : (_: Payload, index: number) => merge(options(index));
      await Promise.all(await client.dispatchMany(payloads, each));
      await flushSpans();
    },
    call: (payload) => client.dispatch(payload, usual()).result,
    work: start,
    pending: () => pendingJobs(app),
    close: () => app.close(),
  };
}

/** The build may be an earlier one (`--against`), of before `jobs` was the name of what counts. */
async function pendingJobs(app: Taskora): Promise<number> {
  const earlier = app as unknown as { inspect?(): { stats(): ReturnType<Taskora["jobs"]["count"]> } };
  const counts = await (earlier.inspect === undefined ? app.jobs.count() : earlier.inspect().stats());
  const { waiting, active, delayed, retrying } = counts;
  return waiting + active + delayed + retrying;
}

/** Each job is the one step of a workflow of its own. */
function workflowSession(app: Taskora, { client, start }: SessionParts): Session {
  const run = (payload: Payload) => app.workflow(client.step(payload));
  return {
    dispatch: run,
    dispatchMany: async (payloads) => {
      await Promise.all(Array.from(payloads, run));
    },
    call: (payload) => run(payload).result,
    work: start,
    pending: () => pendingJobs(app),
    close: () => app.close(),
  };
}

async function startWork(
  app: Taskora,
  parts: { readonly contracts: readonly TaskContract[]; readonly work: Work },
): Promise<void> {
  const { contracts, work } = parts;
  for (const contract of contracts) {
    app.implement(contract, {
      concurrency: work.concurrency,
      handler: async (payload) => {
        for (const one of Array.isArray(payload) ? payload : [payload]) work.onJob(one as Payload);
        return RESULT;
      },
    });
  }
  await app.start();
}

async function makeContract(
  name: string,
  { setup, load }: { readonly setup: Setup; readonly load: Load },
): Promise<TaskContract> {
  const { features, results } = setup;
  const { defineTask } = await load("contract/index.js");
  const has = (feature: Feature) => features.includes(feature);
  return defineTask({
    name,
    ...(!has("no-validation") && { input: inputSchema }),
    ...((has("output") || results === "awaited") && { output: outputSchema }),
    ...(has("retries") && { retry: { attempts: 5, backoff: "exponential" as const } }),
    ...(has("timeout") && { timeout: "30s" as const }),
    ...(has("ttl") && { ttl: "1h" as const }),
    ...(has("priority") && { priority: 5 }),
    ...(has("collect") && { collect: { delay: "10ms", maxSize: 100 } as const }),
    ...(has("rate-limit") && { rateLimit: { limit: 100_000, window: "100ms" as const } }),
  });
}

function addLayers(app: Taskora, features: readonly Feature[]): void {
  if (features.includes("listener")) app.on("completed", () => undefined);
  if (features.includes("middleware")) app.use((_, next) => next());
  if (features.includes("dispatch-middleware")) app.use({ dispatch: (_, next) => next() });
}

async function addTelemetry(app: Taskora, features: readonly Feature[], load: Load): Promise<void> {
  if (features.includes("channels")) {
    for (const name of ["tracing:taskora:run:start", "tracing:taskora:run:asyncEnd"]) {
      subscribe(name, () => undefined);
    }
  }
  const has = (...some: readonly Feature[]) => some.some((feature) => features.includes(feature));
  const isSampled = has("otel-sampled", "sdk-sampled");
  if (isSampled || has("otel-unsampled", "sdk-unsampled")) await setUpSdk(isSampled);
  if (has("otel-api", "otel-unsampled", "otel-sampled")) await (await load("otel/index.js")).instrument(app);
}

async function makeAdapter(setup: Setup, load: Load): Promise<Adapter> {
  if (setup.features.includes("memory")) return (await load("memory/index.js")).memoryAdapter();
  const { storeUrl: url } = setup;
  if (url.startsWith("postgres"))
    return (await load("postgres/index.js")).postgresAdapter({ url, migrate: true });
  return (await load("redis/index.js")).redisAdapter(url);
}

/** Undefined where nothing is asked for: that is what most callers pass. */
function alwaysOptions(features: readonly Feature[]): DispatchOptions | undefined {
  return features.includes("headers") || TRACED_BY_HAND.some((feature) => features.includes(feature))
    ? { headers: { traceparent: TRACEPARENT } }
    : undefined;
}

const KEYED: readonly Feature[] = [
  "deduplicate",
  "idempotency-key",
  "throttle",
  "debounce",
  "group",
  "concurrency-key",
];

/** Options with a key that differs from job to job; undefined where no feature has one. */
function ownOptions(features: readonly Feature[]): (() => DispatchOptions) | undefined {
  const has = (feature: Feature) => features.includes(feature);
  const always = alwaysOptions(features);
  const run = `${process.pid}-${Date.now()}`;
  let count = 0;
  const keyed = (key: string): DispatchOptions => ({
    ...always,
    ...(has("deduplicate") && { deduplicate: key }),
    ...(has("idempotency-key") && { idempotency: key }),
    ...(has("throttle") && { throttle: { key: run, limit: 100_000, window: "1s" } }),
    ...(has("debounce") && { debounce: { key, delay: "1h" } }),
    ...(has("group") && { group: `group-${count % 100}` }),
    ...(has("concurrency-key") && { concurrency: { key: `key-${count % 100}`, limit: 1000 } }),
  });
  if (!KEYED.some(has)) return undefined;
  return () => keyed(`${run}-${count++}`);
}

function dispatchOptions({ delayMs, priority }: JobOptions): DispatchOptions {
  return { ...(delayMs !== undefined && { delay: delayMs }), ...(priority !== undefined && { priority }) };
}
