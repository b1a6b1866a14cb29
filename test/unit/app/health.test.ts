import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gate } from "../../support/signals.js";
import { VirtualWorld } from "../../support/virtual-world.js";

const MINUTES_MS = 600_000;

let world: VirtualWorld;
beforeEach(() => {
  world = new VirtualWorld();
});
afterEach(() => world.close());

describe("the health of an app", () => {
  it("follows its life", async () => {
    const { app } = world.drive();
    const end = gate();
    const task = app.task("work", () => end.opened);
    expect(app.health()).toEqual({
      ...{ live: true, ready: false, state: "idle" },
      store: { state: "disconnected" },
    });
    await app.connect();
    expect(app.health()).toMatchObject({ ready: false, state: "idle", store: { state: "connected" } });
    const starting = app.start();
    await Promise.resolve();
    expect(app.health()).toMatchObject({ ready: false });
    await starting;
    expect(app.health()).toMatchObject({ live: true, ready: true, state: "running" });
    app.quiet();
    expect(app.health()).toMatchObject({ live: true, ready: false, state: "quiet" });
    app.resume();
    await task.dispatch(null);
    await world.settle();
    expect(app.health()).toMatchObject({ ready: true, state: "running", lastClaimAgeMs: 0 });
    const closing = app.close();
    expect(app.health()).toMatchObject({ live: true, ready: false, state: "closing" });
    end.open();
    await world.reach(closing);
    expect(app.health()).toEqual({
      ...{ live: true, ready: false, state: "closed" },
      store: { state: "disconnected" },
    });
  });

  it("lives while it has nothing to do, and while all slots are taken", async () => {
    const { app } = world.drive();
    const end = gate();
    const task = app.task("work", { concurrency: 1, handler: () => end.opened });
    await app.start();
    await world.clock.advance(MINUTES_MS);
    const { live, lastClaimAgeMs } = app.health();
    expect(live).toBe(true);
    expect(lastClaimAgeMs).toBeLessThanOrEqual(20_000);
    const job = await task.dispatch(null);
    await world.clock.advance(MINUTES_MS);
    expect(app.health()).toMatchObject({ live: true, ready: true });
    expect(app.health().lastClaimAgeMs).toBeGreaterThan(MINUTES_MS / 2);
    end.open();
    await world.settle();
    expect(await job.result).toBe(undefined);
    expect(app.health().live).toBe(true);
    app.quiet();
    await world.clock.advance(MINUTES_MS);
    app.resume();
    await world.settle();
    expect(app.health()).toMatchObject({ live: true, ready: true });
  });

  it("lives and is not ready while its store is away", async () => {
    const { app, store } = world.drive();
    app.task("work", () => undefined);
    await app.start();
    store.always("refused", "claim", "settle", "survey", "sweep", "renew");
    await world.clock.advance(MINUTES_MS);
    const health = app.health();
    expect(health).toMatchObject({ live: true, ready: false, state: "running", store: { state: "away" } });
    expect(health.store.awayMs).toBeGreaterThan(MINUTES_MS - 60_000);
    store.heal();
    await world.clock.advance(5000);
    expect(app.health()).toMatchObject({ ready: true, store: { state: "connected" } });
    expect(new Set(world.takeErrorCodes())).toEqual(new Set(["STORE_UNAVAILABLE"]));
  });

  it("does not live when a claim is never answered", async () => {
    const { app, store } = world.drive();
    app.task("work", () => undefined);
    await app.start();
    await world.clock.advance(1000);
    store.always("silent", "claim", "settle");
    await world.clock.advance(60_000);
    expect(app.health().live).toBe(true);
    await world.clock.advance(25_000);
    expect(app.health()).toMatchObject({ live: false, state: "running" });
  });

  it("does not live when a claim is never answered, though other jobs are settled", async () => {
    const { app, store } = world.drive();
    let ended = 0;
    app.task("idle", () => undefined);
    const busy = app.task("busy", {
      concurrency: 1,
      handler: () =>
        new Promise<void>((resolve) => world.clock.schedule(5000, resolve)).then(() => void ended++),
    });
    await busy.dispatchMany(Array.from({ length: 20 }, (_, n) => n));
    store.always("silent", "claim");
    await app.start();
    await world.clock.advance(50_000);
    expect(app.health().live).toBe(true);
    await world.clock.advance(15_000);
    expect(ended).toBe(13);
    expect(app.health()).toMatchObject({ live: false, ready: true, state: "running" });
  });
});

describe("the backlog of a task", () => {
  it("is what waits by the mean of its runs and the slots of those who work", async () => {
    const { app } = world.drive();
    const { app: operator } = world.drive();
    const handler = () => new Promise<void>((resolve) => world.clock.schedule(9000, resolve));
    const task = app.task("work", { concurrency: 2, handler });
    const idle = { waiting: 0, workMs: 0, drainMs: 0 };
    await task.dispatchMany(Array.from({ length: 12 }, (_, n) => n));
    expect(await operator.tasks.backlog("work")).toEqual({ waiting: 12, slots: 0 });
    await app.start();
    await world.clock.advance(20_500);
    expect(await operator.tasks.backlog("work")).toEqual({
      ...{ waiting: 6, runMs: 9000, workMs: 54_000, slots: 2, drainMs: 27_000 },
    });
    app.quiet();
    await world.settle();
    expect(await operator.tasks.backlog("work")).toMatchObject({ slots: 0, workMs: 54_000 });
    expect(await operator.tasks.backlog("work")).not.toHaveProperty("drainMs");
    app.resume();
    await world.clock.advance(60_000);
    expect(await operator.tasks.backlog("work")).toEqual({ ...idle, slots: 2 });
    await world.reach(app.close());
    // What was measured more than an hour ago is looked for where nothing newer is.
    await world.clock.advance(4_000_000);
    await operator.register({ name: "work", version: 1 }).dispatch(13);
    expect(await operator.tasks.backlog("work")).toMatchObject({ waiting: 1, runMs: 9000, workMs: 9000 });
    await expect(operator.tasks.backlog("wrok")).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
  });
});
