import { describe, expect, it } from "vitest";
import type { Notice } from "../../../src/core/adapter.js";
import { newStoredJob } from "../../../src/core/stored-job.js";
import {
  endSubscription,
  type Listeners,
  OutcomeWatchers,
  publishTo,
  Subscription,
  Subscriptions,
} from "../../../src/core/subscription.js";
import { nextTurn } from "../../../src/core/turns.js";

const notice = (task: string) => ({ kind: "task", task }) as unknown as Notice;
const turn = () => new Promise<void>((resolve) => nextTurn(resolve));

// Who listens misses the end of a job, or hears of it after it said that it wants to hear no more.
describe("a subscription", () => {
  it("is told in order, and never from inside of what caused it", async () => {
    const told: Notice[] = [];
    const subscription = new Subscription((each) => told.push(each));
    subscription.publish(notice("a"));
    subscription.publish(notice("b"));
    expect(told).toEqual([]);
    await turn();
    subscription.publish(notice("c"));
    await turn();
    expect(told).toEqual([notice("a"), notice("b"), notice("c")]);
  });

  it("is told what it causes itself after what was there", async () => {
    const told: Notice[] = [];
    const subscription: Subscription = new Subscription((each) => {
      told.push(each);
      if (told.length === 1) subscription.publish(notice("c"));
    });
    subscription.publish(notice("a"));
    subscription.publish(notice("b"));
    await turn();
    expect(told).toEqual([notice("a"), notice("b"), notice("c")]);
  });

  it("is told nothing once it has ended, not even what was queued", async () => {
    const told: Notice[] = [];
    const subscription = new Subscription((each) => told.push(each));
    subscription.publish(notice("a"));
    subscription.end();
    subscription.publish(notice("b"));
    await turn();
    expect(told).toEqual([]);
  });

  it("may end while it is told", async () => {
    const told: Notice[] = [];
    const subscription: Subscription = new Subscription((each) => {
      told.push(each);
      subscription.end();
    });
    subscription.publish(notice("a"));
    subscription.publish(notice("b"));
    await turn();
    expect(told).toEqual([notice("a")]);
  });
});

describe("the subscriptions of an adapter", () => {
  it("end one by one, or all with it", async () => {
    const told: string[] = [];
    const listeners: Listeners = new Set();
    const subscriptions = new Subscriptions();
    const stop = subscriptions.open(listeners, () => told.push("first"));
    subscriptions.open(listeners, () => told.push("second"));
    publishTo(listeners, notice("a"));
    await turn();
    await stop();
    publishTo(listeners, notice("b"));
    await turn();
    expect(told).toEqual(["first", "second", "second"]);
    subscriptions.endAll();
    expect(listeners.size).toBe(0);
    await stop();
  });

  it("end also when they have not begun yet, or never will", async () => {
    let hasEnded = false;
    await endSubscription(
      Promise.resolve(async () => {
        hasEnded = true;
      }),
    );
    expect(hasEnded).toBe(true);
    await expect(endSubscription(Promise.reject(new Error("away")))).resolves.toBeUndefined();
  });
});

describe("who waits for the end of a job", () => {
  it("is told once, and nobody else is", async () => {
    const told: unknown[] = [];
    const aJob = (id: string) =>
      newStoredJob({ id, task: "mail", payload: "", version: 1, fingerprint: "", priority: 0 }, 0);
    const [job, other] = [aJob("a"), aJob("b")];
    const watchers = new OutcomeWatchers();
    const listening = (name: string): Listeners =>
      new Set([new Subscription((each) => told.push([name, each]))]);
    watchers.watch(job, listening("first"));
    watchers.watch(job, listening("second"));
    expect([watchers.isWatched(job), watchers.isWatched(other)]).toEqual([true, false]);
    watchers.tell("mail", other, "completed");
    watchers.tell("mail", job, "completed");
    watchers.tell("mail", job, "completed");
    await turn();
    const outcome = { task: "mail", id: "a", state: "completed", attempt: 0 };
    expect(told).toEqual([
      ["first", { kind: "outcome", outcome }],
      ["second", { kind: "outcome", outcome }],
    ]);
    expect(watchers.isWatched(job)).toBe(false);
  });
});
