import assert from "node:assert/strict";
import type { JobCollect } from "../../core/limits/collect.js";
import type { ConformanceCase } from "./kit.js";
import { idsOf, soon, startWait } from "./patience.js";
import { aJob, anError, defineCase, LONG_MS, type Stage, TASK } from "./stage.js";

const FLOW: JobCollect = { key: "k", delayMs: 20, maxSize: 3 };

/** Inserts jobs that are collected, one insert each. */
async function add(stage: Stage, ids: readonly string[], limits: Partial<JobCollect> = {}): Promise<void> {
  for (const id of ids) await stage.insert({ id, limits: { collect: { ...FLOW, ...limits } } });
}

/** How long the task's next batch will wait. */
async function dueIn(stage: Stage): Promise<number> {
  return (await stage.claim({ count: 1 })).nextDueInMs ?? Number.NaN;
}

export const collectCases: readonly ConformanceCase[] = [
  defineCase("collect: a batch runs when nothing was added for its delay", async (stage) => {
    await add(stage, ["a", "b"], { delayMs: 20 });
    await stage.advance(20);
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["a", "b"]);
  }),
  defineCase("collect: a job that is added puts its batch off", async (stage) => {
    await add(stage, ["a"], { delayMs: LONG_MS });
    await stage.advance(20);
    const before = await dueIn(stage);
    assert.deepEqual(await stage.takeIds(), []);
    await add(stage, ["b"], { delayMs: LONG_MS + 10_000 });
    assert.ok((await dueIn(stage)) > before, "the batch runs later than before");
  }),
  defineCase("collect: a full batch runs at once, what is left by time", async (stage) => {
    await add(stage, ["a", "b", "c", "d"], { delayMs: LONG_MS });
    assert.deepEqual(await stage.takeIds(), ["a", "b", "c"]);
    assert.deepEqual(await stage.takeIds(), []);
    assert.ok((await dueIn(stage)) > LONG_MS / 2);
  }),
  defineCase("collect: maxWait bounds how long the first job waits", async (stage) => {
    for (const id of ["a", "b", "c"])
      await add(stage, [id], { delayMs: LONG_MS, maxSize: 10, maxWaitMs: 30 });
    await stage.advance(30);
    assert.deepEqual(await stage.takeIds(), ["a", "b", "c"]);
  }),
  defineCase("collect: count is a number of batches, and each job names its own", async (stage) => {
    await add(stage, ["a", "b", "c"]);
    await add(stage, ["x", "y", "z"], { key: "other" });
    await add(stage, ["p", "q", "r"], { key: "third" });
    const jobs = await stage.take({ count: 2 });
    assert.equal(jobs.length, 6);
    assert.deepEqual(
      jobs.map(({ id, collect }) => [id, collect?.key, collect?.maxSize]),
      [
        ["a", "k", 3],
        ["b", "k", 3],
        ["c", "k", 3],
        ["x", "other", 3],
        ["y", "other", 3],
        ["z", "other", 3],
      ],
    );
    assert.deepEqual(await stage.takeIds({ count: 2 }), ["p", "q", "r"]);
  }),
  defineCase("collect: what was added while nobody worked runs in batches", async (stage) => {
    await add(stage, ["a", "b", "c", "d", "e", "f", "g"]);
    await stage.advance(20);
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["a", "b", "c"]);
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["d", "e", "f"]);
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["g"]);
  }),
  defineCase("collect: 1 000 jobs in one insert come out once each", async (stage) => {
    const limits = { collect: { ...FLOW, maxSize: 150 } };
    const ids = Array.from({ length: 1000 }, (_, index) => `j${index}`);
    await stage.insert(...ids.map((id) => ({ id, limits })));
    await stage.advance(60);
    const taken: string[] = [];
    for (let claim = 0; claim < 7; claim++) taken.push(...(await stage.takeIds({ count: 1 })));
    assert.deepEqual(taken, ids);
  }),
  defineCase("collect: jobs to be retried form a batch again at once", async (stage) => {
    await add(stage, ["a", "b"]);
    await stage.advance(60);
    const jobs = await stage.take();
    await stage.settle(
      jobs.map(({ id, fence }) => ({ id, fence, event: "retry", error: anError(), delayMs: 20 })),
    );
    await stage.advance(20);
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["a", "b"]);
  }),
  defineCase("collect: jobs of a lost worker are tried one by one", async (stage) => {
    await add(stage, ["a", "b", "c"]);
    assert.equal((await stage.take({ leaseMs: 50 })).length, 3);
    await stage.advance(50);
    await stage.sweepAll();
    for (const id of ["a", "b", "c"]) {
      assert.deepEqual(await stage.takeIds({ count: 1, lease: "worker-2", apart: true }), [id]);
    }
  }),
  defineCase("collect: a job cancelled while it is collected leaves its batch", async (stage) => {
    await add(stage, ["a", "b"]);
    assert.deepEqual(await stage.cancel("a"), { status: "cancelled" });
    await stage.advance(60);
    assert.deepEqual(await stage.takeIds(), ["b"]);
  }),
  defineCase("collect: a key whose last job goes is forgotten", async (stage) => {
    await add(stage, ["a"], { delayMs: LONG_MS });
    await stage.change("a", { change: "remove" });
    assert.equal((await stage.claim()).nextDueInMs, undefined);
    await add(stage, ["b"], { delayMs: LONG_MS });
    assert.ok((await dueIn(stage)) > LONG_MS / 2);
  }),
  defineCase("collect: an overdue job expires where it is collected", async (stage) => {
    const limits = { collect: FLOW };
    await stage.insert({ id: "a", limits, ttlMs: 50 }, { id: "b", limits });
    await stage.advance(60);
    assert.deepEqual(await stage.takeIds(), ["b"]);
    assert.equal(await stage.state("a"), "expired");
  }),
  defineCase("collect: collected jobs are waiting in counts and lists", async (stage) => {
    await add(stage, ["a", "b"]);
    await add(stage, ["x"], { key: "other" });
    await stage.verifyBooks(["a", "b", "x"]);
    assert.equal(await stage.state("x"), "waiting");
  }),
  defineCase("collect: what is collected can be read and stays as it is", async (stage) => {
    await add(stage, ["a", "b"], { delayMs: LONG_MS });
    await add(stage, ["x"], { key: "other", delayMs: LONG_MS, maxWaitMs: LONG_MS });
    const keys = await stage.collected({ task: TASK, limit: 10, jobs: 0 });
    assert.deepEqual(keys.map(({ key, count, jobs }) => [key, count, jobs.length]).sort(), [
      ["k", 2, 0],
      ["other", 1, 0],
    ]);
    const [one, ...none] = await stage.collected({ task: TASK, key: "k", limit: 10, jobs: 1 });
    assert.ok(one);
    assert.deepEqual(none, []);
    assert.deepEqual(
      one.jobs.map(({ id, state }) => [id, state]),
      [["a", "waiting"]],
    );
    assert.ok(one.dueAt - one.firstAt >= LONG_MS, "the batch runs after its delay");
    assert.deepEqual(await stage.collected({ task: TASK, key: "unknown", limit: 1, jobs: 1 }), []);
    await stage.verifyBooks(["a", "b", "x"]);
  }),
  defineCase("collect: the first job of a key and a full batch wake a waiter", async (stage) => {
    await add(stage, ["a"], { delayMs: LONG_MS });
    const first = await soon("the first wake", startWait(stage.adapter, TASK).told);
    assert.deepEqual(idsOf(first), []);
    assert.ok((first?.nextDueInMs ?? 0) > 0);
    await add(stage, ["b", "c"], { delayMs: LONG_MS });
    assert.deepEqual(await soon("the wake", startWait(stage.adapter, TASK).ids), ["a", "b", "c"]);
  }),
  defineCase("collect: a repeated insert is the same job only with the same batch", async (stage) => {
    await add(stage, ["a"], { delayMs: LONG_MS });
    await add(stage, ["a"], { delayMs: LONG_MS });
    const plain = aJob("a");
    assert.deepEqual(await stage.adapter.insert([plain]), [{ status: "conflict" }]);
    const other = { ...plain, limits: { collect: { ...FLOW, key: "m", delayMs: LONG_MS } } };
    assert.deepEqual(await stage.adapter.insert([other]), [{ status: "conflict" }]);
    assert.equal((await stage.counts()).waiting, 1);
  }),
  defineCase(
    "collect: a batch counts as one, also when a job behind it may not start",
    async (stage) => {
      const limits = { limit: { key: "k", max: 1 } };
      await add(stage, ["a", "b", "c"]);
      await stage.insert({ id: "x", limits }, { id: "y", limits }, { id: "z" });
      assert.deepEqual(await stage.takeIds({ count: 3 }), ["a", "b", "c", "x", "z"]);
    },
    ["limits"],
  ),
];
