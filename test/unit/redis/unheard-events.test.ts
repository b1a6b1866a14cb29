import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { expect, it } from "vitest";
import { ownRedis } from "../../support/redis-server.js";

it("events that nobody listens to are not published", async () => {
  const server = await ownRedis();
  const admin = new Redis(server.url);
  const published = async () =>
    Number(/cmdstat_publish:calls=(\d+)/.exec(await admin.info("commandstats"))?.[1] ?? 0);
  const adapter = redisAdapter(server.url);
  const tasks = createTaskora({ adapter });
  const print = tasks.task("print", {
    retry: { attempts: 2, delay: 1 },
    handler: (n, ctx) => {
      ctx.progress(n);
      ctx.log.info("at work");
      if (ctx.attempt === 1) throw new Error("not this time");
    },
  });
  await tasks.start();
  const jobs = await print.dispatchMany(Array.from({ length: 20 }, (_, n) => n));
  await expect.poll(async () => (await tasks.jobs.count()).completed).toBe(20);
  // That the store has met a task is told once, to those who follow all of them.
  const met = await adapter.tasks();
  expect(await published()).toBe(met.length);

  print.on("completed", () => undefined);
  await tasks.connect();
  await print.dispatchMany([1]);
  await expect.poll(published).toBeGreaterThan(met.length);
  expect(jobs).toHaveLength(20);
  await tasks.close();
  await admin.quit();
  await server.stop();
});
