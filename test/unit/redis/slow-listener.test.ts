import { Redis } from "ioredis";
import { type AppWarningEvent, createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { expect, it } from "vitest";
import { ownRedis } from "../../support/redis-server.js";
import { Collected } from "../../support/signals.js";
import { startProxy } from "../../support/tcp-proxy.js";

const RESULT = "x".repeat(60_000);

it("a process that reads events too slowly costs the store no memory, is told so and hears on", async () => {
  const server = await ownRedis();
  const admin = new Redis(server.url);
  await admin.config("SET", "client-output-buffer-limit", "pubsub 256kb 0 0");
  const proxy = await startProxy(server);
  const listener = createTaskora({ adapter: redisAdapter({ host: "127.0.0.1", port: proxy.port }) });
  const warnings = new Collected<AppWarningEvent>();
  const heard = new Collected<string>();
  listener.on("warning", warnings.push);
  listener.register({ name: "print", version: 1 }).on("completed", ({ id }) => heard.push(id));
  await listener.connect();

  const worker = createTaskora({ adapter: redisAdapter(server.url) });
  const print = worker.task("print", () => RESULT);
  await worker.start();
  proxy.stall();
  // More than the buffers of the two sockets hold.
  while (String(await admin.client("LIST")).includes("sub=1")) {
    await (await print.dispatchMany(Array.from({ length: 50 }, (_, n) => n))).at(-1)?.result;
  }
  proxy.resume();
  const [warning] = await warnings.reach(1);
  expect(warning).toMatchObject({ code: "EVENTS_LOST" });

  const before = heard.items.length;
  await print.dispatch("after").result;
  await heard.reach(before + 1);
  await Promise.all([listener.close(), worker.close()]);
  await proxy.stop();
  await admin.quit();
  await server.stop();
}, 60_000);
