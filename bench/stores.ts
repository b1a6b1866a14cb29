/** The servers that jobs are stored in while they are measured: each run has an empty one of its own. */
import { startPostgres } from "../scripts/postgres.js";
import { startRedis } from "../scripts/redis.js";
import { PostgresStats } from "./postgres-stats.js";
import { RedisStats } from "./redis-stats.js";
import type { Spec, StoreName } from "./spec.js";

/** What a store says about itself, whichever it is. */
export interface StoreStats {
  /** CPU the server has used, all its processes, in µs. */
  cpuMicros(): Promise<number>;
  /** Bytes of its log of changes so far; only of a store that has one. */
  walBytes?(): Promise<number>;
  /** Makes what it counts begin again; CPU and memory are not touched. */
  resetCounters(): void;
  /** Connections beside its own. */
  otherConnections(): Promise<number>;
  /** Calls that clients send during `windowMs`. */
  watchCommands(windowMs: number): Promise<number>;
  close(): void;
}

interface Server {
  readonly url: string;
  readonly pid?: number | undefined;
  stop(): Promise<void>;
}

/** What is stored has to survive a power cut, as it has to where it is used. */
const DURABLE = { fsync: "on", full_page_writes: "on", shared_buffers: "256MB", max_wal_size: "4GB" };

/** @param redisOptions of `redis-server` */
export function startStore(store: StoreName, redisOptions: readonly string[] = []): Promise<Server> {
  return store === "redis" ? startRedis({ args: redisOptions }) : startPostgres({ settings: DURABLE });
}

export function statsOf({ store, storeUrl, storePid }: Spec): StoreStats {
  return store === "redis" ? new RedisStats(storeUrl) : new PostgresStats(storeUrl, storePid);
}
