import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import type { ConformanceKit } from "taskora/testing";
import { createKeys } from "../../src/redis/keys.js";
import { sharedRedis, uniquePrefix } from "./redis-server.js";

/** Longer than the store's clock and ours drift apart while a case waits. */
const MARGIN_MS = 2;

/** A kit over a prefix of its own on the shared server, which has real time. */
export async function redisKit(): Promise<ConformanceKit> {
  const { url } = await sharedRedis();
  const prefix = uniquePrefix();
  const keys = createKeys(prefix);
  return {
    open: () => redisAdapter({ url, prefix }),
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms + MARGIN_MS)),
    corrupt: async ({ task, id }) => {
      const redis = new Redis(url);
      await redis.hset(keys.key(task, "jobs"), id, "\u0001damaged by a test");
      await redis.quit();
    },
  };
}
