import assert from "node:assert/strict";
import type { HeldClaim } from "../../core/adapter.js";
import type { ConformanceCase } from "./kit.js";
import {
  anError,
  countsOf,
  defineCase,
  defineCases,
  LEASE,
  LONG_MS,
  only,
  type Stage,
  TASK,
} from "./stage.js";

/** A lease that is over after {@link lapse}. */
const SHORT_MS = 10;

function lapse(stage: Stage): Promise<void> {
  return stage.advance(SHORT_MS + 1);
}

async function renew(stage: Stage, lease = LEASE, leaseMs = LONG_MS) {
  return only(await stage.adapter.renew([{ task: TASK, lease, leaseMs }]));
}

/** A renewal of a holder that knows of these claims. */
async function renewHolding(stage: Stage, jobs: readonly HeldClaim[], lease = LEASE) {
  const held = jobs.map(({ id, fence }) => ({ id, fence }));
  return only(await stage.adapter.renew([{ task: TASK, lease, leaseMs: LONG_MS, held }]));
}

const renewals: readonly ConformanceCase[] = [
  defineCase("lease: a renewed lease is not swept", async (stage) => {
    await stage.takeNew("a", { leaseMs: SHORT_MS });
    assert.deepEqual(await renew(stage), { lost: false, cancelled: [] });
    await lapse(stage);
    assert.equal((await stage.sweep()).reclaimed, 0);
    assert.equal(await stage.state("a"), "active");
  }),
  defineCase("lease: a claim extends the lease", async (stage) => {
    await stage.takeNew("a", { leaseMs: SHORT_MS });
    await stage.claim({ count: 0, leaseMs: LONG_MS });
    await lapse(stage);
    assert.equal((await stage.sweep()).reclaimed, 0);
  }),
  defineCase("lease: a settlement that claims extends the lease", async (stage) => {
    await stage.insert("a", "b");
    const [a] = await stage.take({ leaseMs: SHORT_MS });
    assert.ok(a);
    await stage.end(a, { event: "complete" }, { claim: { leaseMs: LONG_MS, count: 0 } });
    await lapse(stage);
    assert.equal((await stage.sweep()).reclaimed, 0);
    assert.equal(await stage.state("b"), "active");
  }),
  defineCase("lease: one that is past but not swept may be renewed", async (stage) => {
    await stage.takeNew("a", { leaseMs: SHORT_MS });
    await lapse(stage);
    assert.equal((await renew(stage)).lost, false);
    assert.equal((await stage.sweep()).reclaimed, 0);
  }),
  defineCase("lease: one that holds no jobs is not lost", async (stage) => {
    assert.deepEqual(await renew(stage, "unknown"), { lost: false, cancelled: [] });
    await stage.end(await stage.takeNew("a", { leaseMs: SHORT_MS }), { event: "complete" });
    await lapse(stage);
    await stage.sweep();
    assert.deepEqual(await renew(stage), { lost: false, cancelled: [] });
  }),
  defineCase("lease: renewals are answered in their order", async (stage) => {
    await stage.takeNew("a", { leaseMs: SHORT_MS });
    await lapse(stage);
    await stage.sweep();
    const replies = await stage.adapter.renew([
      { task: "other.task", lease: LEASE, leaseMs: LONG_MS },
      { task: TASK, lease: LEASE, leaseMs: LONG_MS },
      { task: TASK, lease: "worker-2", leaseMs: LONG_MS },
    ]);
    assert.deepEqual(
      replies.map((reply) => reply.lost),
      [false, true, false],
    );
  }),
  defineCase("lease: a renewal names the jobs that should be cancelled", async (stage) => {
    await stage.insert("a", "b");
    await stage.take();
    await stage.cancel("b", { reason: "enough" });
    assert.deepEqual((await renew(stage)).cancelled, [{ id: "b", reason: "enough" }]);
    assert.deepEqual((await renew(stage)).cancelled, [{ id: "b", reason: "enough" }]);
  }),
  defineCase("lease: a renewal does not name jobs of other leases or ended ones", async (stage) => {
    await stage.insert("a", "b");
    const [a] = await stage.take({ count: 1 });
    await stage.take({ count: 1, lease: "worker-2" });
    assert.ok(a);
    await stage.cancel("a");
    await stage.cancel("b");
    await stage.end(a, { event: "complete" });
    assert.deepEqual((await renew(stage)).cancelled, []);
  }),
  defineCase("lease: a renewal that says what is held gives back the rest", async (stage) => {
    await stage.insert("a", "b", "c", "d");
    const [, b] = await stage.take({ count: 3 });
    assert.ok(b);
    assert.equal((await renewHolding(stage, [b])).lost, false);
    assert.deepEqual(await stage.counts(), countsOf({ active: 1, waiting: 3 }));
    const taken = await stage.take({ lease: "worker-2" });
    assert.deepEqual(
      taken.map(({ id, attempt, stalls }) => [id, attempt, stalls]),
      [
        ["a", 1, 0],
        ["c", 1, 0],
        ["d", 1, 0],
      ],
    );
  }),
  defineCase("lease: a renewal that knows an earlier claim of a job gives it back", async (stage) => {
    const { id, fence } = await stage.takeNew("a");
    await stage.end({ id, fence }, { event: "retry", error: anError(), delayMs: 0 });
    const again = only(await stage.take());
    await renewHolding(stage, [{ id, fence }]);
    assert.equal(await stage.state("a"), "waiting");
    assert.deepEqual((await stage.end(again, { event: "complete" })).settled, ["missing"]);
  }),
  defineCase(
    "lease: a renewal keeps nothing of another lease, and gives nothing of it back",
    async (stage) => {
      const job = await stage.takeNew("a");
      await stage.insert("b");
      await stage.take({ lease: "worker-2" });
      await renewHolding(stage, [job], "worker-2");
      assert.deepEqual([await stage.state("a"), await stage.state("b")], ["active", "waiting"]);
      assert.equal((await stage.read("a")).worker, LEASE);
    },
  ),
  defineCase("lease: a job given back by a renewal is cancelled when that was asked", async (stage) => {
    await stage.takeNew("a");
    await stage.cancel("a", { reason: "sold out" });
    await renewHolding(stage, []);
    const { state, reason } = await stage.read("a");
    assert.deepEqual([state, reason], ["cancelled", "sold out"]);
    assert.deepEqual(await stage.counts(), countsOf({ cancelled: 1 }));
  }),
  defineCase("lease: a renewal that does not say what is held gives nothing back", async (stage) => {
    await stage.takeNew("a");
    await renew(stage);
    assert.equal(await stage.state("a"), "active");
  }),
];

const reclaims: readonly ConformanceCase[] = [
  defineCase("lease: jobs of a lost worker run again, as the same attempt", async (stage) => {
    await stage.takeNew("a", { leaseMs: SHORT_MS });
    await lapse(stage);
    assert.equal((await stage.sweep()).reclaimed, 1);
    const { state, attempt, stalls, worker } = await stage.read("a");
    assert.deepEqual([state, attempt, stalls, worker], ["waiting", 0, 1, undefined]);
    const job = only(await stage.take({ lease: "worker-2", apart: true }));
    assert.deepEqual([job.attempt, job.stalls], [1, 1]);
  }),
  defineCase("lease: reclaimed jobs go to the front, in the order they were claimed", async (stage) => {
    await stage.insert("z", "y", "x", "w", { id: "urgent", priority: 1 });
    await stage.take({ count: 4, leaseMs: SHORT_MS });
    await lapse(stage);
    assert.equal((await stage.sweep()).reclaimed, 4);
    assert.deepEqual(await stage.takeIds({ lease: "worker-2", apart: true, count: 4 }), [
      "urgent",
      "z",
      "y",
      "x",
    ]);
    assert.deepEqual(await stage.takeIds({ lease: "worker-2" }), ["w"]);
  }),
  defineCase(
    "lease: reclaimed jobs are tried by priority",
    async (stage) => {
      const jobs = [2, 0, -2].flatMap((priority) => [
        { id: `first-${priority}`, priority },
        { id: `second-${priority}`, priority },
      ]);
      await stage.insert(...jobs);
      await stage.take({ leaseMs: SHORT_MS });
      await lapse(stage);
      await stage.insert(...[2, 0, -2].map((priority) => ({ id: `new-${priority}`, priority })));
      assert.equal((await stage.sweep()).reclaimed, 6);
      const expected = [2, 0, -2].flatMap((band) => [`first-${band}`, `second-${band}`]);
      assert.deepEqual(await stage.takeIds({ lease: "worker-2", apart: true }), expected);
    },
    ["suspects"],
  ),
  defineCase("lease: two leases that are past both lose their jobs", async (stage) => {
    await stage.insert("a", "b", "c");
    await stage.take({ count: 1, leaseMs: SHORT_MS, lease: "worker-1" });
    await stage.take({ count: 1, leaseMs: SHORT_MS, lease: "worker-2" });
    await lapse(stage);
    assert.equal((await stage.sweepAll()).reclaimed, 2);
    for (const lease of ["worker-1", "worker-2"]) assert.equal((await renew(stage, lease)).lost, true, lease);
    assert.deepEqual(await stage.takeIds({ lease: "worker-3", apart: true, count: 2 }), ["a", "b"]);
  }),
  defineCase("lease: one name in two tasks is two leases", async (stage) => {
    await stage.takeNew("a", { leaseMs: SHORT_MS });
    await stage.insert({ id: "b", task: "other.task" });
    await stage.take({ task: "other.task" });
    await lapse(stage);
    await stage.sweep();
    assert.equal((await stage.claim()).lost, true);
    assert.equal((await stage.claim({ task: "other.task" })).lost, false);
    assert.equal((await stage.counts("other.task")).active, 1);
  }),
  defineCase("lease: only the lease that is past loses its jobs", async (stage) => {
    await stage.insert("a", "b");
    await stage.take({ count: 1, leaseMs: SHORT_MS, lease: "short" });
    await stage.take({ count: 1, lease: "long" });
    await lapse(stage);
    assert.equal((await stage.sweep()).reclaimed, 1);
    assert.deepEqual([await stage.state("a"), await stage.state("b")], ["waiting", "active"]);
  }),
  defineCase("lease: jobs that were ended before are not reclaimed", async (stage) => {
    await stage.insert("a", "b", "c");
    const [a, b] = await stage.take({ leaseMs: SHORT_MS });
    assert.ok(a && b);
    await stage.end(a, { event: "complete" });
    await stage.end(b, { event: "retry", error: anError(), delayMs: LONG_MS });
    await lapse(stage);
    assert.equal((await stage.sweep()).reclaimed, 1);
    assert.deepEqual(await stage.counts(), countsOf({ completed: 1, retrying: 1, waiting: 1 }));
  }),
  defineCase("lease: a lease without jobs ends without a trace", async (stage) => {
    await stage.end(await stage.takeNew("a", { leaseMs: SHORT_MS }), { event: "complete" });
    await lapse(stage);
    assert.equal((await stage.sweep()).reclaimed, 0);
    assert.deepEqual(await stage.claim(), { jobs: [], lost: false });
  }),
  defineCase(
    "lease: a name whose lease ended without jobs may open one again, which ends like any",
    async (stage) => {
      await stage.end(await stage.takeNew("a", { leaseMs: SHORT_MS }), { event: "complete" });
      await lapse(stage);
      await stage.sweep();
      await stage.takeNew("b", { leaseMs: SHORT_MS });
      await lapse(stage);
      assert.equal((await stage.sweep()).reclaimed, 1);
      assert.equal(await stage.state("b"), "waiting");
    },
  ),
  defineCase("lease: a job past the stall limit fails", async (stage) => {
    await stage.insert("a");
    for (const lease of ["worker-1", "worker-2", "worker-3"]) {
      assert.equal(only(await stage.takeAny({ lease, leaseMs: SHORT_MS })).id, "a");
      await lapse(stage);
      await stage.sweep({ stallLimit: 2 });
    }
    const { state, error, stalls, attempt } = await stage.read("a");
    assert.deepEqual([state, error?.code, error?.name], ["failed", "JOB_STALLED", "StalledError"]);
    assert.deepEqual([stalls, attempt], [3, 1]);
    assert.deepEqual(await stage.counts(), countsOf({ failed: 1 }));
  }),
  defineCase("lease: a stall limit of nothing fails at the first loss", async (stage) => {
    await stage.takeNew("a", { leaseMs: SHORT_MS });
    await lapse(stage);
    assert.equal((await stage.sweep({ stallLimit: 0 })).reclaimed, 1);
    assert.equal(await stage.state("a"), "failed");
  }),
  defineCase("lease: a job that should be cancelled is cancelled when its worker is lost", async (stage) => {
    await stage.takeNew("a", { leaseMs: SHORT_MS });
    await stage.cancel("a", { reason: "enough" });
    await lapse(stage);
    assert.equal((await stage.sweep()).reclaimed, 1);
    const { state, reason } = await stage.read("a");
    assert.deepEqual([state, reason], ["cancelled", "enough"]);
  }),
  defineCase("lease: a lost worker leaves a record in the history", async (stage) => {
    await stage.takeNew("a", { leaseMs: SHORT_MS, lease: "worker-9" });
    await lapse(stage);
    await stage.sweep();
    const { startedAt, endedAt, ...record } = only((await stage.details("a")).history);
    assert.deepEqual(record, { attempt: 1, worker: "worker-9", outcome: "stalled" });
    assert.ok(startedAt <= endedAt);
  }),
  defineCase("lease: thousands of jobs under one lease come back in bounded sweeps", async (stage) => {
    await stage.insert(...Array.from({ length: 2500 }, (_, index) => `job-${index}`));
    for (let taken = 0; taken < 2500; ) taken += (await stage.take({ count: 1000, leaseMs: LONG_MS })).length;
    await stage.claim({ count: 0, leaseMs: 1 });
    await stage.advance(2);
    const first = await stage.sweep();
    assert.ok(first.more && first.reclaimed < 2500, "one sweep does a bounded part and says so");
    assert.equal((await renew(stage)).lost, true);
    assert.equal(first.reclaimed + (await stage.sweepAll()).reclaimed, 2500);
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 2500 }));
  }),
  defineCase("lease: the one job of a lost worker is found among thousands that go on", async (stage) => {
    await stage.takeNew("dead", { lease: "worker-2", leaseMs: SHORT_MS });
    await stage.insert(...Array.from({ length: 3000 }, (_, index) => `job-${index}`));
    for (let taken = 0; taken < 3000; ) taken += (await stage.take({ count: 1000, leaseMs: LONG_MS })).length;
    await lapse(stage);
    assert.equal((await stage.sweepAll()).reclaimed, 1);
    const { state, stalls } = await stage.read("dead");
    assert.deepEqual([state, stalls], ["waiting", 1], "it was alone, and is blamed");
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 1, active: 3000 }));
    assert.equal((await renew(stage)).lost, false);
  }),
];

const losses: readonly ConformanceCase[] = [
  defineCase("lease: a lost lease stays lost to its holder", async (stage) => {
    await stage.insert("a", "b");
    await stage.take({ count: 1, leaseMs: SHORT_MS });
    await lapse(stage);
    await stage.sweep();
    assert.equal((await renew(stage)).lost, true);
    const { jobs, lost } = await stage.claim();
    assert.deepEqual([jobs, lost], [[], true]);
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 2 }));
    assert.equal((await renew(stage)).lost, true);
    assert.deepEqual(await stage.takeIds({ lease: "worker-1b", apart: true, count: 1 }), ["a"]);
  }),
  defineCase("lease: settling under a lost lease claims nothing", async (stage) => {
    const job = await stage.takeNew("a", { leaseMs: SHORT_MS });
    await lapse(stage);
    await stage.sweep();
    const reply = await stage.end(job, { event: "complete" }, { claim: { leaseMs: LONG_MS, count: 5 } });
    assert.deepEqual([reply.settled, reply.jobs, reply.lost], [["missing"], [], true]);
    assert.equal(await stage.state("a"), "waiting");
  }),
  defineCase("lease: a settlement under a lost lease says when the next thing is due", async (stage) => {
    const job = await stage.takeNew("a", { leaseMs: SHORT_MS });
    await lapse(stage);
    await stage.sweep();
    await stage.takeIds({ lease: "worker-2", apart: true });
    const { lost, nextDueInMs = 0 } = await stage.end(job, { event: "complete" });
    assert.equal(lost, true);
    assert.ok(nextDueInMs > LONG_MS / 2, "the other worker's lease ends some day");
    assert.ok(((await stage.claim()).nextDueInMs ?? 0) > LONG_MS / 2);
  }),
  defineCase("lease: a worker that wakes late cannot end a job that another one runs", async (stage) => {
    const late = await stage.takeNew("a", { leaseMs: SHORT_MS });
    await lapse(stage);
    await stage.sweep();
    const job = only(await stage.take({ lease: "worker-2", apart: true }));
    for (const event of [
      { event: "complete", result: "late" },
      { event: "fail", error: anError() },
      { event: "retry", error: anError(), delayMs: 0 },
      { event: "cancel", reason: "late" },
      { event: "release" },
    ] as const) {
      assert.deepEqual((await stage.end(late, event)).settled, ["stale"], event.event);
    }
    assert.deepEqual((await stage.read("a")).worker, "worker-2");
    const { settled } = await stage.end(job, { event: "complete", result: "right" }, { lease: "worker-2" });
    assert.deepEqual([settled, (await stage.read("a")).result], [["applied"], "right"]);
  }),
  defineCase("lease: a worker that wakes late cannot write progress or logs", async (stage) => {
    const { fence } = await stage.takeNew("a", { leaseMs: SHORT_MS });
    await lapse(stage);
    await stage.sweep();
    await stage.take({ lease: "worker-2", apart: true });
    const annotation = { task: TASK, id: "a", fence, lease: LEASE } as const;
    const replies = await stage.adapter.annotate([
      { ...annotation, progress: "50" },
      { ...annotation, log: { level: "info", message: "late" } },
    ]);
    assert.deepEqual(replies, ["stale", "stale"]);
    assert.equal((await stage.read("a")).progress, undefined);
  }),
];

/** What a worker may send that got the same fence from a store which then lost that write. */
const zombies: readonly ConformanceCase[] = [
  ...defineCases(
    [
      { event: "complete", result: "late" },
      { event: "complete" },
      { event: "fail", error: anError() },
      { event: "retry", error: anError(), delayMs: 0 },
      { event: "cancel", reason: "late" },
      { event: "release" },
    ] as const,
    (end) =>
      `lease: a ${end.event}${"result" in end ? " with a result" : ""} under another lease is stale, whatever its fence`,
    async (stage, end) => {
      const job = await stage.takeNew("a");
      assert.deepEqual((await stage.end(job, end, { lease: "worker-2" })).settled, ["stale"]);
      const { state, worker, stalls } = await stage.read("a");
      assert.deepEqual([state, worker, stalls], ["active", LEASE, 0]);
      assert.deepEqual((await stage.end(job, { event: "complete", result: "right" })).settled, ["applied"]);
      assert.equal((await stage.read("a")).result, "right");
    },
  ),
  defineCase(
    "lease: a settlement under another lease does not hear that a cancel was asked",
    async (stage) => {
      const job = await stage.takeNew("a");
      await stage.cancel("a");
      assert.deepEqual((await stage.end(job, { event: "complete" }, { lease: "worker-2" })).settled, [
        "stale",
      ]);
      assert.deepEqual((await stage.end(job, { event: "complete" })).settled, ["cancelled"]);
    },
  ),
  defineCase("lease: one batch ends the claims of its lease among those of others", async (stage) => {
    await stage.insert("a", "b", "c", "d");
    const [a] = await stage.take({ count: 1 });
    const [b] = await stage.take({ count: 1, lease: "worker-2" });
    const [c, d] = await stage.take({ count: 2 });
    assert.ok(a && b && c && d);
    const ends = [a, b, c, d].map(({ id, fence }) => ({ id, fence, event: "complete" }) as const);
    assert.deepEqual((await stage.settle(ends)).settled, ["applied", "stale", "applied", "applied"]);
    assert.deepEqual(await stage.counts(), countsOf({ completed: 3, active: 1 }));
    assert.deepEqual((await renewHolding(stage, [b], "worker-2")).lost, false);
    assert.equal(await stage.state("b"), "active");
  }),
  defineCase("lease: an annotation under another lease is stale, whatever its fence", async (stage) => {
    const { fence } = await stage.takeNew("a");
    const claim = { task: TASK, id: "a", fence } as const;
    const replies = await stage.adapter.annotate([
      { ...claim, lease: "worker-2", progress: "50" },
      { ...claim, lease: "worker-2", log: { level: "info", message: "late" } },
      { ...claim, lease: LEASE, progress: "60" },
    ]);
    assert.deepEqual(replies, ["stale", "stale", "applied"]);
    assert.equal((await stage.read("a")).progress, "60");
    assert.deepEqual((await stage.details("a")).logs, []);
  }),
  defineCase("lease: a claimed job says under which lease", async (stage) => {
    assert.equal((await stage.takeNew("a", { lease: "worker-7" })).lease, "worker-7");
  }),
];

export const leaseCases: readonly ConformanceCase[] = [...renewals, ...reclaims, ...losses, ...zombies];
