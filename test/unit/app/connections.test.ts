import { Redis } from "ioredis";
import { createTaskora, type Taskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownRedis, type RedisServer } from "../../support/redis-server.js";

describe("the connections of an app", () => {
  let server: RedisServer;
  let admin: Redis;
  let app: Taskora;

  beforeEach(async () => {
    server = await ownRedis();
    admin = new Redis(server.url);
    app = createTaskora({ adapter: redisAdapter(server.url) });
  });

  afterEach(async () => {
    await app.close();
    admin.disconnect();
    await server.stop();
  });

  /** Connections of the app, as the server counts them. */
  async function count(): Promise<number> {
    const list = (await admin.client("LIST")) as string;
    return list.trim().split("\n").length - 1;
  }

  it("are none before the first use", async () => {
    app.register({ name: "work", version: 1 });
    app.on("completed", () => undefined);
    expect(await count()).toBe(0);
  });

  it("are one for 100 first dispatches that race, whose order is kept", async () => {
    const client = app.register({ name: "work", version: 1 });
    const accepted = async () =>
      Number(/total_connections_received:(\d+)/.exec(await admin.info("stats"))?.[1]);
    const before = await accepted();
    await Promise.all(Array.from({ length: 100 }, (_, n) => client.dispatch(n)));
    expect(await count()).toBe(1);
    expect(await accepted()).toBe(before + 1);
    const page = await app.jobs.list({ task: "work", state: "waiting" });
    expect(page.items.map(({ data }) => data)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it("are three at most for a worker of 50 tasks that also awaits results and hears events", async () => {
    const clients = Array.from({ length: 50 }, (_, n) => app.task(`many.t${n}`, () => n));
    app.on("completed", () => undefined);
    await app.start();
    expect(await Promise.all(clients.map((client) => client.dispatch(null).result))).toHaveLength(50);
    expect(await count()).toBeLessThanOrEqual(3);
  });

  it("are none after close", async () => {
    const client = app.task("work", () => 1);
    await app.start();
    await client.dispatch(null).result;
    await app.close();
    await expect.poll(count).toBe(0);
  });

  it("carry no command while 50 tasks are idle", async () => {
    for (let n = 0; n < 50; n++) app.task(`many.t${n}`, () => n);
    await app.start();
    await app.jobs.count();
    const calls = async () => Number(/total_commands_processed:(\d+)/.exec(await admin.info("stats"))?.[1]);
    const before = await calls();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // One sweep of all tasks every two seconds is all the upkeep there is, and `INFO` itself counts.
    expect((await calls()) - before).toBeLessThan(2 * 50 + 10);
  });
});
