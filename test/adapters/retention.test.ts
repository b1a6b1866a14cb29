import { Redis } from "ioredis";
import { FINAL_STATES } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { jobsOf } from "../../src/memory/memory-store.js";
import { BUSY_TASK, EndingLoad, KEPT } from "../support/ending-load.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";

/** Per round and final state; more than is kept, so that a round replaces everything. */
const PER_ROUND = 40;
const WARM_UP = 3;
const ROUNDS = 12;
const COUNTS = Object.fromEntries(FINAL_STATES.map((state) => [state, KEPT]));

/** Every key of a prefix: how many there are per kind, how long each is, and the bytes of all. */
async function measureRedis(redis: Redis, prefix: string) {
  const lengths: Record<string, number> = {};
  let bytes = 0;
  for await (const page of redis.scanStream({ match: `${prefix}:{*`, count: 1000 })) {
    for (const key of page as readonly string[]) {
      const name = key.slice(key.indexOf("}:") + 2).replace(/:.*/, ":");
      const type = await redis.type(key);
      const length = { hash: "HLEN", list: "LLEN", zset: "ZCARD" }[type];
      lengths[name] =
        (lengths[name] ?? 0) + (length === undefined ? 1 : Number(await redis.call(length, key)));
      // Of all entries: a sample would be another one each time.
      bytes += (await redis.memory("USAGE", key, "SAMPLES", 0)) ?? 0;
    }
  }
  return { lengths, bytes };
}

describe("retention in Redis", () => {
  it("leaves no key and no entry behind of what goes", async () => {
    const { url } = await sharedRedis();
    const prefix = uniquePrefix();
    const redis = new Redis(url);
    const adapter = redisAdapter({ url, prefix });
    await adapter.connect();
    const advance = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms + 2));
    const load = new EndingLoad(adapter, advance);
    for (let round = 0; round < WARM_UP; round++) await load.round(PER_ROUND);
    const early = await measureRedis(redis, prefix);
    for (let round = WARM_UP; round < ROUNDS; round++) await load.round(PER_ROUND);
    const late = await measureRedis(redis, prefix);
    expect(late.lengths).toEqual(early.lengths);
    expect(late.lengths).toMatchObject({ jobs: KEPT * 4, ...COUNTS });
    expect(late.bytes).toBeLessThan(early.bytes * 1.1);
    expect((await adapter.count([BUSY_TASK]))[0]).toMatchObject(COUNTS);
    await adapter.close();
    await redis.quit();
  });
});

describe("retention in memory", () => {
  it("leaves nothing behind of what goes", async () => {
    const clock = new VirtualClock();
    const store = createMemoryStore({ clock });
    const adapter = memoryAdapter({ store });
    await adapter.connect();
    const load = new EndingLoad(adapter, (ms) => clock.advance(ms));
    const task = jobsOf(store).task(BUSY_TASK);
    const measure = () => ({
      jobs: task.jobs.size,
      finals: FINAL_STATES.map((state) => task.finals[state].size),
      waiting: task.waiting.size,
      due: task.due.size,
      ttl: task.ttl.size,
      leases: [task.leases.size, task.lostLeases.size, task.leaseTimes.size],
      logs: [...task.jobs.values()].reduce((sum, { logs = [] }) => sum + logs.length, 0),
      history: [...task.jobs.values()].reduce((sum, { history = [] }) => sum + history.length, 0),
      watchers: [...task.jobs.values()].filter((record) => task.watchers.isWatched(record)).length,
      parked: [...task.limits.after()].length,
      keys: task.limits.keys.size,
    });
    for (let round = 0; round < WARM_UP; round++) await load.round(PER_ROUND);
    const early = measure();
    for (let round = WARM_UP; round < ROUNDS; round++) await load.round(PER_ROUND);
    expect(measure()).toEqual(early);
    expect(early).toMatchObject({
      jobs: KEPT * 4,
      finals: [KEPT, KEPT, KEPT, KEPT],
      watchers: 0,
      keys: 0,
      due: 0,
      ttl: 0,
    });
    await adapter.close();
  });
});
