import { randomBytes } from "node:crypto";
import { afterAll } from "vitest";
import {
  findOrStartRedis,
  type RedisServer,
  type StartRedisOptions,
  startRedis,
} from "../../scripts/redis.js";

export type { RedisServer, StartRedisOptions } from "../../scripts/redis.js";

let shared: Promise<RedisServer> | undefined;

/** The server all tests of this file share: `REDIS_URL`, or one started here and stopped after the file. */
export function sharedRedis(): Promise<RedisServer> {
  shared ??= findOrStartRedis();
  return shared;
}

/** A server of its own, for tests that stop it, fill it or configure it. The caller stops it. */
export function ownRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  return startRedis(options);
}

/** A key prefix nobody else uses, so that tests can share a server. */
export function uniquePrefix(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}

afterAll(async () => {
  if (shared === undefined) return;
  const server = await shared;
  shared = undefined;
  await server.stop();
});
