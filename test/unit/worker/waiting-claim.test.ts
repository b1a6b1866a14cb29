import type { Adapter, WaitReply, WaitRequest } from "taskora/adapter";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";

interface Wait {
  readonly request: WaitRequest;
  readonly reply: Promise<WaitReply>;
}

/** The store, remembering how it was waited for. */
function observed(adapter: Adapter): { readonly adapter: Adapter; readonly waits: Wait[] } {
  const waits: Wait[] = [];
  const wait = adapter.wait.bind(adapter);
  adapter.wait = (request) => {
    const reply = wait(request);
    waits.push({ request, reply });
    return reply;
  };
  return { adapter, waits };
}

const settled = (waits: readonly Wait[]) => Promise.all(waits.map(({ reply }) => reply));

describeBehaviour("an idle worker", ({ app, world }) => {
  it("gets its jobs together with the wake", async () => {
    const { adapter, waits } = observed(world().adapter());
    const taskora = app({ adapter });
    const task = taskora.task("idle", { concurrency: 3, handler: (data) => data });
    await taskora.start();
    for (let round = 0; round < 20; round++) {
      const earlier = waits.length;
      expect(await task.dispatch(round).result).toBe(round);
      while (waits.length === earlier) await new Promise(setImmediate);
    }
    await taskora.close();
    const replies = await settled(waits);
    const brought = replies.flatMap(({ claimed }) => claimed?.jobs ?? []);
    expect(brought.length).toBeGreaterThan(0);
  });

  it("asks for jobs of the task that is woken again and again", async () => {
    const { adapter, waits } = observed(world().adapter());
    const taskora = app({ adapter });
    const [busy] = ["busy", "calm", "quiet"].map((name) => taskora.task(name, { handler: (data) => data }));
    await taskora.start();
    while (waits.at(-1)?.request.tasks.length !== 3) await new Promise(setImmediate);
    for (let round = 0; round < 20; round++) {
      const earlier = waits.length;
      expect(await busy?.dispatch(round).result).toBe(round);
      while (waits.length === earlier) await new Promise(setImmediate);
    }
    await taskora.close();
    const asked = waits.flatMap(({ request }) => request.claim?.task ?? []);
    expect(new Set(asked)).toEqual(new Set(["busy"]));
    const brought = (await settled(waits)).flatMap(({ claimed }) => claimed?.jobs ?? []);
    expect(brought.length).toBeGreaterThan(0);
  });

  it("waits again when the end of a job that came with a wake is stored", async () => {
    const { adapter, waits } = observed(world().adapter());
    const settle = adapter.settle.bind(adapter);
    const wait = adapter.wait;
    const underWay: number[] = [];
    let ends = 0;
    adapter.settle = async (batches) => {
      const own = batches.reduce((sum, batch) => sum + batch.settlements.length, 0);
      ends += own;
      return settle(batches).finally(() => {
        ends -= own;
      });
    };
    adapter.wait = (request) => {
      underWay.push(ends);
      return wait(request);
    };
    const taskora = app({ adapter });
    const task = taskora.task("idle", { handler: (data) => data });
    await taskora.start();
    for (let round = 0; round < 20; round++) {
      const earlier = waits.length;
      expect(await task.dispatch(round).result).toBe(round);
      while (waits.length === earlier) await new Promise(setImmediate);
    }
    await taskora.close();
    const replies = await settled(waits);
    const afterJobs = underWay.filter((_, index) => (replies[index - 1]?.claimed?.jobs.length ?? 0) > 0);
    expect(afterJobs.length).toBeGreaterThan(0);
    expect(new Set(afterJobs)).toEqual(new Set([0]));
  });

  it("waits for more while a job that came with a wake runs", async () => {
    const { adapter, waits } = observed(world().adapter());
    const taskora = app({ adapter });
    const releases: (() => void)[] = [];
    const handler = () => new Promise<void>((resolve) => releases.push(resolve));
    const task = taskora.task("long", { concurrency: 3, handler });
    await taskora.start();
    while (waits.length === 0) await new Promise(setImmediate);
    const jobs = [];
    for (let count = 1; count <= 2; count++) {
      const earlier = waits.length;
      jobs.push(task.dispatch(count));
      while (releases.length < count || waits.length === earlier) await new Promise(setImmediate);
    }
    for (const release of releases) release();
    await Promise.all(jobs.map((job) => job.result));
    await taskora.close();
  });

  it("keeps no job when it stops while jobs come", async () => {
    for (let round = 0; round < 5; round++) {
      const taskora = app();
      taskora.task("stopping", { handler: (data) => data });
      const producer = app();
      const task = producer.register({ name: "stopping", version: 1 });
      await taskora.start();
      const jobs = Array.from({ length: 10 }, (_, index) => task.dispatch(index));
      await taskora.close();
      await Promise.all(jobs);
      expect((await producer.inspect().stats("stopping")).active).toBe(0);
    }
  });
});
