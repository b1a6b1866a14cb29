import pg from "pg";
import { RedisStats } from "./redis-stats.js";
import type { StoreName } from "./spec.js";
import { startStore } from "./stores.js";

/** What is installed here, by the name of the store. */
export async function serverVersions(stores: readonly StoreName[]): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const store of new Set(stores)) {
    const server = await startStore(store);
    versions[store] = await (store === "redis" ? redisVersion(server.url) : postgresVersion(server.url));
    await server.stop();
  }
  return versions;
}

async function redisVersion(url: string): Promise<string> {
  const stats = new RedisStats(url);
  const version = (await stats.info("server")).get("redis_version") ?? "unknown";
  stats.close();
  return version;
}

async function postgresVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ readonly server_version: string }>("show server_version");
  await client.end();
  return rows[0]?.server_version.split(" ")[0] ?? "unknown";
}
