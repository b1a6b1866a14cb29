import { Cluster, Redis } from "ioredis";
import { redisAdapter, redisReader } from "taskora/redis";
import { describe, expect, it } from "vitest";
import { sharedCluster } from "../support/cluster-kit.js";
import { uniquePrefix } from "../support/redis-server.js";

/** Tasks on several nodes. */
const TASKS = ["a", "b", "c", "d", "e"];

describe("a reader of a cluster", () => {
  it("finds the jobs of tasks on all nodes, by any of them, and changes nothing", async () => {
    const { urls, masters } = await sharedCluster();
    const prefix = uniquePrefix();
    const adapter = redisAdapter({ url: urls[0] ?? "", prefix });
    await adapter.connect();
    await adapter.insert(
      TASKS.map((task) => ({
        task,
        id: `of-${task}`,
        payload: "{}",
        version: 1,
        fingerprint: "",
        priority: 0,
      })),
    );
    const keysOf = () => Promise.all(masters.map(({ redis }) => redis.dbsize()));
    const rights = ["~*", "+@read", "+@connection", "+info", "+time", "+cluster|slots", "+cluster|info"];
    for (const { redis } of masters) await redis.call("ACL", "SETUSER", "reader", "on", ">secret", ...rights);
    const before = await keysOf();
    for (const seeds of [{ url: urls[1] ?? "" }, { cluster: urls }]) {
      const reader = redisReader({ ...seeds, prefix, username: "reader", password: "secret" });
      await reader.connect();
      for (const task of TASKS) {
        const { jobs } = await reader.list({ task, state: "waiting", limit: 10 });
        expect(jobs.map(({ id, state }) => [id, state])).toEqual([[`of-${task}`, "waiting"]]);
      }
      await reader.close();
    }
    expect(await keysOf()).toEqual(before);
    await adapter.close();
  });

  it.each(["Cluster", "Redis"])("finds the way by a client of the application, a %s", async (kind) => {
    const { urls } = await sharedCluster();
    const client =
      kind === "Cluster"
        ? new Cluster([...urls], { lazyConnect: true, enableAutoPipelining: true })
        : new Redis(urls[0] ?? "", { lazyConnect: true });
    const adapter = redisAdapter(client, { prefix: uniquePrefix() });
    await adapter.connect();
    expect(await adapter.count(TASKS)).toHaveLength(TASKS.length);
    await adapter.close();
    expect(client.status).toBe("wait");
    client.disconnect();
  });
});
