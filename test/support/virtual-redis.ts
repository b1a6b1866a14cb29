import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import type { ConformanceKit } from "taskora/testing";
import { afterAll } from "vitest";
import { WORKFLOW_TASK } from "../../src/core/workflow/step.js";
import { createKeys } from "../../src/redis/keys.js";
import * as scripts from "../../src/redis/scripts.generated.js";
import { OTHER_TASK, TASK } from "../../src/testing/conformance/stage.js";
import { sharedCluster } from "./cluster-kit.js";
import { slotOf } from "./redis-cluster.js";
import { inspectRedis } from "./redis-inspect.js";
import { scanRedis } from "./redis-scan.js";
import { sharedRedis, uniquePrefix } from "./redis-server.js";

const CLOCK = "test-clock";
const TICKS = "test-ticks";
const TICK_MICROS = 5;
const READS_TIME = 'call("TIME")';
/** The answer of `TIME` is two texts: so is a list of two. One that was not set makes the script fail. */
const READS_CLOCK = `call("LRANGE", KEYS[1] .. "${CLOCK}", "0", "-1")`;
/**
 * What came in one millisecond is kept in order by its microseconds, so some pass with each script that changes something:
 * more than a batch has jobs, each of which takes one.
 */
const READS_TICKING_CLOCK = `(function(time)
  time[2] = time[2] + math.min(999, call("INCRBY", KEYS[1] .. "${TICKS}", ${TICK_MICROS}))
  return time
end)(${READS_CLOCK})`;
/**
 * Sets the clocks of one node, and takes as much from what is left of every key there that ends by itself. Who listens says so
 * again in real time.
 */
const SET_TIME = `
for nth = 5, #ARGV do
  redis.call("DEL", ARGV[nth] .. "${CLOCK}")
  redis.call("RPUSH", ARGV[nth] .. "${CLOCK}", ARGV[1], ARGV[2])
end
for _, key in ipairs(redis.call("KEYS", ARGV[3])) do
  local left = string.sub(key, -6) == ":heard" and -1 or redis.call("PTTL", key)
  if left > 0 and left <= tonumber(ARGV[4]) then redis.call("DEL", key) end
  if left > tonumber(ARGV[4]) then redis.call("PEXPIRE", key, left - ARGV[4]) end
end`;

/** One server, or the masters of a cluster. */
interface Servers {
  readonly urls: readonly string[];
  readonly nodes: readonly Redis[];
  nodeOf(root: string): Redis;
}

const common = uniquePrefix();
let made = 0;
let single: Servers | undefined;

/** Makes every script of this process read a clock that stands still, whoever runs it. */
function readClock(): void {
  for (const script of Object.values(scripts) as { text: string; sha1: string }[]) {
    if (!script.text.includes(READS_TIME)) continue;
    const isChanging = script.text.includes('"ZADD"');
    script.text = script.text.replaceAll(READS_TIME, isChanging ? READS_TICKING_CLOCK : READS_CLOCK);
    script.sha1 = createHash("sha1").update(script.text).digest("hex");
  }
}

/**
 * As `redisKit`, with time that passes only when the kit says so, so that two stores see the same. Lengths of time are
 * minutes and more: what Redis itself lets end, such as a key of `idempotency`, ends as much too soon as the test
 * has been running.
 *
 * @param startAt ms since the epoch
 */
export async function virtualRedisKit(startAt: number): Promise<ConformanceKit> {
  const { url } = await sharedRedis();
  single ??= oneServer(url);
  return virtualKit(single, startAt);
}

/** As {@link virtualRedisKit} on the shared cluster; each adapter is told another node of it. */
export async function virtualClusterKit(startAt: number): Promise<ConformanceKit> {
  const { urls, masters, ownerOf } = await sharedCluster();
  const nodes = masters.map(({ redis }) => redis);
  return virtualKit({ urls, nodes, nodeOf: (root) => ownerOf(slotOf(root)).redis }, startAt);
}

function oneServer(url: string): Servers {
  const redis = new Redis(url);
  return { urls: [url], nodes: [redis], nodeOf: () => redis };
}

async function virtualKit({ urls, nodes, nodeOf }: Servers, startAt: number): Promise<ConformanceKit> {
  if (made === 0) readClock();
  made += 1;
  const prefix = `${common}-${made}`;
  const keys = createKeys(prefix);
  const tasks = [TASK, OTHER_TASK, WORKFLOW_TASK].map((task) => keys.root(task));
  const roots = [...tasks, keys.store, keys.schedules, keys.workers];
  const clocks = nodes.map((node) => [node, roots.filter((root) => nodeOf(root) === node)] as const);
  let now = startAt;
  const pass = async (ms: number): Promise<void> => {
    now += ms;
    const time = [Math.floor(now / 1000), (now % 1000) * 1000];
    await Promise.all(
      clocks.map(([node, owned]) => node.eval(SET_TIME, 0, ...time, `${prefix}:*`, ms, ...owned)),
    );
  };
  await pass(0);
  let opened = 0;
  return {
    open: () => redisAdapter({ url: urls[opened++ % urls.length] ?? "", prefix }),
    leftovers: async () => (await Promise.all(urls.map((url) => scanRedis(url, prefix)))).flat(),
    inspect: (task) => inspectRedis(nodeOf(keys.root(task)), prefix, task),
    advance: pass,
    corrupt: () => Promise.reject(new Error("nothing is damaged in virtual time")),
  };
}

afterAll(async () => {
  if (single === undefined) return;
  const [client] = single.nodes;
  for await (const found of client?.scanStream({ match: `${common}-*`, count: 1000 }) ?? []) {
    if (Array.isArray(found) && found.length > 0) await client?.unlink(...found);
  }
  client?.disconnect();
});
