import { Client } from "pg";
import { createTaskora, type TaskClient } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Program } from "../support/child.js";
import { runSql, sharedPostgres, uniqueSchema } from "../support/postgres-server.js";
import { sharedRedis, stopSharedRedis, uniquePrefix } from "../support/redis-server.js";
import { Collected } from "../support/signals.js";

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

afterAll(stopSharedRedis);

/** An outbox, and workers on Redis that keep nothing of what has run. */
async function between() {
  const [{ url }, redis] = [await sharedPostgres(), (await sharedRedis()).url];
  const [schema, prefix] = [uniqueSchema(), uniquePrefix()];
  const outbox = createTaskora({ adapter: postgresAdapter({ url, schema, migrate: true }), logger: false });
  await outbox.connect();
  open.push(() => runSql(url, `drop schema ${schema} cascade`));
  open.push(() => outbox.close());
  const task = outbox.register({ name: "relayed", version: 1 }) as TaskClient<number, void>;
  const worker = createTaskora({ adapter: redisAdapter({ url: redis, prefix }), logger: false });
  open.push(() => worker.close());
  const ran = new Collected<number>();
  worker.task("relayed", {
    retention: { completed: { count: 0 } },
    handler: (number: number) => ran.push(number),
  });
  await worker.start();
  const dispatch = async (numbers: readonly number[], how: "commit" | "rollback") => {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query("begin");
    await task.dispatchMany(numbers, { within: client });
    await client.query(how);
    await client.end();
  };
  const start = (where: "before" | "after" | "never", nth = 0) => {
    const program = new Program("relay-worker", [url, schema, redis, prefix, where, String(nth)]);
    open.push(async () => {
      program.kill("SIGKILL");
      await program.exited;
    });
    return program;
  };
  return { outbox, ran, dispatch, start };
}

const JOBS = 300;
const numbers = Array.from({ length: JOBS }, (_, number) => number);

describe("a relay that is killed", () => {
  it("loses no job, and none runs twice, wherever it dies", { timeout: 120_000 }, async () => {
    const { outbox, ran, dispatch, start } = await between();
    await dispatch(numbers.slice(0, 200), "commit");
    await dispatch([-1, -2, -3], "rollback");
    await dispatch(numbers.slice(200), "commit");
    for (const [where, nth] of [
      ["after", 1],
      ["before", 2],
      ["after", 3],
      ["after", 1],
      ["before", 1],
    ] as const)
      await start(where, nth).exited;
    start("never");
    const all = [...(await ran.reach(JOBS))];
    await expect.poll(() => outbox.jobs.count(), { timeout: 10_000 }).toMatchObject({ total: 0 });
    expect(all.sort((a, b) => a - b)).toEqual(numbers);
    expect(ran.items).toHaveLength(JOBS);
  });

  it("loses no job, and none runs twice, with another beside it under load", {
    timeout: 120_000,
  }, async () => {
    const { outbox, ran, dispatch, start } = await between();
    let killed = start("never");
    start("never");
    for (let at = 0; at < JOBS; at += 10) {
      await dispatch(numbers.slice(at, at + 10), "commit");
      if (at % 100 !== 50) continue;
      killed.kill("SIGKILL");
      killed = start("never");
    }
    await ran.reach(JOBS);
    await expect.poll(() => outbox.jobs.count(), { timeout: 10_000 }).toMatchObject({ total: 0 });
    expect([...ran.items].sort((a, b) => a - b)).toEqual(numbers);
  });
});
