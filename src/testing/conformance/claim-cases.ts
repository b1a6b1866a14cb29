import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { aJob, anError, countsOf, defineCase, LEASE, LONG_MS, only, TASK } from "./stage.js";

const order: readonly ConformanceCase[] = [
  defineCase("claim: takes jobs in the order they became waiting", async (stage) => {
    await stage.insert("b", "a");
    await stage.insert("c");
    assert.deepEqual(await stage.takeIds(), ["b", "a", "c"]);
  }),
  defineCase("claim: takes higher priorities first, whatever came first", async (stage) => {
    const priorities = [0, -5, 10, 1000, -1000, 1, 999];
    await stage.insert(...priorities.map((priority) => ({ id: `p${priority}`, priority })));
    const taken = await stage.takeIds();
    assert.deepEqual(taken, ["p1000", "p999", "p10", "p1", "p0", "p-5", "p-1000"]);
  }),
  defineCase("claim: keeps the order within each priority", async (stage) => {
    const jobs = [5, 0, 5, -5, 0, -5, 5].map((priority, index) => ({ id: `${priority}#${index}`, priority }));
    await stage.insert(...jobs);
    assert.deepEqual(await stage.takeIds(), ["5#0", "5#2", "5#6", "0#1", "0#4", "-5#3", "-5#5"]);
  }),
  defineCase("claim: a later job of higher priority overtakes", async (stage) => {
    await stage.insert("plain-1", "plain-2");
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["plain-1"]);
    await stage.insert({ id: "urgent", priority: 1 });
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["urgent"]);
    assert.deepEqual(await stage.takeIds(), ["plain-2"]);
  }),
  defineCase("claim: a small count takes from several priorities in order", async (stage) => {
    await stage.insert({ id: "low", priority: -1 }, { id: "high", priority: 1 }, "plain");
    assert.deepEqual(await stage.takeIds({ count: 2 }), ["high", "plain"]);
    assert.deepEqual(await stage.takeIds({ count: 2 }), ["low"]);
  }),
  defineCase("claim: due jobs become waiting in due order, behind those already waiting", async (stage) => {
    await stage.insert(
      { id: "late", delayMs: 30 },
      { id: "early", delayMs: 10 },
      { id: "middle", delayMs: 20 },
      "waiting",
    );
    await stage.advance(31);
    assert.deepEqual(await stage.takeIds(), ["waiting", "early", "middle", "late"]);
  }),
  defineCase("claim: jobs due at the same moment come in the order they were inserted", async (stage) => {
    const ids = Array.from({ length: 12 }, (_, index) => `job-${String(index).padStart(2, "0")}`);
    await stage.insert(...ids.map((id) => ({ id, delayMs: 5 })));
    await stage.advance(6);
    assert.deepEqual(await stage.takeIds({ count: 12 }), ids);
  }),
  defineCase("claim: delayed and retrying jobs that are due come in due order together", async (stage) => {
    await stage.insert("retry-300", "retry-100");
    for (const job of await stage.take()) {
      const delayMs = Number(job.id.split("-")[1]);
      await stage.end(job, { event: "retry", error: anError(), delayMs });
    }
    await stage.insert({ id: "delay-200", delayMs: 200 }, { id: "delay-400", delayMs: 400 });
    const ids = ["retry-100", "retry-300", "delay-200", "delay-400"];
    const jobs = await Promise.all(ids.map((id) => stage.read(id)));
    const inDueOrder = jobs.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0)).map(({ id }) => id);
    await stage.advance(500);
    assert.deepEqual(await stage.takeIds(), inDueOrder);
  }),
  defineCase("claim: a due job keeps its priority", async (stage) => {
    await stage.insert(
      "plain",
      { id: "urgent", priority: 5, delayMs: 5 },
      { id: "low", priority: -5, delayMs: 1 },
    );
    await stage.advance(6);
    assert.deepEqual(await stage.takeIds(), ["urgent", "plain", "low"]);
  }),
  defineCase("claim: takes up to a thousand jobs", async (stage) => {
    await stage.insert(...Array.from({ length: 1200 }, (_, index) => `job-${index}`));
    assert.equal((await stage.take({ count: 1000 })).length, 1000);
    assert.equal((await stage.take({ count: 1000 })).length, 200);
  }),
];

const limits: readonly ConformanceCase[] = [
  defineCase("claim: takes at most what was asked for", async (stage) => {
    await stage.insert("a", "b", "c");
    assert.deepEqual(await stage.takeIds({ count: 2 }), ["a", "b"]);
    assert.deepEqual(await stage.takeIds({ count: 2 }), ["c"]);
    assert.deepEqual(await stage.takeIds({ count: 2 }), []);
  }),
  defineCase("claim: a count of nothing takes nothing", async (stage) => {
    await stage.insert("a");
    assert.deepEqual(await stage.takeIds({ count: 0 }), []);
    assert.equal(await stage.state("a"), "waiting");
  }),
  defineCase("claim: a task nobody knows has nothing", async (stage) => {
    assert.deepEqual(await stage.claim({ task: "unknown.task" }), { jobs: [], lost: false });
  }),
  defineCase("claim: answers several tasks in their order", async (stage) => {
    await stage.insert({ id: "a", task: "first.task" }, { id: "b", task: "second.task" });
    const tasks = ["second.task", "unknown.task", "first.task"];
    const replies = await stage.adapter.claim(
      tasks.map((task) => ({ task, lease: LEASE, leaseMs: LONG_MS, count: 5 })),
    );
    assert.deepEqual(
      replies.map((reply) => reply.jobs.map((job) => `${job.task}/${job.id}`)),
      [["second.task/b"], [], ["first.task/a"]],
    );
  }),
  defineCase("claim: answers fifty tasks at once", async (stage) => {
    const tasks = Array.from({ length: 50 }, (_, index) => `task-${index}`);
    await stage.adapter.insert(tasks.map((task) => aJob({ id: `of-${task}`, task })));
    const replies = await stage.adapter.claim(
      tasks.map((task) => ({ task, lease: LEASE, leaseMs: LONG_MS, count: 3 })),
    );
    assert.deepEqual(
      replies.map((reply) => only(reply.jobs).id),
      tasks.map((task) => `of-${task}`),
    );
  }),
  defineCase("claim: no job is given to two processes", async (stage) => {
    const ids = Array.from({ length: 60 }, (_, index) => `job-${index}`);
    await stage.insert(...ids);
    const processes = [stage.adapter, await stage.another(), await stage.another()];
    const claims = processes.flatMap((by, index) =>
      Array.from({ length: 10 }, () => stage.takeIds({ by, lease: `worker-${index}`, count: 3 })),
    );
    const taken = (await Promise.all(claims)).flat();
    assert.deepEqual([...taken].sort(), [...ids].sort());
  }),
];

const numbers: readonly ConformanceCase[] = [
  defineCase("claim: the first run is attempt 1", async (stage) => {
    const job = await stage.takeNew("a");
    assert.deepEqual([job.attempt, job.stalls, (await stage.read("a")).attempt], [1, 0, 1]);
  }),
  defineCase("claim: a retry is the next attempt", async (stage) => {
    for (const attempt of [1, 2, 3]) {
      const job = attempt === 1 ? await stage.takeNew("a") : only(await stage.take());
      assert.equal(job.attempt, attempt);
      await stage.end(job, { event: "retry", error: anError(), delayMs: 0 });
    }
  }),
  defineCase("claim: the fence of a job rises with each claim", async (stage) => {
    let last = (await stage.takeNew("a")).fence;
    for (let round = 0; round < 3; round++) {
      await stage.end({ id: "a", fence: last }, { event: "release" });
      const { fence } = only(await stage.take());
      assert.ok(fence > last, `${fence} is above ${last}`);
      last = fence;
    }
  }),
  defineCase("claim: a running job says who runs it and since when", async (stage) => {
    await stage.takeNew("a", { lease: "worker-7" });
    const { state, worker, startedAt = 0, enqueuedAt } = await stage.read("a");
    assert.deepEqual([state, worker], ["active", "worker-7"]);
    assert.ok(startedAt >= enqueuedAt, "it started after it was inserted");
  }),
  defineCase("claim: what is claimed is counted and listed as active", async (stage) => {
    await stage.insert("a", "b", "c");
    await stage.take({ count: 2 });
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 1, active: 2 }));
    assert.deepEqual(await stage.listIds("active"), ["a", "b"]);
    assert.deepEqual(await stage.listIds("waiting"), ["c"]);
  }),
];

const due: readonly ConformanceCase[] = [
  defineCase("claim: says when the next delayed job is due", async (stage) => {
    await stage.insert({ id: "a", delayMs: LONG_MS }, { id: "b", delayMs: LONG_MS / 2 });
    const { jobs, nextDueInMs = 0 } = await stage.claim();
    assert.deepEqual(jobs, []);
    assert.ok(nextDueInMs > LONG_MS / 4 && nextDueInMs <= LONG_MS / 2, `${nextDueInMs}`);
  }),
  defineCase("claim: says when the next retry is due", async (stage) => {
    const job = await stage.takeNew("a", { leaseMs: 2 * LONG_MS });
    const { nextDueInMs = 0 } = await stage.end(job, { event: "retry", error: anError(), delayMs: LONG_MS });
    assert.ok(nextDueInMs > LONG_MS / 2 && nextDueInMs <= LONG_MS, `${nextDueInMs}`);
  }),
  defineCase("claim: says when the next TTL ends", async (stage) => {
    await stage.insert({ id: "a", ttlMs: LONG_MS });
    const { nextDueInMs = 0 } = await stage.claim({ count: 0 });
    assert.ok(nextDueInMs > LONG_MS / 2 && nextDueInMs <= LONG_MS, `${nextDueInMs}`);
  }),
  defineCase("claim: says when the next lease ends", async (stage) => {
    await stage.insert("a");
    const { nextDueInMs = 0 } = await stage.claim({ leaseMs: LONG_MS });
    assert.ok(nextDueInMs > LONG_MS / 2 && nextDueInMs <= LONG_MS, `${nextDueInMs}`);
  }),
  defineCase(
    "claim: nothing is due where there is nothing, and an empty claim opens no lease",
    async (stage) => {
      assert.deepEqual(await stage.claim(), { jobs: [], lost: false });
      assert.deepEqual(await stage.claim(), { jobs: [], lost: false });
    },
  ),
  defineCase("claim: what will be due later does not hide what is waiting", async (stage) => {
    await stage.insert({ id: "later", delayMs: LONG_MS }, "now");
    assert.deepEqual(await stage.takeIds(), ["now"]);
    assert.equal(await stage.state("later"), "delayed");
  }),
  defineCase("claim: a job whose TTL has passed is not run but expired", async (stage) => {
    await stage.insert({ id: "old", ttlMs: 5 }, "good");
    await stage.advance(6);
    assert.deepEqual(await stage.takeIds(), ["good"]);
    assert.equal(await stage.state("old"), "expired");
    assert.equal((await stage.counts()).expired, 1);
  }),
  defineCase("claim: an overdue job that is to be discarded is gone", async (stage) => {
    await stage.insert({ id: "old", ttlMs: 5, onExpire: "discard" }, "good");
    await stage.advance(6);
    assert.deepEqual(await stage.takeIds(), ["good"]);
    assert.equal(await stage.find("old"), undefined);
    assert.deepEqual(await stage.counts(), countsOf({ active: 1 }));
  }),
  defineCase("claim: thousands of overdue jobs are never handed out", async (stage) => {
    await stage.insert(
      ...Array.from({ length: 2500 }, (_, index) => ({ id: `job-${index}`, ttlMs: 1 })),
      "good",
    );
    await stage.advance(2);
    const taken: string[] = [];
    for (let round = 0; round < 100 && taken.length === 0; round++) taken.push(...(await stage.takeIds()));
    assert.deepEqual(taken, ["good"]);
    await stage.sweepAll();
    assert.deepEqual(await stage.counts(), countsOf({ expired: 2500, active: 1 }));
  }),
  defineCase("claim: a TTL that has passed wins over a due time", async (stage) => {
    await stage.insert({ id: "a", ttlMs: 5, delayMs: 10 });
    await stage.advance(11);
    assert.deepEqual(await stage.takeIds(), []);
    assert.equal(await stage.state("a"), "expired");
  }),
  defineCase("claim: a started job has no TTL any more", async (stage) => {
    const job = await stage.takeNew({ id: "a", ttlMs: 1000 });
    assert.equal((await stage.read("a")).expiresAt, undefined);
    await stage.end(job, { event: "release" });
    await stage.advance(1001);
    await stage.sweep();
    assert.equal(await stage.state("a"), "waiting");
    assert.deepEqual(await stage.takeIds(), ["a"]);
  }),
  defineCase("claim: a thousand due jobs at once are all taken in the end", async (stage) => {
    await stage.insert(...Array.from({ length: 2500 }, (_, index) => ({ id: `job-${index}`, delayMs: 1 })));
    await stage.advance(2);
    const taken = new Set<string>();
    for (let round = 0; round < 20 && taken.size < 2500; round++) {
      for (const id of await stage.takeIds({ count: 1000 })) taken.add(id);
    }
    assert.equal(taken.size, 2500);
    assert.deepEqual(await stage.counts(), countsOf({ active: 2500 }));
  }),
  defineCase("claim: jobs of two tasks do not mix", async (stage) => {
    await stage.insert({ id: "a", task: "conformance.task-2" }, { id: "a" });
    assert.deepEqual(await stage.takeIds(), ["a"]);
    assert.deepEqual(await stage.takeIds(), []);
    const [job] = await stage.adapter.read([{ task: "conformance.task-2", id: "a" }]);
    assert.deepEqual([job?.state, job?.payload], ["waiting", aJob("a").payload]);
    assert.equal((await stage.counts(TASK)).active, 1);
  }),
];

export const claimCases: readonly ConformanceCase[] = [...order, ...limits, ...numbers, ...due];
