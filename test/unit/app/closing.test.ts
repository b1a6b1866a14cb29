import type { Duration } from "taskora";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import type { Verb } from "../../support/faulty-adapter.js";
import { gate, rejection, untilAborted } from "../../support/signals.js";
import { VirtualWorld } from "../../support/virtual-world.js";

const next = { name: "next", version: 1 } as const;

describeBehaviour("an app that closes while a handler is at work", ({ app }) => {
  it("lets it dispatch, and await the result of another process", async () => {
    const started = gate();
    const proceed = gate();
    const closing = app();
    const client = closing.register(next);
    const task = closing.task("first", async () => {
      started.open();
      await proceed.opened;
      return client.dispatch("to others").result;
    });
    await closing.start();
    const job = await task.dispatch(null);
    await started.opened;
    const closed = closing.close();
    const other = app();
    other.task("next", (data) => `${data}: done`);
    await other.start();
    proceed.open();
    await closed;
    expect(await other.jobs.handle({ task: "first", id: job.id }).result).toBe("to others: done");
  });

  it("stores what it dispatches and does not await", async () => {
    const started = gate();
    const proceed = gate();
    const closing = app();
    const client = closing.register(next);
    const task = closing.task("first", async () => {
      started.open();
      await proceed.opened;
      void client.dispatch("forgotten");
    });
    await closing.start();
    await task.dispatch(null);
    await started.opened;
    const closed = closing.close();
    proceed.open();
    await closed;
    const reader = app();
    reader.register(next);
    expect((await reader.jobs.count({ task: "next" })).waiting).toBe(1);
  });

  it("lets it start a workflow", async () => {
    const started = gate();
    const proceed = gate();
    const closing = app();
    const client = closing.register(next);
    const task = closing.task("first", async () => {
      started.open();
      await proceed.opened;
      return (await closing.workflow(client.step("in a workflow"))).id;
    });
    await closing.start();
    const job = await task.dispatch(null);
    await started.opened;
    const closed = closing.close();
    proceed.open();
    await closed;
    const reader = app();
    reader.register(next);
    expect(await reader.jobs.handle({ task: "first", id: job.id }).getState()).toBe("completed");
    expect((await reader.jobs.count({ task: "next" })).waiting).toBe(1);
  });

  it("refuses to dispatch when the last handler has ended", async () => {
    const closing = app();
    const client = closing.register(next);
    closing.task("first", () => undefined);
    await closing.start();
    const closed = closing.close();
    expect(await rejection(client.dispatch(null))).toMatchObject({ code: "APP_CLOSED" });
    await closed;
  });

  it("stores a result that comes after the abort", async () => {
    const started = gate();
    const closing = app();
    const task = closing.task("first", async (_, { signal }) => {
      started.open();
      await rejection(untilAborted(signal));
      return "saved in time";
    });
    await closing.start();
    const job = await task.dispatch(null);
    await started.opened;
    await closing.close({ timeout: 10 });
    expect(await app().jobs.handle({ task: "first", id: job.id }).result).toBe("saved in time");
  });

  it("gives back what throws after the abort, without an attempt", async () => {
    const started = gate();
    const closing = app();
    const task = closing.task("first", (_, { signal }) => {
      started.open();
      return untilAborted(signal);
    });
    await closing.start();
    const { id } = await task.dispatch(null);
    await started.opened;
    await closing.close({ timeout: 10 });
    const reader = app();
    reader.register({ name: "first", version: 1 });
    expect(await reader.jobs.get({ id })).toMatchObject({ state: "waiting", attempt: 0 });
  });
});

describe("an app that closes, on virtual time", () => {
  let world: VirtualWorld;

  beforeEach(() => {
    world = new VirtualWorld();
  });

  afterEach(() => world.close());

  /** An app that closes while its job runs under a lease of 1 s, and another that would take the job. */
  async function close(timeout: Duration) {
    const [{ app: closing, store }, { app: other }] = [world.drive(), world.drive()];
    const aborts: { readonly reason: unknown; readonly atMs: number }[] = [];
    const end = gate<unknown>();
    const handler = (_: unknown, { signal }: { readonly signal: AbortSignal }) => {
      signal.addEventListener("abort", () => {
        aborts.push({ reason: signal.reason, atMs: world.clock.monotonic() - closedAt });
      });
      return end.opened;
    };
    const task = closing.task("a", { lease: "1s", handler });
    const job = await task.dispatch(null);
    await closing.start();
    await world.settle();
    const taken = vi.fn(() => "taken over");
    other.task("a", { lease: "1s", handler: taken });
    await other.start();
    const closedAt = world.clock.monotonic();
    const closed = closing.close({ timeout }).then(() => world.clock.monotonic() - closedAt);
    const { result } = other.jobs.handle({ task: "a", id: job.id });
    return { task, store, end, aborts, taken, closed, result };
  }

  it("keeps the leases of what it waits for, for as long as it waits", async () => {
    const { end, aborts, taken, closed, result } = await close("1m");
    await world.clock.advance(59_000);
    expect(aborts).toEqual([]);
    end.open("done in time");
    await world.reach(closed);
    expect(await world.reach(result)).toBe("done in time");
    expect(taken).not.toHaveBeenCalled();
  });

  it.each([
    ["5s", 5000, 500],
    ["200ms", 200, 200],
    [0, 0, 0],
  ] as const)(
    "with a timeout of %s leaves half a second after the abort, or as long",
    async (timeout, ms, moreMs) => {
      const { aborts, taken, closed, result } = await close(timeout);
      expect(await world.reach(closed)).toBe(ms + moreMs);
      expect(aborts).toEqual([{ reason: expect.objectContaining({ code: "SHUTDOWN" }), atMs: ms }]);
      expect(await world.reach(result)).toBe("taken over");
      expect(taken).toHaveBeenCalledOnce();
    },
  );

  it("while the store is away rejects what it could not store, and leaves its job to the end of the lease", async () => {
    const { task, store, end, taken, closed, result } = await close("5s");
    store.always("silent", "settle", "renew", "claim", "insert");
    const late = rejection(task.dispatch("late"));
    end.open("not heard of");
    await world.reach(closed);
    expect(await late).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(await world.reach(result)).toBe("taken over");
    expect(taken).toHaveBeenCalledOnce();
  });
});

describe("an app whose store does not answer", () => {
  let world: VirtualWorld;

  beforeEach(() => {
    world = new VirtualWorld();
  });

  afterEach(() => world.close());

  const SILENT: readonly (readonly Verb[])[] = [
    ["settle"],
    ["renew"],
    ["claim"],
    ["sweep"],
    ["annotate"],
    ["insert"],
    ["watch"],
    ["subscribe"],
    ["contracts.withdraw", "contracts.prolong"],
    ["schedules.due"],
    [
      "settle",
      "renew",
      "claim",
      "sweep",
      "annotate",
      "insert",
      "watch",
      "contracts.withdraw",
      "schedules.due",
    ],
  ];

  it.each(SILENT)("closes within its timeout and 2 s when %s goes silent", async (...verbs) => {
    const { app, store } = world.drive();
    const end = gate();
    const task = app.task("a", async (_, ctx) => {
      ctx.progress(1);
      await end.opened;
      ctx.progress(2);
    });
    await app.start();
    await task.dispatch(null);
    await world.settle();
    store.always("silent", ...verbs);
    void task.dispatch("later").catch(() => undefined);
    await world.clock.advance(2500);
    let isClosed = false;
    const closing = app.close({ timeout: "5s" }).then(() => {
      isClosed = true;
    });
    await world.clock.advance(1000);
    end.open();
    await world.clock.advance(6000);
    expect(isClosed).toBe(true);
    await closing;
  });

  it.each(["connect", "subscribe", "contracts.announce", "schedules.subscribe"] as const)(
    "closes within its timeout and 2 s when %s is never answered at the start",
    async (verb) => {
      const { app, store } = world.drive();
      app.task("a", { schedule: { every: "1h" }, handler: () => undefined });
      store.always("silent", verb);
      const started = rejection(app.start());
      await world.settle();
      const closedAt = world.clock.monotonic();
      await world.reach(app.close({ timeout: "1s" }));
      expect(world.clock.monotonic() - closedAt).toBeLessThanOrEqual(verb === "connect" ? 0 : 3000);
      expect(await started).toMatchObject({ code: verb === "connect" ? "APP_CLOSED" : "STORE_UNAVAILABLE" });
      store.heal();
      await app.start();
    },
  );

  it("stores what was dispatched before when it is back in time", async () => {
    const { app, store } = world.drive();
    const late = store.holdCall("connect");
    const job = app.register(next).dispatch("kept");
    const { id } = job;
    await late.held;
    const closing = app.close({ timeout: "5s" });
    await world.clock.advance(3000);
    late.release();
    await world.reach(closing);
    const reader = world.drive();
    expect(await reader.app.register(next).job(id).getState()).toBe("waiting");
  });

  it("sends nothing more when it has closed", async () => {
    const { app, store } = world.drive();
    const task = app.task("a", () => "done");
    await app.start();
    await world.settle();
    store.always("refused", "settle");
    await task.dispatch(null);
    await world.reach(app.close({ timeout: "1s" }));
    const calls = store.count("settle");
    await world.clock.advance(60_000);
    expect(store.count("settle")).toBe(calls);
  });
});
