import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { anError, countsOf, defineCase, LEASE, LONG_MS, only, TASK } from "./stage.js";

const moves: readonly ConformanceCase[] = [
  defineCase("change: a promoted job waits behind those already waiting", async (stage) => {
    await stage.insert({ id: "a", delayMs: LONG_MS }, "b");
    assert.deepEqual(await stage.change("a", { change: "promote" }), { status: "applied" });
    assert.equal((await stage.read("a")).dueAt, undefined);
    assert.deepEqual(await stage.takeIds(), ["b", "a"]);
  }),
  defineCase("change: a promoted retry is the next attempt", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "retry", error: anError(), delayMs: LONG_MS });
    await stage.change("a", { change: "promote" });
    assert.equal(only(await stage.take()).attempt, 2);
  }),
  defineCase("change: a rescheduled job waits from now", async (stage) => {
    await stage.insert("a");
    assert.deepEqual(await stage.change("a", { change: "reschedule", delayMs: LONG_MS }), {
      status: "applied",
    });
    const { state, dueAt = 0, enqueuedAt } = await stage.read("a");
    assert.equal(state, "delayed");
    assert.ok(dueAt >= enqueuedAt + LONG_MS, "its wait starts now");
    assert.deepEqual(await stage.takeIds(), []);
  }),
  defineCase("change: a job may be rescheduled to come earlier", async (stage) => {
    await stage.insert({ id: "a", delayMs: LONG_MS });
    await stage.change("a", { change: "reschedule", delayMs: 2 });
    await stage.advance(3);
    assert.deepEqual(await stage.takeIds(), ["a"]);
  }),
  defineCase("change: a job rescheduled to now is taken next", async (stage) => {
    await stage.insert("a", "b");
    await stage.change("a", { change: "reschedule", delayMs: 0 });
    await stage.advance(1);
    assert.deepEqual(await stage.takeIds(), ["b", "a"]);
  }),
  defineCase("change: a job rescheduled to a time is due then, by the store's clock", async (stage) => {
    await stage.insert("a", "b");
    const { enqueuedAt } = await stage.read("a");
    const dueAt = enqueuedAt + LONG_MS;
    assert.deepEqual(await stage.change("a", { change: "reschedule", delayMs: 0, dueAt }), {
      status: "applied",
    });
    assert.deepEqual(await stage.read("a").then((job) => [job.state, job.dueAt]), ["delayed", dueAt]);
    await stage.change("a", { change: "reschedule", delayMs: LONG_MS, dueAt: enqueuedAt - LONG_MS });
    await stage.advance(1);
    assert.deepEqual(await stage.takeIds(), ["b", "a"]);
  }),
  defineCase("change: a rescheduled retry stays a retry", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "retry", error: anError(), delayMs: LONG_MS });
    await stage.change("a", { change: "reschedule", delayMs: 2 * LONG_MS });
    const { state, error, attempt } = await stage.read("a");
    assert.deepEqual([state, error, attempt], ["retrying", anError(), 1]);
    assert.deepEqual(await stage.counts(), countsOf({ retrying: 1 }));
  }),
  defineCase("change: a rescheduled job keeps its priority and TTL", async (stage) => {
    await stage.insert({ id: "a", priority: 3, ttlMs: LONG_MS });
    const { expiresAt } = await stage.read("a");
    await stage.change("a", { change: "reschedule", delayMs: LONG_MS / 2 });
    const changed = await stage.read("a");
    assert.deepEqual([changed.priority, changed.expiresAt], [3, expiresAt]);
  }),
];

const priorities: readonly ConformanceCase[] = [
  defineCase("change: another priority moves a waiting job", async (stage) => {
    await stage.insert("a", "b", "c");
    assert.deepEqual(await stage.change("c", { change: "prioritize", priority: 10 }), { status: "applied" });
    await stage.change("a", { change: "prioritize", priority: -10 });
    assert.equal((await stage.read("c")).priority, 10);
    assert.deepEqual(await stage.listIds("waiting"), ["c", "b", "a"]);
    const taken = await stage.take();
    assert.deepEqual(
      taken.map(({ id, priority }) => [id, priority]),
      [
        ["c", 10],
        ["b", 0],
        ["a", -10],
      ],
    );
  }),
  defineCase("change: a job that gets another priority goes to the back of it", async (stage) => {
    await stage.insert({ id: "a", priority: 5 }, "b", { id: "c", priority: -5 });
    await stage.change("a", { change: "prioritize", priority: 0 });
    await stage.change("c", { change: "prioritize", priority: 0 });
    assert.deepEqual(await stage.takeIds(), ["b", "a", "c"]);
  }),
  defineCase("change: the same priority leaves a job where it is", async (stage) => {
    await stage.insert("a", "b", { id: "p", priority: 2 }, { id: "q", priority: 2 });
    await stage.change("a", { change: "prioritize", priority: 0 });
    await stage.change("p", { change: "prioritize", priority: 2 });
    assert.deepEqual(await stage.takeIds(), ["p", "q", "a", "b"]);
  }),
  defineCase("change: a delayed job takes its new priority along", async (stage) => {
    await stage.insert({ id: "a", delayMs: 200 }, "b");
    assert.deepEqual(await stage.change("a", { change: "prioritize", priority: 1 }), { status: "applied" });
    await stage.advance(201);
    assert.deepEqual(await stage.takeIds(), ["a", "b"]);
  }),
  defineCase("change: an active or finished job has no place to change", async (stage) => {
    const job = await stage.takeNew("a");
    const priority = { change: "prioritize", priority: 1 } as const;
    assert.deepEqual(await stage.change("a", priority), { status: "refused", state: "active" });
    await stage.end(job, { event: "complete" });
    assert.deepEqual(await stage.change("a", priority), { status: "refused", state: "completed" });
    assert.equal((await stage.read("a")).priority, 0);
  }),
];

const revivals: readonly ConformanceCase[] = [
  defineCase("change: a revived job is a fresh first attempt", async (stage) => {
    const { fence } = await stage.takeNew({ id: "a", payload: "same", maxAttempts: 4 });
    await stage.adapter.annotate([{ task: TASK, id: "a", fence, lease: LEASE, progress: "99" }]);
    await stage.end({ id: "a", fence }, { event: "retry", error: anError(), delayMs: 0 });
    await stage.end(only(await stage.take()), { event: "fail", error: anError() });
    assert.deepEqual(await stage.change("a", { change: "revive" }), { status: "applied" });
    const { state, attempt, stalls, error, startedAt, finishedAt, progress } = await stage.read("a");
    assert.deepEqual([state, attempt, stalls], ["waiting", 0, 0]);
    assert.deepEqual([error, startedAt, finishedAt, progress], [undefined, undefined, undefined, undefined]);
    const job = only(await stage.take());
    assert.deepEqual([job.attempt, job.payload, job.maxAttempts], [1, "same", 4]);
  }),
  defineCase("change: a revived job keeps its history", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "fail", error: anError("first") });
    await stage.change("a", { change: "revive" });
    assert.equal(only((await stage.details("a")).history).error?.message, "first");
    await stage.end(only(await stage.take()), { event: "complete" });
    const { history } = await stage.details("a");
    assert.deepEqual(
      history.map(({ attempt, outcome }) => [attempt, outcome]),
      [
        [1, "failed"],
        [1, "completed"],
      ],
    );
  }),
  defineCase("change: a revived job goes to the back, in its priority", async (stage) => {
    await stage.end(await stage.takeNew({ id: "a", priority: 1 }), { event: "fail", error: anError() });
    await stage.insert({ id: "b", priority: 1 }, "c");
    await stage.change("a", { change: "revive" });
    assert.deepEqual(await stage.takeIds(), ["b", "a", "c"]);
  }),
  defineCase("change: a revived job gets a fresh TTL", async (stage) => {
    const job = await stage.takeNew({ id: "a", ttlMs: LONG_MS });
    await stage.advance(5);
    await stage.end(job, { event: "fail", error: anError() });
    await stage.change("a", { change: "revive" });
    const { expiresAt = 0, enqueuedAt } = await stage.read("a");
    assert.ok(expiresAt > enqueuedAt + LONG_MS, "it is counted from the revival");
    assert.ok(((await stage.claim({ count: 0 })).nextDueInMs ?? 0) > 0, "and it is due again");
  }),
  defineCase("change: a revived job's TTL expires it again", async (stage) => {
    await stage.end(await stage.takeNew({ id: "a", ttlMs: 500 }), { event: "fail", error: anError() });
    await stage.change("a", { change: "revive" });
    await stage.advance(501);
    assert.equal((await stage.sweep()).expired, 1);
    assert.equal(await stage.state("a"), "expired");
  }),
  defineCase("change: a job failed by stalls runs again when revived", async (stage) => {
    await stage.takeNew("a", { leaseMs: 2, lease: "lost" });
    await stage.advance(3);
    await stage.sweep({ stallLimit: 0 });
    await stage.change("a", { change: "revive" });
    const job = only(await stage.take({ leaseMs: 2 }));
    assert.deepEqual([job.attempt, job.stalls], [1, 0]);
    await stage.advance(3);
    await stage.sweep({ stallLimit: 1 });
    assert.equal(await stage.state("a"), "waiting");
  }),
];

const removals: readonly ConformanceCase[] = [
  defineCase("change: a removed job is gone with all that belongs to it", async (stage) => {
    const { fence } = await stage.takeNew("a");
    const annotation = { task: TASK, id: "a", fence, lease: LEASE } as const;
    await stage.adapter.annotate([
      { ...annotation, progress: "1" },
      { ...annotation, log: { level: "info", message: "hello" } },
    ]);
    await stage.end({ id: "a", fence }, { event: "fail", error: anError() });
    assert.deepEqual(await stage.change("a", { change: "remove" }), { status: "applied" });
    assert.equal(await stage.find("a"), undefined);
    assert.deepEqual(await stage.details("a"), { history: [], logs: [] });
    assert.deepEqual(await stage.counts(), countsOf({}));
    assert.deepEqual(await stage.listIds("failed"), []);
  }),
  defineCase("change: a removed job leaves the queue to the others", async (stage) => {
    await stage.insert("a", "b", { id: "p", priority: 1 }, "c");
    await stage.change("b", { change: "remove" });
    await stage.change("p", { change: "remove" });
    assert.deepEqual(await stage.listIds("waiting"), ["a", "c"]);
    assert.deepEqual(await stage.takeIds(), ["a", "c"]);
  }),
  defineCase("change: a removed id may be used again", async (stage) => {
    await stage.insert("a", "b");
    await stage.change("a", { change: "remove" });
    await stage.insert({ id: "a", payload: "other" });
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 2 }));
    assert.deepEqual(await stage.takeIds(), ["b", "a"]);
  }),
  defineCase("change: an active job is not removed", async (stage) => {
    await stage.takeNew("a");
    assert.deepEqual(await stage.change("a", { change: "remove" }), { status: "refused", state: "active" });
  }),
  defineCase("change: answers a list in its order", async (stage) => {
    await stage.insert("a", { id: "b", delayMs: LONG_MS });
    const replies = await stage.adapter.change([
      { task: TASK, id: "a", change: "promote" },
      { task: TASK, id: "unknown", change: "remove" },
      { task: TASK, id: "b", change: "promote" },
      { task: TASK, id: "a", change: "remove" },
      { task: TASK, id: "a", change: "remove" },
      { task: "other.task", id: "b", change: "revive" },
    ]);
    assert.deepEqual(replies, [
      { status: "refused", state: "waiting" },
      { status: "missing" },
      { status: "applied" },
      { status: "applied" },
      { status: "missing" },
      { status: "missing" },
    ]);
  }),
];

export const changeCases: readonly ConformanceCase[] = [...moves, ...priorities, ...revivals, ...removals];
