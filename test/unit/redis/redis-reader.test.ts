import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { redisAdapter, redisReader } from "taskora/redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Adapter } from "../../../src/core/adapter.js";
import { hasRedisServer, ownRedis, type RedisServer, uniquePrefix } from "../../support/redis-server.js";
import { aJob, LEASE, RETENTION, rejection, TASK, take } from "./store.js";

/** A server of its own, since commands are counted and everything in it is compared. */
let server: RedisServer;
let admin: Redis;

beforeAll(async () => {
  if (!hasRedisServer) return;
  server = await ownRedis();
  admin = new Redis(server.url);
  await admin.call("ACL", "SETUSER", "reader", "on", ">secret", "~*", ...READ_RIGHTS);
});

afterAll(async () => {
  if (!hasRedisServer) return;
  await admin.quit();
  await server.stop();
});

/** The rights that `docs/changing-contracts.md` names for `--live`. */
const READ_RIGHTS = documentedRights();

function documentedRights(): readonly string[] {
  const docs = readFileSync(new URL("../../../docs/changing-contracts.md", import.meta.url), "utf8");
  const rights = /^ACL SETUSER reader on >secret ~taskora:\* (.*)$/m.exec(docs)?.[1];
  if (rights === undefined) throw new Error("docs/changing-contracts.md has no ACL rule");
  return rights.split(" ");
}

interface Pair {
  readonly adapter: Adapter;
  readonly reader: ReturnType<typeof redisReader>;
  readonly prefix: string;
}

async function aPair(): Promise<Pair> {
  const prefix = uniquePrefix();
  const adapter = redisAdapter({ url: server.url, prefix });
  const reader = redisReader({ url: server.url, prefix, username: "reader", password: "secret" });
  await adapter.connect();
  await reader.connect();
  return { adapter, reader, prefix };
}

async function closeBoth({ adapter, reader }: Pair): Promise<void> {
  await reader.close();
  await adapter.close();
}

async function idsIn(
  reader: Pair["reader"],
  state: "waiting" | "delayed" | "retrying" | "failed",
  limit = 100,
): Promise<readonly string[]> {
  const { jobs } = await reader.list({ task: TASK, state, limit });
  return jobs.map((job) => job.id);
}

async function settle(adapter: Adapter, id: string, event: "fail" | "retry"): Promise<void> {
  const [job] = await take(adapter, 1);
  expect(job?.id).toBe(id);
  const error = { name: "Error", message: "no" };
  const how = event === "fail" ? { event, error } : { event, error, delayMs: 3_600_000 };
  const settlement = { id, fence: job?.fence ?? 0, ...how };
  await adapter.settle([{ task: TASK, lease: LEASE, retention: RETENTION, settlements: [settlement] }]);
}

/** Every key with its value as Redis would dump it, and with its time to live. */
async function everything(): Promise<ReadonlyMap<string, string>> {
  const keys = (await admin.keys("*")).sort();
  const dumps = await Promise.all(
    keys.map(async (key) => `${String(await admin.dumpBuffer(key))} ${await admin.pexpiretime(key)}`),
  );
  return new Map(keys.map((key, index) => [key, dumps[index] ?? ""]));
}

describe.skipIf(!hasRedisServer)("a redis reader", () => {
  it("finds the jobs of each state, whatever index they are in", async () => {
    const pair = await aPair();
    const { adapter, reader } = pair;
    await adapter.insert([aJob({ id: "fails-first" })]);
    await settle(adapter, "fails-first", "fail");
    await adapter.insert([aJob({ id: "fails-last" })]);
    await settle(adapter, "fails-last", "fail");
    await adapter.insert([aJob({ id: "retries" })]);
    await settle(adapter, "retries", "retry");
    await adapter.insert([aJob({ id: "runs" })]);
    await take(adapter, 1);
    await adapter.insert([
      aJob({ id: "plain", payload: '{"n":1}', version: 3 }),
      aJob({ id: "urgent", priority: 5 }),
      aJob({ id: "grouped", limits: { group: { key: "g" } } }),
      aJob({ id: "later", delayMs: 3_600_000 }),
    ]);
    expect((await idsIn(reader, "waiting")).toSorted()).toEqual(["grouped", "plain", "urgent"]);
    expect(await idsIn(reader, "delayed")).toEqual(["later"]);
    expect(await idsIn(reader, "retrying")).toEqual(["retries"]);
    expect(await idsIn(reader, "failed")).toEqual(["fails-last", "fails-first"]);
    const { jobs } = await reader.list({ task: TASK, state: "waiting", limit: 100 });
    expect(jobs.find((job) => job.id === "plain")).toMatchObject({ payload: '{"n":1}', version: 3 });
    await closeBoth(pair);
  });

  it("reads large payloads of text and bytes with their jobs", async () => {
    const pair = await aPair();
    const { adapter, reader } = pair;
    const jobs = [
      aJob({ id: "text", payload: `"${"é".repeat(3000)}"` }),
      aJob({ id: "bytes", payload: new Uint8Array(3000).fill(7) }),
      aJob({ id: "small", payload: "1" }),
    ];
    await adapter.insert(jobs);
    const found = await reader.list({ task: TASK, state: "waiting", limit: 9 });
    expect(found.jobs.map(({ id, payload }) => ({ id, payload }))).toEqual(
      jobs.map(({ id, payload }) => ({ id, payload })),
    );
    await closeBoth(pair);
  });

  it("reads no more than its limit, in pieces", async () => {
    const pair = await aPair();
    await pair.adapter.insert(Array.from({ length: 130 }, (_, index) => aJob({ id: `job-${index}` })));
    expect(await idsIn(pair.reader, "waiting", 3)).toEqual(["job-0", "job-1", "job-2"]);
    expect(await idsIn(pair.reader, "waiting", 1000)).toHaveLength(130);
    await closeBoth(pair);
  });

  it("leaves out what was cancelled or is overdue, and shows a broken record as such", async () => {
    const pair = await aPair();
    const { adapter, reader, prefix } = pair;
    await adapter.insert([
      aJob({ id: "cancelled" }),
      aJob({ id: "overdue", ttlMs: 1 }),
      aJob({ id: "broken" }),
    ]);
    await adapter.cancel([{ task: TASK, id: "cancelled", reason: "test", retention: RETENTION }]);
    await admin.hset(`${prefix}:{${TASK}}:jobs`, "broken", "?");
    const [, overdueAt = "0"] = await admin.zrange(`${prefix}:{${TASK}}:ttl`, "0", "0", "WITHSCORES");
    await serverClockPasses(Number(overdueAt));
    const { jobs } = await reader.list({ task: TASK, state: "waiting", limit: 10 });
    expect(jobs.map(({ id, corrupt }) => [id, corrupt !== undefined])).toEqual([["broken", true]]);
    await closeBoth(pair);
  });

  it("writes nothing: not for overdue jobs, and not in an empty store", async () => {
    const { adapter, reader, ...rest } = await aPair();
    await adapter.insert([aJob({ id: "overdue", delayMs: 1 }), aJob({ id: "stays", delayMs: 3_600_000 })]);
    await reader.close();
    const before = await everything();
    const scriptsBefore = await scriptCount();
    await admin.config("RESETSTAT");
    for (const prefix of [rest.prefix, uniquePrefix()]) {
      const fresh = redisReader({ url: server.url, prefix });
      await fresh.connect();
      for (const state of ["waiting", "delayed", "retrying", "failed"] as const) {
        await fresh.list({ task: TASK, state, limit: 10 });
      }
      await fresh.close();
    }
    const used = [...(await admin.info("commandstats")).matchAll(/^cmdstat_([^:|]+)/gm)].map(
      ([, name]) => name ?? "",
    );
    expect(used).toContain("hmget");
    const written = await Promise.all(used.map(async (name) => ((await isWrite(name)) ? [name] : [])));
    expect(written.flat()).toEqual([]);
    expect(await scriptCount()).toBe(scriptsBefore);
    expect(await everything()).toEqual(before);
    await adapter.close();
  });

  it("refuses a store of another format, and one that does not answer", async () => {
    const prefix = uniquePrefix();
    await admin.set(`${prefix}:format`, "99");
    const refused = await rejection(redisReader({ url: server.url, prefix }).connect());
    expect(refused).toMatchObject({ code: "STORE_FORMAT" });
    const silent = redisReader({ url: "redis://127.0.0.1:1", deadline: "100ms" });
    expect(await rejection(silent.connect())).toMatchObject({ code: "STORE_UNAVAILABLE" });
    const unused = redisReader(server.url);
    const unopened = await rejection(unused.list({ task: TASK, state: "waiting", limit: 1 }));
    expect(unopened).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
});

async function scriptCount(): Promise<string | undefined> {
  return /number_of_cached_scripts:(\d+)/.exec(await admin.info("memory"))?.[1];
}

async function isWrite(command: string): Promise<boolean> {
  const [info] = (await admin.call("COMMAND", "INFO", command)) as [[string, number, string[]] | null];
  return info?.[2].includes("write") ?? false;
}

async function serverClockPasses(ms: number): Promise<void> {
  for (;;) {
    const [seconds, micros] = await admin.time();
    if (Number(seconds) * 1000 + Number(micros) / 1000 > ms) return;
  }
}
