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
