/** Claims that wait for something to take. */
import assert from "node:assert/strict";
import type { Adapter, ClaimReply, ClaimRequest } from "../../core/adapter.js";
import type { ConformanceCase } from "./kit.js";
import { idsOf, isPending, isTold, type StartedWait, soon, startClaim, startWait } from "./patience.js";
import { aJob, anError, defineCase, defineCases, LEASE, LONG_MS, type Stage, TASK } from "./stage.js";

/** Long enough for a wait to have reached the store, and for a wake that should not come to show. */
const A_WHILE_MS = 20;

/** Starts a wait and gives it time to begin. */
async function begun(stage: Stage, ...args: Parameters<typeof startWait>): Promise<StartedWait> {
  const started = startWait(...args);
  await stage.advance(A_WHILE_MS);
  return started;
}

/** Uses up the wakes there may be and starts a wait that is pending. */
async function drained(stage: Stage, by: Adapter = stage.adapter): Promise<StartedWait> {
  for (;;) {
    const started = await begun(stage, by, TASK);
    if (await isPending(started.told)) return started;
    assert.deepEqual(await started.ids, [], "nothing is there to be taken yet");
  }
}

/** What a wait is told that is wanted: a wake of something before may have been on its way still. */
async function wanted(
  stage: Stage,
  { told }: Pick<StartedWait, "told">,
  isWanted: (reply: ClaimReply) => boolean,
): Promise<ClaimReply> {
  let reply = await soon("the wake", told);
  while (reply !== undefined && !isWanted(reply))
    reply = await soon("the wake", startWait(stage.adapter, TASK).told);
  assert.ok(reply, "it was told");
  return reply;
}

const hasJobs = ({ jobs }: ClaimReply) => jobs.length > 0;

/** Checks that a wait is told when the next thing is due, and takes nothing. */
async function learnsNextDue({ told }: Pick<StartedWait, "told">): Promise<void> {
  const { jobs = [], nextDueInMs = -1 } = (await soon("the wake", told)) ?? {};
  assert.deepEqual(jobs, []);
  assert.ok(nextDueInMs >= 0 && nextDueInMs <= LONG_MS, `${nextDueInMs}`);
}

interface Waking {
  readonly what: string;
  /** Before the wait begins. */
  prepare?(stage: Stage): Promise<unknown>;
  /** Makes `a` something to take. */
  act(stage: Stage, prepared: unknown): Promise<unknown>;
}

/** What makes a job waiting, with a wait under way that takes it. */
const WAKINGS: readonly Waking[] = [
  { what: "an insert", act: (stage) => stage.insert("a") },
  { what: "an insert by another process", act: async (stage) => (await stage.another()).insert([aJob("a")]) },
  {
    what: "a job made waiting by hand",
    prepare: (stage) => stage.insert({ id: "a", delayMs: LONG_MS }),
    act: (stage) => stage.change("a", { change: "promote" }),
  },
  {
    what: "a revived job",
    prepare: async (stage) => stage.end(await stage.takeNew("a"), { event: "fail", error: anError() }),
    act: (stage) => stage.change("a", { change: "revive" }),
  },
  {
    what: "a released job",
    prepare: (stage) => stage.takeNew("a"),
    act: (stage, job) =>
      stage.end(job as { readonly id: string; readonly fence: number }, { event: "release" }),
  },
  {
    what: "a sweep of another process that promotes",
    prepare: (stage) => stage.insert({ id: "a", delayMs: 200 }),
    act: async (stage) => {
      await stage.advance(201);
      await stage.sweep({ by: await stage.another(), scope: "due" });
    },
  },
];

const wakes: readonly ConformanceCase[] = [
  ...defineCases(
    WAKINGS,
    ({ what }) => `wait: ${what} wakes it, and brings the job along`,
    async (stage, { prepare, act }) => {
      const prepared = await prepare?.(stage);
      const waiting = await drained(stage);
      await act(stage, prepared);
      assert.deepEqual(idsOf(await wanted(stage, waiting, hasJobs)), ["a"]);
      assert.equal(await stage.state("a"), "active");
    },
  ),
  defineCase("wait: what was inserted before is not missed", async (stage) => {
    await stage.insert("a", "b");
    assert.deepEqual(await soon("the wake", startWait(stage.adapter, TASK).ids), ["a", "b"]);
  }),
  defineCase("wait: what it takes is a claim like any other", async (stage) => {
    const { told } = await begun(stage, stage.adapter, TASK, { lease: LEASE });
    await stage.insert({ id: "a", payload: '"hello"' });
    const [job, ...others] = (await soon("the wake", told))?.jobs ?? [];
    assert.ok(job);
    assert.deepEqual([job.id, job.payload, job.attempt, others.length], ["a", '"hello"', 1, 0]);
    assert.deepEqual((await stage.end(job, { event: "complete" })).settled, ["applied"]);
  }),
  defineCase("wait: it holds its jobs under its lease", async (stage) => {
    const { ids } = await begun(stage, stage.adapter, TASK, { leaseMs: 500 });
    await stage.insert("a");
    assert.deepEqual(await soon("the wake", ids), ["a"]);
    assert.equal((await stage.sweep()).reclaimed, 0);
    await stage.advance(501);
    assert.equal((await stage.sweep()).reclaimed, 1);
  }),
  defineCase("wait: a delayed job that becomes the earliest is told by its time", async (stage) => {
    const waiting = await begun(stage, stage.adapter, TASK);
    await stage.insert({ id: "a", delayMs: LONG_MS });
    await learnsNextDue(waiting);
  }),
  defineCase("wait: a job rescheduled to be the earliest is told by its time", async (stage) => {
    await stage.insert({ id: "a", delayMs: LONG_MS }, { id: "b", delayMs: LONG_MS });
    const waiting = await drained(stage);
    await stage.change("b", { change: "reschedule", delayMs: 1000 });
    await wanted(stage, waiting, ({ nextDueInMs = LONG_MS }) => nextDueInMs <= 1000);
  }),
  defineCase(
    "wait: what the sweep of another process reclaims is told, and not taken",
    async (stage) => {
      await stage.insert("a", "b");
      await stage.take({ leaseMs: 100 });
      const waiting = await drained(stage);
      await stage.advance(201);
      await stage.sweep({ by: await stage.another(), scope: "due" });
      const { jobs, hasSuspects } = await wanted(stage, waiting, (reply) => reply.hasSuspects === true);
      assert.deepEqual([jobs, hasSuspects], [[], true]);
    },
    ["suspects"],
  ),
];

const FIFTY = Array.from({ length: 50 }, (_, index) => `task-${index}`);

/** One request for each task. */
function requestsOf(tasks: readonly string[], fields: Partial<ClaimRequest> = {}): readonly ClaimRequest[] {
  return tasks.map((task) => ({ task, lease: `waiter.${task}`, leaseMs: LONG_MS, count: 10, ...fields }));
}

/** What was taken, by task. */
function taken(tasks: readonly string[], replies: readonly ClaimReply[]): readonly string[] {
  assert.equal(replies.length, tasks.length, "each request is answered");
  return tasks.flatMap((task, index) => idsOf(replies[index]).map((id) => `${task}/${id}`));
}

const manyTasks: readonly ConformanceCase[] = [
  defineCase("wait: of many tasks the one that has something is answered", async (stage) => {
    const { replies } = startClaim(stage.adapter, requestsOf(FIFTY));
    await stage.advance(A_WHILE_MS);
    await stage.insert({ id: "a", task: "task-33" });
    const told = await soon("the wake", replies);
    assert.deepEqual(taken(FIFTY, told), ["task-33/a"]);
    assert.deepEqual(
      FIFTY.filter((_, index) => isTold(told[index] as ClaimReply)),
      ["task-33"],
    );
  }),
  defineCase("wait: jobs of other tasks do not end it", async (stage) => {
    const { told, abort } = await begun(stage, stage.adapter, TASK);
    await stage.insert({ id: "a", task: "other.task" });
    await stage.advance(A_WHILE_MS);
    assert.ok(await isPending(told), "nobody was woken");
    abort();
    await told;
  }),
  defineCase("wait: tasks with work before are all told in the end", async (stage) => {
    const tasks = ["first.task", "second.task", "third.task"];
    for (let round = 0; round < 5; round++) {
      await stage.insert(...tasks.map((task) => ({ id: `job-${round}`, task })));
      const all = new Set<string>();
      while (all.size < tasks.length) {
        const { replies } = startClaim(stage.adapter, requestsOf(tasks));
        for (const id of taken(tasks, await soon("the wake", replies))) all.add(id);
      }
      assert.deepEqual(
        [...all].sort(),
        tasks.map((task) => `${task}/job-${round}`),
      );
    }
  }),
  defineCase("wait: a task that is woken again and again keeps no other from its jobs", async (stage) => {
    const tasks = ["busy.task", "calm.task"];
    const all: string[] = [];
    for (let round = 0; round < 10; round++) {
      const { replies } = startClaim(stage.adapter, requestsOf(tasks, { count: 1 }));
      await stage.insert({ id: `job-${round}`, task: "busy.task" });
      if (round === 5) await stage.insert({ id: "calm", task: "calm.task" });
      all.push(...taken(tasks, await soon("the wake", replies)));
    }
    while (all.length < 11) {
      const { replies } = startClaim(stage.adapter, requestsOf(tasks, { count: 1 }));
      all.push(...taken(tasks, await soon("the wake", replies)));
    }
    assert.ok(all.includes("calm.task/calm"));
    assert.equal(new Set(all).size, 11);
  }),
  defineCase(
    "wait: of many tasks that have something one is taken from, and the others stay",
    async (stage) => {
      const tasks = ["first.task", "second.task", "third.task"];
      await stage.insert(...tasks.flatMap((task) => ["a", "b"].map((id) => ({ id, task }))));
      const all: string[] = [];
      while (all.length < 6) {
        const { replies } = startClaim(stage.adapter, requestsOf(tasks));
        const told = await soon("the wake", replies);
        assert.ok(told.filter(({ jobs }) => jobs.length > 0).length <= 1, "one of the requests took jobs");
        all.push(...taken(tasks, told));
      }
      assert.equal(new Set(all).size, 6);
    },
  ),
  defineCase("wait: a claim of no tasks is answered at once", async (stage) => {
    assert.deepEqual(await soon("the answer", startClaim(stage.adapter, []).replies), []);
  }),
];

const sharing: readonly ConformanceCase[] = [
  defineCase("wait: takes no more than it asked for and wakes the next", async (stage) => {
    const first = await begun(stage, await stage.another(), TASK, { count: 1 });
    const second = await begun(stage, await stage.another(), TASK, { count: 1, lease: "second" });
    await stage.insert("a", "b");
    const ids = await soon("both wakes", Promise.all([first.ids, second.ids]));
    const missed = 2 - ids.flat().length;
    // One of them may have been told of the other's lease first.
    const rest = missed === 0 ? [] : await soon("the rest", startWait(stage.adapter, TASK).ids);
    assert.deepEqual([...ids.flat(), ...rest].sort(), ["a", "b"]);
    assert.ok(ids.every((taken) => taken.length <= 1));
  }),
  defineCase("wait: a job is taken by one of those who wait", async (stage) => {
    const adapters = [stage.adapter, await stage.another(), await stage.another()];
    const waits = await Promise.all(
      adapters.map((by, index) => begun(stage, by, TASK, { lease: `w${index}` })),
    );
    await stage.insert("a");
    await soon(
      "a job",
      Promise.any(waits.map(({ ids }) => ids.then((taken) => assert.equal(taken.length, 1)))),
    );
    await stage.advance(A_WHILE_MS);
    for (const { abort } of waits) abort();
    assert.deepEqual((await Promise.all(waits.map(({ ids }) => ids))).flat(), ["a"]);
  }),
  defineCase("wait: a new lease wakes another process, which learns when it ends", async (stage) => {
    const waits = [await begun(stage, await stage.another(), TASK)];
    waits.push(await begun(stage, await stage.another(), TASK, { lease: "second" }));
    await stage.insert("a");
    const replies = await soon("both wakes", Promise.all(waits.map(({ told }) => told)));
    assert.deepEqual(replies.flatMap(idsOf), ["a"]);
    const { nextDueInMs = -1 } = replies.find((reply) => reply?.jobs.length === 0) ?? {};
    assert.ok(nextDueInMs > 0 && nextDueInMs <= LONG_MS, `${nextDueInMs}`);
  }),
  defineCase("wait: a claim of nothing leaves the job to a waiter", async (stage) => {
    await stage.insert("a");
    await stage.claim({ count: 0 });
    assert.deepEqual(await soon("the wake", startWait(await stage.another(), TASK).ids), ["a"]);
  }),
  defineCase("wait: a request for nothing takes nothing, and waits", async (stage) => {
    const { told, abort } = await begun(stage, stage.adapter, TASK, { count: 0 });
    await stage.insert("a");
    await stage.advance(A_WHILE_MS);
    assert.ok(await isPending(told));
    assert.deepEqual(await soon("the wake", startWait(await stage.another(), TASK).ids), ["a"]);
    abort();
    assert.deepEqual(idsOf(await told), []);
  }),
  ...defineCases(
    [0, 1],
    (count) => `wait: a settlement that claims ${count} and leaves jobs wakes the next`,
    async (stage, count) => {
      await stage.insert("a", "b");
      const jobs = await stage.take();
      const waiting = await drained(stage, await stage.another());
      const given = jobs.map(({ id, fence }) => ({ id, fence, event: "release" as const }));
      const reply = await stage.settle(given, { claim: { leaseMs: LONG_MS, count } });
      assert.equal(reply.jobs.length, count);
      assert.deepEqual(idsOf(await wanted(stage, waiting, hasJobs)), ["a", "b"].slice(count));
    },
  ),
  defineCase("wait: under a lost lease it takes nothing, says so, and wakes the next", async (stage) => {
    await stage.takeNew("lost", { leaseMs: 10 });
    await stage.advance(11);
    await stage.sweep();
    assert.deepEqual(await stage.takeIds({ lease: "worker-2", apart: true }), ["lost"]);
    const before = await drained(stage);
    before.abort();
    await before.told;
    const { told } = await begun(stage, stage.adapter, TASK, { lease: LEASE });
    await stage.insert("a");
    const { lost, jobs } = (await soon("the wake", told)) ?? {};
    assert.deepEqual([lost, jobs], [true, []]);
    assert.deepEqual(await soon("the next wake", startWait(stage.adapter, TASK).ids), ["a"]);
  }),
];

/** Checks that a wait is over without anything. */
async function endsWithNothing({ replies }: Pick<ReturnType<typeof startClaim>, "replies">): Promise<void> {
  const told = await soon("the end", replies);
  assert.ok(told.length > 0);
  for (const reply of told) assert.deepEqual(reply, { jobs: [], lost: false });
}

const endings: readonly ConformanceCase[] = [
  defineCase("wait: ends with nothing after its time", async (stage) => {
    const waiting = startClaim(stage.adapter, requestsOf([TASK, "other.task"]), 10);
    await stage.advance(11);
    await endsWithNothing(waiting);
    await stage.insert("a");
    assert.deepEqual(await stage.takeIds({ lease: "worker-2" }), ["a"]);
  }),
  defineCase("wait: does not wait when it may not", async (stage) => {
    await stage.insert("a");
    const { replies } = startClaim(stage.adapter, requestsOf([TASK, "other.task"]), 0);
    assert.deepEqual((await soon("the answer", replies)).map(idsOf), [["a"], []]);
  }),
  defineCase("wait: ends with nothing when aborted", async (stage) => {
    const waiting = startClaim(stage.adapter, requestsOf([TASK, "other.task"]));
    await stage.advance(A_WHILE_MS);
    waiting.abort();
    await endsWithNothing(waiting);
  }),
  defineCase("wait: ends with nothing when it was aborted before", async (stage) => {
    await stage.insert("a");
    const wait = { waitMs: 60_000, signal: AbortSignal.abort() };
    await endsWithNothing({ replies: stage.adapter.claim(requestsOf([TASK]), wait) });
  }),
  defineCase("wait: ends with nothing when its adapter closes", async (stage) => {
    const other = await stage.another();
    const waiting = startClaim(other, requestsOf([TASK]));
    await stage.advance(A_WHILE_MS);
    await other.close();
    await endsWithNothing(waiting);
  }),
  defineCase("wait: can be done again after an abort", async (stage) => {
    for (let round = 0; round < 3; round++) {
      const { told, abort } = await begun(stage, stage.adapter, TASK);
      abort();
      await told;
    }
    const { ids } = await begun(stage, stage.adapter, TASK);
    await stage.insert("a");
    assert.deepEqual(await soon("the wake", ids), ["a"]);
  }),
  defineCase("wait: an aborted one takes no wake with it", async (stage) => {
    const { told, abort } = await begun(stage, stage.adapter, TASK);
    abort();
    await told;
    await stage.insert("a");
    assert.deepEqual(await soon("the wake", startWait(await stage.another(), TASK).ids), ["a"]);
  }),
  defineCase("wait: a job that comes while one is aborted is in its answer, or there", async (stage) => {
    for (let round = 0; round < 20; round++) {
      const { ids, abort } = startWait(stage.adapter, TASK);
      if (round % 2 === 0) await stage.advance(1);
      const inserted = stage.insert(`job-${round}`);
      abort();
      await inserted;
      const own = await soon("the abort", ids);
      const found = own.length > 0 ? own : await soon("the wake", startWait(stage.adapter, TASK).ids);
      assert.deepEqual(found, [`job-${round}`]);
    }
  }),
];

export const waitCases: readonly ConformanceCase[] = [...wakes, ...manyTasks, ...sharing, ...endings];
