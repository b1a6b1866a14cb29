import assert from "node:assert/strict";
import type { Retention } from "../../core/adapter.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import type { EndCounts, TaskGauges } from "../../core/observe/gauges.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import type { ConformanceCase } from "./kit.js";
import {
  aJob,
  anError,
  countsOf,
  defineCase,
  keeping,
  LONG_MS,
  OTHER_TASK,
  only,
  type Stage,
  TASK,
} from "./stage.js";
import { aChain, aStep, workflowCase } from "./workflow-stage.js";

/** How tasks stand. */
async function gaugesOf(stage: Stage, ...tasks: readonly string[]): Promise<readonly TaskGauges[]> {
  const { observe } = stage.adapter;
  assert.ok(observe, "the adapter has gauges");
  return observe.gauges(tasks);
}

async function gaugeOf(stage: Stage, task: string = TASK): Promise<TaskGauges> {
  return only(await gaugesOf(stage, task));
}

/** Checks what came and ended, and that the rest has not ended yet. */
async function expectFlow(
  stage: Stage,
  expected: { readonly in: number; readonly out: Partial<EndCounts> },
  task: string = TASK,
): Promise<void> {
  const { in: came, out } = await gaugeOf(stage, task);
  assert.deepEqual({ in: came, out }, { in: expected.in, out: { ...NONE, ...expected.out } });
}

const NONE: EndCounts = { completed: 0, failed: 0, cancelled: 0, expired: 0 };
const NOTHING = { ageMs: LONG_MS, count: 0 };
/** Keeps no job that has ended. */
const NO_RETENTION: Retention = {
  completed: NOTHING,
  failed: NOTHING,
  cancelled: NOTHING,
  expired: NOTHING,
};

/** Brings one job to each end: by its handler, by hand and by its TTL. */
async function endOfEach(stage: Stage, retention: Retention): Promise<void> {
  await stage.insert("c1", "c2", "f");
  const [first, second, third] = await stage.take();
  assert.ok(first && second && third);
  await stage.settle(
    [
      { id: first.id, fence: first.fence, event: "complete" },
      { id: second.id, fence: second.fence, event: "complete", result: "2" },
      { id: third.id, fence: third.fence, event: "fail", error: anError() },
    ],
    { retention },
  );
  await stage.insert("x", { id: "e", ttlMs: 20 }, { id: "gone", ttlMs: 20, onExpire: "discard" });
  await stage.cancel("x", { retention });
  await stage.advance(20);
  await stage.sweepAll({ retention });
}

const ENDED: EndCounts = { completed: 2, failed: 1, cancelled: 1, expired: 2 };

const standing: readonly ConformanceCase[] = [
  defineCase("gauges: a task that nobody knows has nothing", async (stage) => {
    const before = await gaugeOf(stage);
    const { now, ...rest } = before;
    assert.ok(now > 0);
    assert.deepEqual(rest, { counts: countsOf({}), in: 0, out: NONE });
    assert.deepEqual(await stage.adapter.tasks(), [], "it is not known since then");
  }),
  defineCase("gauges: no task is asked about", async (stage) => {
    assert.deepEqual(await gaugesOf(stage), []);
  }),
  defineCase("gauges: jobs count in their states, of each task asked about, in order", async (stage) => {
    await stage.insert("a", "b", "p", { id: "p1", priority: 7 }, { id: "d", delayMs: LONG_MS });
    await stage.insert({ id: "other", task: OTHER_TASK });
    const [first] = await stage.take({ count: 1 });
    assert.equal(first?.id, "p1");
    await stage.end(only(await stage.take({ count: 1 })), {
      event: "retry",
      error: anError(),
      delayMs: LONG_MS,
    });
    const [other, unknown, own, again] = await gaugesOf(stage, OTHER_TASK, "nobody", TASK, TASK);
    assert.deepEqual(other?.counts, countsOf({ waiting: 1 }));
    assert.deepEqual(unknown?.counts, countsOf({}));
    assert.deepEqual(own?.counts, countsOf({ waiting: 2, active: 1, delayed: 1, retrying: 1 }));
    assert.deepEqual(again?.counts, own?.counts);
  }),
  defineCase("gauges: many tasks are read at once", async (stage) => {
    const tasks = Array.from({ length: 60 }, (_, number) => `many.${number}`);
    await stage.insert(
      ...tasks.flatMap((task, n) => Array.from({ length: n % 3 }, (_, i) => ({ id: `${i}`, task }))),
    );
    const gauges = await gaugesOf(stage, ...tasks);
    assert.deepEqual(
      gauges.map(({ counts, in: came }) => [counts.waiting, came]),
      tasks.map((_, n) => [n % 3, n % 3]),
    );
  }),
  defineCase("gauges: what is overdue counts as readers see it, and has not ended yet", async (stage) => {
    await stage.insert({ id: "e", ttlMs: 20 }, { id: "g", ttlMs: 20, onExpire: "discard" }, "w");
    await stage.insert({ id: "d", ttlMs: 20, delayMs: LONG_MS });
    await stage.advance(20);
    const seen = await stage.counts();
    const { counts, in: came, out } = await gaugeOf(stage);
    assert.deepEqual(counts, seen);
    assert.deepEqual(
      { counts, came, out },
      { counts: countsOf({ waiting: 1, expired: 2 }), came: 4, out: NONE },
    );
    await stage.sweepAll();
    await expectFlow(stage, { in: 4, out: { expired: 3 } });
  }),
  defineCase("gauges: the next due time is that of a delayed or retrying job", async (stage) => {
    assert.equal((await gaugeOf(stage)).nextDueAt, undefined);
    await stage.insert({ id: "later", delayMs: LONG_MS });
    const { dueAt = 0 } = await stage.read("later");
    assert.equal((await gaugeOf(stage)).nextDueAt, dueAt);
    const retried = await stage.takeNew("soon");
    await stage.end(retried, { event: "retry", error: anError(), delayMs: 50 });
    const { dueAt: sooner = 0 } = await stage.read("soon");
    assert.equal((await gaugeOf(stage)).nextDueAt, sooner);
  }),
  defineCase("gauges: the job that has waited longest is found behind others", async (stage) => {
    assert.equal((await gaugeOf(stage)).oldestWaitingSince, undefined);
    await stage.insert({ id: "low", priority: -5 });
    await stage.advance(20);
    await stage.insert("a", { id: "high", priority: 5 });
    const low = await stage.read("low");
    const gauge = await gaugeOf(stage);
    assert.equal(gauge.oldestWaitingSince, low.enqueuedAt);
    assert.ok(gauge.now >= low.enqueuedAt + 20);
    await stage.cancel("low");
    const a = await stage.read("a");
    assert.equal((await gaugeOf(stage)).oldestWaitingSince, a.enqueuedAt);
    await stage.take();
    assert.equal((await gaugeOf(stage)).oldestWaitingSince, undefined);
  }),
  defineCase(
    "gauges: a job that was due waits since then, one that was retried since its retry",
    async (stage) => {
      await stage.insert({ id: "d", delayMs: 20 });
      const { dueAt: due = 0 } = await stage.read("d");
      await stage.advance(60);
      await stage.sweepAll();
      assert.equal((await gaugeOf(stage)).oldestWaitingSince, due);
      await stage.end(only(await stage.take()), { event: "retry", error: anError(), delayMs: 20 });
      const { dueAt: again = 0 } = await stage.read("d");
      assert.equal((await gaugeOf(stage)).oldestWaitingSince, undefined);
      await stage.advance(60);
      await stage.sweepAll();
      assert.equal((await gaugeOf(stage)).oldestWaitingSince, again);
    },
  ),
  defineCase("gauges: jobs that left the middle of a long queue are passed over", async (stage) => {
    const jobs = Array.from({ length: 2100 }, (_, number) => ({ id: `job-${number}` }));
    for (let from = 0; from < jobs.length; from += 700) {
      await stage.insert(...jobs.slice(from, from + 700));
      if (from === 0) await stage.advance(20);
    }
    for (const id of ["job-0", "job-1", "job-2"]) await stage.cancel(id);
    const gauge = await gaugeOf(stage);
    assert.equal(gauge.counts.waiting, 2097);
    assert.equal(gauge.oldestWaitingSince, (await stage.read("job-3")).enqueuedAt);
    await expectFlow(stage, { in: 2100, out: { cancelled: 3 } });
  }),
  defineCase(
    "gauges: a paused task says since when",
    async (stage) => {
      await stage.insert("a");
      assert.equal((await gaugeOf(stage)).pausedAt, undefined);
      await stage.control("pause");
      const { pausedAt } = await stage.counts();
      assert.ok(pausedAt !== undefined);
      assert.equal((await gaugeOf(stage)).pausedAt, pausedAt);
    },
    ["control"],
  ),
];

const counters: readonly ConformanceCase[] = [
  defineCase("counters: every end counts in its state", async (stage) => {
    await endOfEach(stage, keeping());
    await expectFlow(stage, { in: 6, out: ENDED });
  }),
  defineCase("counters: jobs that are not kept count all the same", async (stage) => {
    await endOfEach(stage, NO_RETENTION);
    const { counts } = await gaugeOf(stage);
    assert.deepEqual(counts, countsOf({}));
    await expectFlow(stage, { in: 6, out: ENDED });
  }),
  defineCase("counters: they outlive jobs that are forgotten by count and by age", async (stage) => {
    await endOfEach(stage, keeping());
    await stage.sweepAll({ retention: keeping({ completed: { ageMs: LONG_MS, count: 1 } }) });
    await expectFlow(stage, { in: 6, out: ENDED });
    await stage.advance(100);
    const past = { ageMs: 50, count: 100 };
    await stage.sweepAll({ retention: { completed: past, failed: past, cancelled: past, expired: past } });
    assert.deepEqual((await gaugeOf(stage)).counts, countsOf({}));
    await expectFlow(stage, { in: 6, out: ENDED });
  }),
  defineCase("counters: a job that is removed after its end has ended once", async (stage) => {
    await endOfEach(stage, keeping());
    for (const id of ["c1", "f", "x", "e"]) await stage.change(id, { change: "remove" });
    await expectFlow(stage, { in: 6, out: ENDED });
  }),
  defineCase("counters: one that is removed before its end counts as cancelled", async (stage) => {
    await stage.insert("a", { id: "d", delayMs: LONG_MS });
    await stage.change("a", { change: "remove" });
    await stage.change("d", { change: "remove" });
    await expectFlow(stage, { in: 2, out: { cancelled: 2 } });
  }),
  defineCase("counters: a job that is revived comes and ends twice", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "fail", error: anError() });
    await expectFlow(stage, { in: 1, out: { failed: 1 } });
    await stage.change("a", { change: "revive" });
    await expectFlow(stage, { in: 2, out: { failed: 1 } });
    await stage.end(only(await stage.take()), { event: "complete" });
    await expectFlow(stage, { in: 2, out: { failed: 1, completed: 1 } });
  }),
  defineCase("counters: retries, releases and repeated calls count for nothing", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.insert("a");
    await stage.end(job, { event: "release" });
    const [again] = await stage.take();
    assert.ok(again);
    await stage.end(again, { event: "retry", error: anError(), delayMs: 20 });
    await expectFlow(stage, { in: 1, out: {} });
    await stage.advance(20);
    const [last] = await stage.take();
    assert.ok(last);
    await stage.end(last, { event: "complete" });
    await stage.end(last, { event: "complete" });
    await stage.end(job, { event: "fail", error: anError() });
    await expectFlow(stage, { in: 1, out: { completed: 1 } });
  }),
  defineCase("counters: a job whose worker was lost counts as how it ended", async (stage) => {
    await stage.insert("a");
    for (let turn = 0; turn < 2; turn++) {
      await stage.takeAny({ lease: `lost-${turn}`, leaseMs: 20 });
      await stage.advance(20);
      await stage.sweepAll({ stallLimit: 1 });
    }
    await expectFlow(stage, { in: 1, out: { failed: 1 } });
  }),
  defineCase(
    "counters: a job that is cancelled while it runs counts when its worker ends it",
    async (stage) => {
      const job = await stage.takeNew("a");
      await stage.cancel("a");
      await expectFlow(stage, { in: 1, out: {} });
      await stage.end(job, { event: "complete" });
      await expectFlow(stage, { in: 1, out: { cancelled: 1 } });
    },
  ),
  defineCase(
    "counters: drained jobs count as cancelled",
    async (stage) => {
      await stage.insert("a", "b", "c");
      await stage.control("drain", { retention: NO_RETENTION });
      await expectFlow(stage, { in: 3, out: { cancelled: 3 } });
    },
    ["control"],
  ),
  limitCase("counters: a job that is refused for its key did not come", "unique", async (stage) => {
    const limits: JobLimits = { unique: { key: "k" } };
    await stage.insert({ id: "a", limits });
    const [reply] = await stage.adapter.insert([aJob({ id: "b", limits })]);
    assert.equal(reply?.status, "duplicate");
    await expectFlow(stage, { in: 1, out: {} });
  }),
  limitCase("counters: a job that another replaced counts as cancelled", "debounce", async (stage) => {
    const limits: JobLimits = { debounce: { key: "k", delayMs: LONG_MS } };
    await stage.insert({ id: "a", limits });
    await stage.insert({ id: "b", limits });
    await expectFlow(stage, { in: 2, out: { cancelled: 1 } });
  }),
  limitCase("counters: each job of a batch counts", "collect", async (stage) => {
    const limits: JobLimits = { collect: { key: "k", delayMs: LONG_MS, maxSize: 3 } };
    for (const id of ["a", "b", "c"]) await stage.insert({ id, limits });
    const jobs = await stage.take();
    assert.equal(jobs.length, 3);
    await stage.settle(
      jobs.map(({ id, fence }) => ({ id, fence, event: "complete" }) as const),
      { retention: NO_RETENTION },
    );
    await expectFlow(stage, { in: 3, out: { completed: 3 } });
  }),
  limitCase("counters: jobs that wait at a gate have come", "limits", async (stage) => {
    const limits: JobLimits = { limit: { key: "k", max: 1 } };
    await stage.insert({ id: "a", limits }, { id: "b", limits });
    const [first] = await stage.take();
    assert.ok(first);
    await expectFlow(stage, { in: 2, out: {} });
    await stage.end(first, { event: "complete" }, { retention: NO_RETENTION });
    await expectFlow(stage, { in: 2, out: { completed: 1 } });
  }),
  defineCase("counters: many ends are counted exactly", async (stage) => {
    const most = 3;
    for (let batch = 0; batch < 105; batch++) {
      await stage.insert(...Array.from({ length: most }, (_, n) => ({ id: `${batch}-${n}` })));
      const jobs = await stage.take();
      await stage.settle(
        jobs.map(({ id, fence }) => ({ id, fence, event: "complete" }) as const),
        { retention: keeping({ completed: NOTHING }) },
      );
      if (batch === 102) await stage.sweepAll();
    }
    await expectFlow(stage, { in: 105 * most, out: { completed: 105 * most } });
    await stage.sweepAll();
    await expectFlow(stage, { in: 105 * most, out: { completed: 105 * most } });
  }),
  defineCase("counters: a store that is emptied begins anew", async (stage) => {
    if (!stage.canBeEmptied) return;
    await endOfEach(stage, NO_RETENTION);
    await stage.empty();
    await stage.insert("a");
    await expectFlow(stage, { in: 1, out: {} });
  }),
];

function limitCase(
  name: string,
  feature: "unique" | "debounce" | "collect" | "limits",
  body: (stage: Stage) => Promise<void>,
): ConformanceCase {
  return defineCase(name, body, [feature]);
}

const workflows: readonly ConformanceCase[] = [
  workflowCase("it and its steps count in their tasks", async (flow) => {
    await flow.start(aChain(aStep(1), aStep()));
    await expectFlow(flow.stage, { in: 1, out: {} });
    await flow.work((input) => input);
    await flow.moved();
    await expectFlow(flow.stage, { in: 2, out: { completed: 2 } });
    await expectFlow(flow.stage, { in: 1, out: { completed: 1 } }, WORKFLOW_TASK);
  }),
];

/** How tasks stand, and what came and ended. */
export const gaugeCases: readonly ConformanceCase[] = [...standing, ...counters, ...workflows];
