import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { afterEach, describe, expect, it } from "vitest";
import { clusterPort } from "../../support/redis-cluster.js";
import { ownRedis, type RedisServer, sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { bulk, type ScriptedRedis, startScriptedRedis, usable } from "../../support/scripted-redis.js";
import { aJob, rejection } from "./store.js";

let stop: (() => Promise<unknown>) | undefined;

afterEach(async () => {
  await stop?.();
  stop = undefined;
});

async function started(...args: string[]): Promise<RedisServer> {
  const server = await ownRedis({ args });
  stop = () => server.stop();
  return server;
}

/** A server whose `INFO` says this; of several, one after the other, the last for good. */
async function serverWithInfo(...infos: readonly string[]): Promise<ScriptedRedis> {
  let asked = 0;
  const server = await startScriptedRedis((command, args) => {
    if (command !== "INFO") return usable(command, args);
    const info = infos[Math.min(asked++, infos.length - 1)] ?? "";
    return bulk(`redis_version:7.0.0\r\n${info}\r\n`);
  });
  stop = () => server.stop();
  return server;
}

describe("connecting to a store that cannot be used", () => {
  it("says that nobody listens there", async () => {
    const server = await ownRedis();
    await server.stop();
    const adapter = redisAdapter({ url: server.url, deadline: 200 });
    const error = await rejection(adapter.connect());
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    expect(String(error)).toContain(`127.0.0.1:${server.port}`);
    expect(String(error)).toContain("ECONNREFUSED");
  });

  it("says that there is no such database, and stores nothing in another", async () => {
    const { url } = await sharedRedis();
    const adapter = redisAdapter({ url, db: 9_999, prefix: uniquePrefix() });
    const error = await rejection(adapter.connect());
    expect(error).toMatchObject({ code: "STORE_UNSUPPORTED", retryable: false });
    expect(String(error)).toContain("has no database 9999");
    await adapter.close();
  });

  it("can be connected later", async () => {
    const first = await ownRedis();
    await first.stop();
    const adapter = redisAdapter({ url: first.url, deadline: 200 });
    await rejection(adapter.connect());
    const second = await ownRedis({ port: first.port });
    stop = () => second.stop();
    await adapter.connect();
    expect(await adapter.insert([aJob({ id: "a" })])).toEqual([{ status: "inserted" }]);
    await adapter.close();
  });

  it.each([
    ["misses a password", "redis://127.0.0.1:PORT"],
    ["has the wrong password", "redis://:nope-nope@127.0.0.1:PORT"],
    ["has an unknown user", "redis://someone:nope-nope@127.0.0.1:PORT"],
  ])("refuses a url that %s", async (_, pattern) => {
    const server = await started("--requirepass", "open-sesame");
    const adapter = redisAdapter(pattern.replace("PORT", String(server.port)));
    const error = await rejection(adapter.connect());
    expect(error).toMatchObject({ code: "STORE_AUTH", retryable: false });
    expect(String(error)).toContain("password");
    expect(String(error)).not.toContain("nope-nope");
  });

  it("takes the right password", async () => {
    const server = await started("--requirepass", "open-sesame");
    const adapter = redisAdapter({ url: server.url, password: "open-sesame" });
    await adapter.connect();
    await adapter.close();
  });

  it("refuses one that evicts keys", async () => {
    const server = await started("--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru");
    const error = await rejection(redisAdapter(server.url).connect());
    expect(error).toMatchObject({ code: "STORE_UNSUPPORTED", retryable: false });
    expect(String(error)).toContain("allkeys-lru");
    expect(String(error)).toContain("allowEviction");
  });

  it("takes one that evicts keys when told to", async () => {
    const server = await started("--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru");
    const adapter = redisAdapter({ url: server.url, allowEviction: true });
    await adapter.connect();
    await adapter.close();
  });

  it("refuses a version that lacks commands", async () => {
    const { port } = await serverWithInfo("redis_version:5.0.14");
    const error = await rejection(redisAdapter(`redis://127.0.0.1:${port}`).connect());
    expect(error).toMatchObject({ code: "STORE_UNSUPPORTED" });
    expect(String(error)).toContain("5.0.14");
    expect(String(error)).toContain("6.2");
  });

  it("says that a cluster is down", async () => {
    const server = await ownRedis({ args: ["--cluster-enabled", "yes"], port: await clusterPort() });
    stop = () => server.stop();
    const error = await rejection(redisAdapter({ url: server.url, deadline: 300 }).connect());
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    expect(String(error)).toContain("a cluster that is down");
  });

  it("refuses one that comes back as a node of a cluster", async () => {
    const { port, cut } = await serverWithInfo("role:master", "cluster_enabled:1");
    const adapter = redisAdapter({ host: "127.0.0.1", port, prefix: uniquePrefix() });
    await adapter.connect();
    cut();
    expect(await rejection(adapter.insert([aJob({ id: "a" })]))).toMatchObject({
      code: "STORE_UNSUPPORTED",
    });
    await adapter.close();
  });

  it("names the right that is missing to look at the server", async () => {
    const server = await started();
    const admin = new Redis(server.url);
    await admin.call("ACL", "SETUSER", "blind", "on", ">secret", "~*", "&*", "+@all", "-info");
    const error = await rejection(
      redisAdapter({ url: server.url, username: "blind", password: "secret" }).connect(),
    );
    expect(error).toMatchObject({ code: "STORE_AUTH", retryable: false });
    expect(String(error)).toMatch(/'info'.*Access rights/);
    await admin.quit();
  });

  it("refuses data of another format", async () => {
    const { url } = await sharedRedis();
    const prefix = uniquePrefix();
    const redis = new Redis(url);
    await redis.set(`${prefix}:format`, "99");
    await redis.quit();
    const error = await rejection(redisAdapter({ url, prefix }).connect());
    expect(error).toMatchObject({ code: "STORE_FORMAT", retryable: false });
    expect(String(error)).toContain("99");
  });
});

describe("a store that refuses for now", () => {
  it.each([
    ["reads its data", "loading:1", "still reads its data"],
    ["is a replica", "role:slave", "is a replica and takes no writes"],
  ])(
    "and %s is connected to when that is over before the deadline, and else named",
    async (_, info, says) => {
      const { port, asked } = await serverWithInfo(info, info, info, "role:master");
      const adapter = redisAdapter({ host: "127.0.0.1", port, prefix: uniquePrefix() });
      await adapter.connect();
      expect(asked.filter((command) => command === "INFO")).toHaveLength(4);
      await adapter.close();
      await stop?.();
      const still = await serverWithInfo(info);
      const error = await rejection(
        redisAdapter({ host: "127.0.0.1", port: still.port, deadline: 200 }).connect(),
      );
      expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
      expect(String(error)).toContain(says);
      expect(String(error)).not.toContain("in time");
    },
  );

  it("says that it was made a replica while it was used", async () => {
    const server = await started();
    const admin = new Redis(server.url);
    const adapter = redisAdapter({ url: server.url, deadline: 500 });
    await adapter.connect();
    await admin.call("REPLICAOF", "127.0.0.1", "1");
    const error = await rejection(adapter.insert([aJob({ id: "a" })]));
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    expect(String(error)).toContain("is a replica and takes no writes");
    await adapter.close();
    await admin.quit();
  });

  it("says that it has no room for another connection", async () => {
    const server = await started("--maxclients", "1");
    const admin = new Redis(server.url);
    await admin.ping();
    const error = await rejection(redisAdapter({ url: server.url, deadline: 300 }).connect());
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    expect(String(error)).toContain("max number of clients");
    expect(String(error)).toContain("Raise maxclients");
    await admin.quit();
  });

  it("says that it is protected", async () => {
    const server = await startScriptedRedis(() => "close");
    stop = () => server.stop();
    server.greet("-DENIED Redis is running in protected mode because no password is set.\r\n");
    const error = await rejection(redisAdapter(`redis://127.0.0.1:${server.port}`).connect());
    expect(error).toMatchObject({ code: "STORE_AUTH", retryable: false });
    expect(String(error)).toContain("protected mode");
  });
});
