import { startRedis } from "../../../scripts/redis.js";
import type { Closers } from "./closers.js";
import type { Flags } from "./flags.js";
import { memoryShop } from "./memory-shop.js";
import { redisShop } from "./redis-shop.js";
import type { RunningShop } from "./running-shop.js";

/** What the flags mean, in a few words. */
export function describeMode({ redis, kill }: Flags): string {
  const shot = kill ? "; the worker will be shot" : "";
  if (redis !== undefined) return `two processes over Redis at ${new URL(redis).host}${shot}`;
  return kill ? `two processes over a Redis of their own${shot}` : "one process, jobs in memory";
}

/** Makes the shop that the flags ask for, and sees to it that it is closed. */
export async function openShop(
  { redis, kill }: Flags,
  { closers, say }: { readonly closers: Closers; readonly say: (line: string) => void },
): Promise<RunningShop> {
  const shop =
    redis === undefined && !kill ? memoryShop() : redisShop({ url: await redisUrl(redis, closers), say });
  closers.add(() => shop.close());
  return shop;
}

async function redisUrl(given: string | undefined, closers: Closers): Promise<string> {
  if (given !== undefined) return given;
  const server = await startRedis();
  closers.add(() => server.stop());
  return server.url;
}
