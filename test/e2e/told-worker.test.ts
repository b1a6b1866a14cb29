import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { expect, it } from "vitest";
import { Program } from "../support/child.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";
import { runCommand } from "../support/run-command.js";

it("a worker of another process is made quiet, resumes and closes from the command line", async () => {
  const { url } = await sharedRedis();
  const prefix = uniquePrefix();
  const program = new Program("app-life", ["told", url, prefix]);
  const app = createTaskora({ adapter: redisAdapter({ url, prefix }), logger: false });
  const echo = app.register({ name: "echo", version: 1 });
  const over = (...args: readonly string[]) => runCommand(...args, "--store", url, "--prefix", prefix);
  const only = async () => (await app.workers.list()).items[0];
  try {
    await expect.poll(only, { timeout: 10_000 }).toBeDefined();
    const id = (await only())?.id ?? "";
    const quiet = await over("workers", "quiet", id, "--by", "anna");
    expect(quiet).toMatchObject({ code: 0, stdout: `${id} begins no more jobs\n` });
    await expect.poll(async () => (await only())?.state, { timeout: 3000 }).toBe("quiet");
    const job = await echo.dispatch("later");
    const { stdout } = await over("workers");
    expect(stdout).toMatch(/^WORKER +STATE +HOST +PID +UP +RUN +MEM +LAG +TASKS$/m);
    expect(stdout).toMatch(new RegExp(`^${id} +quiet .* ${program.pid} .* 0 +\\d+MB +\\S+ +echo$`, "m"));
    expect(await job.getState()).toBe("waiting");
    expect(await over("workers", "resume", id)).toMatchObject({
      code: 0,
      stdout: `${id} begins jobs again\n`,
    });
    await program.printed("ran later");
    expect(await over("workers", "close", id, "--yes")).toMatchObject({ code: 0 });
    await program.printed("closed");
    expect(await program.exited).toEqual({ code: 0, signal: null });
    const { stdout: audit } = await over("audit");
    expect(audit).toMatch(new RegExp(`anna +worker\\.quiet +${id}`));
  } finally {
    program.kill("SIGKILL");
    await app.close();
  }
}, 30_000);

it("a worker that was killed is shown as lost", async () => {
  const { url } = await sharedRedis();
  const prefix = uniquePrefix();
  const program = new Program("app-life", ["told", url, prefix]);
  const app = createTaskora({ adapter: redisAdapter({ url, prefix }), logger: false });
  const redis = new Redis(url);
  try {
    await expect.poll(async () => (await app.workers.list()).items, { timeout: 10_000 }).toHaveLength(1);
    program.kill("SIGKILL");
    await program.exited;
    const [worker] = (await app.workers.list()).items;
    expect(worker?.state).toBe("running");
    // Nothing tells of it any more, so that 14 s pass as these do.
    await redis.hincrby(`${prefix}:{@workers}:seen`, worker?.id ?? "", -14_000);
    const { stdout } = await runCommand("workers", "--store", url, "--prefix", prefix);
    expect(stdout).toMatch(new RegExp(`^${worker?.id} +lost 1[4-9]s `, "m"));
  } finally {
    redis.disconnect();
    await app.close();
  }
}, 30_000);
