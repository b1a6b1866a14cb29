import type { TaskEvents } from "taskora";
import { ExpiredError, WorkflowFailedError } from "taskora";
import type { Adapter, SweepRequest } from "taskora/adapter";
import { chain, group } from "taskora/workflow";
import { expect, it } from "vitest";
import { describeBehaviour, type World } from "../../support/behaviour.js";
import { Collected, rejection } from "../../support/signals.js";

const here = { name: "here", version: 1 } as const;
const nowhere = { name: "nowhere", version: 1 } as const;

/** Well above what a busy machine adds, and well below a heartbeat. */
const PROMPT_MS = 700;

async function elapsed(of: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await of;
  return performance.now() - startedAt;
}

/** A worker of another task than those whose due times are looked at. */
async function workerOf(world: World, adapter?: Adapter) {
  const worker = world.app(adapter === undefined ? {} : { adapter });
  const client = worker.task("here", (data) => data);
  await worker.start();
  return client;
}

describeBehaviour("a due time of a task that nobody works on", ({ app, world }) => {
  it("ends a workflow whose step expires, when a worker of another task lives", async () => {
    await workerOf(world());
    const producer = app();
    const [known, unknown] = [producer.register(here), producer.register(nowhere)];
    const { result } = producer.workflow(chain(known.step(1), unknown.nextStep({ ttl: 100 })));
    expect(await elapsed(rejection(result))).toBeLessThan(100 + PROMPT_MS);
    expect(await rejection(result)).toBeInstanceOf(WorkflowFailedError);
  });

  it("ends a workflow whose step expires, when its producer alone lives", async () => {
    const producer = app();
    const unknown = producer.register(nowhere);
    const { result } = producer.workflow(group([unknown.step(1, { ttl: 100 }), unknown.step(2)]));
    expect(await elapsed(rejection(result))).toBeLessThan(100 + PROMPT_MS);
    expect(await rejection(result)).toBeInstanceOf(WorkflowFailedError);
  });

  it("starts a workflow at its time", async () => {
    const client = await workerOf(world());
    const producer = app();
    producer.register(here);
    const { result } = producer.workflow(client.step("late"), { delay: 300 });
    const tookMs = await elapsed(result);
    expect(tookMs).toBeGreaterThanOrEqual(295);
    expect(tookMs).toBeLessThan(300 + PROMPT_MS);
  });

  it("starts a step at its time, however many workers there are", async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => workerOf(world())));
    const [client = await workerOf(world())] = clients;
    const producer = app();
    producer.register(here);
    const { result } = producer.workflow(chain(client.step(1), client.nextStep({ delay: 200 })));
    expect(await elapsed(result)).toBeLessThan(200 + PROMPT_MS);
  });

  it("is told as an event in time, whoever listens, without anybody reading", async () => {
    const listener = app();
    listener.register(nowhere);
    const expired = new Collected<TaskEvents["expired"]>();
    const waiting = new Collected<TaskEvents["waiting"]>();
    listener.on("expired", expired.push);
    listener.on("waiting", waiting.push);
    await listener.connect();
    const client = listener.register(nowhere);
    await client.dispatch(1, { ttl: 100 });
    expect(await elapsed(expired.reach(1))).toBeLessThan(100 + PROMPT_MS);
    const seen = waiting.items.length;
    await client.dispatch(2, { delay: 100 });
    expect(await elapsed(waiting.reach(seen + 1))).toBeLessThan(100 + PROMPT_MS);
  });

  it("is told by a worker of another task when nobody who dispatches lives", async () => {
    await workerOf(world());
    const listener = app();
    listener.register(nowhere);
    const expired = new Collected<TaskEvents["expired"]>();
    listener.on("expired", expired.push);
    await listener.connect();
    const producer = app();
    await producer.register(nowhere).dispatch(1, { ttl: 150 });
    await producer.close();
    expect(await elapsed(expired.reach(1))).toBeLessThan(150 + PROMPT_MS);
  });

  it("is honoured for a result that is awaited elsewhere", async () => {
    const producer = app();
    const job = await producer.register(nowhere).dispatch(1, { ttl: 100 });
    await producer.close();
    expect(await rejection(app().register(nowhere).job(job.id).result)).toBeInstanceOf(ExpiredError);
  });

  it("lets jobs of a worker that died wait again, and gives up on them as that worker would", async () => {
    const dead = app();
    dead.task("nowhere", { stallLimit: 0, lease: "1s", handler: () => new Promise(() => undefined) });
    const stalled = new Collected<TaskEvents["stalled"]>();
    const failed = new Collected<TaskEvents["failed"]>();
    await dead.start();
    const listener = app();
    listener.register(nowhere);
    listener.on("stalled", stalled.push);
    listener.on("failed", failed.push);
    await listener.connect();
    // A claim under a lease that nobody renews: what a worker leaves that was killed.
    await dead.close();
    const adapter = world().adapter();
    await adapter.connect();
    await listener.register(nowhere).dispatch(1);
    const [claim] = await adapter.claim([{ task: "nowhere", lease: "killed", leaseMs: 100, count: 1 }]);
    expect(claim?.jobs).toHaveLength(1);
    await stalled.reach(1);
    const [event] = await failed.reach(1);
    expect(event?.error?.code).toBe("JOB_STALLED");
    await adapter.close();
  });

  it.each(["a worker of another task", "a process that awaits its result"])(
    "lets a job of a worker that died wait again within lease and 2 s, though only %s lives",
    async (who) => {
      const LEASE_MS = 300;
      const job = await app().register(nowhere).dispatch(1);
      const dead = world().adapter();
      await dead.connect();
      const claim = { task: "nowhere", lease: "killed", leaseMs: LEASE_MS, count: 1 };
      if (who === "a worker of another task") await workerOf(world());
      const [reply] = await dead.claim([claim]);
      expect(reply?.jobs).toHaveLength(1);
      const from = performance.now();
      const result =
        who === "a worker of another task"
          ? undefined
          : rejection(app().register(nowhere).job(job.id).result);
      await expect
        .poll(async () => (await dead.count(["nowhere"]))[0], { timeout: 10_000, interval: 20 })
        .toMatchObject({ waiting: 1, active: 0 });
      expect(performance.now() - from).toBeLessThan(LEASE_MS + 2000 + PROMPT_MS);
      await dead.close();
      await job.cancel();
      await result;
    },
  );

  it("costs those who do not work on the task next to nothing while its workers live", async () => {
    const adapter = world().adapter();
    const sweep = adapter.sweep.bind(adapter);
    const swept: string[] = [];
    adapter.sweep = (requests: readonly SweepRequest[]) => {
      swept.push(...requests.map(({ task }) => task).filter((task) => task === "nowhere"));
      return sweep(requests);
    };
    await workerOf(world(), adapter);
    const worker = app();
    const client = worker.task("nowhere", (data) => data);
    await worker.start();
    const results = Array.from(
      { length: 150 },
      (_, index) => client.dispatch(index, { delay: 10 * index }).result,
    );
    await Promise.all(results);
    expect(swept.length).toBeLessThan(60);
  });
});
