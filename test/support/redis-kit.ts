import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import type { ConformanceKit } from "taskora/testing";
import { afterAll } from "vitest";
import { createKeys } from "../../src/redis/keys.js";
import { emptyPrefix } from "./empty-redis.js";
import { scanRedis } from "./redis-scan.js";
import { sharedRedis, uniquePrefix } from "./redis-server.js";

/** Longer than the store's clock and ours drift apart while a case waits. */
const MARGIN_MS = 3;

const common = uniquePrefix();
let made = 0;

/** A kit over a prefix of its own on the shared server, which has real time. */
export async function redisKit(): Promise<ConformanceKit> {
  const { url } = await sharedRedis();
  made += 1;
  const prefix = `${common}-${made}`;
  const keys = createKeys(prefix);
  return {
    open: () => redisAdapter({ url, prefix }),
    leftovers: () => scanRedis(url, prefix),
    empty: () => emptyPrefix(url, prefix),
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms + MARGIN_MS)),
    corrupt: async ({ task, id }) => {
      const redis = new Redis(url);
      await redis.hset(keys.key(task, "jobs"), id, "\u0001damaged by a test");
      await redis.quit();
    },
  };
}

/** The server may be somebody's own: leave nothing behind. */
afterAll(async () => {
  if (made === 0) return;
  const redis = new Redis((await sharedRedis()).url);
  for await (const keys of redis.scanStream({ match: `${common}-*`, count: 1000 })) {
    if (Array.isArray(keys) && keys.length > 0) await redis.unlink(...keys);
  }
  await redis.quit();
});
