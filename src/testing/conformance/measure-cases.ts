import assert from "node:assert/strict";
import {
  addCounts,
  type ErrorCount,
  type ErrorGroup,
  type MeasureCounts,
  MOST_ERROR_GROUPS,
  MOST_MARKS,
  OTHER_ERRORS,
  SPANS,
  type Span,
} from "../../core/observe/measure-store.js";
import type { ObserveStore } from "../../core/observe/observe-store.js";
import type { ConformanceCase } from "./kit.js";
import { defineCase, defineCases, OTHER_TASK, only, type Stage, TASK } from "./stage.js";

const DAY_MS = 86_400_000;
/** From the beginning to a time that never comes. */
const EVER = { from: 0, to: 8e15 };
const SPAN_NAMES = Object.keys(SPANS) as readonly Span[];

function storeOf(stage: Stage): ObserveStore {
  assert.ok(stage.adapter.observe, "the adapter keeps what operators see");
  return stage.adapter.observe;
}

function record(
  stage: Stage,
  counts: MeasureCounts,
  by: { readonly worker?: string; readonly task?: string; readonly errors?: readonly ErrorCount[] } = {},
): Promise<void> {
  const { worker = "w1", task = TASK, errors = [] } = by;
  return storeOf(stage).record({ worker, tasks: [{ task, counts, errors }] });
}

/** All that is kept of a task by one length of time: what a case tells may fall into two spans. */
async function sumOf(stage: Stage, span: Span, task = TASK): Promise<MeasureCounts> {
  const points = await storeOf(stage).series({ task, span, ...EVER });
  return addCounts(points.map(({ counts }) => counts));
}

function anErrorCount(fingerprint: string, fields: Partial<ErrorCount> = {}): ErrorCount {
  const kind = { name: "SmtpError", code: "EBUSY", message: `"ä" busy: ${fingerprint}` };
  return { fingerprint, kind, count: 1, sample: { jobId: "j1", version: 1 }, ...fields };
}

async function errorsOf(stage: Stage, task = TASK): Promise<readonly ErrorGroup[]> {
  return storeOf(stage).errors({ tasks: [task], from: 0 });
}

const numbers: readonly ConformanceCase[] = [
  ...defineCases(
    SPAN_NAMES,
    (span) => `measures: what workers count is added up by ${span}`,
    async (stage, span) => {
      await record(stage, { completed: 2, w17: 1 });
      await record(stage, { completed: 3, r4: 7 }, { worker: "w2" });
      assert.deepEqual(await sumOf(stage, span), { completed: 5, w17: 1, r4: 7 });
      for (const { at } of await storeOf(stage).series({ task: TASK, span, ...EVER }))
        assert.equal(at % SPANS[span].lengthMs, 0, "a span begins at a multiple of its length");
    },
  ),
  defineCase("measures: a span is that of the store's time", async (stage) => {
    await stage.insert("a");
    const { enqueuedAt } = await stage.read("a");
    await record(stage, { completed: 1 });
    await stage.insert("b");
    const after = await stage.read("b");
    const { at } = only(await storeOf(stage).series({ task: TASK, span: "minute", ...EVER }));
    assert.ok(at <= after.enqueuedAt && at > enqueuedAt - SPANS.minute.lengthMs);
  }),
  defineCase("measures: what many workers tell at once is all counted", async (stage) => {
    const others = await Promise.all([stage.another(), stage.another()]);
    const stores = [stage.adapter, ...others].map(({ observe }) => observe);
    const calls = Array.from({ length: 30 }, (_, index) =>
      stores[index % 3]?.record({
        worker: `w${index}`,
        tasks: [TASK, OTHER_TASK].map((task) => ({
          task,
          counts: { completed: 1, w1: index + 1 },
          errors: [],
        })),
      }),
    );
    await Promise.all(calls);
    assert.deepEqual(await sumOf(stage, "minute"), { completed: 30, w1: 465 });
    assert.deepEqual(await sumOf(stage, "tenMinutes", OTHER_TASK), { completed: 30, w1: 465 });
  }),
  defineCase("measures: large numbers stay exact", async (stage) => {
    await record(stage, { r: 2 ** 52 });
    await record(stage, { r: 1 });
    assert.deepEqual(await sumOf(stage, "minute"), { r: 2 ** 52 + 1 });
  }),
  defineCase("measures: each task has its own", async (stage) => {
    await record(stage, { completed: 1 });
    await record(stage, { completed: 2 }, { task: OTHER_TASK });
    assert.deepEqual(await sumOf(stage, "minute"), { completed: 1 });
    assert.deepEqual(await sumOf(stage, "minute", OTHER_TASK), { completed: 2 });
    assert.deepEqual(await sumOf(stage, "minute", "conformance.unknown"), {});
  }),
  defineCase("measures: only spans that were asked for are told", async (stage) => {
    await record(stage, { completed: 1 });
    const { at } = only(await storeOf(stage).series({ task: TASK, span: "tenMinutes", ...EVER }));
    const ask = async (from: number, to: number) =>
      (await storeOf(stage).series({ task: TASK, span: "tenMinutes", from, to })).length;
    assert.deepEqual(await Promise.all([ask(at, at + 1), ask(at + 1, 8e15), ask(0, at), ask(at + 1, at)]), [
      ...[1, 0, 0, 0],
    ]);
  }),
  defineCase("measures: what was told stays when its worker is gone", async (stage) => {
    const other = await stage.another();
    await other.observe?.record({ worker: "w9", tasks: [{ task: TASK, counts: { failed: 1 }, errors: [] }] });
    await other.close();
    assert.deepEqual(await sumOf(stage, "minute"), { failed: 1 });
  }),
  defineCase("measures: a worker that counted nothing tells nothing", async (stage) => {
    await storeOf(stage).record({ worker: "w1", tasks: [] });
    await record(stage, {});
    assert.deepEqual(await sumOf(stage, "minute"), {});
  }),
];

const errors: readonly ConformanceCase[] = [
  defineCase("error groups: errors of one kind are one group, with the first and the last", async (stage) => {
    const first = { jobId: "first", version: 1, release: "r1" };
    const last = { jobId: "last", version: 2, release: "r2" };
    await record(
      stage,
      {},
      { errors: [anErrorCount("aa", { count: 3, sample: first }), anErrorCount("bb")] },
    );
    await stage.advance(5);
    await record(stage, {}, { worker: "w2", errors: [anErrorCount("aa", { count: 4, sample: last })] });
    const groups = await errorsOf(stage);
    assert.equal(groups.length, 2);
    const group = groups.find(({ fingerprint }) => fingerprint === "aa");
    assert.ok(group);
    const { firstAt, lastAt, days, ...rest } = group;
    const { kind } = anErrorCount("aa");
    assert.deepEqual(rest, { task: TASK, fingerprint: "aa", kind, count: 7, first, last });
    assert.ok(lastAt >= firstAt + 5, "it says when the first and the last were told");
    assert.equal(days[0]?.at, Math.floor(firstAt / DAY_MS) * DAY_MS, "days begin at midnight in UTC");
    assert.equal(
      days.reduce((sum, { count }) => sum + count, 0),
      7,
    );
  }),
  defineCase("error groups: tasks that are asked for are told, each with its own", async (stage) => {
    await record(stage, {}, { errors: [anErrorCount("aa")] });
    await record(stage, {}, { task: OTHER_TASK, errors: [anErrorCount("aa", { count: 2 })] });
    const tasks = [TASK, OTHER_TASK, "conformance.unknown"];
    const groups = await storeOf(stage).errors({ tasks, from: 0 });
    const told = new Map(groups.map(({ task, count }) => [task, count]));
    assert.deepEqual(
      told,
      new Map([
        [TASK, 1],
        [OTHER_TASK, 2],
      ]),
    );
    assert.deepEqual(await storeOf(stage).errors({ tasks: [], from: 0 }), []);
  }),
  defineCase("error groups: days before the time that was asked for are left out", async (stage) => {
    await record(stage, {}, { errors: [anErrorCount("aa")] });
    const { lastAt } = only(await errorsOf(stage));
    const since = (from: number) => storeOf(stage).errors({ tasks: [TASK], from });
    assert.equal((await since(lastAt)).length, 1);
    assert.equal((await since(lastAt + 2 * DAY_MS)).length, 0);
  }),
  defineCase("error groups: beyond two hundred kinds of a day others count together", async (stage) => {
    const kinds = Array.from({ length: MOST_ERROR_GROUPS + 30 }, (_, nth) => anErrorCount(`kind-${nth}`));
    await record(stage, {}, { errors: kinds });
    await record(stage, {}, { errors: [anErrorCount("kind-1"), anErrorCount("one-more", { count: 5 })] });
    const groups = await errorsOf(stage);
    const total = groups.reduce((sum, { count }) => sum + count, 0);
    // A case that is under way at midnight has two days of groups.
    assert.ok(groups.length <= 2 * MOST_ERROR_GROUPS + 1);
    assert.equal(total, MOST_ERROR_GROUPS + 30 + 6);
    const others = groups.find(({ fingerprint }) => fingerprint === OTHER_ERRORS);
    assert.equal(others?.count, 35);
  }),
  defineCase("error groups: odd texts are told as they were", async (stage) => {
    const kind = { name: "E", code: 5, message: 'a "quoted"\\ \u0000 line:1 ☃ \u2028' };
    const sample = { jobId: "ä:1|\n", version: 3 };
    await record(stage, {}, { errors: [anErrorCount("aa", { kind, sample })] });
    const group = only(await errorsOf(stage));
    assert.deepEqual([group.kind, group.first, group.last], [kind, sample, sample]);
  }),
];

const releases: readonly ConformanceCase[] = [
  defineCase("releases: each keeps the time at which it was told of first", async (stage) => {
    await storeOf(stage).mark("41c0");
    await stage.advance(5);
    await storeOf(stage).mark("52d1");
    const before = await storeOf(stage).marks();
    assert.deepEqual(
      before.map(({ release }) => release),
      ["41c0", "52d1"],
    );
    const [first = Number.NaN, second = Number.NaN] = before.map(({ at }) => at);
    assert.ok(second >= first + 5);
    await storeOf(stage).mark("41c0");
    assert.deepEqual(await storeOf(stage).marks(), before);
  }),
  defineCase("releases: the newest hundred are remembered", async (stage) => {
    await storeOf(stage).mark("the first");
    await stage.advance(2);
    await Promise.all(Array.from({ length: MOST_MARKS }, (_, nth) => storeOf(stage).mark(`r${nth}`)));
    const marks = await storeOf(stage).marks();
    assert.equal(marks.length, MOST_MARKS);
    assert.ok(!marks.some(({ release }) => release === "the first"));
  }),
];

/** What workers count. */
export const measureCases: readonly ConformanceCase[] = [...numbers, ...errors, ...releases];
