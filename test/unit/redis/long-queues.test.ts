import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adapter } from "../../../src/core/adapter.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { countsOf, LEASE, RETENTION, someJobs, TASK, take } from "./store.js";

let adapter: Adapter;

beforeEach(async () => {
  const { url } = await sharedRedis();
  adapter = redisAdapter({ url, prefix: uniquePrefix() });
  await adapter.connect();
});

afterEach(() => adapter.close());

const ref = (id: string) => ({ task: TASK, id });

async function takeAll(): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const jobs = await take(adapter, 1000);
    if (jobs.length === 0) return ids;
    ids.push(...jobs.map(({ id }) => id));
  }
}

async function listAll(limit: number): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const query = {
      task: TASK,
      state: "waiting",
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    } as const;
    const page = await adapter.list(query);
    ids.push(...page.jobs.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}

const without = (gone: readonly string[]) => {
  const all = someJobs(5000).map(({ id }) => id);
  return all.filter((id) => !gone.includes(id));
};

describe("a list too long to search", () => {
  beforeEach(async () => {
    await adapter.insert(someJobs(5000));
  });

  it("skips jobs that were cancelled in its middle, and counts without them", async () => {
    const gone = ["job-0", "job-17", "job-2500", "job-4999"];
    await adapter.cancel(gone.map((id) => ({ ...ref(id), reason: "no", retention: RETENTION })));
    expect(await countsOf(adapter)).toEqual({ waiting: 4996, cancelled: 4 });
    expect(await listAll(700)).toEqual(without(gone));
    expect(await takeAll()).toEqual(without(gone));
    expect(await countsOf(adapter)).toEqual({ active: 4996, cancelled: 4 });
  });

  it("takes a job that left and came back at its new place, once", async () => {
    await adapter.change([{ ...ref("job-10"), change: "reschedule", delayMs: 60_000 }]);
    await adapter.change([{ ...ref("job-10"), change: "promote" }]);
    await adapter.change([{ ...ref("job-20"), change: "prioritize", priority: 5 }]);
    await adapter.change([{ ...ref("job-30"), change: "prioritize", priority: -5 }]);
    expect(await countsOf(adapter)).toEqual({ waiting: 5000, nextPriority: 5 });
    const rest = without(["job-10", "job-20", "job-30"]);
    expect(await takeAll()).toEqual(["job-20", ...rest, "job-10", "job-30"]);
    expect(await countsOf(adapter)).toEqual({ active: 5000 });
  });

  it("takes a removed id that is used again at its new place, once", async () => {
    await adapter.change([{ ...ref("job-7"), change: "remove" }]);
    await adapter.insert(someJobs(8).slice(7));
    expect(await countsOf(adapter)).toEqual({ waiting: 5000 });
    expect(await takeAll()).toEqual([...without(["job-7"]), "job-7"]);
  });

  it("wakes nobody for tombstones alone", async () => {
    await takeAll();
    await adapter.insert(someJobs(2500, "late"));
    const cancels = someJobs(2500, "late").map(({ id }) => ({
      ...ref(id),
      reason: "no",
      retention: RETENTION,
    }));
    await adapter.cancel(cancels);
    expect((await countsOf(adapter)).waiting).toBeUndefined();
    expect(await take(adapter, 10)).toEqual([]);
    expect(await listAll(100)).toEqual([]);
  });
});

describe("a queue of large payloads", () => {
  it("is handed out in parts that Redis and the worker can hold, in order", async () => {
    const payload = "x".repeat(100_000);
    const ids = someJobs(400).map(({ id }) => id);
    for (let from = 0; from < 400; from += 50) {
      await adapter.insert(
        someJobs(400)
          .slice(from, from + 50)
          .map((job) => ({ ...job, payload })),
      );
    }
    const query = { task: TASK, state: "waiting", limit: 200 } as const;
    const page = await adapter.list(query);
    const first = await take(adapter, 1000);
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(200);
    expect(await countsOf(adapter)).toEqual({ active: first.length, waiting: 400 - first.length });
    if (page.cursor === undefined) throw new Error("no second page");
    const second = await adapter.list({ ...query, cursor: page.cursor });
    expect(second.jobs.map(({ id }) => id)).toEqual(ids.slice(200));
    expect([...first.map(({ id }) => id), ...(await takeAll())]).toEqual(ids);
  });
});

describe("a task with thousands of active jobs", () => {
  it("gives back those of a lost worker in bounded sweeps, in their order", async () => {
    await adapter.insert(someJobs(7000));
    for (let round = 0; round < 6; round++) {
      await adapter.claim([{ task: TASK, lease: "short", leaseMs: 1, count: 1000 }]);
    }
    const [other] = await take(adapter, 1);
    expect(other?.id).toBe("job-6000");
    let reclaimed = 0;
    for (let more = true; more; ) {
      const request = { task: TASK, retention: RETENTION, stallLimit: 3, scope: "due" } as const;
      const [reply] = await adapter.sweep([request]);
      more = reply?.more === true;
      expect(reply?.reclaimed ?? 0).toBeLessThanOrEqual(1000);
      reclaimed += reply?.reclaimed ?? 0;
    }
    expect(reclaimed).toBe(6000);
    expect(await countsOf(adapter)).toEqual({ active: 1, waiting: 6999 });
    const [reply] = await adapter.claim([
      { task: TASK, lease: "next", leaseMs: 60_000, count: 3, apart: true },
    ]);
    expect(reply?.jobs.map(({ id }) => id)).toEqual(["job-0", "job-1", "job-2"]);
  });

  it("gives back those of several lost workers when there are too many to look at in one sweep", async () => {
    for (let from = 0; from < 24_000; from += 1000) {
      await adapter.insert(someJobs(1000, `many-${from}`));
      const lease = from % 2000 === 0 ? "short" : "kept";
      const leaseMs = from % 2000 === 0 ? 1 : 60_000;
      await adapter.claim([{ task: TASK, lease, leaseMs, count: 1000 }]);
    }
    const request = { task: TASK, retention: RETENTION, stallLimit: 3, scope: "due" } as const;
    for (let more = true; more; ) {
      const [reply] = await adapter.sweep([request]);
      expect(reply?.reclaimed ?? 0).toBeLessThanOrEqual(1000);
      more = reply?.more === true;
    }
    expect(await countsOf(adapter)).toEqual({ active: 12_000, waiting: 12_000 });
    expect((await adapter.sweep([request]))[0]).toMatchObject({ reclaimed: 0, more: false });
  });

  it("lists them by claim, page by page", async () => {
    await adapter.insert(someJobs(1500));
    await takeAll();
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const query = {
        task: TASK,
        state: "active",
        limit: 400,
        ...(cursor === undefined ? {} : { cursor }),
      } as const;
      const page = await adapter.list(query);
      ids.push(...page.jobs.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(ids).toEqual(someJobs(1500).map(({ id }) => id));
    expect((await adapter.renew([{ task: TASK, lease: LEASE, leaseMs: 60_000 }]))[0]?.lost).toBe(false);
  });
});
