import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { createClient } from "../producer/tasks.gen/index.js";
import type { RunningShop } from "./running-shop.js";
import { ShopServices } from "./shop-services.js";

/** Where the services run. */
export interface RedisShopOptions {
  readonly url: string;
  /** Gets what the services write. */
  readonly say: (line: string) => void;
}

/**
 * Producer and worker as processes of their own; this one only watches. All keys begin with a prefix nobody else has
 * and are deleted at the end, so that the demo can run beside real work.
 */
export function redisShop({ url, say }: RedisShopOptions): RunningShop {
  const prefix = `shop-demo-${randomBytes(4).toString("hex")}`;
  const observer = createTaskora({ adapter: redisAdapter({ url, prefix }) });
  createClient(observer);
  const services = new ShopServices({ env: { REDIS_URL: url, SHOP_PREFIX: prefix }, say });
  let isConnected = false;
  return {
    observer,
    open: async () => {
      await observer.connect();
      isConnected = true;
      services.startWorker();
    },
    runDay: (day) => services.runProducer(day),
    replaceWorker: () => services.replaceWorker(),
    pids: () => services.pids,
    close: async () => {
      await services.stop();
      await observer.close();
      if (isConnected) await deleteKeys(url, prefix);
    },
  };
}

async function deleteKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  await redis.connect();
  for await (const keys of redis.scanStream({ match: `${prefix}:*`, count: 500 })) {
    if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
  }
  await redis.quit();
}
