import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { expect, it } from "vitest";
import { ownRedis } from "../support/redis-server.js";

/** What the tool prints, read. */
async function operateOn(url: string, args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "examples/operations/main.ts", ...args],
    { env: { ...process.env, REDIS_URL: url } },
  );
  return stdout.startsWith("operations") ? "usage" : JSON.parse(stdout);
}

it("the tool for operations does what it says", async () => {
  const server = await ownRedis();
  const operate = (...args: readonly string[]) => operateOn(server.url, args);
  const tasks = createTaskora({ adapter: redisAdapter(server.url) });
  const send = tasks.task("email.send", (to) => {
    throw new Error(`no such address: ${to}`);
  });
  expect(await operate()).toBe("usage");
  const job = await send.dispatch("ada", { delay: "1h" });
  expect(await operate("pause", "email.send")).toEqual({ status: "applied" });
  expect(await operate("delay", "email.send", job.id, "2h")).toEqual({ status: "applied" });
  expect(await operate("priority", "email.send", job.id, "5")).toEqual({ status: "applied" });
  expect(await operate("promote", "email.send", job.id)).toEqual({ status: "applied" });
  expect(await operate("stats", "email.send")).toMatchObject({
    counts: { waiting: 1 },
    pausedAt: expect.any(Number),
  });
  await send.dispatch("bob");
  expect(await operate("drain", "email.send")).toMatchObject({ applied: 2 });
  expect(await operate("resume", "email.send")).toEqual({ status: "applied" });
  await tasks.start();
  const failing = send.dispatch("cleo");
  await failing.result.catch(() => undefined);
  expect(await operate("dead", "email.send")).toEqual([
    { id: failing.id, attempt: 1, error: "no such address: cleo" },
  ]);
  await tasks.close();
  expect(await operate("retry", "email.send")).toMatchObject({ applied: 1 });
  expect(await operate("remove", "email.send", failing.id)).toEqual({ status: "applied" });
  await server.stop();
}, 120_000);
