import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisAdapter } from "taskora/redis";
import { expect, it } from "vitest";
import { ownRedis, uniquePrefix } from "../../support/redis-server.js";
import { countsOf, rejection, someJobs } from "./store.js";

it("a store is reached by the url of its socket file, and missed by name", async () => {
  const directory = await mkdtemp(join(tmpdir(), "taskora-socket-"));
  const path = join(directory, "redis.sock");
  const server = await ownRedis({ args: ["--unixsocket", path, "--requirepass", "open-sesame"] });
  const prefix = uniquePrefix();
  const adapter = redisAdapter(`redis+unix://:open-sesame@${path}?db=2`, { prefix });
  await adapter.connect();
  await adapter.insert(someJobs(2));
  const beside = redisAdapter({ url: server.url, password: "open-sesame", db: 2, prefix });
  await beside.connect();
  expect(await countsOf(beside)).toEqual({ waiting: 2 });
  await Promise.all([adapter.close(), beside.close()]);
  await server.stop();
  await rm(directory, { recursive: true });
  const error = await rejection(redisAdapter(`unix://${path}`, { deadline: 100 }).connect());
  expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(String(error)).toContain(`Redis at ${path} has no socket file there`);
});
