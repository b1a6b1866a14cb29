import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { describe, expect, it } from "vitest";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";

describe("results of duplicates over Redis", () => {
  it("come also when the job that is there ends at once and is not kept", async () => {
    const { url } = await sharedRedis();
    const app = createTaskora({
      adapter: redisAdapter({ url, prefix: uniquePrefix() }),
      defaults: { retention: { completed: { count: 0 } } },
    });
    const work = app.task("duplicates.work", { concurrency: 10, handler: async () => "done" });
    await app.start();
    const results: Promise<unknown>[] = [];
    for (let index = 0; index < 600; index++) {
      results.push(work.dispatch({}, { deduplicate: "same" }).result);
      if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(new Set(await Promise.all(results))).toEqual(new Set(["done"]));
    await app.close();
  });
});
