import { randomBytes } from "node:crypto";
import { TestRunner } from "vitest";
import {
  canStartRedis,
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

const NEEDS_SERVER = "needs a redis-server or valkey-server on the PATH; REDIS_URL is not enough";

/** False where only `REDIS_URL` is there: for `describe.skipIf(!hasRedisServer)` around tests that start servers in `beforeAll`. */
export const hasRedisServer = canStartRedis();

/**
 * A server of its own, for tests that stop it, fill it or configure it. The caller stops it. Where none can be
 * started the running test is skipped and says so.
 */
export function ownRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  if (!hasRedisServer) TestRunner.getCurrentTest()?.context.skip(NEEDS_SERVER);
  return startRedis(options);
}

/** A key prefix nobody else uses, so that tests can share a server. */
export function uniquePrefix(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}

/** Ends what {@link sharedRedis} has started. */
export async function stopSharedRedis(): Promise<void> {
  if (shared === undefined) return;
  const server = await shared;
  shared = undefined;
  await server.stop();
}
