import type { Redis } from "ioredis";
import type { JobLimits } from "taskora/adapter";
import type { GateEntries, KeyEntry, TaskEntries } from "taskora/testing";
import { createKeys, type TaskKey } from "../../src/redis/keys.js";

/** What stands before the name of the lease in a claim. */
const CLAIM_BYTES = 7;
/** The place of a job that runs, among the holders of a gate. */
const RUNNING = -4503599627370496;

/** What is stored in Redis of a task, read from its indexes and not from the records of its jobs. */
export async function inspectRedis(redis: Redis, prefix: string, task: string): Promise<TaskEntries> {
  const keys = createKeys(prefix);
  const key = (name: TaskKey) => keys.key(task, name);
  const zset = (name: TaskKey) => redis.zrange(key(name), "0", "-1");
  const list = (name: TaskKey) => redis.lrange(key(name), 0, -1);
  const prefixed = async (name: TaskKey) => {
    const found = await redis.keys(`${escaped(key(name))}*`);
    return found.sort().map((found) => [found.slice(key(name).length), found] as const);
  };
  const queues = async (name: TaskKey) =>
    new Map(
      await Promise.all(
        (await prefixed(name)).map(
          async ([of, stored]) => [of, await redis.zrange(stored, "0", "-1")] as const,
        ),
      ),
    );
  const active = await redis.hgetallBuffer(key("active"));
  const hashes = ["limits", "extras", "progress", "done", "payloads"] as const;
  const belongings = await Promise.all(
    hashes.map(async (what) => (await redis.hkeys(key(what))).map((id) => ({ what, id }))),
  );
  const perJob = await Promise.all(
    (["history", "logs"] as const).map(async (what) => (await prefixed(what)).map(([id]) => ({ what, id }))),
  );
  return {
    jobs: await redis.hkeys(key("jobs")),
    limits: new Map(
      Object.entries(await redis.hgetall(key("limits"))).map(([id, text]) => [
        id,
        JSON.parse(text) as JobLimits,
      ]),
    ),
    indexes: {
      waiting: [...(await queued(redis, key)), ...(await zset("prioritized")), ...(await zset("parked"))],
      delayed: await zset("delayed"),
      retrying: await zset("retrying"),
      active: Object.keys(active),
      completed: await list("completed"),
      failed: await zset("failed"),
      cancelled: await zset("cancelled"),
      expired: await zset("expired"),
    },
    gates: await gatesIn(redis, {
      holders: await prefixed("holders"),
      blocked: await prefixed("blocked"),
      timers: await zset("timers"),
    }),
    keys: await keysIn(redis, key, await prefixed("idempotent")),
    leases: new Map(Object.entries(active).map(([id, claim]) => [id, leaseOf(claim)])),
    suspects: await zset("suspects"),
    cancels: await redis.hkeys(key("cancels")),
    expiring: await zset("ttl"),
    groups: await queues("group"),
    collected: await queues("collect"),
    belongings: [...belongings, ...perJob].flat(),
  };
}

/** What stands in a claim before who wants the outcome. */
function leaseOf(claim: Buffer): string {
  return claim.subarray(CLAIM_BYTES).toString().split("\0", 1)[0] ?? "";
}

/** Ids in the list without the entries that no longer count. */
async function queued(redis: Redis, key: (name: TaskKey) => string): Promise<readonly string[]> {
  const tombstones = new Map(
    Object.entries(await redis.hgetall(key("tombstones"))).map(([id, n]) => [id, Number(n)]),
  );
  return (await redis.lrange(key("waiting"), 0, -1)).filter((id) => {
    const left = tombstones.get(id) ?? 0;
    tombstones.set(id, left - 1);
    return left <= 0;
  });
}

async function gatesIn(
  redis: Redis,
  {
    holders,
    blocked,
    timers,
  }: {
    readonly holders: readonly (readonly [string, string])[];
    readonly blocked: readonly (readonly [string, string])[];
    readonly timers: readonly string[];
  },
): Promise<readonly GateEntries[]> {
  const names = new Set([...holders, ...blocked].map(([name]) => name));
  const find = (stored: readonly (readonly [string, string])[], name: string) =>
    stored.find(([each]) => each === name)?.[1];
  return Promise.all(
    [...names].map(async (name) => {
      const [held, waits] = [find(holders, name), find(blocked, name)];
      const running = held === undefined ? [] : await redis.zrangebyscore(held, RUNNING, RUNNING);
      const admitted = held === undefined ? [] : await redis.zrangebyscore(held, `(${RUNNING}`, "+inf");
      return {
        name,
        running,
        admitted,
        blocked: waits === undefined ? [] : await redis.zrange(waits, "0", "-1"),
        isDue: timers.includes(name),
      };
    }),
  );
}

async function keysIn(
  redis: Redis,
  key: (name: TaskKey) => string,
  idempotent: readonly (readonly [string, string])[],
): Promise<readonly KeyEntry[]> {
  const unique = Object.entries(await redis.hgetall(key("unique")));
  const debounced = Object.entries(await redis.hgetall(key("debounced")));
  const second = (text: string) => text.slice(text.indexOf(" ") + 1);
  return [
    ...unique.map(([of, id]) => ({ kind: "unique", key: of, id, ends: false }) as const),
    ...debounced.map(
      ([of, text]) => ({ kind: "debounced", key: of, id: second(text), ends: false }) as const,
    ),
    ...(await Promise.all(
      idempotent.map(async ([of, stored]) => {
        const [text, left] = [(await redis.get(stored)) ?? "", await redis.pttl(stored)];
        return { kind: "idempotent", key: of, id: second(text), ends: left >= 0 } as const;
      }),
    )),
  ];
}

function escaped(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}
