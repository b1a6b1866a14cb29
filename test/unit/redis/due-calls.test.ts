import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adapter, ClaimedJob } from "../../../src/core/adapter.js";
import { ownRedis } from "../../support/redis-server.js";
import { aJob, LEASE, RETENTION, TASK, take } from "./store.js";

const CLAIM = { leaseMs: 60_000, count: 10 };
const FAR_MS = 3_600_000;
let server: Awaited<ReturnType<typeof ownRedis>>;
let admin: Redis;
let adapter: Adapter;
let other: Adapter;

beforeEach(async () => {
  server = await ownRedis();
  admin = new Redis(server.url);
  adapter = redisAdapter(server.url);
  other = redisAdapter(server.url);
  await Promise.all([adapter.connect(), other.connect()]);
  // A priority makes it a task whose calls go to the scripts that know all rules.
  await adapter.insert([aJob({ id: "a", priority: 1 }), aJob({ id: "b", priority: 1 })]);
});

afterEach(async () => {
  await Promise.all([adapter.close(), other.close()]);
  await admin.quit();
  await server.stop();
});

/** How many scripts `act` ran. */
async function scriptsOf(act: () => Promise<unknown>): Promise<number> {
  const before = await scripts();
  await act();
  return (await scripts()) - before;
}

async function scripts(): Promise<number> {
  const stats = await admin.info("commandstats");
  const counts = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)[^\n]*failed_calls=(\d+)/g)];
  return counts.reduce((sum, [, calls, failed]) => sum + Number(calls) - Number(failed), 0);
}

async function settleAndClaim({ id, fence }: ClaimedJob): Promise<readonly ClaimedJob[]> {
  const settlements = [{ id, fence, event: "complete" } as const];
  const [reply] = await adapter.settle([
    { task: TASK, lease: LEASE, retention: RETENTION, settlements, claim: CLAIM },
  ]);
  return reply?.jobs ?? [];
}

async function one(): Promise<ClaimedJob> {
  const [job] = await take(adapter, 1);
  if (job === undefined) throw new Error("there is no job");
  return job;
}

describe("what the clock has brought", () => {
  it("is not asked for where nothing is timed", async () => {
    const job = await one();
    expect(await scriptsOf(() => settleAndClaim(job))).toBe(2);
  });

  it("is not asked for where it is due later", async () => {
    await adapter.insert([aJob({ id: "later", delayMs: FAR_MS })]);
    const job = await one();
    expect(await scriptsOf(() => settleAndClaim(job))).toBe(2);
  });

  it("is found by a claim of a process that did not know of it", async () => {
    const job = await one();
    await other.insert([aJob({ id: "due", delayMs: 1 })]);
    await expect.poll(() => other.survey({ tasks: [TASK] })).toMatchObject({ due: [{ inMs: 0 }] });
    expect((await settleAndClaim(job)).map(({ id }) => id)).toEqual(["b", "due"]);
  });

  it("is asked for while it is usual, and not afterwards", async () => {
    const limited = (id: string) => aJob({ id, limits: { limit: { key: "k", max: 1 } } });
    await adapter.insert(["c", "d", "e"].map(limited));
    const [first, , c] = await take(adapter, 10);
    const [d] = await settleAndClaim(c as ClaimedJob);
    expect(d?.id).toBe("d");
    let next: readonly ClaimedJob[] = [];
    const settle = (job: ClaimedJob | undefined) => async () => {
      next = await settleAndClaim(job as ClaimedJob);
    };
    expect(await scriptsOf(settle(d))).toBe(3);
    expect(next.map(({ id }) => id)).toEqual(["e"]);
    expect(await scriptsOf(settle(next[0]))).toBe(3);
    expect(await scriptsOf(settle(first))).toBe(2);
  });
});
