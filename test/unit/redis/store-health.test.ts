import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { expect, it } from "vitest";
import { ownRedis } from "../../support/redis-server.js";

it("the health of a Redis has what INFO says of it", async () => {
  const server = await ownRedis();
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
    expect(servers[0]?.memory).not.toHaveProperty("limitBytes");
    expect(Math.abs(servers[0]?.skewMs ?? 1e9)).toBeLessThan(5000);
  } finally {
    await app.close();
    await server.stop();
  }
});
