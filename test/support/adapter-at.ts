import type { Adapter } from "taskora/adapter";
import { postgresAdapter } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";

/** Where the jobs of a test are, for every process that takes part. */
export interface StoreAddress {
  /** Of Redis or of PostgreSQL. */
  readonly url: string;
  /** The prefix of its keys, or its schema. */
  readonly prefix: string;
}

/** An adapter of a process of its own. */
export function adapterAt({ url, prefix }: StoreAddress): Adapter {
  return url.startsWith("redis")
    ? redisAdapter({ url, prefix })
    : postgresAdapter({ url, schema: prefix, migrate: true });
}
