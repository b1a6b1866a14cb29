import { Client } from "pg";
import { createTaskora, type DispatchOptions, type TaskClient, type Taskora } from "taskora";
import type { Adapter } from "taskora/adapter";
import { memoryAdapter } from "taskora/memory";
import { postgresAdapter, type Relay, type RelayOptions, relay } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FaultyAdapter } from "../../support/faulty-adapter.js";
import { runSql, sharedPostgres, uniqueSchema } from "../../support/postgres-server.js";
import { sharedRedis, stopSharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { Collected } from "../../support/signals.js";

/** A busy machine takes its time. */
const PATIENT = { timeout: 10_000 };

const schema = uniqueSchema();
const here = { url: "", redis: "", prefix: "" };
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  here.url = (await sharedPostgres()).url;
  here.redis = (await sharedRedis()).url;
});

beforeEach(() => {
  here.prefix = uniquePrefix();
});

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

afterAll(async () => {
  await runSql(here.url, `drop schema if exists ${schema} cascade`);
  await stopSharedRedis();
});

const postgres = (): Adapter => postgresAdapter({ url: here.url, schema, migrate: true });
const redis = (): Adapter => redisAdapter({ url: here.redis, prefix: here.prefix });

function newApp(adapter: Adapter): Taskora {
  const app = createTaskora({ adapter, logger: false });
  app.on("error", () => undefined);
  open.push(app);
  return app;
}

interface Job {
  readonly number: number;
}

let names = 0;

/** An app that dispatches in transactions, one that works on Redis, and what that has run. */
function shop(): {
  readonly name: string;
  outbox: Taskora;
  worker: Taskora;
  ran: Collected<number>;
  task: TaskClient<Job, number>;
} {
  names += 1;
  const name = `relay.${names}`;
  const ran = new Collected<number>();
  const [outbox, worker] = [newApp(postgres()), newApp(redis())];
  worker.task(name, {
    retention: { completed: { count: 0 } },
    handler: ({ number }: Job) => {
      ran.push(number);
      return number;
    },
  });
  const task = outbox.register({ name, version: 1 }) as TaskClient<Job, number>;
  return { name, outbox, worker, ran, task };
}

async function startRelay(
  options: Partial<RelayOptions> = {},
): Promise<{ readonly relay: Relay; readonly errors: Collected<unknown> }> {
  const errors = new Collected<unknown>();
  const started = relay({ from: postgres(), to: redis(), onError: errors.push, ...options });
  open.push(started);
  await started.start();
  return { relay: started, errors };
}

async function inTransaction(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: here.url });
  await client.connect();
  try {
    await client.query("begin");
    await work(client);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    await client.end();
  }
}

const dispatchWithin = (task: TaskClient<Job, number>, number: number, options: DispatchOptions = {}) =>
  inTransaction((client) => task.dispatch({ number }, { ...options, within: client }));

describe("a relay from Postgres to Redis", () => {
  it("moves jobs whose transaction has committed, and none that was rolled back", async () => {
    const { task, worker, outbox, ran } = shop();
    await worker.start();
    const { errors } = await startRelay();
    await dispatchWithin(task, 1);
    await expect(
      inTransaction(async (client) => {
        await task.dispatch({ number: 2 }, { within: client });
        throw new Error("the card was declined");
      }),
    ).rejects.toThrow("the card was declined");
    await dispatchWithin(task, 3);
    expect(await ran.reach(2)).toEqual([1, 3]);
    await expect.poll(() => outbox.jobs.count({ task: task.name }), PATIENT).toMatchObject({ total: 0 });
    expect(errors.items).toEqual([]);
  });

  it("moves what a job brings: headers, priority, attempts, when it is due and when it expires", async () => {
    const { name, task, worker } = shop();
    await startRelay();
    const options = {
      headers: { tenant: "a" },
      priority: 7,
      attempts: 4,
      ttl: "1h",
      delay: "1h",
    } as const;
    await dispatchWithin(task, 1, options);
    const list = () => worker.jobs.list({ task: name, state: "delayed" });
    await expect.poll(async () => (await list()).items.length, PATIENT).toBe(1);
    const [job] = (await list()).items;
    expect(job).toMatchObject({ data: { number: 1 }, headers: { tenant: "a" }, priority: 7, maxAttempts: 4 });
    const inMs = Number(job?.dueAt) - Date.now();
    expect(inMs).toBeGreaterThan(3_000_000);
    expect(inMs).toBeLessThanOrEqual(3_600_000);
  });

  it("tells who waits for the result in the outbox that the job has moved", async () => {
    const { task } = shop();
    // Asked for before the job is stored, so that the store knows who waits when it has the job.
    const job = task.dispatch({ number: 1 });
    const result = expect(job.result).rejects.toMatchObject({ code: "JOB_CANCELLED", reason: "moved" });
    await job;
    await startRelay();
    await result;
  });

  it("runs each job once with others beside it", async () => {
    const { task, worker, ran } = shop();
    await worker.start();
    await Promise.all([startRelay({ batch: 7 }), startRelay({ batch: 7 }), startRelay({ batch: 7 })]);
    const numbers = Array.from({ length: 300 }, (_, number) => number);
    await inTransaction((client) =>
      task.dispatchMany(
        numbers.map((number) => ({ number })),
        { within: client },
      ),
    );
    const all = await ran.reach(numbers.length);
    expect([...all].sort((a, b) => a - b)).toEqual(numbers);
  });

  it("moves the tasks that it is told of, and none that is paused", async () => {
    const [first, second, paused] = [shop(), shop(), shop()];
    await dispatchWithin(paused.task, 1);
    await paused.outbox.tasks.handle(paused.name).pause();
    await dispatchWithin(first.task, 1);
    await dispatchWithin(second.task, 1);
    await first.worker.start();
    await paused.worker.start();
    await startRelay({ tasks: [first.name, paused.name] });
    await first.ran.reach(1);
    expect(await second.outbox.jobs.count({ task: second.name })).toMatchObject({ waiting: 1 });
    expect(paused.ran.items).toEqual([]);
    await paused.outbox.tasks.handle(paused.name).resume();
    await paused.ran.reach(1);
  });

  it("runs a job once whose insert came through and was not answered, also when it was forgotten by then", async () => {
    const { task, worker, ran, outbox } = shop();
    await worker.start();
    const faulty = new FaultyAdapter(redis());
    faulty.next("insert", "unanswered");
    const { errors } = await startRelay({ to: faulty.adapter });
    await dispatchWithin(task, 1);
    await expect.poll(() => outbox.jobs.count({ task: task.name }), PATIENT).toMatchObject({ total: 0 });
    expect(await ran.reach(1)).toEqual([1]);
    expect(errors.items).toMatchObject([{ code: "STORE_UNAVAILABLE" }]);
  });

  it("says once that a store is away, and goes on when it is back", async () => {
    const { task, worker, ran } = shop();
    await worker.start();
    const faulty = new FaultyAdapter(redis());
    faulty.always("refused", "insert");
    const { errors } = await startRelay({ to: faulty.adapter });
    await dispatchWithin(task, 1);
    await faulty.called("insert", 3);
    expect(errors.items).toMatchObject([{ code: "STORE_UNAVAILABLE" }]);
    faulty.heal();
    await ran.reach(1);
  });

  it("cancels where it is what the other store refuses, and says so", async () => {
    const { name, task, outbox } = shop();
    const job = await task.dispatch({ number: 1 });
    const other = redis();
    await other.connect();
    await other.insert([
      { task: name, id: job.id, payload: "2", version: 1, fingerprint: "", priority: 0 } as never,
    ]);
    await other.close();
    const { errors } = await startRelay();
    expect(await errors.reach(1)).toMatchObject([
      { code: "JOB_NOT_MOVED", message: expect.stringContaining("another job with its id is stored there") },
    ]);
    expect(await outbox.jobs.list({ task: name, state: "cancelled" })).toMatchObject({
      items: [{ id: job.id }],
    });
    await expect(job.result).rejects.toMatchObject({ code: "JOB_CANCELLED" });
  });

  it("closes before it has started, and twice", async () => {
    const { relay: started } = await startRelay();
    await Promise.all([started.close(), started.close()]);
    await relay({ from: postgres(), to: redis() }).close();
  });

  it("fails to start with what a store says", async () => {
    const nowhere = postgresAdapter({ host: "127.0.0.1", port: 1, deadline: "100ms" });
    const started = relay({ from: nowhere, to: redis() });
    await expect(started.start()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await started.close();
  });

  it("refuses what it cannot move between", () => {
    const loose = relay as (...given: unknown[]) => unknown;
    const [from, to] = [postgres(), redis()];
    for (const [given, said] of [
      [[{ from: memoryAdapter(), to }], /expected from to be what postgresAdapter\(\) gave/],
      [[{ from }], /expected to to be/],
      [[{ from, to: from }], /another store/],
      [[{ from, to: 3 }], /expected to to be an adapter/],
      [[{ from, to, batch: 0 }], /batch/],
      [[{ from, to, bach: 1 }], /Did you mean "batch"/],
      [[{ from, to }, 2], /got 2/],
      [[null], /relay\(\)/],
    ] as const)
      expect(() => loose(...given)).toThrow(said);
  });
});
