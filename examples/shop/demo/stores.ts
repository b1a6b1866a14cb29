/** Where the shop of the demo keeps its jobs. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { Client } from "pg";
import type { Adapter } from "taskora/adapter";
import { postgresAdapter } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";
import { loadPglite } from "../../../scripts/pglite.js";

/** A store that several processes share. */
export interface SharedStore {
  readonly adapter: Adapter;
  /** By which the services find it. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes all out of it that the demo has stored. */
  clean(): Promise<void>;
}

/** All keys begin with a prefix that nobody else has. */
export function redisStore(url: string): SharedStore {
  const prefix = `shop-demo-${randomBytes(4).toString("hex")}`;
  return {
    adapter: redisAdapter({ url, prefix }),
    env: { REDIS_URL: url, SHOP_PREFIX: prefix },
    clean: () => deleteKeys(url, prefix),
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

/** All tables are in a schema that nobody else has. */
export function postgresStore(url: string): SharedStore {
  const schema = `shop_demo_${randomBytes(4).toString("hex")}`;
  return {
    adapter: postgresAdapter({ url, schema, migrate: true }),
    env: { POSTGRES_URL: url, SHOP_SCHEMA: schema },
    clean: async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query(`drop schema ${schema} cascade`);
      await client.end();
    },
  };
}

/** Postgres without a server, in a folder that is deleted at the end. */
export async function pgliteStore(): Promise<Pick<SharedStore, "adapter" | "clean">> {
  const PGlite = await loadPglite();
  const folder = await mkdtemp(join(tmpdir(), "taskora-shop-"));
  const pglite = new PGlite(join(folder, "data"));
  return {
    adapter: postgresAdapter({ pglite, deadline: "60s" }),
    clean: async () => {
      await pglite.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
