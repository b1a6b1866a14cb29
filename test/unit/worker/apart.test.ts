import type { Adapter } from "taskora/adapter";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate } from "../../support/signals.js";

let deaths = 0;

/** A process claims and dies: its jobs come back when its lease is over. */
async function die(adapter: Adapter, task: string, count: number): Promise<void> {
  deaths += 1;
  const [reply] = await adapter.claim([{ task, lease: `dead-${deaths}`, leaseMs: 20, count }]);
  expect(reply?.jobs).toHaveLength(count);
  let reclaimed = 0;
  await expect
    .poll(async () => {
      const [swept] = await adapter.sweep([{ task, scope: "due" }]);
      reclaimed += swept?.reclaimed ?? 0;
      return reclaimed;
    })
    .toBe(count);
}

describeBehaviour("jobs that were lost together", ({ app, world }) => {
  async function connected(): Promise<Adapter> {
    const adapter = world().adapter();
    await adapter.connect();
    return adapter;
  }

  it("are tried one by one, and nothing of any task begins beside them", async () => {
    const tasks = app();
    const alone: boolean[] = [];
    let running = 0;
    const handler = async () => {
      running += 1;
      const before = running;
      await new Promise((resolve) => setTimeout(resolve, 5));
      alone.push(before === 1 && running === 1);
      running -= 1;
    };
    const first = tasks.task("first", { handler, concurrency: 10 });
    const second = tasks.task("second", { handler, concurrency: 10 });
    const jobs = [first, first, first, second, second].map((client) => client.dispatch(null));
    await Promise.all(jobs);
    const adapter = await connected();
    await die(adapter, "first", 3);
    await die(adapter, "second", 2);
    await adapter.close();
    await tasks.start();
    await Promise.all(jobs.map((job) => job.result));
    expect(alone).toEqual([true, true, true, true, true]);
    const stats = await tasks.jobs.count();
    expect(stats).toMatchObject({ completed: 5, total: 5 });
  });

  it("are not blamed when they are healthy, and keep a trace in their history", async () => {
    const tasks = app();
    const client = tasks.task("healthy", { stallLimit: 0, handler: () => "done" });
    const jobs = [client.dispatch(null), client.dispatch(null)];
    await Promise.all(jobs);
    const adapter = await connected();
    await die(adapter, "healthy", 2);
    await adapter.close();
    await tasks.start();
    for (const job of jobs) {
      expect(await job.result).toBe("done");
      const found = await tasks.jobs.get({ id: job.id });
      expect(found).toMatchObject({ stalls: 0, attempt: 1 });
      expect(found?.history.map(({ outcome }) => outcome)).toEqual(["stalled", "completed"]);
    }
  });

  it("wait until what runs has ended", async () => {
    const tasks = app();
    const order: string[] = [];
    const busy = gate();
    const began = gate();
    const long = tasks.task("long", async () => {
      order.push("long begins");
      began.open();
      await busy.opened;
      order.push("long ends");
    });
    const lost = tasks.task("lost", (name: string) => void order.push(name));
    const jobs = ["a", "b"].map((name) => lost.dispatch(name));
    await Promise.all(jobs);
    const adapter = await connected();
    await die(adapter, "lost", 2);
    const running = long.dispatch(null);
    await running;
    await tasks.start();
    await began.opened;
    // The suspects are asked for while the other runs: it is the last that begins.
    await expect.poll(async () => (await adapter.count(["lost"]))[0]?.waiting).toBe(2);
    busy.open();
    await Promise.all([running.result, ...jobs.map((job) => job.result)]);
    expect(order).toEqual(["long begins", "long ends", "a", "b"]);
    await adapter.close();
  });

  it("do not wait for what runs longer than a lease, nor keep others waiting longer", async () => {
    const tasks = app({ defaults: { lease: "200ms", concurrency: 5 } });
    const begun = new Collected<string>();
    const gates = new Map(["long", "suspect"].map((name) => [name, gate()]));
    const client = tasks.task("shared", async (name: string) => {
      begun.push(name);
      await gates.get(name)?.opened;
    });
    const suspects = ["suspect", "other"].map((name) => client.dispatch(name));
    await Promise.all(suspects);
    const adapter = await connected();
    await die(adapter, "shared", 2);
    await adapter.close();
    const long = tasks.task("long", async () => {
      begun.push("long");
      await gates.get("long")?.opened;
    });
    const first = long.dispatch(null);
    await first;
    await tasks.start();
    await begun.reach(2);
    const fresh = client.dispatch("fresh");
    await fresh.result;
    expect([...begun.items].sort()).toEqual(["fresh", "long", "suspect"]);
    for (const { open } of gates.values()) open();
    await Promise.all([first, fresh, ...suspects].map((job) => job.result));
  });

  it("let other work go on while they are tried", async () => {
    const tasks = app({ defaults: { concurrency: 4 } });
    const order = new Collected<string>();
    const client = tasks.task("mixed", async (name: string) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      order.push(name);
    });
    const suspects = Array.from({ length: 6 }, () => client.dispatch("suspect"));
    await Promise.all(suspects);
    const adapter = await connected();
    await die(adapter, "mixed", 6);
    await adapter.close();
    const others = Array.from({ length: 40 }, () => client.dispatch("other"));
    await Promise.all(others);
    await tasks.start();
    await Promise.all([...suspects, ...others].map((job) => job.result));
    const last = order.items.lastIndexOf("suspect");
    expect(order.items.slice(0, last).filter((name) => name === "other").length).toBeGreaterThan(4);
  });

  it("are many at once when many went well, so that a thousand do not take as long as all together", async () => {
    const tasks = app({ defaults: { concurrency: 100 } });
    let running = 0;
    let most = 0;
    let begun = 0;
    let beside = 0;
    const client = tasks.task("many", async () => {
      begun += 1;
      running += 1;
      most = Math.max(most, running);
      // The first twenty show that it was none of them; until then each is alone.
      if (begun <= 20 && running > 1) beside += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
    });
    const jobs = Array.from({ length: 300 }, () => client.dispatch(null));
    await Promise.all(jobs);
    const adapter = await connected();
    await die(adapter, "many", 300);
    await adapter.close();
    await tasks.start();
    await Promise.all(jobs.map((job) => job.result));
    expect(beside).toBe(0);
    expect(most).toBeGreaterThan(30);
    expect(await tasks.jobs.count()).toMatchObject({ completed: 300, total: 300 });
  });

  it("are given back by a worker that closes", async () => {
    const tasks = app();
    const began = gate();
    const client = tasks.task("closing", async () => {
      began.open();
      await new Promise(() => undefined);
    });
    await Promise.all([client.dispatch(null), client.dispatch(null)]);
    const adapter = await connected();
    await die(adapter, "closing", 2);
    await tasks.start();
    await began.opened;
    await tasks.close({ timeout: 0 });
    const [counts] = await adapter.count(["closing"]);
    expect(counts).toMatchObject({ waiting: 2, active: 0 });
    await adapter.close();
  });
});
