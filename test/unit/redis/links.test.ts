import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adapter, ClaimReply, Notice } from "../../../src/core/adapter.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { bulk, list, startScriptedRedis } from "../../support/scripted-redis.js";
import { startProxy, type TcpProxy } from "../../support/tcp-proxy.js";
import { rejection, someJobs, TASK } from "./store.js";

const SOON_MS = 2000;
let proxy: TcpProxy;
let prefix: string;
/** Through the proxy. */
let adapter: Adapter;
/** Beside it. */
let other: Adapter;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  const server = await sharedRedis();
  proxy = await startProxy(server);
  prefix = uniquePrefix();
  adapter = redisAdapter({ host: "127.0.0.1", port: proxy.port, prefix });
  other = redisAdapter({ url: server.url, prefix });
  await other.connect();
  closing.push(
    () => adapter.close(),
    () => other.close(),
    () => proxy.stop(),
  );
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** What a promise resolves with, and how long that took. */
async function timed<T>(promise: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const from = performance.now();
  return { value: await promise, ms: performance.now() - from };
}

function waitForWork(): Promise<readonly ClaimReply[]> {
  const request = { task: TASK, lease: "waiter", leaseMs: 60_000, count: 5 };
  return adapter.claim([request], { waitMs: 60_000 });
}

/** Notices of the task's events, and a way to wait for one. */
async function listen(): Promise<{ readonly heard: Notice[]; next(kind: Notice["kind"]): Promise<void> }> {
  const heard: Notice[] = [];
  let look = () => {};
  await adapter.subscribe({ kind: "events", task: TASK }, (notice) => {
    heard.push(notice);
    look();
  });
  const next = (kind: Notice["kind"]) =>
    new Promise<void>((resolve) => {
      look = () => {
        if (heard.some((notice) => notice.kind === kind)) resolve();
      };
      look();
    });
  return { heard, next };
}

/** Cuts all connections, leaves the next one without an answer, and is fine from then on. */
async function cutIntoSilence(): Promise<void> {
  const before = proxy.accepted;
  proxy.onConnect = "mute";
  proxy.cut();
  void adapter.count([TASK]).catch(() => undefined);
  await proxy.reach(before + 1);
}

describe("a connection that is accepted and never answered", () => {
  it("keeps nobody from connecting once the line is fine", async () => {
    proxy.onConnect = "mute";
    const connecting = adapter.connect();
    await proxy.reach(1);
    proxy.onConnect = "pass";
    expect((await timed(connecting)).ms).toBeLessThan(SOON_MS);
  });

  it("keeps no command from the store once the line is fine", async () => {
    await adapter.connect();
    await cutIntoSilence();
    proxy.onConnect = "pass";
    expect((await timed(adapter.insert(someJobs(1)))).ms).toBeLessThan(SOON_MS);
  });

  it("keeps no waiting worker from its wake once the line is fine", async () => {
    await adapter.connect();
    const woken = waitForWork();
    await adapter.count([TASK]);
    await cutIntoSilence();
    proxy.onConnect = "pass";
    const [{ value, ms }] = await Promise.all([timed(woken), other.insert(someJobs(1))]);
    expect(value.flatMap(({ jobs }) => jobs)).toHaveLength(1);
    expect(ms).toBeLessThan(SOON_MS);
  });

  it("keeps no subscriber from hearing once the line is fine", async () => {
    await adapter.connect();
    const { next } = await listen();
    await cutIntoSilence();
    proxy.onConnect = "pass";
    expect((await timed(next("lost"))).ms).toBeLessThan(SOON_MS);
    await other.insert(someJobs(1));
    await next("event");
  });

  it("is said to be silent when the deadline is over", async () => {
    proxy.onConnect = "mute";
    const hasty = redisAdapter({ host: "127.0.0.1", port: proxy.port, deadline: 300 });
    const error = await rejection(hasty.connect());
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    expect(String(error)).toContain("it accepts connections and says nothing");
  });

  it("is closed when the adapter is, at once", async () => {
    proxy.onConnect = "mute";
    const connecting = rejection(adapter.connect());
    await proxy.reach(1);
    const { ms } = await timed(Promise.all([adapter.close(), connecting]));
    expect(ms).toBeLessThan(200);
    expect(await connecting).toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect.poll(() => proxy.open).toBe(0);
  });
});

describe("open connections that nothing comes from any more", () => {
  beforeEach(() => adapter.connect());

  it("are replaced for commands while the deadline has not passed", async () => {
    proxy.freeze();
    const { value, ms } = await timed(adapter.insert(someJobs(1)));
    expect(value).toEqual([{ status: "inserted" }]);
    expect(ms).toBeLessThan(2 * SOON_MS);
  });

  it("are replaced for a waiting worker and a subscriber as soon as one is noticed", async () => {
    const woken = waitForWork();
    const { next } = await listen();
    await adapter.count([TASK]);
    proxy.freeze();
    await adapter.count([TASK]);
    expect((await timed(next("lost"))).ms).toBeLessThan(SOON_MS);
    await other.insert(someJobs(1));
    await next("event");
    expect((await timed(woken)).ms).toBeLessThan(SOON_MS);
  });

  it("stay when the store was only slow and the new one is silent too", async () => {
    const { heard, next } = await listen();
    const before = proxy.accepted;
    proxy.stall();
    proxy.onConnect = "mute";
    const inserted = adapter.insert(someJobs(1));
    await proxy.reach(before + 1);
    proxy.resume();
    expect(await inserted).toEqual([{ status: "inserted" }]);
    await next("event");
    expect(heard).toMatchObject([{ kind: "event" }]);
  });
});

describe("sentinels", () => {
  /** Sentinels of which the first are frozen, and an adapter that asks them. */
  async function behind(frozen: number, all: number): Promise<Adapter> {
    const server = await sharedRedis();
    const healthy = await startScriptedRedis((command, [what = ""]) => {
      if (command !== "SENTINEL") return "+OK\r\n";
      return /get-master/i.test(what) ? list(server.host, String(server.port)) : "*0\r\n";
    });
    const silent = await startScriptedRedis(() => "nothing");
    const sentinels = Array.from({ length: all }, (_, nth) => ({
      host: "127.0.0.1",
      port: nth < frozen ? silent.port : healthy.port,
    }));
    const own = redisAdapter({ prefix, connection: { sentinels, name: "mine" } });
    closing.unshift(
      () => own.close(),
      () => healthy.stop(),
      () => silent.stop(),
    );
    return own;
  }

  it.each([
    [1, 3],
    [2, 4],
    [0, 1],
  ])("of which the first %i of %i are frozen delay nobody for long", async (frozen, all) => {
    const own = await behind(frozen, all);
    expect((await timed(own.connect())).ms).toBeLessThan(SOON_MS);
    expect(await own.insert(someJobs(1))).toEqual([{ status: "inserted" }]);
  });

  it("that do not know the name are told apart from a store that is away", async () => {
    const ignorant = await startScriptedRedis((command) => (command === "SENTINEL" ? "*-1\r\n" : "+OK\r\n"));
    closing.push(() => ignorant.stop());
    const sentinels = [{ host: "127.0.0.1", port: ignorant.port }];
    const own = redisAdapter({ connection: { sentinels, name: "other" }, deadline: 200 });
    const error = await rejection(own.connect());
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(String(error)).toContain("no sentinel told a primary");
    expect(String(error)).toContain("connection.name");
  });

  it("are named as such when the url leads to one", async () => {
    const sentinel = await startScriptedRedis((command) =>
      command === "INFO" ? bulk("redis_version:7.0.0\r\nredis_mode:sentinel\r\n") : "+OK\r\n",
    );
    closing.push(() => sentinel.stop());
    const error = await rejection(redisAdapter(`redis://127.0.0.1:${sentinel.port}`).connect());
    expect(error).toMatchObject({ code: "STORE_UNSUPPORTED", retryable: false });
    expect(String(error)).toContain("connection: { sentinels");
  });
});
