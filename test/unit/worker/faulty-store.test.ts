/** A worker over a store that refuses, answers late or loses what it says; time moves only when a test moves it. */

import { createTaskora } from "taskora";
import type { TimerHandle } from "taskora/adapter";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { VirtualClock } from "taskora/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gate, rejection } from "../../support/signals.js";
import { type DrivenApp, VirtualWorld } from "../../support/virtual-world.js";

let world: VirtualWorld;

beforeEach(() => {
  world = new VirtualWorld();
});

afterEach(async () => {
  await world.close();
  expect(world.errors.map(({ error }) => error)).toEqual([]);
});

describe("a settle call that fails", () => {
  it("is repeated with what ended, so that the job runs once", async () => {
    const { app, store } = world.drive();
    const run = vi.fn(() => "done");
    const task = app.task("a", run);
    await app.start();
    await world.settle();
    store.next("settle", "refused");
    store.next("settle", "refused");
    const { result } = task.dispatch(null);
    expect(await world.reach(result)).toBe("done");
    expect(run).toHaveBeenCalledOnce();
    expect(world.takeErrorCodes()).toEqual(["STORE_UNAVAILABLE"]);
  });

  it("of which only the answer was lost settles the job once", async () => {
    const { app, store } = world.drive();
    const run = vi.fn(() => "done");
    const task = app.task("a", run);
    await app.start();
    await world.settle();
    store.next("settle", "unanswered");
    const { result } = task.dispatch(null);
    expect(await world.reach(result)).toBe("done");
    await world.clock.advance(30_000);
    expect(run).toHaveBeenCalledOnce();
    expect(world.takeErrorCodes()).toEqual(["STORE_UNAVAILABLE"]);
  });

  it("is reported at the second outage as at the first, and waited for as briefly", async () => {
    const { app, store } = world.drive();
    const task = app.task("a", () => "done");
    await app.start();
    for (let outage = 0; outage < 2; outage++) {
      await world.settle();
      for (let failure = 0; failure < 6; failure++) store.next("settle", "refused");
      const before = store.count("settle");
      const job = await task.dispatch(outage);
      await world.settle();
      expect(store.count("settle")).toBe(before + 1);
      await world.clock.advance(50);
      expect(store.count("settle")).toBe(before + 2);
      await world.clock.advance(5000);
      expect(await job.getState()).toBe("completed");
      expect(world.takeErrorCodes()).toEqual(["STORE_UNAVAILABLE"]);
    }
  });
});

describe("a waiting claim that fails", () => {
  it("delays the next one, and no later one", async () => {
    const { app, store } = world.drive();
    const task = app.task("a", () => "done");
    store.next("claim", "refused");
    await app.start();
    await world.settle();
    expect(store.count("claim")).toBe(1);
    await world.clock.advance(50);
    expect(store.count("claim")).toBe(2);
    expect(world.takeErrorCodes()).toEqual(["STORE_UNAVAILABLE"]);
    for (let round = 0; round < 3; round++) {
      const waits = store.count("claim");
      const { result } = task.dispatch(null);
      await world.settle();
      expect(await result).toBe("done");
      expect(store.count("claim")).toBeGreaterThan(waits);
    }
  });
});

describe("a renewal that is answered late", () => {
  it("extends the lease from when it was sent", async () => {
    const { app, store } = world.drive();
    const end = gate();
    const task = app.task("a", { lease: "3s", handler: () => end.opened });
    await app.start();
    // Else the job would be given to others.
    store.always("silent", "sweep");
    await world.clock.advance(2000);
    const { result } = task.dispatch(null);
    await world.settle();
    const late = store.holdAnswer("renew");
    await world.clock.advance(1500);
    await late.held;
    await world.clock.advance(2000);
    late.release();
    await world.settle();
    await world.clock.advance(900);
    const asked = store.count("renew");
    end.open();
    await world.reach(result);
    expect(store.count("renew")).toBe(asked + 1);
  });
});

describe("the lease that a worker has by default", () => {
  it("is renewed while it has 4 s left, and its end is noticed within 10 s", async () => {
    const { app, store } = world.drive();
    const task = app.task("a", () => gate().opened);
    await app.start();
    await task.dispatch(null);
    let longestMs = 0;
    for (let renewals = 0, sinceMs = 0; renewals < 6; sinceMs += 100) {
      await world.clock.advance(100);
      if (store.count("renew") === renewals) continue;
      renewals = store.count("renew");
      longestMs = Math.max(longestMs, sinceMs);
      sinceMs = 0;
    }
    expect(longestMs).toBeLessThanOrEqual(3000);

    // Its process is gone just after it has renewed.
    store.always("silent", "renew", "claim", "settle", "sweep", "survey");
    const run = vi.fn();
    const { app: other } = world.drive();
    other.task("a", run);
    await other.start();
    await world.clock.advance(6000);
    expect(run).not.toHaveBeenCalled();
    await world.clock.advance(4000);
    expect(run).toHaveBeenCalledOnce();
    await world.close();
    world.takeErrorCodes();
  });
});

describe("the look of a process at its store", () => {
  it("comes every 2 s, in one call for all tasks, while it works or awaits a result", async () => {
    const { app: worker, store: asked } = world.drive();
    for (const name of ["a", "b", "c"]) worker.task(name, () => 1);
    await worker.start();
    const { app: producer, store } = world.drive();
    const task = producer.register({ name: "slow", version: 1 });
    const job = await task.dispatch(null);
    const looks = async () => {
      const before = [asked.count("survey"), store.count("survey")] as const;
      await world.clock.advance(20_000);
      return [asked.count("survey") - before[0], store.count("survey") - before[1]];
    };
    expect(await looks()).toEqual([10, 0]);
    const result = rejection(job.result);
    expect(await looks()).toEqual([10, 10]);
    await job.cancel();
    await world.reach(result);
    // One that was on its way.
    await world.clock.advance(2000);
    expect(await looks()).toEqual([10, 0]);
  });
});

describe("the look of a process without a worker", () => {
  /** How many looks a process makes in 20 s. */
  async function looks(asked: DrivenApp["store"]): Promise<number> {
    const before = asked.count("survey");
    await world.clock.advance(20_000);
    return asked.count("survey") - before;
  }

  it("comes every 2 s while it listens to events, and no more afterwards", async () => {
    const { app, store } = world.drive();
    const stop = new AbortController();
    app.on("completed", () => undefined, { signal: stop.signal });
    await app.connect();
    await world.settle();
    expect(await looks(store)).toBe(10);
    stop.abort();
    await world.clock.advance(2000);
    expect(await looks(store)).toBe(0);
  });

  it("comes every 2 s once it has stored schedules, which an emptied store gets again", async () => {
    const { app, store } = world.drive();
    app.register({ name: "a", version: 1 });
    app.schedule("daily", { task: "a", every: "1d" });
    expect(await looks(store)).toBe(0);
    await app.schedules.list();
    await world.settle();
    expect(await looks(store)).toBe(10);
  });

  it("never comes while it dispatches alone", async () => {
    const { app, store } = world.drive();
    const task = app.register({ name: "a", version: 1 });
    for (let n = 0; n < 3; n++) {
      await task.dispatch(n, { delay: "1m", ttl: "1h" });
      expect(await looks(store)).toBe(0);
    }
  });
});

describe("a store that is away for long", () => {
  it("is asked with pauses that grow to a second, and the worker goes on within 2 s of its return", async () => {
    const { app, store } = world.drive();
    const end = gate();
    const runs: unknown[] = [];
    const task = app.task("a", {
      lease: "10m",
      concurrency: 2,
      handler: async (data) => {
        runs.push(data);
        if (data === "long") await end.opened;
        return data;
      },
    });
    await app.start();
    const long = task.dispatch("long").result;
    await world.settle();
    store.always("refused", "claim", "settle", "renew", "sweep", "survey");
    const { app: producer } = world.drive();
    const waiting = await producer.register({ name: "a", version: 1 }).dispatch("waiting");
    end.open();
    await world.clock.advance(60_000);
    const called = () => store.count("claim") + store.count("settle") + store.count("renew");
    for (let minute = 0; minute < 3; minute++) {
      const before = called();
      await world.clock.advance(60_000);
      expect(called() - before).toBeGreaterThanOrEqual(50);
      // What was claimed is asked for once a second; a claim that waits, or a lease, is asked for as often at most.
      expect(called() - before).toBeLessThanOrEqual(130);
    }
    store.heal();
    await world.clock.advance(2000);
    expect(await waiting.getState()).toBe("completed");
    // What had ended was kept, and is settled: it runs no second time.
    expect(await long).toBe("long");
    expect(runs).toEqual(["long", "waiting"]);
    expect(new Set(world.takeErrorCodes())).toEqual(new Set(["STORE_UNAVAILABLE"]));
  });
});

describe("annotations that fail", () => {
  it.each(["refused", "unanswered", "twice"] as const)("when they are %s let the job end", async (fault) => {
    const { app, store } = world.drive();
    const task = app.task("a", (_, ctx) => {
      ctx.progress(50);
      ctx.log.info("half of it");
      return "done";
    });
    await app.start();
    await world.settle();
    store.next("annotate", fault);
    const { result } = task.dispatch(null);
    expect(await world.reach(result)).toBe("done");
    await world.reach(app.close());
    const reported = new Set(world.takeErrorCodes());
    expect(reported).toEqual(new Set(fault === "twice" ? [] : ["STORE_UNAVAILABLE"]));
  });
});

describe("a lost notice of a cancel", () => {
  it("is made up for as soon as the channel is known to have been interrupted", async () => {
    const { app, store } = world.drive();
    const aborted = vi.fn();
    const task = app.task("a", (_, { signal }) => {
      signal.addEventListener("abort", aborted);
      return rejection(
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      );
    });
    await app.start();
    const job = await task.dispatch(null);
    const ended = rejection(job.result);
    await world.settle();
    store.mute("cancels");
    await job.cancel({ reason: "no more" });
    await world.settle();
    expect(aborted).not.toHaveBeenCalled();
    store.interrupt("cancels");
    await world.settle();
    expect(aborted).toHaveBeenCalledOnce();
    expect(await ended).toMatchObject({ code: "JOB_CANCELLED" });
  });

  it("is made up for by the next heartbeat", async () => {
    const { app, store } = world.drive();
    const aborted = vi.fn();
    const task = app.task("a", {
      lease: "3s",
      handler: async (_, { signal }) => {
        signal.addEventListener("abort", aborted);
        await rejection(
          new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
        );
      },
    });
    await app.start();
    const job = await task.dispatch(null);
    const ended = rejection(job.result);
    await world.settle();
    store.mute("cancels");
    await job.cancel({ reason: "no more" });
    await world.clock.advance(2000);
    expect(aborted).toHaveBeenCalledOnce();
    expect(await ended).toMatchObject({ code: "JOB_CANCELLED" });
  });
});

describe("the timer of a timeout", () => {
  it("is gone when its job has ended", async () => {
    const clock = new VirtualClock();
    const armed = new Set<TimerHandle>();
    const observed = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      schedule(delayMs: number, callback: () => void): TimerHandle {
        const timer = clock.schedule(delayMs, callback);
        if (delayMs !== 3_600_000) return timer;
        armed.add(timer);
        return { cancel: () => void (armed.delete(timer) && timer.cancel()) };
      },
    };
    const adapter = memoryAdapter({ store: createMemoryStore({ clock }) });
    const app = createTaskora({ adapter, clock: observed });
    const end = gate();
    const task = app.task("a", { timeout: "1h", handler: () => end.opened });
    await app.start();
    const { result } = task.dispatch(null);
    await clock.advance(0);
    expect(armed.size).toBe(1);
    end.open();
    await result;
    expect(armed.size).toBe(0);
    const closing = app.close({ timeout: 0 });
    await clock.advance(5000);
    await closing;
  });
});
