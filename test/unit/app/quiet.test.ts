import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { FaultyAdapter } from "../../support/faulty-adapter.js";
import { Collected, gate } from "../../support/signals.js";

describeBehaviour("a quiet app", ({ app, world }) => {
  it("leaves new jobs to others, and begins them again when it resumes", async () => {
    const one = app();
    const ran = new Collected<string>();
    const task = one.task("work", (data) => ran.push(`one ${data}`));
    await one.start();
    await task.dispatch(1).result;
    one.quiet();
    const left = await task.dispatch(2);
    const other = app();
    other.task("work", (data) => ran.push(`other ${data}`));
    await other.start();
    await left.result;
    for (let n = 3; n < 20; n++) await task.dispatch(n).result;
    await other.close();
    const last = await task.dispatch(20);
    one.resume();
    await last.result;
    expect(ran.items[0]).toBe("one 1");
    expect(ran.items.slice(1, -1).every((line) => line.startsWith("other"))).toBe(true);
    expect(ran.items.at(-1)).toBe("one 20");
  });

  it("keeps what it runs, for longer than the lease, and gives back what it claimed ahead", async () => {
    const faulty = new FaultyAdapter(world().adapter());
    const one = app({ adapter: faulty.adapter });
    const runs = new Collected<unknown>();
    const end = gate();
    const handler = async (data: unknown) => {
      runs.push(data);
      if (data === "long") await end.opened;
    };
    const task = one.task("work", { lease: "100ms", concurrency: 1, handler });
    await one.start();
    const long = await task.dispatch("long");
    await runs.reach(1);
    one.quiet();
    const other = app();
    other.task("work", { lease: "100ms", concurrency: 1, handler });
    await other.start();
    await task.dispatch("short").result;
    await faulty.called("renew", faulty.count("renew") + 6);
    end.open();
    await long.result;
    expect(runs.items).toEqual(["long", "short"]);
    expect(world().warnings).toEqual([]);
  });

  it("passes a wake on that was meant for it", async () => {
    const one = app();
    const other = app();
    const ran = new Collected<string>();
    one.task("work", () => ran.push("one"));
    const task = other.task("work", () => ran.push("other"));
    await one.start();
    await other.start();
    one.quiet();
    for (let n = 1; n <= 20; n++) await task.dispatch(n).result;
    expect(new Set(ran.items)).toEqual(new Set(["other"]));
  });

  it("dispatches, waits for results and takes new tasks, quietly", async () => {
    const one = app();
    const ran: string[] = [];
    const task = one.task("work", () => void ran.push("one"));
    await one.start();
    one.quiet();
    one.task("added", () => void ran.push("one"));
    const other = app();
    other.task("work", () => void ran.push("other"));
    other.task("added", () => void ran.push("other"));
    await other.start();
    await task.dispatch(null).result;
    await one.tasks.handle("added").pause();
    await other.register({ name: "added", version: 1 }).dispatch(null);
    await one.tasks.handle("added").resume();
    await expect.poll(() => ran).toEqual(["other", "other"]);
  });

  it("may be quiet before it starts, and works after a close and a start", async () => {
    const one = app();
    const task = one.task("work", () => "done");
    one.quiet();
    await one.start();
    const job = await task.dispatch(null);
    const other = app();
    other.task("other", () => "done");
    await other.start();
    await other.register({ name: "other", version: 1 }).dispatch(null).result;
    expect(await job.getState()).toBe("waiting");
    await one.close();
    await one.start();
    expect(await task.dispatch(null).result).toBe("done");
    expect(await job.result).toBe("done");
  });

  it("changes nothing when it is asked twice, or resumes without having been quiet", async () => {
    const one = app();
    const task = one.task("work", () => "done");
    one.resume();
    await one.start();
    one.resume();
    one.quiet();
    one.quiet();
    one.resume();
    expect(await task.dispatch(null).result).toBe("done");
  });

  it("does its share of upkeep and schedules, so that nothing is late when no other process lives", async () => {
    const one = app();
    const ran: unknown[] = [];
    one.task("work", { stallLimit: 0, handler: (data) => void ran.push(data) });
    one.schedule("tick", { task: "work", data: "tick", every: 30 });
    one.quiet();
    const lost = app().register({ name: "lost", version: 1 });
    const [overdue, delayed, held] = [
      await lost.dispatch(1, { ttl: 50 }),
      await lost.dispatch(2, { delay: 50, priority: -1 }),
      await lost.dispatch(3, { priority: 1 }),
    ];
    const adapter = world().adapter();
    await adapter.connect();
    const [claimed] = await adapter.claim([{ task: "lost", lease: "killed", leaseMs: 50, count: 1 }]);
    expect(claimed?.jobs.map(({ id }) => id)).toEqual([held.id]);
    await one.start();
    const states = () => Promise.all([overdue, delayed, held].map((job) => job.getState()));
    // Reads would show what is overdue as expired: the counts of the store say what has been done.
    const done = async () => [await states(), (await adapter.count(["lost"]))[0]?.expired];
    await expect.poll(done, { timeout: 5000 }).toEqual([["expired", "waiting", "waiting"], 1]);
    await expect
      .poll(async () => (await adapter.count(["work"]))[0]?.waiting, { timeout: 5000 })
      .toBeGreaterThan(2);
    expect(ran).toEqual([]);
    await adapter.close();
  });
});
