import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { isPending, Listener, type StartedWait, soon, startWait } from "./patience.js";
import { aJob, anError, countsOf, defineCase, keeping, LONG_MS, only, type Stage, TASK } from "./stage.js";

const ONE = { changed: 1, more: false };
const NONE = { changed: 0, more: false };

/** Long enough for a wake that should not come to show. */
const A_WHILE_MS = 20;

/** Uses up the wakes there may be, as workers that claim would, and starts a wait that is pending. */
async function quiet(stage: Stage): Promise<StartedWait> {
  for (let wakes = 0; ; wakes++) {
    assert.ok(wakes < 5, "wakes come to an end");
    const started = startWait(stage.adapter, TASK);
    await stage.advance(A_WHILE_MS);
    if (await isPending(started.told)) return started;
    await started.told;
  }
}

const pausing: readonly ConformanceCase[] = [
  defineCase(
    "pause: nothing of a paused task is claimed, and the counts say so",
    async (stage) => {
      await stage.insert("a", { id: "b", priority: 5 }, { id: "c", limits: { group: { key: "g" } } });
      assert.deepEqual(await stage.control("pause"), ONE);
      assert.deepEqual(await stage.takeIds(), []);
      const { pausedAt = 0, ...counts } = await stage.counts();
      assert.deepEqual(counts, countsOf({ waiting: 3 }));
      assert.ok(pausedAt >= (await stage.read("a")).enqueuedAt, "since when, on the store's clock");
      assert.deepEqual(await stage.control("resume"), ONE);
      assert.deepEqual(await stage.counts(), countsOf({ waiting: 3 }));
      assert.deepEqual((await stage.takeIds()).length, 3);
    },
    ["groups"],
  ),
  defineCase("pause: every process sees it, and one that connects later", async (stage) => {
    await stage.insert("a");
    await stage.control("pause", { by: await stage.another() });
    assert.deepEqual(await stage.takeIds(), []);
    const late = await stage.another();
    assert.deepEqual(await stage.takeIds({ by: late }), []);
    assert.notEqual(only(await late.count([TASK])).pausedAt, undefined);
  }),
  defineCase("pause: of one task leaves the others alone", async (stage) => {
    await stage.control("pause");
    await stage.insert({ id: "a", task: "other.task" });
    assert.deepEqual(await stage.takeIds({ task: "other.task" }), ["a"]);
  }),
  defineCase("pause: again, and a resume of what runs, change nothing", async (stage) => {
    await stage.control("pause");
    const { pausedAt } = await stage.counts();
    await stage.advance(5);
    assert.deepEqual(await stage.control("pause"), NONE);
    assert.equal((await stage.counts()).pausedAt, pausedAt);
    await stage.control("resume");
    assert.deepEqual(await stage.control("resume"), NONE);
  }),
  defineCase("pause: active jobs go on, and a settle takes no next job", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.insert("b");
    await stage.control("pause");
    const claim = { leaseMs: LONG_MS, count: 10 };
    const { settled, jobs } = await stage.end(job, { event: "complete" }, { claim });
    assert.deepEqual([settled, jobs], [["applied"], []]);
    assert.deepEqual(await stage.counts().then(({ waiting, completed }) => [waiting, completed]), [1, 1]);
  }),
  defineCase("pause: an active job can be renewed, retried, released and reclaimed", async (stage) => {
    await stage.insert("a", "b", "c");
    const [a, b] = await stage.take({ count: 2 });
    assert.ok(a && b);
    await stage.take({ lease: "worker-2", leaseMs: 5 });
    await stage.control("pause");
    await stage.end(a, { event: "retry", error: anError(), delayMs: LONG_MS });
    await stage.end(b, { event: "release" });
    await stage.advance(6);
    assert.equal((await stage.sweep()).reclaimed, 1);
    const { pausedAt: _since, ...counts } = await stage.counts();
    assert.deepEqual(counts, countsOf({ waiting: 2, retrying: 1 }));
    await stage.control("resume");
    assert.deepEqual(await stage.takeIds({ apart: true }), ["c"]);
    assert.deepEqual(await stage.takeIds(), ["b"]);
  }),
  defineCase("pause: due jobs become waiting and overdue ones expire", async (stage) => {
    await stage.control("pause");
    await stage.insert({ id: "a", delayMs: 5 }, { id: "b", ttlMs: 5 });
    await stage.advance(6);
    assert.deepEqual(await stage.takeIds(), []);
    assert.deepEqual([await stage.state("a"), await stage.state("b")], ["waiting", "expired"]);
  }),
  defineCase("pause: a claim still tells when something is due", async (stage) => {
    await stage.control("pause");
    await stage.insert("a", { id: "b", delayMs: LONG_MS });
    const { nextDueInMs = 0 } = await stage.claim();
    assert.ok(nextDueInMs > 0 && nextDueInMs <= LONG_MS, `${nextDueInMs}`);
  }),
  defineCase(
    "pause: waiting jobs wake nobody again and again",
    async (stage) => {
      await stage.insert("a", "b", { id: "c", priority: 1 }, { id: "d", limits: { group: { key: "g" } } });
      await stage.control("pause");
      const { told, abort } = await quiet(stage);
      await stage.claim({ count: 0 });
      await stage.sweep();
      await stage.advance(A_WHILE_MS);
      assert.ok(await isPending(told), "nobody was woken");
      abort();
      await told;
    },
    ["groups"],
  ),
  defineCase("resume: wakes a waiter, and each claim the next", async (stage) => {
    await stage.insert("a", "b");
    await stage.control("pause");
    const { ids } = await quiet(stage);
    await stage.control("resume", { by: await stage.another() });
    assert.deepEqual(await soon("the wake", ids), ["a", "b"]);
  }),
  defineCase("resume: wakes a waiter again after a claim that leaves jobs", async (stage) => {
    await stage.insert("a", "b");
    await stage.control("pause");
    const { abort, told } = await quiet(stage);
    abort();
    await told;
    await stage.control("resume");
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["a"]);
    assert.deepEqual(await soon("the next wake", startWait(stage.adapter, TASK).ids), ["b"]);
  }),
  defineCase(
    "pause: tells workers, and listeners with the resume",
    async (stage) => {
      const workers = await Listener.on(stage.adapter, { kind: "cancels", task: TASK });
      const listener = await Listener.on(stage.adapter, { kind: "events", task: TASK });
      for (const control of ["pause", "pause", "resume", "resume", "pause"] as const)
        await stage.control(control);
      const paused = { kind: "paused", task: TASK };
      assert.deepEqual(await workers.received(2), [paused, paused]);
      assert.deepEqual(await changesOf(listener, 3), [
        { task: TASK, type: "paused" },
        { task: TASK, type: "resumed" },
        { task: TASK, type: "paused" },
      ]);
    },
    ["events"],
  ),
];

/** What happened to the task, without the times. */
async function changesOf(listener: Listener, count: number): Promise<readonly unknown[]> {
  const notices = await listener.received(count);
  return notices.flatMap((notice) => {
    if (notice.kind !== "task") return [];
    const { at, ...event } = notice.event;
    assert.ok(at > 0, "it says when");
    return [event];
  });
}

const draining: readonly ConformanceCase[] = [
  defineCase(
    "drain: ends what is waiting, wherever it stands, and nothing else",
    async (stage) => {
      const active = await stage.takeNew("active");
      const retried = await stage.takeNew("retrying");
      await stage.end(retried, { event: "retry", error: anError(), delayMs: LONG_MS });
      await stage.insert(
        "plain",
        { id: "high", priority: 3 },
        { id: "low", priority: -3 },
        { id: "ttl", ttlMs: LONG_MS },
      );
      await stage.insert(
        { id: "grouped", limits: { group: { key: "g" } } },
        { id: "delayed", delayMs: LONG_MS },
      );
      assert.deepEqual(await stage.control("drain", { reason: "sold out" }), { changed: 5, more: false });
      for (const id of ["plain", "high", "low", "ttl", "grouped"]) {
        const { state, reason, expiresAt } = await stage.read(id);
        assert.deepEqual([state, reason, expiresAt], ["cancelled", "sold out", undefined]);
      }
      assert.deepEqual(await stage.counts(), countsOf({ active: 1, retrying: 1, delayed: 1, cancelled: 5 }));
      await stage.verifyBooks(["active", "retrying", "plain", "high", "low", "ttl", "grouped", "delayed"]);
      await stage.end(active, { event: "complete" });
      assert.deepEqual(await stage.takeIds(), []);
    },
    ["groups"],
  ),
  defineCase(
    "drain: jobs that wait for each other's room end together",
    async (stage) => {
      const limits = { limit: { key: "k", max: 1 } };
      await stage.insert({ id: "a", limits }, { id: "b", limits }, { id: "c", limits });
      const [a] = await stage.take();
      assert.ok(a);
      await stage.end(a, { event: "release" });
      assert.deepEqual(await stage.control("drain"), { changed: 3, more: false });
      assert.deepEqual(await stage.listIds("cancelled"), ["c", "b", "a"]);
    },
    ["limits"],
  ),
  defineCase("drain: delayed and retrying jobs when asked", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "retry", error: anError(), delayMs: LONG_MS });
    await stage.insert({ id: "b", delayMs: LONG_MS }, { id: "c", delayMs: LONG_MS }, "d");
    assert.deepEqual(await stage.control("drain", { states: ["retrying"] }), { changed: 1, more: false });
    assert.deepEqual(await stage.control("drain", { states: ["delayed", "retrying"] }), {
      changed: 2,
      more: false,
    });
    assert.deepEqual(await stage.counts(), countsOf({ cancelled: 3, waiting: 1 }));
    assert.deepEqual((await stage.read("a")).error, anError());
  }),
  defineCase(
    "drain: goes in steps, and later jobs are in their order",
    async (stage) => {
      await stage.insert("a", { id: "b", priority: 1 }, { id: "c", limits: { group: { key: "g" } } }, "d", {
        id: "e",
        delayMs: LONG_MS,
      });
      const states = ["waiting", "delayed"] as const;
      assert.deepEqual(await stage.control("drain", { limit: 2, states }), { changed: 2, more: true });
      assert.deepEqual(await stage.control("drain", { limit: 2, states }), { changed: 2, more: true });
      assert.deepEqual(await stage.control("drain", { limit: 2, states }), ONE);
      assert.deepEqual(await stage.control("drain", { limit: 2, states }), NONE);
      await stage.insert("f", "g", { id: "h", limits: { group: { key: "g" } } });
      assert.deepEqual(await stage.listIds("waiting", 1), ["f", "g", "h"]);
      assert.deepEqual(await stage.takeIds(), ["f", "h", "g"]);
    },
    ["groups"],
  ),
  defineCase("drain: a listing goes on behind what was drained", async (stage) => {
    await stage.insert(...Array.from({ length: 60 }, (_, index) => `job-${index}`));
    const first = await stage.adapter.list({ task: TASK, state: "waiting", limit: 10 });
    await stage.control("drain", { limit: 40 });
    const cursor = first.cursor ?? "";
    const next = await stage.adapter.list({ task: TASK, state: "waiting", limit: 10, cursor });
    assert.equal(next.jobs[0]?.id, "job-40");
  }),
  defineCase(
    "drain: jobs that a limit holds back, whose room stays right",
    async (stage) => {
      const limits = { limit: { key: "k", max: 1 } };
      await stage.insert({ id: "a", limits }, { id: "b", limits }, { id: "c", limits });
      const a = only(await stage.take());
      assert.deepEqual(await stage.control("drain"), { changed: 2, more: false });
      await stage.insert({ id: "d", limits });
      assert.deepEqual(await stage.takeIds(), []);
      await stage.end(a, { event: "complete" });
      assert.deepEqual(await stage.takeIds(), ["d"]);
      await stage.verifyBooks(["a", "b", "c", "d"]);
    },
    ["limits"],
  ),
  defineCase(
    "drain: frees the keys of what it ends",
    async (stage) => {
      const limits = { unique: { key: "k" } };
      await stage.insert({ id: "a", limits });
      await stage.control("drain");
      await stage.insert({ id: "b", limits });
      assert.deepEqual(await stage.takeIds(), ["b"]);
    },
    ["unique"],
  ),
  defineCase(
    "drain: jobs that are being collected",
    async (stage) => {
      const limits = { collect: { key: "k", delayMs: 5, maxSize: 10 } };
      await stage.insert({ id: "a", limits }, { id: "b", limits });
      assert.deepEqual(await stage.control("drain"), { changed: 2, more: false });
      await stage.advance(6);
      assert.deepEqual(await stage.takeIds(), []);
      await stage.insert({ id: "c", limits });
      await stage.advance(6);
      assert.deepEqual(await stage.takeIds(), ["c"]);
    },
    ["collect"],
  ),
  defineCase(
    "pause: a batch that is due and a limit that has room wait for the resume",
    async (stage) => {
      const collect = { collect: { key: "k", delayMs: 5, maxSize: 10 } };
      const limit = { limit: { key: "k", max: 1 } };
      await stage.insert({ id: "b", limits: limit }, { id: "c", limits: limit });
      const b = only(await stage.take());
      await stage.control("pause");
      await stage.insert({ id: "a", limits: collect });
      await stage.end(b, { event: "complete" });
      await stage.advance(6);
      assert.deepEqual(await stage.takeIds(), []);
      const { abort, told } = await quiet(stage);
      abort();
      await told;
      await stage.control("resume");
      assert.deepEqual([...(await stage.takeIds())].sort(), ["a", "c"]);
    },
    ["collect", "limits"],
  ),
  defineCase("drain: a job whose TTL is past ends by that, however many there are", async (stage) => {
    const late = Array.from({ length: 130 }, (_, index) => ({ id: `late-${index}`, ttlMs: 5 }));
    await stage.insert(...late, "in-time");
    await stage.advance(6);
    assert.deepEqual(await stage.control("drain"), ONE);
    assert.deepEqual(await stage.counts(), countsOf({ cancelled: 1, expired: 130 }));
  }),
  defineCase("drain: of a paused task", async (stage) => {
    await stage.insert("a");
    await stage.control("pause");
    assert.deepEqual(await stage.control("drain"), ONE);
    await stage.control("resume");
    await stage.insert("b");
    assert.deepEqual(await stage.takeIds(), ["b"]);
  }),
  defineCase(
    "drain: tells who waits for the jobs, and listeners",
    async (stage) => {
      const outcomes = await Listener.on(stage.adapter, { kind: "outcomes" });
      await stage.adapter.insert([aJob({ id: "a", watch: true })]);
      const listener = await Listener.on(stage.adapter, { kind: "events", task: TASK });
      await stage.control("drain", { reason: "sold out" });
      const [told] = await outcomes.received(1);
      assert.deepEqual(told, {
        kind: "outcome",
        outcome: { task: TASK, id: "a", state: "cancelled", attempt: 0, reason: "sold out" },
      });
      assert.deepEqual(await changesOf(listener, 2), [{ task: TASK, type: "drained", count: 1 }]);
      assert.equal(listener.notices[0]?.kind, "event");
    },
    ["events"],
  ),
  defineCase("drain: half an emoji of its reason reads back as the replacement character", async (stage) => {
    await stage.insert("a");
    await stage.control("drain", { reason: "why \ud83d" });
    assert.equal((await stage.read("a")).reason, "why \ufffd");
  }),
  defineCase("drain: keeps no more cancelled jobs than retention says", async (stage) => {
    await stage.insert(...Array.from({ length: 20 }, (_, index) => `job-${index}`));
    const retention = keeping({ cancelled: { ageMs: LONG_MS, count: 3 } });
    assert.deepEqual(await stage.control("drain", { retention }), { changed: 20, more: false });
    assert.deepEqual(await stage.counts(), countsOf({ cancelled: 3 }));
  }),
];

export const controlCases: readonly ConformanceCase[] = [...pausing, ...draining];
