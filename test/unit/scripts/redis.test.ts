import { Redis } from "ioredis";
import { afterEach, describe, expect, it, vi } from "vitest";
import { canStartRedis, findOrStartRedis, type RedisServer, startRedis } from "../../../scripts/redis.js";

describe.skipIf(!canStartRedis())("a Redis of one's own", () => {
  const servers: RedisServer[] = [];
  const start = async (...options: Parameters<typeof startRedis>): Promise<RedisServer> => {
    const server = await startRedis(...options);
    servers.push(server);
    return server;
  };

  afterEach(async () => {
    vi.unstubAllEnvs();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  it("answers at its address, on loopback alone, and saves nothing", async () => {
    const server = await start();
    const redis = new Redis(server.url);
    expect(await redis.ping()).toBe("PONG");
    expect(await redis.config("GET", "bind")).toEqual(["bind", "127.0.0.1"]);
    expect(await redis.config("GET", "save")).toEqual(["save", ""]);
    await redis.quit();
  });

  it("takes settings", async () => {
    const server = await start({ args: ["--maxmemory", "5mb"] });
    const redis = new Redis(server.url);
    expect(await redis.config("GET", "maxmemory")).toEqual(["maxmemory", String(5 * 1024 * 1024)]);
    await redis.quit();
  });

  it("ends by its process id, twice without harm, and comes back at the same port", async () => {
    const first = await start();
    await first.stop();
    await first.stop();
    expect(() => process.kill(first.pid ?? 0, 0)).toThrow();
    const second = await start({ port: first.port });
    expect(second.url).toBe(first.url);
    expect(second.pid).not.toBe(first.pid);
  });

  it("says why it did not come up", async () => {
    await expect(startRedis({ args: ["--no-such-setting", "1"] })).rejects.toThrow("no-such-setting");
  });

  it("is left out when an address is given", async () => {
    vi.stubEnv("REDIS_URL", "redis://127.0.0.1:7777");
    const server = await findOrStartRedis();
    expect(server).toMatchObject({ url: "redis://127.0.0.1:7777", host: "127.0.0.1", port: 7777 });
    expect(server.pid).toBeUndefined();
    await server.stop();
  });
});
