import { createServer } from "node:net";
import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { afterEach, describe, expect, it } from "vitest";
import { ownRedis, type RedisServer, sharedRedis, uniquePrefix } from "../../support/redis-server.js";
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

/** A server that gives one answer to `INFO` and `OK` to anything else. */
async function serverWithInfo(info: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on("data", (data) => {
      for (const command of data.toString().split("*").slice(1)) {
        const answer = /info/i.test(command) ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n";
        socket.write(answer);
      }
    });
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stop = () => new Promise((resolve) => server.close(resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
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
    const port = await serverWithInfo("redis_version:5.0.14\r\nloading:0\r\n");
    const error = await rejection(redisAdapter(`redis://127.0.0.1:${port}`).connect());
    expect(error).toMatchObject({ code: "STORE_UNSUPPORTED" });
    expect(String(error)).toContain("5.0.14");
    expect(String(error)).toContain("6.2");
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
