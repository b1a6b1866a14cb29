import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import type { ConformanceKit } from "taskora/testing";
import { afterAll } from "vitest";
import { createKeys } from "../../src/redis/keys.js";
import * as scripts from "../../src/redis/scripts.generated.js";
import { TASK } from "../../src/testing/conformance/stage.js";
import { emptyPrefix } from "./empty-redis.js";
import { inspectRedis } from "./redis-inspect.js";
import { scanRedis } from "./redis-scan.js";
import { sharedRedis, uniquePrefix } from "./redis-server.js";

const CLOCK = "test-clock";
const READS_TIME = 'call("TIME")';
/** The answer of `TIME` is two texts: so is a list of two. One that was not set makes the script fail. */
const READS_CLOCK = `call("LRANGE", KEYS[1] .. "${CLOCK}", "0", "-1")`;
/** Sets the clocks, and takes as much from what is left of every key that ends by itself. */
const SET_TIME = `
for _, key in ipairs(KEYS) do
  redis.call("DEL", key)
  redis.call("RPUSH", key, ARGV[1], ARGV[2])
end
for _, key in ipairs(redis.call("KEYS", ARGV[3])) do
  local left = redis.call("PTTL", key)
  if left > 0 and left <= tonumber(ARGV[4]) then redis.call("DEL", key) end
  if left > tonumber(ARGV[4]) then redis.call("PEXPIRE", key, left - ARGV[4]) end
end`;

/** Redis keeps what came in one millisecond in order by its microseconds, which never stand still. */
const TICK_MICROS = 8;

const common = uniquePrefix();
let made = 0;
let client: Redis | undefined;

/** Makes every script of this process read a clock that stands still, whoever runs it. */
function readClock(): void {
  for (const script of Object.values(scripts) as { text: string; sha1: string }[]) {
    if (!script.text.includes(READS_TIME)) continue;
    script.text = script.text.replaceAll(READS_TIME, READS_CLOCK);
    script.sha1 = createHash("sha1").update(script.text).digest("hex");
  }
}

/**
 * As `redisKit`, with time that passes only when the kit says so, so that two stores see the same. Lengths of time are
 * minutes and more: what Redis itself lets end, such as a key of `idempotencyKey`, ends as much too soon as the test
 * has been running.
 *
 * @param startAt ms since the epoch
 */
export async function virtualRedisKit(startAt: number): Promise<ConformanceKit> {
  const { url } = await sharedRedis();
  if (made === 0) readClock();
  made += 1;
  client ??= new Redis(url);
  const redis = client;
  const prefix = `${common}-${made}`;
  const keys = createKeys(prefix);
  const roots = [keys.root(TASK), keys.store, keys.schedules, keys.workers];
  let now = startAt;
  let micros = 0;
  const pass = async (ms: number): Promise<void> => {
    now += ms;
    micros = Math.min(micros + TICK_MICROS, 999);
    const clocks = roots.map((root) => root + CLOCK);
    const time = [Math.floor(now / 1000), (now % 1000) * 1000 + micros];
    await redis.eval(SET_TIME, clocks.length, ...clocks, ...time, `${prefix}:*`, ms);
  };
  await pass(0);
  return {
    open: () => redisAdapter({ url, prefix }),
    leftovers: () => scanRedis(url, prefix),
    inspect: (task) => inspectRedis(redis, prefix, task),
    empty: () => emptyPrefix(url, prefix),
    advance: pass,
    corrupt: () => Promise.reject(new Error("nothing is damaged in virtual time")),
  };
}

afterAll(async () => {
  if (client === undefined) return;
  for await (const keys of client.scanStream({ match: `${common}-*`, count: 1000 })) {
    if (Array.isArray(keys) && keys.length > 0) await client.unlink(...keys);
  }
  client.disconnect();
});
