import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { expect, it } from "vitest";
import { ownRedis } from "../../support/redis-server.js";

it("a worker that starts during a failover waits until there is a primary", async () => {
  const server = await ownRedis();
  const admin = new Redis(server.url);
  await admin.call("REPLICAOF", "127.0.0.1", "1");
  const app = createTaskora({ adapter: redisAdapter(server.url), logger: false });
  const task = app.task("late", () => "done");
  let state = "starting";
  const started = app.start().then(() => {
    state = "started";
  });
  const connections = async () =>
    Number(/total_connections_received:(\d+)/.exec(await admin.info("stats"))?.[1]);
  const before = await connections();
  // It has been refused and has come back.
  await expect.poll(connections).toBeGreaterThan(before + 1);
  expect(state).toBe("starting");
  await admin.call("REPLICAOF", "NO", "ONE");
  await started;
  expect(await task.dispatch(null).result).toBe("done");
  await app.close();
  await admin.quit();
  await server.stop();
});
