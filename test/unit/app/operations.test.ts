import type { TaskEvent, TaskEvents } from "taskora";
import { createTaskora } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate, rejection } from "../../support/signals.js";

describeBehaviour("pausing a task", ({ app }) => {
  it("stops it in every process, and a resume lets it go on", async () => {
    const worker = app();
    const ran = new Collected<unknown>();
    worker.task("print", (data) => ran.push(data));
    await worker.start();
    const producer = app();
    const print = producer.register({ name: "print", version: 1 });
    expect(await print.pause()).toEqual({ status: "applied" });
    expect(await print.pause()).toEqual({ status: "unchanged" });
    await print.dispatch(1);
    const second = print.dispatch(2);
    await second;
    expect(await worker.tasks.get("print")).toMatchObject({
      counts: { waiting: 2, active: 0 },
      pausedAt: expect.any(Number),
    });
    expect(await worker.tasks.handle("print").isPaused()).toBe(true);
    expect(await worker.tasks.handle("print").resume()).toEqual({ status: "applied" });
    await second.result;
    expect(ran.items).toEqual([1, 2]);
    expect(await print.isPaused()).toBe(false);
  });

  it("holds for a worker that starts later, and lets active jobs end", async () => {
    const tasks = app();
    const [started, hold] = [gate(), gate()];
    const print = tasks.task("print", async (data) => {
      started.open();
      await hold.opened;
      return data;
    });
    await tasks.start();
    const active = print.dispatch("active");
    const { result } = active;
    await started.opened;
    await print.pause();
    const waiting = print.dispatch("waiting");
    await waiting;
    hold.open();
    expect(await result).toBe("active");
    await tasks.close();
    await tasks.start();
    expect(await waiting.getState()).toBe("waiting");
    await print.resume();
    expect(await waiting.result).toBe("waiting");
  });

  it("gives back what a worker has claimed ahead", async () => {
    const tasks = app();
    const [reached, hold] = [gate(), gate()];
    const ran: unknown[] = [];
    const print = tasks.task("print", {
      concurrency: 1,
      handler: async (n) => {
        ran.push(n);
        if (n !== 500) return;
        reached.open();
        await hold.opened;
      },
    });
    await tasks.start();
    const jobs = await print.dispatchMany(Array.from({ length: 520 }, (_, n) => n));
    await reached.opened;
    await print.pause();
    await expect
      .poll(async () => await tasks.jobs.count({ task: "print" }))
      .toMatchObject({ active: 1, waiting: 19 });
    hold.open();
    await jobs[500]?.result;
    expect(ran).toHaveLength(501);
    await print.resume();
    await jobs[519]?.result;
    expect(ran).toEqual(Array.from({ length: 520 }, (_, n) => n));
  });

  it("promotes and expires while it lasts, and nothing more is done than that", async () => {
    const tasks = app();
    const print = tasks.task("print", () => 1);
    await print.pause();
    const due = await print.dispatch(1, { delay: 20 });
    const expiring = print.dispatch(1, { ttl: 20 });
    const outcome = rejection(expiring.result);
    await tasks.start();
    expect((await outcome).name).toBe("ExpiredError");
    await expect.poll(() => due.getState()).toBe("waiting");
    await print.resume();
    expect(await due.result).toBe(1);
  });

  it("is told to listeners of the task and of the app", async () => {
    const tasks = app();
    const print = tasks.register({ name: "print", version: 1 });
    const changes = new Collected<TaskEvent>();
    const ofApp = new Collected<string>();
    print.on("paused", changes.push);
    print.on("resumed", changes.push);
    print.on("drained", changes.push);
    tasks.on("drained", ({ task }) => ofApp.push(task));
    await tasks.connect();
    const other = app().tasks.handle("print");
    await print.dispatch(1);
    await other.pause();
    await print.dispatch(2);
    await other.drain();
    await other.resume();
    const seen = (await changes.reach(3)).map(({ at, ...change }) => change);
    expect(seen).toEqual([
      { task: "print", type: "paused" },
      { task: "print", type: "drained", count: 2 },
      { task: "print", type: "resumed" },
    ]);
    expect(await ofApp.reach(1)).toEqual(["print"]);
  });

  it("refuses a name that is none", () => {
    expect(() => app().tasks.handle("Print It")).toThrow(/Use "print-it"/);
  });
});

describe("an idle worker of a paused task", () => {
  it("does not ask again and again for the jobs that wait", async () => {
    const clock = new VirtualClock();
    const adapter = memoryAdapter({ store: createMemoryStore({ clock }) });
    const calls = { claim: 0, settle: 0 };
    for (const verb of ["claim", "settle"] as const) {
      const original = adapter[verb].bind(adapter) as (...args: readonly unknown[]) => Promise<never>;
      adapter[verb] = (...args: readonly unknown[]) => {
        calls[verb] += 1;
        return original(...args);
      };
    }
    const tasks = createTaskora({ adapter, clock, logger: false });
    const print = tasks.task("print", () => 1);
    await print.pause();
    await print.dispatchMany(Array.from({ length: 50 }, (_, n) => n));
    await tasks.start();
    await clock.advance(1000);
    const before = { ...calls };
    await clock.advance(600_000);
    // One claim waits 20 s.
    expect(calls.settle).toBe(before.settle);
    expect(calls.claim - before.claim).toBeLessThanOrEqual(31);
    const closing = tasks.close({ timeout: 0 });
    await clock.advance(1000);
    await closing;
  });
});

describeBehaviour("draining a task", ({ app }) => {
  it("ends what waits, and the handles are told", async () => {
    const tasks = app();
    const print = tasks.register({ name: "print", version: 1 });
    const first = print.dispatch("first");
    const outcomes = [rejection(first.result)];
    await print.dispatchMany(Array.from({ length: 2498 }, (_, n) => n));
    const last = print.dispatch("last");
    outcomes.push(rejection(last.result));
    await Promise.all([first, last]);
    const delayed = print.dispatch("later", { delay: "1h" });
    const moved = rejection(delayed.result);
    await delayed;
    expect(await print.drain()).toEqual({ matched: 2500, applied: 2500, refused: 0, missing: 0 });
    for (const outcome of outcomes) {
      expect(await outcome).toMatchObject({ name: "CancelledError", reason: "drained" });
    }
    expect(await delayed.getState()).toBe("delayed");
    expect(await print.drain({ states: ["delayed", "retrying"], reason: "moved" })).toMatchObject({
      applied: 1,
    });
    expect(await moved).toMatchObject({ reason: "moved" });
    expect(await print.drain()).toMatchObject({ matched: 0, applied: 0 });
  });

  it("comes to an end although producers go on", async () => {
    const tasks = app();
    const print = tasks.register({ name: "print", version: 1 });
    await print.dispatchMany(Array.from({ length: 1500 }, (_, n) => n));
    let isOver = false;
    const producing = (async () => {
      while (!isOver) await print.dispatch("more");
    })();
    const { applied: drained } = await print.drain();
    isOver = true;
    await producing;
    expect(drained).toBeGreaterThanOrEqual(1500);
  });

  it("refuses what is no waiting state", async () => {
    const print = app().register({ name: "print", version: 1 });
    expect(await rejection(print.drain({ states: ["active"] as never }))).toMatchObject({
      code: "OPTION_INVALID",
    });
    expect((await rejection(print.drain({ state: ["waiting"] } as never))).message).toMatch(
      /Did you mean "states"/,
    );
  });
});

describeBehaviour("a job changed by hand", ({ app }) => {
  it("is promoted, rescheduled and given another priority", async () => {
    const tasks = app();
    const print = tasks.register({ name: "print", version: 1 });
    const job = await print.dispatch(1, { delay: "1h" });
    expect(await job.promote()).toEqual({ status: "applied" });
    expect(await job.promote()).toEqual({ status: "refused", state: "waiting" });
    expect(await job.changePriority(7)).toEqual({ status: "applied" });
    expect(await job.reschedule({ delay: "2h" })).toEqual({ status: "applied" });
    const runAt = new Date(Date.now() + 3 * 3_600_000);
    expect(await print.job(job.id).reschedule({ runAt })).toEqual({ status: "applied" });
    expect(await tasks.jobs.get({ id: job.id })).toMatchObject({
      state: "delayed",
      priority: 7,
      dueAt: runAt.getTime(),
    });
  });

  it("runs at once when it is rescheduled to a time that is past", async () => {
    const tasks = app();
    const print = tasks.task("print", (data) => data);
    await tasks.start();
    const job = await print.dispatch("x", { delay: "1h" });
    await tasks.jobs.handle({ task: "print", id: job.id }).reschedule({ runAt: 0 });
    expect(await job.result).toBe("x");
  });

  it("is removed with everything kept about it, and its handle is told", async () => {
    const tasks = app();
    const print = tasks.register({ name: "print", version: 1 });
    const removed = new Collected<TaskEvents["removed"]>();
    print.on("removed", removed.push);
    await tasks.connect();
    const job = print.dispatch(1);
    const outcome = rejection(job.result);
    await job;
    expect(await job.remove()).toEqual({ status: "applied" });
    expect(await outcome).toMatchObject({ name: "CancelledError", reason: "removed" });
    expect((await removed.reach(1)).map(({ id }) => id)).toEqual([job.id]);
    expect(await job.getState()).toBeUndefined();
    expect(await job.remove()).toEqual({ status: "missing" });
  });

  it("says which state does not allow it", async () => {
    const tasks = app();
    const [started, hold] = [gate(), gate()];
    const print = tasks.task("print", async () => {
      started.open();
      await hold.opened;
    });
    await tasks.start();
    const job = await print.dispatch(1);
    await started.opened;
    const active = { status: "refused", state: "active" };
    expect(await job.remove()).toEqual(active);
    expect(await job.promote()).toEqual(active);
    expect(await job.reschedule({ delay: 1 })).toEqual(active);
    expect(await job.changePriority(1)).toEqual(active);
    hold.open();
    await job.result;
    const completed = { status: "refused", state: "completed" };
    expect(await job.promote()).toEqual(completed);
    expect(await job.reschedule({ delay: 1 })).toEqual(completed);
    expect(await job.changePriority(1)).toEqual(completed);
    expect(await job.remove()).toEqual({ status: "applied" });
    expect(await job.changePriority(1)).toEqual({ status: "missing" });
  });

  it("refuses times and priorities that are none", async () => {
    const job = app().register({ name: "print", version: 1 }).job("00000000000000");
    expect((await rejection(job.reschedule({}))).message).toMatch(/expected delay or runAt .* got neither/);
    expect((await rejection(job.reschedule({ delay: 1, runAt: 1 }))).message).toMatch(/got both/);
    expect((await rejection(job.reschedule({ in: 1 } as never))).message).toMatch(/unknown option "in"/);
    expect((await rejection(job.changePriority(1001))).message).toMatch(/from -1000 to 1000/);
  });
});
