import assert from "node:assert/strict";
import type { RawJobEvent } from "../../core/job.js";
import { type ConformanceCase, needing } from "./kit.js";
import { Listener } from "./patience.js";
import { aJob, anError, defineCase, LEASE, LONG_MS, only, type Stage, TASK } from "./stage.js";

async function events(stage: Stage, task: string = TASK): Promise<Listener> {
  await stage.noticesCome();
  return Listener.on(stage.adapter, { kind: "events", task });
}

/** The events heard so far, without their times, once there are `count` of them. */
async function heard(listener: Listener, count: number): Promise<readonly Omit<RawJobEvent, "at">[]> {
  const notices = await listener.received(count);
  return notices.map((notice) => {
    assert.equal(notice.kind, "event");
    const { at, ...event } = (notice as { readonly event: RawJobEvent }).event;
    assert.ok(at > 0, "an event says when");
    return event;
  });
}

const REF = { task: TASK, id: "a" };
const worker = "worker-1";

const transitions: readonly ConformanceCase[] = [
  defineCase("events: insert, claim and complete", async (stage) => {
    const listener = await events(stage);
    await stage.end(await stage.takeNew("a"), { event: "complete", result: '"done"' });
    assert.deepEqual(await heard(listener, 3), [
      { ...REF, type: "waiting", attempt: 0 },
      { ...REF, type: "active", attempt: 1, worker },
      { ...REF, type: "completed", attempt: 1, worker, result: '"done"' },
    ]);
  }),
  defineCase("events: complete without a result", async (stage) => {
    const job = await stage.takeNew("a");
    const listener = await events(stage);
    await stage.end(job, { event: "complete" });
    assert.deepEqual(await heard(listener, 1), [{ ...REF, type: "completed", attempt: 1, worker }]);
  }),
  defineCase("events: a delayed insert and its promotion by a claim", async (stage) => {
    const listener = await events(stage);
    await stage.insert({ id: "a", delayMs: 5 });
    await stage.advance(6);
    await stage.take();
    assert.deepEqual(await heard(listener, 3), [
      { ...REF, type: "delayed", attempt: 0, delayMs: 5 },
      { ...REF, type: "waiting", attempt: 0 },
      { ...REF, type: "active", attempt: 1, worker },
    ]);
  }),
  defineCase("events: a retry and the next attempt", async (stage) => {
    const job = await stage.takeNew("a");
    const listener = await events(stage);
    await stage.end(job, { event: "retry", error: anError(), delayMs: 4 });
    await stage.advance(5);
    await stage.sweep();
    await stage.end(only(await stage.take()), { event: "fail", error: anError("again") });
    assert.deepEqual(await heard(listener, 4), [
      { ...REF, type: "retrying", attempt: 1, worker, error: anError(), delayMs: 4 },
      { ...REF, type: "waiting", attempt: 1 },
      { ...REF, type: "active", attempt: 2, worker },
      { ...REF, type: "failed", attempt: 2, worker, error: anError("again") },
    ]);
  }),
  defineCase("events: releases at once and with a wait", async (stage) => {
    const job = await stage.takeNew("a");
    const listener = await events(stage);
    await stage.end(job, { event: "release" });
    await stage.end(only(await stage.take()), { event: "release", delayMs: LONG_MS });
    assert.deepEqual(await heard(listener, 3), [
      { ...REF, type: "waiting", attempt: 0 },
      { ...REF, type: "active", attempt: 1, worker },
      { ...REF, type: "delayed", attempt: 0, delayMs: LONG_MS },
    ]);
  }),
  defineCase("events: a cancel of a waiting and of a running job", async (stage) => {
    await stage.insert("a");
    const listener = await events(stage);
    await stage.cancel("a", { reason: "sold out" });
    const job = await stage.takeNew("b");
    await stage.cancel("b", { reason: "too late" });
    await stage.end(job, { event: "complete" });
    assert.deepEqual(await heard(listener, 4), [
      { ...REF, type: "cancelled", attempt: 0, reason: "sold out" },
      { task: TASK, id: "b", type: "waiting", attempt: 0 },
      { task: TASK, id: "b", type: "active", attempt: 1, worker },
      { task: TASK, id: "b", type: "cancelled", attempt: 1, worker, reason: "too late" },
    ]);
  }),
  defineCase("events: a cancel that nobody gave a reason for", async (stage) => {
    await stage.insert("a");
    const listener = await events(stage);
    await stage.cancel("a", { reason: "" });
    assert.deepEqual(await heard(listener, 1), [{ ...REF, type: "cancelled", attempt: 0, reason: "" }]);
  }),
  defineCase("events: another time for a job that is to be retried", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "retry", error: anError(), delayMs: 5 });
    const listener = await events(stage);
    await stage.change("a", { change: "reschedule", delayMs: LONG_MS });
    assert.deepEqual(await heard(listener, 1), [{ ...REF, type: "retrying", attempt: 1, delayMs: LONG_MS }]);
  }),
  defineCase("events: a cancel after a failed attempt tells the reason, not the error", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "retry", error: anError(), delayMs: LONG_MS });
    const listener = await events(stage);
    await stage.cancel("a", { reason: "sold out" });
    assert.deepEqual(await heard(listener, 1), [
      { ...REF, type: "cancelled", attempt: 1, reason: "sold out" },
    ]);
  }),
  defineCase("events: expiry, kept and discarded", async (stage) => {
    await stage.insert({ id: "a", ttlMs: 4 });
    const listener = await events(stage);
    await stage.advance(5);
    await stage.sweep();
    await stage.insert({ id: "b", ttlMs: 4, onExpire: "discard" });
    await stage.advance(5);
    await stage.sweep();
    assert.deepEqual(await heard(listener, 3), [
      { ...REF, type: "expired", attempt: 0 },
      { task: TASK, id: "b", type: "waiting", attempt: 0 },
      { task: TASK, id: "b", type: "expired", attempt: 0 },
    ]);
  }),
  defineCase("events: a lost worker, then the stall limit", async (stage) => {
    await stage.insert("a");
    const listener = await events(stage);
    for (const lease of ["worker-1", "worker-2"]) {
      await stage.takeAny({ lease, leaseMs: 4 });
      await stage.advance(5);
      await stage.sweep({ stallLimit: 1 });
    }
    const told = await heard(listener, 6);
    assert.deepEqual(
      told.map(({ type, attempt, worker }) => [type, attempt, worker]),
      [
        ["active", 1, "worker-1"],
        ["stalled", 1, "worker-1"],
        ["waiting", 0, undefined],
        ["active", 1, "worker-2"],
        ["stalled", 1, "worker-2"],
        ["failed", 1, told.at(-1)?.worker],
      ],
    );
    assert.equal(told.at(-1)?.error?.code, "JOB_STALLED");
  }),
  defineCase("events: changes by hand", async (stage) => {
    await stage.insert("a");
    const listener = await events(stage);
    await stage.change("a", { change: "reschedule", delayMs: LONG_MS });
    await stage.change("a", { change: "promote" });
    await stage.change("a", { change: "remove" });
    assert.deepEqual(await heard(listener, 3), [
      { ...REF, type: "delayed", attempt: 0, delayMs: LONG_MS },
      { ...REF, type: "waiting", attempt: 0 },
      { ...REF, type: "removed", attempt: 0 },
    ]);
  }),
  defineCase("events: a revival", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "fail", error: anError() });
    const listener = await events(stage);
    await stage.change("a", { change: "revive" });
    assert.deepEqual(await heard(listener, 1), [{ ...REF, type: "waiting", attempt: 0 }]);
  }),
  defineCase("events: progress and log lines", async (stage) => {
    const { fence } = await stage.takeNew("a");
    const listener = await events(stage);
    await stage.adapter.annotate([
      { ...REF, fence, lease: LEASE, progress: "50" },
      { ...REF, fence, lease: LEASE, log: { level: "info", message: "ünï🦔", fields: { of: 2 } } },
    ]);
    const [progress, log] = await heard(listener, 2);
    assert.deepEqual(progress, { ...REF, type: "progress", attempt: 1, worker, progress: "50" });
    const { line, ...rest } = log ?? {};
    assert.deepEqual(rest, { ...REF, type: "log", attempt: 1, worker });
    const [, notice] = listener.notices;
    const at = notice?.kind === "event" ? notice.event.at : undefined;
    assert.deepEqual(line, { at, level: "info", message: "ünï🦔", fields: { of: 2 } });
  }),
  defineCase("events: what is refused is not told", async (stage) => {
    const job = await stage.takeNew("a");
    const listener = await events(stage);
    await stage.end({ id: "a", fence: job.fence + 7 }, { event: "complete" });
    await stage.change("a", { change: "remove" });
    await stage.adapter.insert([aJob({ id: "a", payload: "other" })]);
    await stage.insert("a");
    await stage.end(job, { event: "complete" });
    assert.deepEqual(await heard(listener, 1), [{ ...REF, type: "completed", attempt: 1, worker }]);
  }),
];

const delivery: readonly ConformanceCase[] = [
  defineCase("events: come from every process", async (stage) => {
    const listener = await events(stage);
    const other = await stage.another();
    await other.insert([aJob("a")]);
    await stage.take({ by: other });
    assert.deepEqual(
      (await heard(listener, 2)).map(({ type }) => type),
      ["waiting", "active"],
    );
  }),
  defineCase("events: come in the order things happened", async (stage) => {
    const listener = await events(stage);
    const ids = Array.from({ length: 200 }, (_, index) => `job-${index}`);
    await stage.insert(...ids);
    const jobs = await stage.take({ count: 200 });
    await stage.settle(jobs.map(({ id, fence }) => ({ id, fence, event: "complete" })));
    const told = await heard(listener, 600);
    assert.deepEqual(
      told.map(({ type, id }) => `${type} ${id}`),
      ["waiting", "active", "completed"].flatMap((type) => ids.map((id) => `${type} ${id}`)),
    );
  }),
  defineCase("events: bytes stay bytes and text stays text", async (stage) => {
    const { fence } = await stage.takeNew("a");
    const listener = await events(stage);
    await stage.adapter.annotate([{ ...REF, fence, lease: LEASE, progress: Uint8Array.of(0, 255) }]);
    await stage.end({ id: "a", fence }, { event: "complete", result: "ünï🦔" });
    const [progress, completed] = await heard(listener, 2);
    assert.deepEqual([progress?.progress, completed?.result], [Uint8Array.of(0, 255), "ünï🦔"]);
  }),
  defineCase("events: of one task only", async (stage) => {
    const listener = await events(stage, "other.task");
    await stage.insert("a");
    await stage.insert({ id: "b", task: "other.task" });
    assert.deepEqual(await heard(listener, 1), [
      { task: "other.task", id: "b", type: "waiting", attempt: 0 },
    ]);
  }),
  defineCase("events: every listener hears them", async (stage) => {
    const listeners = [await events(stage), await events(stage)];
    await stage.insert("a");
    for (const listener of listeners) assert.equal((await heard(listener, 1)).length, 1);
  }),
  defineCase("events: a listener that stopped hears nothing more, the others go on", async (stage) => {
    const [stopped, listener] = [await events(stage), await events(stage)];
    await stage.insert("a");
    await heard(listener, 1);
    await heard(stopped, 1);
    await stopped.stop();
    await stage.insert("b");
    await heard(listener, 2);
    assert.equal(stopped.notices.length, 1);
    await stopped.stop();
  }),
  defineCase("events: a listener may be added again", async (stage) => {
    const first = await events(stage);
    await first.stop();
    const second = await events(stage);
    await stage.insert("a");
    assert.equal((await heard(second, 1)).length, 1);
    assert.equal(first.notices.length, 0);
  }),
  defineCase("events: pruning tells nothing", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "complete" });
    const listener = await events(stage);
    const none = { ageMs: 0, count: 0 };
    const retention = { completed: none, failed: none, cancelled: none, expired: none };
    assert.equal((await stage.sweepAll({ retention })).pruned, 1);
    await stage.insert("b");
    assert.deepEqual(await heard(listener, 1), [{ task: TASK, id: "b", type: "waiting", attempt: 0 }]);
  }),
];

const tasks: readonly ConformanceCase[] = [
  defineCase("events: each task is told when the store meets it, whoever does, and once", async (stage) => {
    await stage.noticesCome();
    await stage.insert("before");
    const listener = await Listener.on(stage.adapter, { kind: "tasks" });
    const other = await stage.another();
    await stage.adapter.count(["only.counted"]);
    await stage.adapter.insert([aJob("a"), aJob({ id: "b", task: "one" }), aJob({ id: "c", task: "one" })]);
    await listener.received(1);
    await other.insert([aJob({ id: "d", task: "one" })]);
    await other.insert([aJob({ id: "e", task: "two", delayMs: LONG_MS })]);
    await listener.received(2);
    await stage.adapter.survey({ tasks: ["two", "three"] });
    const met = await listener.received(3);
    const names = ["one", "two", "three"];
    assert.deepEqual(
      met,
      names.map((task) => ({ kind: "met", task })),
    );
  }),
];

export const topicCases: readonly ConformanceCase[] = needing(
  ["events"],
  [...transitions, ...delivery, ...tasks],
);
