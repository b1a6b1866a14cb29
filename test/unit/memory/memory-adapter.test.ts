import { OptionError } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { Subscription } from "../../../src/core/subscription.js";
import { aJob, keeping, LEASE, LONG_MS, TASK } from "../../../src/testing/conformance/stage.js";

describe("the memory adapter", () => {
  it("keeps the jobs of two stores apart", async () => {
    const [one, other] = [memoryAdapter(), memoryAdapter()];
    await Promise.all([one.connect(), other.connect()]);
    await one.insert([aJob("a")]);
    expect(await other.read([{ task: TASK, id: "a" }])).toEqual([undefined]);
  });

  it("uses the clock it is given", async () => {
    const clock = new VirtualClock(5000);
    const adapter = memoryAdapter({ clock });
    await adapter.connect();
    await adapter.insert([aJob({ id: "a", delayMs: 100 })]);
    expect((await adapter.read([{ task: TASK, id: "a" }]))[0]).toMatchObject({
      enqueuedAt: 5000,
      dueAt: 5100,
    });
  });

  it("refuses a store that it did not make", () => {
    const store = { clock: new VirtualClock(), clear: () => undefined };
    expect(() => memoryAdapter({ store })).toThrow(OptionError);
  });

  it("refuses a cursor that it did not give", async () => {
    const adapter = memoryAdapter();
    await adapter.connect();
    const query = { task: TASK, state: "waiting", limit: 5, cursor: "page two" } as const;
    await expect(adapter.list(query)).rejects.toMatchObject({ code: "OPTION_INVALID" });
  });

  it("leaves no timer behind when waits end", async () => {
    const clock = new VirtualClock();
    const adapter = memoryAdapter({ store: createMemoryStore({ clock }) });
    await adapter.connect();
    const controller = new AbortController();
    const claim = (lease: string) =>
      adapter.claim([{ task: TASK, lease, leaseMs: 1000, count: 1 }], {
        waitMs: 1000,
        signal: controller.signal,
      });
    const waits = [claim("first"), claim("second"), claim("third")];
    await adapter.insert([aJob("a")]);
    await Promise.all(waits.slice(0, 2));
    controller.abort();
    const jobs = (await Promise.all(waits)).map(([reply]) => reply?.jobs.length);
    expect(jobs).toEqual([1, 0, 0]);
    expect(clock.nextTimerInMs).toBeUndefined();
  });

  it("forgets a lost lease after a day", async () => {
    const clock = new VirtualClock();
    const adapter = memoryAdapter({ clock });
    await adapter.connect();
    await adapter.insert([aJob("a")]);
    const request = { task: TASK, lease: LEASE, leaseMs: 10, count: 1 };
    const sweep = { task: TASK, retention: keeping(), stallLimit: 9, scope: "all" } as const;
    await adapter.claim([request]);
    await clock.advance(11);
    await adapter.sweep([sweep]);
    expect((await adapter.claim([request]))[0]).toMatchObject({ lost: true, jobs: [] });
    await clock.advance(24 * LONG_MS);
    await adapter.sweep([sweep]);
    const [reply] = await adapter.claim([{ ...request, apart: true }]);
    expect(reply).toMatchObject({ lost: false, jobs: [{ id: "a" }] });
  });
});

describe("a subscription", () => {
  it("delivers later, in order", async () => {
    const heard: unknown[] = [];
    const subscription = new Subscription((notice) => heard.push(notice));
    subscription.publish({ kind: "lost" });
    subscription.publish({ kind: "cancel", task: TASK, id: "a", reason: "" });
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toMatchObject([{ kind: "lost" }, { kind: "cancel" }]);
  });

  it("delivers what a listener causes after what came before", async () => {
    const heard: string[] = [];
    const subscription = new Subscription((notice) => {
      heard.push(notice.kind);
      if (heard.length === 1) subscription.publish({ kind: "cancel", task: TASK, id: "a", reason: "" });
    });
    subscription.publish({ kind: "lost" });
    subscription.publish({ kind: "lost" });
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual(["lost", "lost", "cancel"]);
  });

  it("delivers nothing once it has ended, not even what was under way", async () => {
    const heard: unknown[] = [];
    const subscription = new Subscription((notice) => heard.push(notice));
    subscription.publish({ kind: "lost" });
    subscription.end();
    subscription.publish({ kind: "lost" });
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([]);
  });
});
