import assert from "node:assert/strict";
import { FINAL_STATES, type FinalState } from "../../core/lifecycle.js";
import type { ConformanceCase } from "./kit.js";
import {
  anError,
  countsOf,
  defineCase,
  defineCases,
  keeping,
  LEASE,
  LONG_MS,
  OTHER_TASK,
  only,
  type Stage,
  TASK,
} from "./stage.js";

/** Lets one job end in `state`, leaving older ones as they are. */
async function finish(stage: Stage, id: string, state: FinalState): Promise<void> {
  switch (state) {
    case "completed":
      await stage.end(await stage.takeNew(id), { event: "complete", result: "1" });
      return;
    case "failed":
      await stage.end(await stage.takeNew(id), { event: "fail", error: anError() });
      return;
    case "cancelled":
      await stage.insert(id);
      await stage.cancel(id);
      return;
    case "expired":
      await stage.insert({ id, ttlMs: 1 });
      await stage.advance(2);
      await stage.sweep();
      return;
  }
}

const upkeep: readonly ConformanceCase[] = [
  defineCase("sweep: finds nothing to do in an empty task", async (stage) => {
    const nothing = { promoted: 0, reclaimed: 0, expired: 0, pruned: 0, more: false };
    assert.deepEqual(await stage.sweep(), nothing);
    assert.deepEqual(await stage.sweep({ scope: "due" }), nothing);
  }),
  defineCase("sweep: makes due jobs waiting, in due order", async (stage) => {
    await stage.insert({ id: "b", delayMs: 9 }, { id: "a", delayMs: 3 }, { id: "later", delayMs: LONG_MS });
    await stage.advance(10);
    const reply = await stage.sweep({ scope: "due" });
    assert.deepEqual([reply.promoted, reply.more], [2, false]);
    assert.deepEqual(await stage.listIds("waiting"), ["a", "b"]);
    assert.deepEqual(await stage.listIds("delayed"), ["later"]);
  }),
  defineCase("sweep: makes retries waiting whose backoff is over", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "retry", error: anError(), delayMs: 3 });
    await stage.advance(4);
    assert.equal((await stage.sweep({ scope: "due" })).promoted, 1);
    const { state, dueAt } = await stage.read("a");
    assert.deepEqual([state, dueAt], ["waiting", undefined]);
  }),
  defineCase("sweep: expires waiting and delayed jobs whose TTL has passed", async (stage) => {
    await stage.insert(
      { id: "a", ttlMs: 3 },
      { id: "b", ttlMs: 3, delayMs: LONG_MS },
      { id: "c", ttlMs: LONG_MS },
    );
    await stage.advance(4);
    assert.equal((await stage.sweep({ scope: "due" })).expired, 2);
    assert.deepEqual(await stage.counts(), countsOf({ expired: 2, waiting: 1 }));
    const { finishedAt = 0, enqueuedAt, expiresAt, attempt } = await stage.read("a");
    assert.ok(finishedAt >= enqueuedAt, "it ended");
    assert.deepEqual([expiresAt, attempt], [undefined, 0]);
  }),
  defineCase("sweep: discards jobs whose TTL has passed where their policy says so", async (stage) => {
    await stage.insert({ id: "a", ttlMs: 3, onExpire: "discard" }, { id: "b", ttlMs: 3, onExpire: "fail" });
    await stage.advance(4);
    assert.equal((await stage.sweep({ scope: "due" })).expired, 2);
    assert.deepEqual(await stage.counts(), countsOf({ expired: 1 }));
    assert.deepEqual([await stage.state("a"), await stage.state("b")], ["none", "expired"]);
  }),
  defineCase("sweep: says when the next thing is due", async (stage) => {
    await stage.insert({ id: "a", delayMs: LONG_MS });
    const { nextDueInMs = 0 } = await stage.sweep();
    assert.ok(nextDueInMs > LONG_MS / 2 && nextDueInMs <= LONG_MS, `${nextDueInMs}`);
  }),
  defineCase("sweep: keeps jobs as the last one was told when it is not told itself", async (stage) => {
    for (const id of ["a", "b", "c"]) await finish(stage, id, "completed");
    await stage.adapter.sweep([{ task: TASK, scope: "all" }]);
    assert.deepEqual(await stage.counts(), countsOf({ completed: 3 }));
    await stage.sweep({ retention: keeping({ completed: { ageMs: LONG_MS, count: 2 } }) });
    await finish(stage, "d", "completed");
    const reply = only(await stage.adapter.sweep([{ task: TASK, scope: "due" }]));
    assert.deepEqual([reply.pruned, await stage.counts()], [1, countsOf({ completed: 2 })]);
  }),
  defineCase(
    "sweep: gives up on a job as the last one was told when it is not told itself",
    async (stage) => {
      await stage.sweep({ stallLimit: 0 });
      await stage.takeNew("a", { leaseMs: 1 });
      await stage.advance(2);
      await stage.adapter.sweep([{ task: TASK, scope: "due" }]);
      const { state, error } = await stage.read("a");
      assert.deepEqual([state, error?.code], ["failed", "JOB_STALLED"]);
    },
  ),
  defineCase("sweep: answers several tasks in their order", async (stage) => {
    await stage.insert({ id: "a", delayMs: 2 }, { id: "b", task: OTHER_TASK, ttlMs: 2 });
    await stage.advance(3);
    const shared = { retention: keeping(), stallLimit: 1, scope: "due" } as const;
    const [other, first] = await stage.adapter.sweep([
      { task: OTHER_TASK, ...shared },
      { task: TASK, ...shared },
    ]);
    assert.deepEqual([other?.expired, other?.promoted, first?.expired, first?.promoted], [1, 0, 0, 1]);
  }),
  defineCase("sweep: knows a task that is named as what every object has", async (stage) => {
    const task = "constructor";
    await stage.insert({ id: "a", task });
    await stage.take({ task, leaseMs: 1 });
    await stage.advance(2);
    assert.equal((await stage.sweep({ task })).reclaimed, 1);
  }),
  defineCase("sweep: does the work of thousands of due jobs in bounded parts", async (stage) => {
    await stage.insert(...Array.from({ length: 2500 }, (_, index) => ({ id: `job-${index}`, delayMs: 1 })));
    await stage.advance(2);
    const first = await stage.sweep({ scope: "due" });
    assert.ok(first.more && first.promoted > 0 && first.promoted < 2500, `${first.promoted} at once`);
    assert.equal(first.promoted + (await stage.sweepAll({ scope: "due" })).promoted, 2500);
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 2500 }));
  }),
  defineCase("sweep: expires thousands of jobs in bounded parts", async (stage) => {
    await stage.insert(...Array.from({ length: 2500 }, (_, index) => ({ id: `job-${index}`, ttlMs: 1 })));
    await stage.advance(2);
    const first = await stage.sweep({ scope: "due" });
    assert.ok(first.more && first.expired > 0 && first.expired < 2500, `${first.expired} at once`);
    assert.equal(first.expired + (await stage.sweepAll({ scope: "due" })).expired, 2500);
    assert.deepEqual(await stage.counts(), countsOf({ expired: 2500 }));
  }),
  defineCase("sweep: two processes that sweep at once do each thing once", async (stage) => {
    await stage.insert(...Array.from({ length: 50 }, (_, index) => ({ id: `job-${index}`, delayMs: 1 })));
    const other = await stage.another();
    await stage.advance(2);
    const replies = await Promise.all([stage.sweep(), stage.sweep({ by: other }), stage.sweep()]);
    assert.equal(
      replies.reduce((sum, reply) => sum + reply.promoted, 0),
      50,
    );
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 50 }));
  }),
];

const retention: readonly ConformanceCase[] = [
  ...defineCases(
    FINAL_STATES,
    (state) => `retention: keeps the newest ${state} jobs by count`,
    async (stage, state) => {
      for (const id of ["a", "b", "c"]) {
        await finish(stage, id, state);
        await stage.advance(2);
      }
      const reply = await stage.sweepAll({ retention: keeping({ [state]: { ageMs: LONG_MS, count: 2 } }) });
      assert.equal(reply.pruned, 1);
      assert.deepEqual(await stage.listIds(state), ["c", "b"]);
      assert.equal(await stage.find("a"), undefined);
    },
  ),
  ...defineCases(
    FINAL_STATES,
    (state) => `retention: forgets ${state} jobs by age`,
    async (stage, state) => {
      await finish(stage, "old", state);
      await stage.advance(10);
      assert.equal((await stage.sweepAll()).pruned, 0);
      const reply = await stage.sweepAll({ retention: keeping({ [state]: { ageMs: 5, count: 100 } }) });
      assert.equal(reply.pruned, 1);
      assert.deepEqual(await stage.counts(), countsOf({}));
      assert.deepEqual(await stage.details("old"), { history: [], logs: [] });
    },
  ),
  defineCase("retention: young jobs stay when older ones go", async (stage) => {
    await finish(stage, "old", "completed");
    await stage.advance(1500);
    await finish(stage, "young", "completed");
    const { pruned } = await stage.sweepAll({
      retention: keeping({ completed: { ageMs: 1400, count: 100 } }),
    });
    assert.equal(pruned, 1);
    assert.deepEqual(await stage.listIds("completed"), ["young"]);
  }),
  defineCase("retention: a sweep of what is due leaves old jobs alone", async (stage) => {
    await finish(stage, "old", "completed");
    await stage.advance(10);
    await stage.sweep({ scope: "due", retention: keeping({ completed: { ageMs: 5, count: 100 } }) });
    assert.equal(await stage.state("old"), "completed");
  }),
  defineCase("retention: settling keeps completed jobs within their count", async (stage) => {
    const bounds = keeping({ completed: { ageMs: LONG_MS, count: 2 } });
    for (const id of ["a", "b", "c", "d"]) {
      await stage.end(await stage.takeNew(id), { event: "complete" }, { retention: bounds });
    }
    assert.deepEqual(await stage.listIds("completed"), ["d", "c"]);
    await stage.verifyBooks(["a", "b", "c", "d"]);
  }),
  defineCase("retention: a batch larger than the count keeps its last jobs", async (stage) => {
    const ids = ["a", "b", "c", "d", "e"];
    await stage.insert(...ids);
    const jobs = await stage.take();
    await stage.settle(
      jobs.map(({ id, fence }) => ({ id, fence, event: "complete" })),
      { retention: keeping({ completed: { ageMs: LONG_MS, count: 2 } }) },
    );
    assert.deepEqual(await stage.listIds("completed"), ["e", "d"]);
    assert.deepEqual(await stage.counts(), countsOf({ completed: 2 }));
  }),
  defineCase("retention: settling keeps failed jobs within their count", async (stage) => {
    const bounds = keeping({ failed: { ageMs: LONG_MS, count: 1 } });
    for (const id of ["a", "b"]) {
      await stage.end(await stage.takeNew(id), { event: "fail", error: anError() }, { retention: bounds });
      await stage.advance(2);
    }
    assert.deepEqual(await stage.listIds("failed"), ["b"]);
  }),
  ...defineCases(
    [
      { event: "complete", nothing: { ageMs: LONG_MS, count: 0 } },
      { event: "fail", nothing: { ageMs: LONG_MS, count: 0 } },
      { event: "cancel", nothing: { ageMs: LONG_MS, count: 0 } },
      { event: "complete", nothing: { ageMs: 0, count: 9 } },
      { event: "fail", nothing: { ageMs: 0, count: 9 } },
      { event: "cancel", nothing: { ageMs: 0, count: 9 } },
    ] as const,
    ({ event, nothing }) =>
      `retention: ${nothing.count === 0 ? "a count" : "an age"} of nothing forgets a job that ends by ${event} at once`,
    async (stage, { event, nothing }) => {
      const bounds = keeping({ completed: nothing, failed: nothing, cancelled: nothing });
      const job = await stage.takeNew("a");
      const ends = {
        complete: { event: "complete", result: "1" },
        fail: { event: "fail", error: anError() },
        cancel: { event: "cancel", reason: "no" },
      } as const;
      const { settled } = await stage.end(job, ends[event], { retention: bounds });
      assert.deepEqual([settled, await stage.find("a")], [["applied"], undefined]);
      assert.deepEqual(await stage.counts(), countsOf({}));
    },
  ),
  defineCase("retention: cancelling keeps cancelled jobs within their count", async (stage) => {
    await stage.insert("a", "b");
    const bounds = keeping({ cancelled: { ageMs: LONG_MS, count: 1 } });
    await stage.cancel("a", { retention: bounds });
    await stage.advance(2);
    await stage.cancel("b", { retention: bounds });
    assert.deepEqual(await stage.listIds("cancelled"), ["b"]);
  }),
  defineCase(
    "retention: cancelling and sweeping keep none that may have no age",
    async (stage) => {
      const none = { ageMs: 0, count: 9 };
      await stage.insert("a", { id: "b", ttlMs: 1 }, "c");
      await stage.cancel("a", { retention: keeping({ cancelled: none }) });
      await stage.advance(2);
      await stage.sweep({ scope: "due", retention: keeping({ expired: none }) });
      await stage.control("drain", { limit: 9, retention: keeping({ cancelled: none }) });
      assert.deepEqual(await stage.counts(), countsOf({}));
    },
    ["control"],
  ),
  defineCase("retention: each state has its own bounds", async (stage) => {
    await finish(stage, "done", "completed");
    await finish(stage, "dead", "failed");
    await stage.sweepAll({ retention: keeping({ completed: { ageMs: LONG_MS, count: 0 } }) });
    assert.deepEqual(await stage.counts(), countsOf({ failed: 1 }));
  }),
  defineCase("retention: what belongs to a forgotten job goes with it", async (stage) => {
    const { fence } = await stage.takeNew("a");
    const annotation = { task: TASK, id: "a", fence, lease: LEASE } as const;
    await stage.adapter.annotate([
      { ...annotation, progress: "1" },
      { ...annotation, log: { level: "info", message: "hello" } },
    ]);
    const nothing = keeping({ failed: { ageMs: LONG_MS, count: 0 } });
    await stage.end({ id: "a", fence }, { event: "fail", error: anError() }, { retention: nothing });
    assert.deepEqual(await stage.details("a"), { history: [], logs: [] });
    await stage.insert({ id: "a", payload: "again" });
    const { progress, error, attempt } = await stage.read("a");
    assert.deepEqual([progress, error, attempt], [undefined, undefined, 0]);
    assert.deepEqual(await stage.details("a"), { history: [], logs: [] });
  }),
  defineCase("retention: thousands of old jobs are forgotten in bounded sweeps", async (stage) => {
    await stage.insert(...Array.from({ length: 2500 }, (_, index) => `job-${index}`));
    let reply = await stage.claim({ count: 1000 });
    while (reply.jobs.length > 0) {
      const settlements = reply.jobs.map(({ id, fence }) => ({ id, fence, event: "complete" }) as const);
      reply = await stage.settle(settlements, { lease: LEASE, claim: { leaseMs: LONG_MS, count: 1000 } });
    }
    assert.equal((await stage.counts()).completed, 2500);
    await stage.advance(3);
    const bounds = keeping({ completed: { ageMs: 1, count: 10_000 } });
    const first = await stage.sweep({ retention: bounds });
    assert.ok(first.more && first.pruned < 2500, `${first.pruned} at once`);
    assert.equal(first.pruned + (await stage.sweepAll({ retention: bounds })).pruned, 2500);
    assert.deepEqual(await stage.counts(), countsOf({}));
  }),
];

export const sweepCases: readonly ConformanceCase[] = [...upkeep, ...retention];
