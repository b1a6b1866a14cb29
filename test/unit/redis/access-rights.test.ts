import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { describe, expect, it } from "vitest";
import { ownRedis } from "../../support/redis-server.js";
import { complete, RETENTION, rejection, someJobs, TASK, take } from "./store.js";

/** The user that `docs/redis.md` tells to create. */
function documentedRule(): string[] {
  const docs = readFileSync(new URL("../../../docs/redis.md", import.meta.url), "utf8");
  const line = /^ACL SETUSER taskora (.*)$/m.exec(docs)?.[1];
  if (line === undefined) throw new Error("docs/redis.md has no ACL rule");
  return line.split(" ");
}

describe("a user with the documented rights", () => {
  it("may do everything the adapter does", async () => {
    const server = await ownRedis();
    const admin = new Redis(server.url);
    await admin.call("ACL", "SETUSER", "taskora", ...documentedRule());
    const adapter = redisAdapter({ url: server.url, username: "taskora", password: "secret" });
    await adapter.connect();
    await adapter.subscribe({ kind: "outcomes" }, () => {});
    const controller = new AbortController();
    const request = { task: TASK, lease: "worker-1", leaseMs: 60_000, count: 1 };
    const wait = { waitMs: 60_000, signal: controller.signal };
    const woken = adapter.claim([request], wait);
    await adapter.insert(someJobs(3).map((job) => ({ ...job, watch: true })));
    const first = (await woken).flatMap(({ jobs }) => jobs);
    expect(first).toHaveLength(1);
    expect(await complete(adapter, [...first, ...(await take(adapter, 2))])).toHaveLength(3);
    const aborted = adapter.claim([request], wait);
    controller.abort();
    await aborted;
    const denied = async () => (await adapter.observe?.health())?.servers[0]?.denied;
    const says = /redis_version:[0-6]\./.test(await admin.info("server")) === false;
    expect(await denied()).toEqual(says ? [] : undefined);
    await admin.call("ACL", "SETUSER", "taskora", "-xadd", "-hrandfield", "-client|unblock");
    expect(await denied()).toEqual(says ? ["CLIENT UNBLOCK", "HRANDFIELD", "XADD"] : undefined);
    await admin.call("ACL", "SETUSER", "taskora", ...documentedRule(), "resetkeys", "~other:*");
    if (says) expect(await denied()).toContain("HGET");
    await admin.call("ACL", "SETUSER", "taskora", "reset", ...documentedRule());
    await adapter.sweep([{ task: TASK, retention: RETENTION, stallLimit: 1, scope: "all" }]);
    await adapter.close();
    await admin.quit();
    await server.stop();
  });

  it("is told which right is missing", async () => {
    const server = await ownRedis();
    const admin = new Redis(server.url);
    await admin.call(
      "ACL",
      "SETUSER",
      "reader",
      "on",
      ">secret",
      "~*",
      "&*",
      "+@read",
      "+info",
      "+@connection",
    );
    const adapter = redisAdapter({ url: server.url, username: "reader", password: "secret" });
    const error = await rejection(adapter.connect());
    expect(error).toMatchObject({ code: "STORE_AUTH" });
    expect(String(error)).toMatch(/no permissions|NOPERM/);
    await admin.quit();
    await server.stop();
  });
});
