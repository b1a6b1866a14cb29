import assert from "node:assert/strict";
import type { Adapter, Survey, SurveyRequest } from "../../core/adapter.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import type { ConformanceCase } from "./kit.js";
import { aJob, defineCase, keeping, LONG_MS, OTHER_TASK, type Stage, TASK } from "./stage.js";
import { aStep, workflowCase } from "./workflow-stage.js";

function survey(
  stage: Stage,
  tasks: SurveyRequest["tasks"] = [],
  by: Adapter = stage.adapter,
): Promise<Survey> {
  return by.survey({ tasks });
}

/** Ms until a task has something due; undefined: nothing is. */
async function dueIn(
  stage: Stage,
  task: string,
  own: SurveyRequest["tasks"] = [],
): Promise<number | undefined> {
  return (await survey(stage, own)).due.find((found) => found.task === task)?.inMs;
}

/** Waits for due times alone. */
function waitForDue(stage: Stage, signal: AbortSignal): Promise<boolean> {
  const request = { task: "conformance.idle", lease: "idle", leaseMs: LONG_MS, count: 1 };
  const replies = stage.adapter.claim([request], { waitMs: LONG_MS, signal });
  return replies.then((told) => told.some((reply) => reply.anyDueSooner === true));
}

/** Whether somebody who waits for due times is woken by what is done. */
async function wakesForDue(stage: Stage, act: () => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const woken = waitForDue(stage, controller.signal);
  await act();
  assert.equal(await woken, true);
  controller.abort();
}

const suspects: readonly ConformanceCase[] = [
  defineCase(
    "survey: a task needs a sweep of its own workers while suspects wait in it",
    async (stage) => {
      await stage.insert("a", "b");
      await stage.take({ lease: "doomed", leaseMs: 5 });
      await stage.advance(6);
      await stage.sweepAll();
      assert.equal(await dueIn(stage, TASK, [TASK]), 0);
      await stage.take({ apart: true });
      assert.ok(((await dueIn(stage, TASK, [TASK])) ?? 0) > LONG_MS / 2);
    },
    ["suspects"],
  ),
];

const known: readonly ConformanceCase[] = [
  defineCase("tasks: are known from their first job on, to everybody, and no others are", async (stage) => {
    assert.deepEqual(await stage.adapter.tasks(), []);
    await stage.adapter.read([{ task: "only.read", id: "a" }]);
    await stage.adapter.count(["only.counted"]);
    await stage.adapter.insert([aJob({ id: "a" }), aJob({ id: "b", task: OTHER_TASK })]);
    await stage.adapter.insert([aJob({ id: "c", task: "later", delayMs: LONG_MS })]);
    const names = [TASK, OTHER_TASK, "later"].sort();
    assert.deepEqual([...(await stage.adapter.tasks())].sort(), names);
    assert.deepEqual([...(await (await stage.another()).tasks())].sort(), names);
  }),
  defineCase("tasks: are known when a worker looks after them", async (stage) => {
    const retention = keeping();
    await stage.adapter.survey({ tasks: [TASK] });
    await stage.adapter.sweep([{ task: TASK, retention, scope: "due" }]);
    assert.deepEqual(await stage.adapter.tasks(), [TASK]);
  }),
  defineCase(
    "tasks: are known when they were paused",
    async (stage) => {
      await stage.adapter.control?.([{ task: TASK, control: "pause" }]);
      assert.deepEqual(await stage.adapter.tasks(), [TASK]);
    },
    ["control"],
  ),
];

const data: readonly ConformanceCase[] = [
  defineCase("survey: names the data, the same for everybody for as long as it is there", async (stage) => {
    const first = await survey(stage);
    assert.ok(first.data.length > 0);
    await stage.insert("a");
    const other = await stage.another();
    assert.equal((await survey(stage, [TASK], other)).data, first.data);
    assert.equal((await survey(stage)).data, first.data);
  }),
  defineCase("survey: names other data when the store was emptied", async (stage) => {
    if (!stage.canBeEmptied) return;
    await stage.insert("a");
    const before = await survey(stage, [TASK]);
    await stage.empty();
    assert.equal(await stage.state("a"), "none");
    const after = await survey(stage, [TASK]);
    assert.notEqual(after.data, before.data);
    assert.deepEqual(after.due, []);
    assert.equal((await survey(stage, [], await stage.another())).data, after.data);
  }),
  defineCase("survey: an emptied store takes jobs as before", async (stage) => {
    if (!stage.canBeEmptied) return;
    await stage.insert("a");
    await stage.empty();
    await survey(stage, [TASK]);
    await stage.insert({ id: "a", delayMs: LONG_MS });
    assert.deepEqual(await stage.listIds("delayed"), ["a"]);
    assert.ok(((await dueIn(stage, TASK)) ?? 0) > LONG_MS / 2);
  }),
];

const due: readonly ConformanceCase[] = [
  defineCase("survey: finds what is due in tasks that nobody works on", async (stage) => {
    assert.equal(await dueIn(stage, TASK), undefined);
    await stage.insert({ id: "a", delayMs: LONG_MS });
    const inMs = (await dueIn(stage, TASK)) ?? 0;
    assert.ok(inMs > LONG_MS / 2 && inMs <= LONG_MS, `${inMs}`);
    await stage.insert({ id: "b", ttlMs: 1, task: OTHER_TASK });
    await stage.advance(2);
    assert.equal(await dueIn(stage, OTHER_TASK), 0);
    await stage.adapter.sweep([{ task: OTHER_TASK, scope: "due" }]);
    assert.equal(await dueIn(stage, OTHER_TASK), undefined);
    assert.equal((await stage.counts(OTHER_TASK)).expired, 1);
  }),
  defineCase("survey: finds it over another adapter, and after others were known", async (stage) => {
    const other = await stage.another();
    await stage.insert({ id: "a", delayMs: LONG_MS });
    assert.deepEqual(
      (await survey(stage, [], other)).due.map(({ task }) => task),
      [TASK],
    );
    await stage.insert({ id: "b", delayMs: LONG_MS, task: OTHER_TASK });
    assert.deepEqual(
      (await survey(stage, [], other)).due.map(({ task }) => task).sort(),
      [OTHER_TASK, TASK].sort(),
    );
  }),
  defineCase("survey: finds leases of tasks that somebody worked on", async (stage) => {
    await survey(stage, [TASK]);
    await stage.takeNew("a", { leaseMs: 1 });
    await stage.advance(2);
    assert.equal(await dueIn(stage, TASK), 0);
  }),
  defineCase(
    "survey: finds jobs that wait in the caller's tasks alone",
    async (stage) => {
      await survey(stage, [TASK, OTHER_TASK]);
      await stage.insert("a");
      assert.equal(await dueIn(stage, TASK, [TASK]), 0);
      assert.equal(await dueIn(stage, TASK, [OTHER_TASK]), undefined);
      await stage.control("pause");
      assert.equal(await dueIn(stage, TASK, [TASK]), undefined);
    },
    ["control"],
  ),
  defineCase("survey: looks at thousands of tasks by and by", async (stage) => {
    const ids = Array.from({ length: 1200 }, (_, index) => ({
      id: `a-${index}`,
      task: `many.t${index}`,
      delayMs: LONG_MS,
    }));
    await stage.insert(...ids);
    const found = new Set<string>();
    for (let round = 0; round < 5; round++) for (const { task } of (await survey(stage)).due) found.add(task);
    assert.equal(found.size, 1200);
  }),
];

const wakes: readonly ConformanceCase[] = [
  defineCase(
    "survey: a waiter is told of a job that is the next to be due, whatever its task",
    async (stage) => {
      await wakesForDue(stage, () => stage.insert({ id: "a", delayMs: LONG_MS }));
      await wakesForDue(stage, () => stage.insert({ id: "b", delayMs: LONG_MS / 2 }));
      await wakesForDue(stage, () => stage.insert({ id: "c", ttlMs: LONG_MS / 4 }));
      await wakesForDue(stage, () => stage.change("a", { change: "reschedule", delayMs: 1000 }));
    },
  ),
  defineCase("survey: at least one of all waiters is told", async (stage) => {
    const controller = new AbortController();
    const woken = [waitForDue(stage, controller.signal), waitForDue(stage, controller.signal)];
    await stage.insert({ id: "a", delayMs: LONG_MS });
    assert.equal(await Promise.race(woken), true);
    controller.abort();
    assert.ok((await Promise.all(woken)).includes(true));
  }),
  workflowCase("a waiter is told of a delayed workflow, and of steps with a due time", async (limits) => {
    const { stage } = limits;
    await wakesForDue(stage, () => limits.another("late").start(aStep(1), { delayMs: LONG_MS }));
    assert.ok(((await dueIn(stage, WORKFLOW_TASK)) ?? 0) > LONG_MS / 2);
    await wakesForDue(stage, () => limits.start(aStep(1, { task: OTHER_TASK, ttlMs: LONG_MS })));
    assert.ok(((await dueIn(stage, OTHER_TASK)) ?? 0) > LONG_MS / 2);
    await wakesForDue(stage, () =>
      limits.another("third").start(aStep(1, { task: OTHER_TASK, delayMs: 1000 })),
    );
  }),
];

export const surveyCases: readonly ConformanceCase[] = [...known, ...suspects, ...data, ...due, ...wakes];
