/**
 * Retention over a long time: jobs of every final state at a steady rate, each with log lines, progress and past
 * attempts, while the store is measured. Flat means that the second half needs no more than the first.
 */
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Redis } from "ioredis";
import { createTaskora, FINAL_STATES, type TaskClient, type Taskora } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { findOrStartRedis } from "../../scripts/redis.js";

const RESULTS = "bench/soak/RETENTION.md";
const HEAD = `# Soak of retention

\`npm run soak -- --only retention\`: jobs at a steady rate, one in ten fails, one is cancelled, one expires, all with
retries, log lines and progress; 1 000 are kept of each state. "First" and "second" are medians of each half, without the
warm-up, jobs under way included: bytes of all keys in Redis, of the heap after a collection for memory.

| date | store | jobs/s asked | jobs/s done | seconds | stored, first | second | keys, first | second | MB, first | second | flat |
|---|---|---|---|---|---|---|---|---|---|---|---|
`;
const KEPT = 1000;
const TICK_MS = 50;
const MEASURE_MS = 2000;
/** Allowed growth of the second half over the first: what allocators do, not a leak. */
const SLACK = 1.1;
/** Share of the time before anything is compared: until every state has what is kept of it. */
const WARM_UP = 0.25;

interface Measured {
  readonly stored: number;
  readonly keys: number;
  readonly bytes: number;
}

interface Store {
  readonly name: string;
  open(): Taskora;
  measure(app: Taskora): Promise<Measured>;
  close(): Promise<void>;
}

const retention = Object.fromEntries(FINAL_STATES.map((state) => [state, { count: KEPT }]));

async function redisStore(): Promise<Store> {
  const server = await findOrStartRedis();
  const redis = new Redis(server.url);
  const prefix = `soak-retention-${process.pid}`;
  return {
    name: "redis",
    open: () =>
      createTaskora({
        adapter: redisAdapter({ url: server.url, prefix }),
        defaults: { retention },
        logger: false,
      }),
    async measure(app) {
      let keys = 0;
      let bytes = 0;
      for await (const page of redis.scanStream({ match: `${prefix}:*`, count: 1000 })) {
        const names = page as readonly string[];
        keys += names.length;
        const sizes = await Promise.all(names.map((name) => redis.memory("USAGE", name, "SAMPLES", 20)));
        for (const size of sizes) bytes += size ?? 0;
      }
      return { stored: (await app.jobs.count()).total, keys, bytes };
    },
    async close() {
      for await (const page of redis.scanStream({ match: `${prefix}:*`, count: 1000 })) {
        const names = page as string[];
        if (names.length > 0) await redis.unlink(...names);
      }
      redis.disconnect();
      await server.stop();
    },
  };
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

async function memoryStore(): Promise<Store> {
  const store = createMemoryStore();
  return {
    name: "memory",
    open: () => createTaskora({ adapter: memoryAdapter({ store }), defaults: { retention }, logger: false }),
    async measure(app) {
      collectGarbage();
      const { total } = await app.jobs.count();
      return { stored: total, keys: 0, bytes: process.memoryUsage().heapUsed };
    },
    close: () => Promise.resolve(),
  };
}

function implement(app: Taskora): TaskClient {
  return app.task("soak.retention", {
    concurrency: 200,
    retry: { attempts: 2, delay: 1, backoff: "fixed" },
    handler: (data, ctx) => {
      const n = Number(data);
      ctx.log.info("at work", { n });
      ctx.progress(n);
      if (n % 10 === 0 || (n % 10 === 1 && ctx.attempt === 1)) throw new Error("not this time");
      return n;
    },
  });
}

/** Dispatches what is due by now. Of ten jobs one is cancelled before it starts and one expires. */
async function dispatchSome(client: TaskClient, from: number, to: number): Promise<void> {
  const cancelled: Promise<unknown>[] = [];
  for (let n = from; n < to; n++) {
    if (n % 10 === 2) cancelled.push(client.dispatch(n, { delay: "1h" }).cancel());
    else if (n % 10 === 3) void client.dispatch(n, { delay: "1h", ttl: 1 });
    else void client.dispatch(n);
  }
  await Promise.all(cancelled);
  await client.waitForCapacity();
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function soakStore(store: Store, rate: number, seconds: number): Promise<boolean> {
  const app = store.open();
  const client = implement(app);
  await app.start();
  const startedAt = Date.now();
  const measured: { readonly at: number; readonly value: Measured }[] = [];
  let made = 0;
  let measureAt = startedAt + seconds * 1000 * WARM_UP;
  for (let passed = 0; passed < seconds * 1000; passed = Date.now() - startedAt) {
    const due = Math.floor((passed / 1000) * rate);
    await dispatchSome(client, made, due);
    made = due;
    if (Date.now() >= measureAt) {
      measured.push({ at: Date.now() - startedAt, value: await store.measure(app) });
      measureAt = Date.now() + MEASURE_MS;
    }
    await pause(TICK_MS);
  }
  const tookMs = Date.now() - startedAt;
  const middle = (seconds * 1000 * (1 + WARM_UP)) / 2;
  const usual = (of: keyof Measured, half: "first" | "second") =>
    median(measured.filter(({ at }) => at < middle === (half === "first")).map(({ value }) => value[of]));
  const [stored, keys, bytes] = (["stored", "keys", "bytes"] as const).map((of) => ({
    first: usual(of, "first"),
    second: usual(of, "second"),
  }));
  const isFlat = [stored, keys, bytes].every((of) => of !== undefined && of.second <= of.first * SLACK);
  const megabytes = [bytes?.first, bytes?.second].map((count) => ((count ?? 0) / 1e6).toFixed(1));
  const counts = [stored?.first, stored?.second, keys?.first, keys?.second];
  const date = new Date().toISOString().slice(0, 10);
  const done = Math.round((made / tookMs) * 1000);
  const row = [date, store.name, rate, done, Math.round(tookMs / 1000), ...counts, ...megabytes, isFlat];
  if (!existsSync(RESULTS)) writeFileSync(RESULTS, HEAD);
  appendFileSync(RESULTS, `| ${row.join(" | ")} |\n`);
  process.stdout.write(`| ${row.join(" | ")} |\n`);
  await app.close();
  await store.close();
  return isFlat;
}

/** Resolves with whether both stores stayed flat. */
export async function soakRetention(options: {
  readonly rate: number;
  readonly seconds: number;
}): Promise<boolean> {
  let isFlat = true;
  for (const open of [redisStore, memoryStore]) {
    isFlat = (await soakStore(await open(), options.rate, options.seconds)) && isFlat;
  }
  return isFlat;
}
