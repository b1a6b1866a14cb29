import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { expect, it } from "vitest";
import { createKeys } from "../../../src/redis/keys.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { aJob, RETENTION, TASK } from "./store.js";

const DAY_MS = 24 * 3_600_000;

it("forgets a lost lease after a day, also when nobody comes by any more", async () => {
  const { url } = await sharedRedis();
  const prefix = uniquePrefix();
  const adapter = redisAdapter({ url, prefix });
  const redis = new Redis(url);
  const key = createKeys(prefix).key(TASK, "lost");
  const sweep = () => adapter.sweep([{ task: TASK, retention: RETENTION, stallLimit: 3, scope: "all" }]);
  await adapter.connect();
  await adapter.insert([aJob({ id: "a" })]);
  await adapter.claim([{ task: TASK, lease: "dead", leaseMs: 1, count: 1 }]);
  await expect.poll(async () => (await sweep())[0]?.reclaimed).toBe(1);
  expect(await redis.zrange(key, "0", "-1")).toEqual(["dead"]);
  const endsInMs = await redis.pttl(key);
  expect(endsInMs).toBeGreaterThan(DAY_MS - 60_000);
  expect(endsInMs).toBeLessThanOrEqual(DAY_MS);
  await redis.zadd(key, Date.now() - DAY_MS - 60_000, "long dead");
  await sweep();
  expect(await redis.zrange(key, "0", "-1")).toEqual(["dead"]);
  redis.disconnect();
  await adapter.close();
});

it("counts what a lost lease holds over several sweeps, and spares who renews meanwhile", {
  timeout: 60_000,
}, async () => {
  const { url } = await sharedRedis();
  const prefix = uniquePrefix();
  const adapter = redisAdapter({ url, prefix });
  const redis = new Redis(url);
  const { key } = createKeys(prefix);
  const sweep = async () =>
    (await adapter.sweep([{ task: TASK, retention: RETENTION, stallLimit: 3, scope: "all" }]))[0];
  const lapse = async (lease: string) => redis.zadd(key(TASK, "leases"), Date.now() - 1, lease);
  const RUNNING = 30_000;
  await adapter.connect();
  await adapter.insert([aJob({ id: "dead" })]);
  await adapter.claim([{ task: TASK, lease: "dead", leaseMs: 3_600_000, count: 1 }]);
  for (let from = 0; from < RUNNING; from += 1000) {
    await adapter.insert(Array.from({ length: 1000 }, (_, index) => aJob({ id: `job-${from + index}` })));
    await adapter.claim([{ task: TASK, lease: "busy", leaseMs: 3_600_000, count: 1000 }]);
  }
  await lapse("busy");
  await lapse("dead");
  const first = await sweep();
  expect(first).toMatchObject({ reclaimed: 0, more: true });
  const [renewal] = await adapter.renew([{ task: TASK, lease: "busy", leaseMs: 3_600_000 }]);
  expect(renewal?.lost).toBe(false);
  const reclaimed = [];
  for (let more = true; more; ) {
    const reply = await sweep();
    reclaimed.push(reply?.reclaimed ?? 0);
    more = reply?.more === true;
  }
  expect(reclaimed.filter((count) => count > 0)).toEqual([1]);
  const [dead] = await adapter.read([{ task: TASK, id: "dead" }]);
  expect(dead).toMatchObject({ state: "waiting", stalls: 1 });
  expect(await redis.hlen(key(TASK, "active"))).toBe(RUNNING);
  expect(await redis.exists(key(TASK, "held"))).toBe(0);
  redis.disconnect();
  await adapter.close();
});
