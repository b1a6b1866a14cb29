import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adapter, ClaimedJob } from "../../../src/core/adapter.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { LEASE, RETENTION, someJobs, TASK, take } from "./store.js";

let adapter: Adapter;
let admin: Redis;
let prefix: string;

beforeEach(async () => {
  const { url } = await sharedRedis();
  prefix = uniquePrefix();
  adapter = redisAdapter({ url, prefix });
  admin = new Redis(url);
  await adapter.connect();
});

afterEach(async () => {
  await adapter.close();
  admin.disconnect();
});

const key = (name: string) => `${prefix}:{${TASK}}:${name}`;

async function complete(jobs: readonly ClaimedJob[], count: number): Promise<void> {
  const retention = { ...RETENTION, completed: { ageMs: 3_600_000, count } };
  const settlements = jobs.map(({ id, fence }) => ({ id, fence, event: "complete" }) as const);
  await adapter.settle([{ task: TASK, lease: LEASE, retention, settlements }]);
}

async function sizes(): Promise<Readonly<Record<string, number>>> {
  const [jobs, done, completed, active] = await Promise.all([
    admin.hlen(key("jobs")),
    admin.hlen(key("done")),
    admin.llen(key("completed")),
    admin.hlen(key("active")),
  ]);
  return { jobs, done, completed, active };
}

describe("what stays stored of jobs that completed", () => {
  it("is bounded by what is to be kept, batch after batch", async () => {
    await adapter.insert(someJobs(3000));
    for (let round = 0; round < 6; round++) {
      await complete(await take(adapter, 500), 700);
      const kept = Math.min((round + 1) * 500, 700);
      expect(await sizes()).toEqual({
        jobs: 2500 - round * 500 + kept,
        done: kept,
        completed: kept,
        active: 0,
      });
    }
  });

  it("is nothing when nothing is to be kept", async () => {
    await adapter.insert(someJobs(100));
    await complete(await take(adapter, 100), 0);
    expect(await sizes()).toEqual({ jobs: 0, done: 0, completed: 0, active: 0 });
  });

  it("leaves nothing behind when it is removed by hand", async () => {
    await adapter.insert(someJobs(3));
    await complete(await take(adapter, 3), 10);
    await adapter.change([{ task: TASK, id: "job-1", change: "remove" }]);
    expect(await sizes()).toEqual({ jobs: 2, done: 2, completed: 2, active: 0 });
  });
});

it("keeps the claims of many jobs as a table and those of few as they are", async () => {
  await adapter.insert(someJobs(100));
  await take(adapter, 50);
  expect(await admin.object("ENCODING", key("active"))).toBe("hashtable");
  expect(await admin.hlen(key("active"))).toBe(50);
});
