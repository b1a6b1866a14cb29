import type { Adapter, WaitReply, WaitRequest } from "taskora";
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
