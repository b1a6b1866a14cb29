import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { expect, it } from "vitest";
import { ownRedis } from "../../support/redis-server.js";

it("the health of a Redis has what INFO says of it", async () => {
  const server = await ownRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  const app = createTaskora({ adapter: redisAdapter(server.url), logger: false });
  try {
    const { kind, servers, postgres } = await app.store.health();
    expect(["redis", "valkey"]).toContain(kind);
    expect(postgres).toBeUndefined();
    expect(servers).toMatchObject([
      {
        version: expect.stringMatching(/^\d+\.\d+/),
        uptimeMs: expect.any(Number),
        memory: { usedBytes: expect.any(Number), fragmentation: expect.any(Number) },
        eviction: "noeviction",
        persistence: {
          log: false,
          savedAt: expect.any(Number),
          unsavedChanges: expect.any(Number),
          isFailing: false,
        },
        replicas: [],
        clients: { connected: expect.any(Number), limit: expect.any(Number) },
        commandsPerSecond: expect.any(Number),
      },
    ]);
    const replica = await ownRedis({ args: ["--replicaof", "127.0.0.1", String(server.port)] });
    try {
      // WAIT answers once a replica has everything that was written before.
      const writer = new Redis(server.url);
      await writer.set("a", 1);
      expect(await writer.wait(1, 10_000)).toBe(1);
      // Its lag is known once it has said how far it is.
      await expect
        .poll(async () => (await app.store.health()).servers[0]?.replicas, { timeout: 10_000 })
        .toEqual([
          {
            address: `127.0.0.1:${replica.port}`,
            state: "online",
            lagMs: expect.any(Number),
            lagBytes: expect.any(Number),
          },
        ]);
      const [copied] = (await app.store.health()).servers;
      expect(copied?.replicas?.[0]?.lagMs).toBeLessThan(10_000);
      expect(copied?.replicas?.[0]?.lagBytes).toBeLessThan(1000);
      await writer.quit();
    } finally {
      await replica.stop();
    }
    expect(servers[0]?.memory).not.toHaveProperty("limitBytes");
    expect(Math.abs(servers[0]?.skewMs ?? 1e9)).toBeLessThan(5000);
  } finally {
    await app.close();
    await server.stop();
  }
});
