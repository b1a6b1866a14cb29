import type { Taskora, WorkerInfo } from "taskora";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate } from "../../support/signals.js";
import { VirtualWorld } from "../../support/virtual-world.js";

/** The one worker of a store. */
async function onlyWorker(app: Taskora): Promise<WorkerInfo> {
  const { items } = await app.workers.list();
  expect(items).toHaveLength(1);
  return items[0] as WorkerInfo;
}

/** Waits until a worker says that it is so: it tells others at once. */
async function untilState(app: Taskora, id: string, state: WorkerInfo["state"] | undefined): Promise<void> {
  await expect.poll(async () => (await app.workers.get(id))?.state, { timeout: 3000 }).toBe(state);
}

describeBehaviour("a worker that is told what to do", ({ app }) => {
  it("begins no more jobs, ends those that run, and begins jobs again", async () => {
    const one = app();
    const operator = app();
    const begun = new Collected<unknown>();
    const end = gate();
    const task = one.task("work", async (data: unknown) => {
      begun.push(data);
      if (data === "long") await end.opened;
      return data;
    });
    await one.start();
    const { id } = await onlyWorker(operator);
    const long = await task.dispatch("long");
    await begun.reach(1);
    expect(await operator.workers.quiet(id)).toEqual({ status: "requested" });
    await untilState(operator, id, "quiet");
    const later = await task.dispatch("later");
    end.open();
    expect(await long.result).toBe("long");
    expect(await later.getState()).toBe("waiting");
    expect(begun.items).toEqual(["long"]);
    expect(await operator.workers.resume(id)).toEqual({ status: "requested" });
    expect(await later.result).toBe("later");
    await untilState(operator, id, "running");
  });

  it("closes, and is seen to close while its handlers end", async () => {
    const one = app();
    const operator = app();
    const begun = new Collected<unknown>();
    const end = gate();
    const task = one.task("work", async (data: unknown) => {
      begun.push(data);
      await end.opened;
      return data;
    });
    await one.start();
    const { id } = await onlyWorker(operator);
    const job = await task.dispatch("long");
    await begun.reach(1);
    expect(await operator.workers.close(id, { by: "anna", reason: "leaks" })).toEqual({
      status: "requested",
    });
    await untilState(operator, id, "closing");
    expect(await operator.tasks.get("work")).toMatchObject({ workers: 0 });
    end.open();
    expect(await operator.jobs.handle<string>(job).result).toBe("long");
    await untilState(operator, id, undefined);
    await expect(task.dispatch("refused")).rejects.toMatchObject({ code: "APP_CLOSED" });
    expect((await operator.audit.list()).items).toMatchObject([
      { action: "worker.close", worker: id, status: "requested", by: "anna", reason: "leaks" },
    ]);
  });

  it("says how it is, with its age", async () => {
    const one = app({ release: "v7" });
    const operator = app();
    const begun = new Collected<unknown>();
    const end = gate();
    const handler = async (data: unknown) => {
      begun.push(data);
      await end.opened;
    };
    const task = one.task("work", { concurrency: 7, handler });
    one.task("idle", { concurrency: 3, handler });
    await one.start();
    const first = await onlyWorker(operator);
    const jobs = await task.dispatchMany([1, 2]);
    await begun.reach(2);
    one.quiet();
    await untilState(operator, first.id, "quiet");
    const { vitals, tasks, silentMs, seenAt } = await onlyWorker(operator);
    end.open();
    expect(tasks).toMatchObject([
      { task: "work", slots: 7, running: 2 },
      { task: "idle", slots: 3, running: 0 },
    ]);
    expect(vitals).toMatchObject({ running: 2, node: process.version, release: "v7" });
    expect(new Set(vitals?.jobs.map((job) => job.id))).toEqual(new Set(jobs.map((job) => job.id)));
    for (const { task: name, since } of vitals?.jobs ?? []) {
      expect(name).toBe("work");
      expect(since).toBeGreaterThanOrEqual(first.startedAt - 1000);
      expect(since).toBeLessThanOrEqual((vitals?.at ?? 0) + 1);
    }
    expect(vitals?.rssBytes).toBeGreaterThan(10_000_000);
    expect(vitals?.cpu).toBeGreaterThanOrEqual(0);
    expect(vitals?.at).toBe(seenAt);
    expect(vitals?.ageMs).toBe(silentMs);
    expect(await operator.workers.releases()).toMatchObject([{ name: "v7", at: expect.any(Number) }]);
  });

  it("is missing when nobody has its id, and nothing is told then", async () => {
    const operator = app();
    expect(await operator.workers.quiet("nobody")).toEqual({ status: "missing" });
    expect((await operator.audit.list()).items).toEqual([]);
    await expect(operator.workers.close("nobody", { resaon: "" } as never)).rejects.toThrow(/did you mean/i);
  });
});

describe("a worker that cannot say so any more", () => {
  let world: VirtualWorld;

  beforeEach(() => {
    world = new VirtualWorld();
  });

  afterEach(() => world.close());

  it("is lost within 15 s of its last sign of life, and forgotten after 30 s", async () => {
    const { app, store } = world.drive();
    const { app: operator } = world.drive();
    app.task("work", () => undefined);
    await app.start();
    await world.clock.advance(25_000);
    const { id, seenAt } = await onlyWorker(operator);
    const state = async () => (await operator.workers.get(id))?.state;
    // As of a process that is killed right after a sign of life.
    store.always("silent", "contracts.prolong", "contracts.announce", "contracts.withdraw");
    await world.clock.advance(seenAt + 13_000 - world.clock.now());
    expect(await state()).toBe("running");
    await world.clock.advance(2000);
    expect(await state()).toBe("lost");
    await world.clock.advance(14_900);
    expect(await state()).toBe("lost");
    await world.clock.advance(200);
    expect(await state()).toBeUndefined();
  });

  it("reads within 10 s what it did not hear", async () => {
    const { app, store } = world.drive();
    const { app: operator } = world.drive();
    app.task("work", () => undefined);
    await app.start();
    store.mute("cancels");
    const { id } = await onlyWorker(operator);
    await operator.workers.quiet(id);
    await world.settle();
    expect((await onlyWorker(operator)).state).toBe("running");
    await world.clock.advance(10_000);
    expect((await onlyWorker(operator)).state).toBe("quiet");
  });
});
