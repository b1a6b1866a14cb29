import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adapter, ClaimReply, Notice } from "../../../src/core/adapter.js";
import { createKeys } from "../../../src/redis/keys.js";
import { ownRedis, type RedisServer, sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { startProxy, type TcpProxy } from "../../support/tcp-proxy.js";
import { aJob, complete, countsOf, LEASE, RETENTION, rejection, someJobs, TASK, take } from "./store.js";

let server: RedisServer;
let proxy: TcpProxy;
let prefix: string;
let admin: Redis;
/** Through the proxy. */
let adapter: Adapter;
/** Beside it. */
let other: Adapter;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  server = await sharedRedis();
  proxy = await startProxy(server);
  prefix = uniquePrefix();
  admin = new Redis(server.url);
  adapter = redisAdapter({ host: "127.0.0.1", port: proxy.port, prefix, deadline: "5s" });
  other = redisAdapter({ url: server.url, prefix });
  await Promise.all([adapter.connect(), other.connect()]);
  closing.push(
    () => adapter.close(),
    () => other.close(),
    () => proxy.stop(),
    () => admin.quit(),
  );
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Runs `act` while answers are lost, then cuts the link. */
async function withLostAnswers<T>(act: () => Promise<T>, happened: () => Promise<boolean>): Promise<T> {
  proxy.swallowAnswers();
  const result = act();
  while (!(await happened())) await new Promise((resolve) => setImmediate(resolve));
  proxy.cut();
  return result;
}

/** Claims what comes. */
async function waitFor(by: Adapter, lease = LEASE): Promise<ClaimReply> {
  const [reply] = await by.claim([{ task: TASK, lease, leaseMs: 60_000, count: 2 }], { waitMs: 60_000 });
  if (reply === undefined) throw new Error("one request, no reply");
  return reply;
}

const idsOf = ({ jobs }: Pick<ClaimReply, "jobs">) => jobs.map(({ id }) => id);

/** Waits until somebody blocks in the store. */
async function blocked(): Promise<void> {
  while (!String(await admin.client("LIST")).includes("cmd=bzpopmin")) await adapter.count([TASK]);
}

const key = (name: Parameters<ReturnType<typeof createKeys>["key"]>[1]) => createKeys(prefix).key(TASK, name);

describe("a store that forgets its scripts", () => {
  it("gets them again", async () => {
    await admin.script("FLUSH");
    expect(await adapter.insert(someJobs(3))).toHaveLength(3);
    await admin.script("FLUSH");
    const jobs = await take(adapter, 2);
    await admin.script("FLUSH");
    expect(await complete(adapter, jobs)).toEqual(["applied", "applied"]);
    expect(await countsOf(adapter)).toEqual({ waiting: 1, completed: 2 });
  });
});

describe("a link that is cut", () => {
  it("opens again for the next call", async () => {
    await adapter.insert(someJobs(1, "before"));
    proxy.cut();
    await adapter.insert(someJobs(1, "after"));
    expect(await countsOf(adapter)).toEqual({ waiting: 2 });
  });

  it("stores each job of a burst once and in order, however often it is cut", async () => {
    const calls: Promise<unknown>[] = [];
    for (let call = 0; call < 50; call++) {
      calls.push(adapter.insert(someJobs(20, `burst-${call}`)));
      if (call % 10 === 5) proxy.cut();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(calls);
    const ids = await admin.lrange(key("waiting"), 0, -1);
    expect(ids).toHaveLength(1000);
    expect(new Set(ids).size).toBe(1000);
  });

  it("repeats an insert whose answer was lost without storing twice", async () => {
    const stored = async () => (await admin.hlen(key("jobs"))) === 2;
    const replies = await withLostAnswers(() => adapter.insert(someJobs(2)), stored);
    expect(replies).toEqual([{ status: "inserted" }, { status: "inserted" }]);
    expect(await countsOf(adapter)).toEqual({ waiting: 2 });
  });

  it("finds the jobs of a claim whose answer was lost", async () => {
    await adapter.insert(someJobs(5));
    const [first] = await take(adapter, 1);
    const claimed = async () => (await admin.hlen(key("active"))) === 3;
    const jobs = await withLostAnswers(() => take(adapter, 2), claimed);
    expect(jobs.map(({ id }) => id)).toEqual(["job-1", "job-2"]);
    expect(await countsOf(adapter)).toEqual({ active: 3, waiting: 2 });
    expect(await complete(adapter, [...(first === undefined ? [] : [first]), ...jobs])).toEqual([
      "applied",
      "applied",
      "applied",
    ]);
  });

  it("hands out each job once when several claims lost their answers", async () => {
    await adapter.insert(someJobs(9));
    const claimed = async () => (await admin.hlen(key("active"))) === 6;
    const both = () => Promise.all([take(adapter, 3), take(adapter, 3)]);
    const jobs = (await withLostAnswers(both, claimed)).flat();
    expect(jobs.map(({ id }) => id)).toEqual(["job-0", "job-1", "job-2", "job-3", "job-4", "job-5"]);
    expect(await countsOf(adapter)).toEqual({ active: 6, waiting: 3 });
  });

  it("finds the jobs that a settlement took when its answer was lost", async () => {
    await adapter.insert(someJobs(3));
    const [job] = await take(adapter, 1);
    if (job === undefined) throw new Error("nothing to settle");
    const batch = {
      task: TASK,
      lease: LEASE,
      retention: RETENTION,
      settlements: [{ id: job.id, fence: job.fence, event: "complete" as const }],
      claim: { leaseMs: 60_000, count: 1 },
    };
    const settled = async () => (await admin.llen(key("completed"))) === 1;
    const [reply] = await withLostAnswers(() => adapter.settle([batch]), settled);
    expect(reply?.settled).toEqual(["missing"]);
    expect(reply?.jobs.map(({ id }) => id)).toEqual(["job-1"]);
    expect(await countsOf(adapter)).toEqual({ completed: 1, active: 1, waiting: 1 });
  });

  it("looks for work when a wake may have been lost with it", async () => {
    const taken = waitFor(adapter);
    await blocked();
    proxy.swallowAnswers();
    await other.insert(someJobs(1));
    // Nobody else would be told.
    await admin.del(key("wake"));
    proxy.cut();
    expect(idsOf(await taken)).toEqual(["job-0"]);
  });

  it("finds the job of a wait that claimed and whose answer was lost", async () => {
    const taken = waitFor(adapter);
    await blocked();
    proxy.swallowAnswers();
    await other.insert(someJobs(1));
    while ((await admin.hlen(key("active"))) === 0) await new Promise((resolve) => setImmediate(resolve));
    proxy.cut();
    const reply = await taken;
    expect(idsOf(reply)).toEqual(["job-0"]);
    expect(await complete(adapter, reply.jobs)).toEqual(["applied"]);
    expect(await countsOf(adapter)).toEqual({ completed: 1 });
  });

  it("ends a standing claim before it looks for jobs of a lost answer", async () => {
    await adapter.insert(someJobs(1));
    const [job] = await take(adapter, 1);
    if (job === undefined) throw new Error("nothing to settle");
    // The wake that a new lease leaves behind.
    await waitFor(adapter);
    const waited = waitFor(adapter);
    await blocked();
    const settled = async () => (await admin.llen(key("completed"))) === 1;
    expect(await withLostAnswers(() => complete(adapter, [job]), settled)).toEqual(["missing"]);
    await other.insert(someJobs(1, "next"));
    let reply = await waited;
    // It may have been told of something due first.
    while (reply.jobs.length === 0) reply = await waitFor(adapter);
    expect(idsOf(reply)).toEqual(["next-0"]);
  });

  it("is told to subscribers, who then hear again", async () => {
    const notices: Notice[] = [];
    let heard = () => {};
    await adapter.subscribe({ kind: "events", task: TASK }, (notice) => {
      notices.push(notice);
      heard();
    });
    const next = () =>
      new Promise<void>((resolve) => {
        heard = resolve;
      });
    const lost = next();
    proxy.cut();
    await lost;
    expect(notices).toEqual([{ kind: "lost" }]);
    const event = next();
    await adapter.insert(someJobs(1));
    await event;
    expect(notices[1]).toMatchObject({ kind: "event", event: { type: "waiting", id: "job-0" } });
  });
});

describe("a wake whose process has died", () => {
  it("is made good by a sweep", async () => {
    const thief = new Redis(server.url);
    closing.push(async () => thief.disconnect());
    const stolen = thief.bzpopmin(key("wake"), 0);
    await blocked();
    const waiting = waitFor(adapter);
    while (String(await admin.client("LIST")).split("cmd=bzpopmin").length < 3) await other.count([TASK]);
    await other.insert(someJobs(1));
    expect((await stolen)?.[0]).toBe(key("wake"));
    await other.sweep([{ task: TASK, retention: RETENTION, stallLimit: 1, scope: "due" }]);
    expect(idsOf(await waiting)).toHaveLength(1);
  });
});

describe("a link that goes silent", () => {
  it("is dropped, and the call fails as unavailable", async () => {
    const hasty = redisAdapter({ host: "127.0.0.1", port: proxy.port, prefix, deadline: 300 });
    await hasty.connect();
    closing.unshift(() => hasty.close());
    proxy.freeze();
    expect(await rejection(hasty.insert(someJobs(1)))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(await hasty.insert(someJobs(1))).toEqual([{ status: "inserted" }]);
  });
});

describe("a store that goes away", () => {
  it("lets calls wait for its return", async () => {
    const first = await ownRedis();
    const own = redisAdapter({ url: first.url, deadline: "20s" });
    await own.connect();
    const taken = waitFor(own);
    await own.count([TASK]);
    await first.stop();
    const inserted = own.insert([aJob({ id: "a" })]);
    const second = await ownRedis({ port: first.port });
    closing.unshift(
      () => own.close(),
      () => second.stop(),
    );
    expect(await inserted).toEqual([{ status: "inserted" }]);
    expect(idsOf(await taken)).toEqual(["a"]);
  });

  it("keeps nobody from closing", async () => {
    const own = await ownRedis();
    const away = redisAdapter({ url: own.url });
    await away.connect();
    const taken = waitFor(away);
    await away.count([TASK]);
    await own.stop();
    const inserted = rejection(away.insert([aJob({ id: "a" })]));
    await away.close();
    expect(idsOf(await taken)).toEqual([]);
    expect(await inserted).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("fails calls past their deadline with an error that may be retried", async () => {
    const own = await ownRedis();
    const away = redisAdapter({ url: own.url, deadline: 200 });
    await away.connect();
    await own.stop();
    const error = await rejection(away.insert([aJob({ id: "a" })]));
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    expect(
      await rejection(away.claim([{ task: TASK, lease: LEASE, leaseMs: 1000, count: 1 }])),
    ).toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
    await away.close();
  });
});

describe("a primary that becomes a replica", () => {
  it("is left for the one its address leads to then", async () => {
    const first = await ownRedis();
    const second = await ownRedis();
    const own = redisAdapter({ url: first.url, deadline: "10s" });
    await own.connect();
    const control = new Redis(first.url);
    closing.unshift(
      () => own.close(),
      () => control.quit(),
      () => first.stop(),
      () => second.stop(),
    );
    await control.call("REPLICAOF", second.host, String(second.port));
    const inserted = own.insert([aJob({ id: "a" })]);
    await control.call("REPLICAOF", "NO", "ONE");
    expect(await inserted).toEqual([{ status: "inserted" }]);
  });
});

describe("a store that is out of memory", () => {
  it("refuses new jobs and lets what is stored be finished", async () => {
    const small = await ownRedis({ args: ["--maxmemory", "4mb", "--maxmemory-policy", "noeviction"] });
    const full = redisAdapter({ url: small.url });
    await full.connect();
    closing.unshift(
      () => full.close(),
      () => small.stop(),
    );
    await full.insert(someJobs(10, "early"));
    let error: unknown;
    for (let round = 0; error === undefined; round++) {
      const payload = "x".repeat(10_000);
      const jobs = someJobs(20, `fill-${round}`).map((job) => ({ ...job, payload }));
      error = await full.insert(jobs).then(
        () => undefined,
        (reason: unknown) => reason,
      );
    }
    expect(error).toMatchObject({ code: "STORE_FULL", retryable: true });
    const jobs = await take(full, 10);
    expect(jobs).toHaveLength(10);
    expect(new Set(await complete(full, jobs))).toEqual(new Set(["applied"]));
    expect(await full.cancel([{ task: TASK, id: "fill-0-0", reason: "full", retention: RETENTION }])).toEqual(
      [{ status: "cancelled" }],
    );
    const sweep = { task: TASK, retention: RETENTION, stallLimit: 1, scope: "all" } as const;
    expect((await full.sweep([sweep]))[0]?.reclaimed).toBe(0);
  });
});
