import type { Adapter, ClaimReply, ClaimRequest } from "taskora/adapter";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";

interface Wait {
  readonly requests: readonly ClaimRequest[];
  readonly replies: Promise<readonly ClaimReply[]>;
}

/** The store, remembering how it was waited for. */
function observed(adapter: Adapter): { readonly adapter: Adapter; readonly waits: Wait[] } {
  const waits: Wait[] = [];
  const claim = adapter.claim.bind(adapter);
  adapter.claim = (requests, wait) => {
    const replies = claim(requests, wait);
    if (wait !== undefined) waits.push({ requests, replies });
    return replies;
  };
  return { adapter, waits };
}

/** What each wait brought along. */
const broughtBy = async (waits: readonly Wait[]) =>
  (await Promise.all(waits.map(({ replies }) => replies))).map((replies) =>
    replies.flatMap(({ jobs }) => jobs),
  );

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
    expect((await broughtBy(waits)).flat().length).toBeGreaterThan(0);
  });

  it("gets them of whichever of its tasks is woken", async () => {
    const { adapter, waits } = observed(world().adapter());
    const taskora = app({ adapter });
    const [busy] = ["busy", "calm", "quiet"].map((name) => taskora.task(name, { handler: (data) => data }));
    await taskora.start();
    while (waits.at(-1)?.requests.length !== 3) await new Promise(setImmediate);
    for (let round = 0; round < 20; round++) {
      const earlier = waits.length;
      expect(await busy?.dispatch(round).result).toBe(round);
      while (waits.length === earlier) await new Promise(setImmediate);
    }
    await taskora.close();
    const brought = (await broughtBy(waits)).flat();
    expect(new Set(brought.map((job) => job.task))).toEqual(new Set(["busy"]));
  });

  it("waits again when the end of a job that came with a wake is stored", async () => {
    const { adapter, waits } = observed(world().adapter());
    const settle = adapter.settle.bind(adapter);
    const claim = adapter.claim;
    const underWay: number[] = [];
    let ends = 0;
    adapter.settle = async (batches) => {
      const own = batches.reduce((sum, batch) => sum + batch.settlements.length, 0);
      ends += own;
      return settle(batches).finally(() => {
        ends -= own;
      });
    };
    adapter.claim = (requests, wait) => {
      underWay.push(ends);
      return claim(requests, wait);
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
    const brought = await broughtBy(waits);
    const afterJobs = underWay.filter((_, index) => (brought[index - 1]?.length ?? 0) > 0);
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
      expect((await producer.jobs.count({ task: "stopping" })).active).toBe(0);
    }
  });
});
