import { Cluster } from "ioredis";
import { redisAdapter } from "taskora/redis";
import type { ConformanceKit } from "taskora/testing";
import { createKeys } from "../../src/redis/keys.js";
import { endsWithFile } from "./ends-with-file.js";
import { type RedisCluster, startCluster } from "./redis-cluster.js";
import { scanRedis } from "./redis-scan.js";
import { uniquePrefix } from "./redis-server.js";

const MARGIN_MS = 3;

let shared: Promise<RedisCluster> | undefined;

/** The cluster that all tests of this file share, stopped after the file. */
export function sharedCluster(): Promise<RedisCluster> {
  shared ??= startShared();
  return shared;
}

function startShared(): Promise<RedisCluster> {
  const cluster = startCluster();
  endsWithFile(async () => {
    shared = undefined;
    await (await cluster).stop();
  });
  return cluster;
}

/** What stays on any node, see {@link scanRedis}. */
export async function scanCluster({ masters }: RedisCluster, prefix: string): Promise<readonly string[]> {
  return (await Promise.all(masters.map(({ url }) => scanRedis(url, prefix)))).flat();
}

/** Deletes everything under a prefix, node by node. */
export async function emptyCluster({ masters }: RedisCluster, prefix: string): Promise<void> {
  for (const { redis } of masters) {
    for await (const keys of redis.scanStream({ match: `${prefix}:*`, count: 1000 })) {
      await Promise.all((keys as readonly string[]).map((key) => redis.unlink(key)));
    }
  }
}

const common = uniquePrefix();
let made = 0;

/** A kit over a prefix of its own on the shared cluster. */
export async function clusterKit(): Promise<ConformanceKit> {
  const cluster = await sharedCluster();
  made += 1;
  const prefix = `${common}-${made}`;
  const keys = createKeys(prefix);
  let opened = 0;
  return {
    // Each by another node.
    open: () => redisAdapter({ url: cluster.urls[opened++ % cluster.urls.length] ?? "", prefix }),
    noticesLagMs: 200,
    leftovers: () => scanCluster(cluster, prefix),
    empty: () => emptyCluster(cluster, prefix),
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms + MARGIN_MS)),
    corrupt: async ({ task, id }) => {
      const redis = new Cluster([...cluster.urls]);
      await redis.hset(keys.key(task, "jobs"), id, "\u0001damaged by a test");
      redis.disconnect();
    },
  };
}
