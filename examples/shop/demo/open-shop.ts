import { memoryAdapter } from "taskora/memory";
import { startPostgres } from "../../../scripts/postgres.js";
import { startRedis } from "../../../scripts/redis.js";
import type { Closers } from "./closers.js";
import { type Flags, PGLITE } from "./flags.js";
import { oneProcessShop } from "./one-process-shop.js";
import type { RunningShop } from "./running-shop.js";
import { pgliteStore, postgresStore, redisStore, type SharedStore } from "./stores.js";
import { twoProcessShop } from "./two-process-shop.js";

/** What the flags mean, in a few words. */
export function describeMode({ redis, postgres, kill }: Flags): string {
  const shot = kill ? "; the worker will be shot" : "";
  if (redis !== undefined) return `two processes over Redis at ${new URL(redis).host}${shot}`;
  if (postgres !== undefined && postgres !== PGLITE)
    return `two processes over Postgres at ${new URL(postgres).host}${shot}`;
  if (kill)
    return `two processes over a ${postgres === undefined ? "Redis" : "Postgres"} of their own${shot}`;
  return postgres === undefined ? "one process, jobs in memory" : "one process, jobs in PGlite";
}

/** Makes the shop that the flags ask for, and sees to it that it is closed. */
export async function openShop(
  flags: Flags,
  { closers, say }: { readonly closers: Closers; readonly say: (line: string) => void },
): Promise<RunningShop> {
  const shop = await makeShop(flags, { closers, say });
  closers.add(() => shop.close());
  return shop;
}

async function makeShop(
  flags: Flags,
  { closers, say }: { readonly closers: Closers; readonly say: (line: string) => void },
): Promise<RunningShop> {
  const store = await sharedStore(flags, closers);
  if (store !== undefined) return twoProcessShop({ store, say });
  if (flags.postgres !== undefined) return oneProcessShop(await pgliteStore());
  return oneProcessShop({ adapter: memoryAdapter(), clean: () => Promise.resolve() });
}

/** Undefined: one process has it alone. */
async function sharedStore(
  { redis, postgres, kill }: Flags,
  closers: Closers,
): Promise<SharedStore | undefined> {
  if (redis !== undefined) return redisStore(redis);
  if (postgres !== undefined && postgres !== PGLITE) return postgresStore(postgres);
  if (!kill) return undefined;
  const server = await (postgres === undefined ? startRedis() : startPostgres());
  closers.add(() => server.stop());
  return postgres === undefined ? redisStore(server.url) : postgresStore(server.url);
}
