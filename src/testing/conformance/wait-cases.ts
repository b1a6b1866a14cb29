import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { isPending, type StartedWait, soon, startWait } from "./patience.js";
import { aJob, anError, defineCase, LEASE, LONG_MS, type Stage, TASK } from "./stage.js";

/** Long enough for a wake that should not come to show. */
const A_WHILE_MS = 20;

async function staysPending(stage: Stage, woken: Promise<unknown>): Promise<void> {
  await stage.advance(A_WHILE_MS);
  assert.ok(await isPending(woken), "nobody was woken");
}

/** Waits until the pending wait has surely reached the store. */
function begun(stage: Stage): Promise<void> {
  return stage.advance(A_WHILE_MS);
}

const wakes: readonly ConformanceCase[] = [
  defineCase("wait: an insert wakes it", async (stage) => {
    const { woken } = startWait(stage.adapter, [TASK]);
    await begun(stage);
    await stage.insert("a");
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: what was inserted before is not missed", async (stage) => {
    await stage.insert("a");
    assert.deepEqual(await soon("the wake", startWait(stage.adapter, [TASK]).woken), [TASK]);
  }),
  defineCase("wait: an insert by another process wakes it", async (stage) => {
    const other = await stage.another();
    const { woken } = startWait(stage.adapter, [TASK]);
    await begun(stage);
    await other.insert([aJob("a")]);
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: says which of many tasks has something", async (stage) => {
    const tasks = Array.from({ length: 50 }, (_, index) => `task-${index}`);
    const { woken } = startWait(stage.adapter, tasks);
    await begun(stage);
    await stage.insert({ id: "a", task: "task-33" });
    assert.deepEqual(await soon("the wake", woken), ["task-33"]);
  }),
  defineCase("wait: jobs of other tasks do not wake it", async (stage) => {
    const { woken, abort } = startWait(stage.adapter, [TASK]);
    await begun(stage);
    await stage.insert({ id: "a", task: "other.task" });
    await staysPending(stage, woken);
    abort();
    await woken;
  }),
  defineCase("wait: tasks with work before are all told in the end", async (stage) => {
    await stage.insert({ id: "a", task: "first.task" }, { id: "b", task: "second.task" });
    const told = new Set<string>();
    while (told.size < 2) {
      const { woken } = startWait(stage.adapter, ["first.task", "second.task"]);
      for (const task of await soon("the wake", woken)) told.add(task);
    }
    assert.deepEqual([...told].sort(), ["first.task", "second.task"]);
  }),
  defineCase("wait: a job made waiting by hand wakes it", async (stage) => {
    await stage.insert({ id: "a", delayMs: LONG_MS });
    await stage.claim();
    const { woken } = await drained(stage);
    await stage.change("a", { change: "promote" });
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: a revived job wakes it", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "fail", error: anError() });
    const { woken } = await drained(stage);
    await stage.change("a", { change: "revive" });
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: a released job wakes it", async (stage) => {
    const job = await stage.takeNew("a");
    const { woken } = await drained(stage);
    await stage.end(job, { event: "release" });
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: the sweep of another process that promotes wakes it", async (stage) => {
    await stage.insert({ id: "a", delayMs: 200 });
    const { woken } = await drained(stage);
    await stage.advance(201);
    await stage.sweep({ by: await stage.another(), scope: "due" });
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: the sweep of another process that reclaims wakes it", async (stage) => {
    await stage.takeNew("a", { leaseMs: 1 });
    const { woken } = await drained(stage);
    await stage.advance(2);
    await stage.sweep({ by: await stage.another(), scope: "due" });
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase(
    "wait: a delayed job that becomes the earliest wakes it, so that its time is known",
    async (stage) => {
      const { woken } = startWait(stage.adapter, [TASK]);
      await begun(stage);
      await stage.insert({ id: "a", delayMs: LONG_MS });
      assert.deepEqual(await soon("the wake", woken), [TASK]);
      const { jobs, nextDueInMs = 0 } = await stage.claim();
      assert.deepEqual(jobs, []);
      assert.ok(nextDueInMs > 0 && nextDueInMs <= LONG_MS, `${nextDueInMs}`);
    },
  ),
  defineCase("wait: a job rescheduled to be the earliest wakes it", async (stage) => {
    await stage.insert({ id: "a", delayMs: LONG_MS }, { id: "b", delayMs: LONG_MS });
    const { woken } = await drained(stage);
    await stage.change("b", { change: "reschedule", delayMs: 1000 });
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
];

/** Uses up the wakes there may be and starts a wait that is pending. */
async function drained(stage: Stage): Promise<StartedWait> {
  for (;;) {
    const started = startWait(stage.adapter, [TASK]);
    await begun(stage);
    if (await isPending(started.woken)) return started;
    await started.woken;
  }
}

const sharing: readonly ConformanceCase[] = [
  defineCase(
    "wait: one batch wakes one waiter, and a claim that leaves jobs wakes the next",
    async (stage) => {
      const first = startWait(await stage.another(), [TASK]);
      await begun(stage);
      const second = startWait(await stage.another(), [TASK]);
      await begun(stage);
      await stage.insert("a", "b");
      const woken = await soon(
        "the first wake",
        Promise.race([first.woken.then(() => first), second.woken.then(() => second)]),
      );
      const sleeper = woken === first ? second : first;
      await staysPending(stage, sleeper.woken);
      assert.deepEqual(await stage.takeIds({ count: 1 }), ["a"]);
      assert.deepEqual(await soon("the second wake", sleeper.woken), [TASK]);
    },
  ),
  defineCase("wait: a claim that takes everything under a known lease wakes nobody", async (stage) => {
    await stage.takeNew("first");
    await stage.insert("a");
    await soon("the wake", startWait(stage.adapter, [TASK]).woken);
    const { woken, abort } = await drained(stage);
    await stage.take();
    await staysPending(stage, woken);
    abort();
    await woken;
  }),
  defineCase("wait: a new lease wakes another process, which learns when it ends", async (stage) => {
    await stage.insert("a");
    await soon("the wake", startWait(stage.adapter, [TASK]).woken);
    const other = await stage.another();
    const { woken } = startWait(other, [TASK]);
    await begun(stage);
    await stage.take({ leaseMs: LONG_MS });
    assert.deepEqual(await soon("the wake", woken), [TASK]);
    const { nextDueInMs = 0 } = await stage.claim({ by: other, lease: "worker-2" });
    assert.ok(nextDueInMs > 0 && nextDueInMs <= LONG_MS, `${nextDueInMs}`);
  }),
  defineCase("wait: a claim of nothing passes the wake on", async (stage) => {
    await stage.insert("a");
    await soon("the wake", startWait(stage.adapter, [TASK]).woken);
    const { woken } = startWait(await stage.another(), [TASK]);
    await begun(stage);
    await stage.claim({ count: 0 });
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: a claim refused to a lost lease passes the wake on", async (stage) => {
    await stage.takeNew("a", { leaseMs: 1, lease: "lost" });
    await stage.advance(2);
    await stage.sweep();
    const { woken } = await drained(stage);
    assert.equal((await stage.claim({ lease: "lost" })).lost, true);
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: a settlement that claims and leaves jobs wakes the next", async (stage) => {
    await stage.insert("a", "b", "c");
    const [a] = await stage.take({ count: 1 });
    assert.ok(a);
    const { woken } = await drained(stage);
    await stage.end(a, { event: "complete" }, { claim: { leaseMs: LONG_MS, count: 1 } });
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: a wake that died with its process is made good by a sweep", async (stage) => {
    await stage.insert("a");
    const dead = await stage.another();
    await soon("the wake", startWait(dead, [TASK]).woken);
    await dead.close();
    const { woken } = await drained(stage);
    await stage.sweep({ scope: "due" });
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: no wake is lost when a wait is aborted around an insert", async (stage) => {
    for (let round = 0; round < 20; round++) {
      const { woken, abort } = startWait(stage.adapter, [TASK]);
      const inserted = stage.insert(`job-${round}`);
      abort();
      await inserted;
      const tasks = await woken;
      if (tasks.length === 0) await soon("the wake", startWait(stage.adapter, [TASK]).woken);
      assert.deepEqual(await stage.takeIds({ lease: LEASE }), [`job-${round}`]);
    }
  }),
];

const endings: readonly ConformanceCase[] = [
  defineCase("wait: ends with nothing after its time", async (stage) => {
    const { woken } = startWait(stage.adapter, [TASK], 10);
    await stage.advance(11);
    assert.deepEqual(await soon("the timeout", woken), []);
  }),
  defineCase("wait: ends with nothing when aborted", async (stage) => {
    const { woken, abort } = startWait(stage.adapter, [TASK]);
    await begun(stage);
    abort();
    assert.deepEqual(await soon("the abort", woken), []);
  }),
  defineCase("wait: ends with nothing when it was aborted before", async (stage) => {
    const signal = AbortSignal.abort();
    const woken = stage.adapter.wait({ tasks: [TASK], timeoutMs: 60_000, signal });
    assert.deepEqual((await soon("the abort", woken)).tasks, []);
  }),
  defineCase("wait: ends with nothing when its adapter closes", async (stage) => {
    const other = await stage.another();
    const { woken } = startWait(other, [TASK]);
    await begun(stage);
    await other.close();
    assert.deepEqual(await soon("the close", woken), []);
  }),
  defineCase("wait: can be done again after an abort", async (stage) => {
    for (let round = 0; round < 3; round++) {
      const { woken, abort } = startWait(stage.adapter, [TASK]);
      await begun(stage);
      abort();
      await woken;
    }
    const { woken } = startWait(stage.adapter, [TASK]);
    await begun(stage);
    await stage.insert("a");
    assert.deepEqual(await soon("the wake", woken), [TASK]);
  }),
  defineCase("wait: an aborted wait takes no wake with it", async (stage) => {
    const { woken, abort } = startWait(stage.adapter, [TASK]);
    await begun(stage);
    abort();
    await woken;
    await stage.insert("a");
    assert.deepEqual(await soon("the wake", startWait(await stage.another(), [TASK]).woken), [TASK]);
  }),
];

export const waitCases: readonly ConformanceCase[] = [...wakes, ...sharing, ...endings];
