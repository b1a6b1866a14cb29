import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasRedisServer, ownRedis, type RedisServer } from "../support/redis-server.js";
import { PROJECT } from "./documents.js";
import { parseMarkdown } from "./markdown.js";

const PAGE = readFileSync(join(PROJECT, "docs/redis.md"), "utf8");

function documentedCommand(): string {
  const { blocks } = parseMarkdown("docs/redis.md", PAGE);
  return blocks.find(({ flags }) => flags.includes("autoscale"))?.text ?? "";
}

/** As KEDA's scaler reads the size of a key. */
async function sizeOf(redis: Redis, key: string): Promise<number> {
  const type = await redis.type(key);
  return type === "zset" ? redis.zcard(key) : redis.llen(key);
}

describe.skipIf(!hasRedisServer)("the length that docs/redis.md tells autoscalers to read", () => {
  let server: RedisServer;
  let redis: Redis;
  const waiting = 9;

  beforeAll(async () => {
    server = await ownRedis();
    redis = new Redis(server.url);
    const taskora = createTaskora({ adapter: redisAdapter(server.url), logger: false });
    const email = taskora.register({ name: "email.send", version: 1 });
    const limits = [{}, { priority: 5 }, { group: "g" }, { concurrency: { key: "k", limit: 1 } }];
    for (let nth = 0; nth < waiting; nth++) await email.dispatch(nth, limits[nth % limits.length]);
    await email.dispatch("later", { delay: "1h" });
    expect((await taskora.jobs.count()).waiting).toBe(waiting);
    await taskora.close();
  });

  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it("is one number by the command, with priorities, groups and limits", () => {
    const { port } = new URL(server.url);
    const command = documentedCommand().replace("redis-cli", `redis-cli -p ${port}`);
    expect(execFileSync("sh", ["-c", command], { encoding: "utf8" }).trim()).toBe(String(waiting));
  });

  it("is the sum of the triggers", async () => {
    const keys = [...PAGE.matchAll(/listName: "([^"]+)"/g)].map(([, key]) => String(key));
    expect(keys).toHaveLength(3);
    const sizes = await Promise.all(keys.map((key) => sizeOf(redis, key)));
    expect(sizes.every((size) => size > 0)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(waiting);
  });
});
