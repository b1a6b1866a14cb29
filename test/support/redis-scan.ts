import { Redis } from "ioredis";
import { createKeys, TASK_KEYS } from "../../src/redis/keys.js";

/**
 * What stays although there are no jobs: the sign for the next waiter, the name of the data, the names of all tasks, the schemas
 * of their contracts.
 */
const ALWAYS: readonly string[] = [
  TASK_KEYS.wake,
  TASK_KEYS.data,
  TASK_KEYS.known,
  TASK_KEYS.contracts,
  TASK_KEYS.contractTimes,
  TASK_KEYS.audit,
];
/** Counters that may stand in `meta`; anything else there is for the moment. */
const COUNTERS = [
  "fence",
  "skew",
  "front",
  "tail",
  "completed",
  "vtime",
  "asked",
  "keeping",
  "tombstones",
  "past:c",
  "past:f",
  "past:x",
  "past:e",
  "schedules",
];
/** What lasts for a length of time, whoever comes by: each has to end by itself. */
const TEMPORARY: readonly string[] = [
  TASK_KEYS.lost,
  TASK_KEYS.idempotent,
  TASK_KEYS.throttle,
  TASK_KEYS.starts,
  TASK_KEYS.scheduleArrivals,
  TASK_KEYS.minutes,
  TASK_KEYS.tenMinutes,
  TASK_KEYS.errors,
];
/** What belongs to jobs by their ids, which are fields, members, or the end of the key. */
const OF_FINAL_JOBS: readonly string[] = [
  TASK_KEYS.jobs,
  TASK_KEYS.done,
  TASK_KEYS.payloads,
  TASK_KEYS.completed,
  TASK_KEYS.failed,
  TASK_KEYS.cancelled,
  TASK_KEYS.expired,
  TASK_KEYS.extras,
  TASK_KEYS.limits,
  TASK_KEYS.progress,
  TASK_KEYS.history,
  TASK_KEYS.logs,
  TASK_KEYS.messages,
];

/**
 * What is in the store although all jobs have ended and no process is connected: entries that no stored job and no
 * window of time accounts for. Empty when nothing stays.
 */
export async function scanRedis(url: string, prefix: string): Promise<readonly string[]> {
  const redis = new Redis(url);
  try {
    const names: string[] = [];
    for await (const found of redis.scanStream({ match: `${prefix}:*`, count: 1000 })) names.push(...found);
    const leftovers = await Promise.all(names.sort().map((key) => leftoverIn(redis, key, prefix)));
    return leftovers.flat();
  } finally {
    redis.disconnect();
  }
}

async function leftoverIn(redis: Redis, key: string, prefix: string): Promise<readonly string[]> {
  const keys = createKeys(prefix);
  if (key === keys.format) return [];
  const end = key.indexOf("}:") + 2;
  const [root, name] = [key.slice(0, end), key.slice(end)];
  if (root.includes("{@")) return /^announce|^schedule-/.test(name) ? [key] : [];
  if (name === TASK_KEYS.meta) return strangeFields(key, await redis.hgetall(key));
  if (ALWAYS.includes(name)) return [];
  if (TEMPORARY.some((temporary) => isOf(name, temporary)))
    return (await redis.pttl(key)) > 0 ? [] : [`${key} never ends`];
  const kind = OF_FINAL_JOBS.find((each) => isOf(name, each));
  if (kind === undefined) return [`${key}: ${JSON.stringify(await contentOf(redis, key))}`];
  const ids = name.length > kind.length ? [name.slice(kind.length)] : await idsOf(redis, key);
  const stored = await Promise.all(ids.map((id) => redis.hexists(root + TASK_KEYS.jobs, id)));
  return ids.filter((_, index) => stored[index] === 0).map((id) => `${key}: ${id} is not stored`);
}

function isOf(name: string, kind: string): boolean {
  return kind.endsWith(":") ? name.startsWith(kind) : name === kind;
}

function strangeFields(key: string, fields: Record<string, string>): readonly string[] {
  const strange = Object.keys(fields).filter((field) => !COUNTERS.includes(field));
  if (Number(fields.tombstones ?? 0) !== 0) strange.push("tombstones");
  return strange.map((field) => `${key}: ${field} is ${fields[field]}`);
}

async function idsOf(redis: Redis, key: string): Promise<readonly string[]> {
  switch (await redis.type(key)) {
    case "hash":
      return redis.hkeys(key);
    case "list":
      return redis.lrange(key, 0, -1);
    default:
      return redis.zrange(key, "0", "-1");
  }
}

async function contentOf(redis: Redis, key: string): Promise<unknown> {
  return (await redis.type(key)) === "string" ? redis.get(key) : idsOf(redis, key);
}
