import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adapter } from "../../../src/core/adapter.js";
import { ownRedis } from "../../support/redis-server.js";
import { aJob, countsOf, LEASE, someJobs, TASK, take } from "./store.js";

let server: Awaited<ReturnType<typeof ownRedis>>;
let admin: Redis;
let adapter: Adapter;

beforeEach(async () => {
  server = await ownRedis();
  admin = new Redis(server.url);
  adapter = redisAdapter(server.url);
});

afterEach(async () => {
  await adapter.close();
  await admin.quit();
  await server.stop();
});

/** How often the store was sent each command. */
async function calls(command: string): Promise<number> {
  const found = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await admin.info("commandstats"));
  return Number(found?.[1] ?? 0);
}

/** What a process says with its first job of a task: the job, and that there is such a task. */
const FIRST_TEXTS = 2;

describe("the text of a script", () => {
  it("is not sent by connecting", async () => {
    await adapter.connect();
    expect(await calls("eval")).toBe(0);
    expect(await calls("script\\|load")).toBe(0);
  });

  it("is sent with the first call, and not again", async () => {
    await adapter.connect();
    for (const id of ["a", "b", "c"]) await adapter.insert([aJob({ id })]);
    expect(await calls("eval")).toBe(FIRST_TEXTS);
    expect(await countsOf(adapter)).toEqual({ waiting: 3 });
  });

  it("is not sent by another process", async () => {
    await adapter.connect();
    await adapter.insert([aJob({ id: "a" })]);
    const other = redisAdapter(server.url);
    await other.connect();
    await other.insert([aJob({ id: "b" })]);
    await other.close();
    expect(await calls("eval")).toBe(FIRST_TEXTS);
  });

  it("is sent once by calls that go out together, which keep their order", async () => {
    await adapter.connect();
    await Promise.all(someJobs(20).map((job) => adapter.insert([job])));
    expect(await calls("eval")).toBe(FIRST_TEXTS);
    expect((await take(adapter, 20)).map(({ id }) => id)).toEqual(someJobs(20).map(({ id }) => id));
  });

  it("is sent for one kind of job, and no job of another kind comes before it", async () => {
    await adapter.connect();
    await adapter.insert([aJob({ id: "known" })]);
    const hour = { ttlMs: 3_600_000 };
    const limits = { limit: { key: "k", max: 9 } };
    await Promise.all([
      adapter.insert([aJob({ id: "a", ...hour })]),
      adapter.insert([aJob({ id: "b" })]),
      adapter.insert([aJob({ id: "c", limits })]),
      adapter.insert([aJob({ id: "d", ...hour })]),
      adapter.insert([aJob({ id: "e" })]),
    ]);
    const many = someJobs(1001).map((job, index) => (index < 1000 ? { ...job, ...hour } : job));
    const other = redisAdapter({ url: server.url, prefix: "other" });
    await other.connect();
    await other.insert([aJob({ id: "known" })]);
    await admin.script("FLUSH");
    await other.insert(many);
    const ids = (jobs: readonly { readonly id: string }[]) => jobs.map(({ id }) => id);
    expect(ids(await take(adapter, 10))).toEqual(["known", "a", "b", "c", "d", "e"]);
    expect(ids(await take(other, 2))).toEqual(["known", "job-0"]);
    await other.close();
  });

  it("is sent again when the store has forgotten it", async () => {
    await adapter.connect();
    await adapter.insert([aJob({ id: "a" })]);
    await admin.script("FLUSH");
    await Promise.all(["b", "c"].map((id) => adapter.insert([aJob({ id })])));
    expect(await calls("eval")).toBe(FIRST_TEXTS + 1);
    expect(await countsOf(adapter)).toEqual({ waiting: 3 });
  });

  it("is missed by a standing claim, whose waiter is woken all the same", async () => {
    await adapter.connect();
    const request = { task: TASK, lease: LEASE, leaseMs: 60_000, count: 1 };
    const waiting = adapter.claim([request], { waitMs: 60_000 });
    await expect.poll(async () => await admin.client("LIST")).toContain("cmd=bzpopmin");
    await adapter.insert([aJob({ id: "a" })]);
    expect((await waiting).flatMap(({ jobs }) => jobs).map(({ id }) => id)).toEqual(["a"]);
  });
});
