import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasRedisServer, ownRedis, type RedisServer } from "../support/redis-server.js";
import { PROJECT } from "./documents.js";
import { parseMarkdown } from "./markdown.js";

const DOCUMENT = "docs/redis.md";

/** The `ACL SETUSER` line that the page recommends, as words. */
function documentedRights(): string[] {
  const { blocks } = parseMarkdown(DOCUMENT, readFileSync(join(PROJECT, DOCUMENT), "utf8"));
  const block = blocks.find(({ flags }) => flags.includes("acl"));
  return (block?.text ?? "").split(/\s+/);
}

describe.skipIf(!hasRedisServer)("the access rights that docs/redis.md recommends", () => {
  let server: RedisServer;
  let admin: Redis;

  beforeAll(async () => {
    server = await ownRedis();
    admin = new Redis(server.url);
    const [command = "", ...words] = documentedRights();
    await admin.call(command, ...words);
  });

  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  it("suffice for dispatching, working, cancelling, listening and inspecting", async () => {
    const url = server.url.replace("redis://", "redis://taskora:secret@");
    const taskora = createTaskora({ adapter: redisAdapter(url), logger: false });
    const problems: unknown[] = [];
    taskora.on("error", ({ error }) => problems.push(error));
    taskora.on("warning", ({ message }) => problems.push(message));
    const doubled = taskora.task("doubled", (n: number, ctx) => {
      ctx.log.info("doubling");
      ctx.progress("half done");
      return n * 2;
    });
    const endless = taskora.task("endless", async (_: unknown, ctx) => {
      ctx.progress("begun");
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    });
    const begun = new Promise((resolve) => endless.on("progress", resolve));
    await taskora.start();

    expect(await doubled.dispatch(2).result).toBe(4);
    expect(await doubled.dispatch(3, { delay: 20, ttl: "1m", priority: 5 }).result).toBe(6);
    const job = await endless.dispatch("");
    await begun;
    expect(await job.cancel()).toEqual({ status: "requested" });
    await expect(job.result).rejects.toMatchObject({ code: "JOB_CANCELLED" });
    const late = taskora.task("late", () => "late"); // ends a wait that is under way
    expect(await late.dispatch("").result).toBe("late");
    expect(await taskora.jobs.count()).toMatchObject({ completed: 3, cancelled: 1 });
    expect(await taskora.jobs.retryAll({ task: "doubled" })).toMatchObject({ matched: 0 });
    await taskora.close();

    expect(problems).toEqual([]);
    expect(await admin.call("ACL", "LOG")).toEqual([]);
  });
});
