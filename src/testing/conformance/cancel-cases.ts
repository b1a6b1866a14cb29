import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { Listener } from "./patience.js";
import {
  anError,
  countsOf,
  defineCase,
  defineCases,
  keeping,
  LONG_MS,
  only,
  type Stage,
  TASK,
} from "./stage.js";

/** Brings a job that has not ended into a state where a cancel ends it at once. */
async function idle(stage: Stage, state: "waiting" | "delayed" | "retrying"): Promise<void> {
  if (state === "waiting") await stage.insert("a");
  else if (state === "delayed") await stage.insert({ id: "a", delayMs: LONG_MS });
  else await stage.end(await stage.takeNew("a"), { event: "retry", error: anError(), delayMs: LONG_MS });
}

const atOnce: readonly ConformanceCase[] = [
  ...defineCases(
    ["waiting", "delayed", "retrying"] as const,
    (state) => `cancel: ends a ${state} job at once, with the reason`,
    async (stage, state) => {
      await idle(stage, state);
      assert.deepEqual(await stage.cancel("a", { reason: "sold out" }), { status: "cancelled" });
      const { state: now, reason, finishedAt, dueAt } = await stage.read("a");
      assert.deepEqual([now, reason, dueAt], ["cancelled", "sold out", undefined]);
      assert.ok(finishedAt !== undefined, "it ended");
      assert.deepEqual(await stage.takeIds(), []);
    },
  ),
  defineCase("cancel: takes a job out of the middle of the queue", async (stage) => {
    await stage.insert("a", "b", { id: "p", priority: 1 }, "c");
    await stage.cancel("b");
    await stage.cancel("p");
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 2, cancelled: 2 }));
    assert.deepEqual(await stage.listIds("waiting"), ["a", "c"]);
    assert.deepEqual(await stage.takeIds(), ["a", "c"]);
  }),
  defineCase("cancel: thousands of jobs out of a long queue leave the others in order", async (stage) => {
    const ids = Array.from({ length: 4000 }, (_, index) => `job-${index}`);
    await stage.insert(...ids);
    const dropped = ids.filter((_, index) => index % 2 === 1);
    const reason = "every second one";
    const retention = keeping({ cancelled: { ageMs: LONG_MS, count: 10 } });
    for (let start = 0; start < dropped.length; start += 500) {
      const requests = dropped.slice(start, start + 500).map((id) => ({ task: TASK, id, reason, retention }));
      const replies = await stage.adapter.cancel(requests);
      assert.ok(replies.every((reply) => reply.status === "cancelled"));
    }
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 2000, cancelled: 10 }));
    const taken = [...(await stage.takeIds({ count: 1000 })), ...(await stage.takeIds({ count: 1000 }))];
    assert.deepEqual(
      taken,
      ids.filter((_, index) => index % 2 === 0),
    );
    assert.deepEqual(await stage.counts(), countsOf({ active: 2000, cancelled: 10 }));
  }),
  defineCase("cancel: a cancelled id that is inserted anew runs", async (stage) => {
    const retention = keeping({ cancelled: { ageMs: LONG_MS, count: 0 } });
    await stage.insert("a", "b");
    assert.equal((await stage.cancel("a", { retention })).status, "cancelled");
    await stage.insert("a");
    assert.deepEqual(await stage.takeIds(), ["b", "a"]);
    assert.deepEqual(await stage.counts(), countsOf({ active: 2 }));
  }),
  defineCase("cancel: answers a list in its order", async (stage) => {
    await stage.insert("a", "b");
    await stage.take({ count: 1 });
    const shared = { reason: "no", retention: keeping() };
    const replies = await stage.adapter.cancel([
      { task: TASK, id: "unknown", ...shared },
      { task: TASK, id: "b", ...shared },
      { task: "other.task", id: "a", ...shared },
      { task: TASK, id: "a", ...shared },
      { task: TASK, id: "b", ...shared },
    ]);
    assert.deepEqual(replies, [
      { status: "missing" },
      { status: "cancelled" },
      { status: "missing" },
      { status: "requested" },
      { status: "finished", state: "cancelled" },
    ]);
  }),
  ...defineCases(
    ["completed", "failed", "cancelled", "expired"] as const,
    (state) => `cancel: says that a job is ${state} already`,
    async (stage, state) => {
      if (state === "completed") await stage.end(await stage.takeNew("a"), { event: "complete" });
      if (state === "failed") await stage.end(await stage.takeNew("a"), { event: "fail", error: anError() });
      if (state === "expired") await stage.insert({ id: "a", ttlMs: 1 });
      if (state === "cancelled") {
        await stage.insert("a");
        await stage.cancel("a", { reason: "first" });
      }
      await stage.advance(2);
      await stage.sweep();
      assert.deepEqual(await stage.cancel("a", { reason: "second" }), { status: "finished", state });
      assert.equal((await stage.read("a")).reason, state === "cancelled" ? "first" : undefined);
    },
  ),
];

const active: readonly ConformanceCase[] = [
  defineCase("cancel: an active job is only asked to end", async (stage) => {
    await stage.takeNew("a");
    assert.deepEqual(await stage.cancel("a"), { status: "requested" });
    assert.deepEqual(await stage.counts(), countsOf({ active: 1 }));
  }),
  ...defineCases(
    [
      { event: "complete", result: "1" },
      { event: "fail", error: anError() },
      { event: "retry", error: anError(), delayMs: LONG_MS },
      { event: "release" },
      { event: "release", delayMs: LONG_MS },
    ] as const,
    (end) => `cancel: wins over ${JSON.stringify({ ...end, error: undefined })} that comes later`,
    async (stage, end) => {
      const job = await stage.takeNew("a");
      await stage.cancel("a", { reason: "sold out" });
      assert.deepEqual((await stage.end(job, end)).settled, ["cancelled"]);
      const { state, reason, result } = await stage.read("a");
      assert.deepEqual([state, reason, result], ["cancelled", "sold out", undefined]);
      assert.deepEqual(await stage.counts(), countsOf({ cancelled: 1 }));
      assert.deepEqual((await stage.end(job, end)).settled, ["missing"]);
    },
  ),
  defineCase("cancel: a worker that obeys has its settlement applied", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.cancel("a", { reason: "sold out" });
    assert.deepEqual((await stage.end(job, { event: "cancel", reason: "sold out" })).settled, ["applied"]);
    const { state, reason } = await stage.read("a");
    assert.deepEqual([state, reason], ["cancelled", "sold out"]);
  }),
  defineCase("cancel: the first reason stays", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.cancel("a", { reason: "first" });
    assert.deepEqual(await stage.cancel("a", { reason: "second" }), { status: "requested" });
    await stage.end(job, { event: "complete" });
    assert.equal((await stage.read("a")).reason, "first");
  }),
  defineCase("cancel: the reason asked for stays when the worker gives another", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.cancel("a", { reason: "asked" });
    await stage.end(job, { event: "cancel", reason: "given" });
    assert.equal((await stage.read("a")).reason, "asked");
  }),
  defineCase("cancel: asks only the job it names", async (stage) => {
    await stage.insert("a", "b");
    const [a, b] = await stage.take();
    assert.ok(a && b);
    await stage.cancel("a");
    const { settled } = await stage.settle([
      { id: "a", fence: a.fence, event: "complete" },
      { id: "b", fence: b.fence, event: "complete" },
    ]);
    assert.deepEqual(settled, ["cancelled", "applied"]);
  }),
  defineCase(
    "cancel: a late settlement of an older claim does not take the cancel with it",
    async (stage) => {
      const old = await stage.takeNew("a");
      await stage.end(old, { event: "release" });
      const job = only(await stage.take());
      await stage.cancel("a");
      assert.deepEqual((await stage.end(old, { event: "complete" })).settled, ["stale"]);
      assert.deepEqual((await stage.end(job, { event: "complete" })).settled, ["cancelled"]);
    },
  ),
  defineCase("cancel: exactly one end when a cancel races a settlement", async (stage) => {
    const other = await stage.another();
    for (let round = 0; round < 10; round++) {
      const job = await stage.takeNew(`job-${round}`);
      const [cancel, { settled }] = await Promise.all([
        stage.cancel(job.id, { by: other }),
        stage.end(job, { event: "complete" }),
      ]);
      const expected = cancel.status === "requested" ? "cancelled" : "completed";
      assert.equal(await stage.state(job.id), expected);
      assert.deepEqual(settled, [expected === "completed" ? "applied" : "cancelled"]);
    }
  }),
  defineCase("cancel: another process that runs the job is told", async (stage) => {
    const worker = await stage.another();
    const listener = await Listener.on(worker, { kind: "cancels", task: TASK });
    await stage.takeNew("a", { by: worker });
    await stage.cancel("a", { reason: "sold out" });
    const [notice] = await listener.received(1);
    assert.deepEqual(notice, { kind: "cancel", task: TASK, id: "a", reason: "sold out" });
  }),
  defineCase("cancel: a job that ends at once and another task's jobs tell no worker", async (stage) => {
    const listener = await Listener.on(stage.adapter, { kind: "cancels", task: TASK });
    await stage.insert("idle", { id: "other", task: "other.task" });
    await stage.take({ task: "other.task" });
    await stage.cancel("idle");
    await stage.adapter.cancel([{ task: "other.task", id: "other", reason: "no", retention: keeping() }]);
    await stage.takeNew("a");
    await stage.cancel("a", { reason: "yes" });
    const [notice] = await listener.received(1);
    assert.deepEqual(notice, { kind: "cancel", task: TASK, id: "a", reason: "yes" });
  }),
  defineCase("cancel: does not stick to a job that is revived", async (stage) => {
    const job = await stage.takeNew("a", { leaseMs: 5 });
    await stage.end(job, { event: "fail", error: anError() });
    await stage.change("a", { change: "revive" });
    const again = only(await stage.take());
    assert.deepEqual((await stage.end(again, { event: "complete" })).settled, ["applied"]);
  }),
];

export const cancelCases: readonly ConformanceCase[] = [...atOnce, ...active];
