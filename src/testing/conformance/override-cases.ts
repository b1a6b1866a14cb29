import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { completeAll, type JobFields, takenByWaiter } from "./limit-stage.js";
import { defineCase, LONG_MS, OTHER_TASK, only, TASK } from "./stage.js";

const DONE = { changed: 1, more: false };
const NONE = { changed: 0, more: false };
const WINDOW_MS = 60;

function limited(key: string, max: number, ...ids: readonly string[]): JobFields[] {
  return ids.map((id) => ({ id, limits: { limit: { key, max } } }));
}

function rated(key: string, limit: number, ...ids: readonly string[]): JobFields[] {
  return ids.map((id) => ({ id, limits: { rate: { key, limit, windowMs: LONG_MS } } }));
}

/** The numbers of a limit. */
export const overrideLimitCases: readonly ConformanceCase[] = [
  defineCase("override: a larger limit lets those in who are blocked, and wakes a waiter", async (stage) => {
    await stage.insert(...limited("", 1, "a", "b", "c", "d"));
    assert.deepEqual(await stage.takeIds(), ["a"]);
    for (let ids: readonly string[] | undefined = []; ids !== undefined; ids = await takenByWaiter(stage))
      assert.deepEqual(ids, []);
    assert.deepEqual(await stage.override({ max: 3 }), DONE);
    const woken = (await takenByWaiter(stage)) ?? [];
    assert.deepEqual([...woken, ...(await stage.takeIds())], ["b", "c"]);
    await stage.verifyBooks(["a", "b", "c", "d"]);
  }),
  defineCase("override: a smaller limit holds for jobs that were stored before", async (stage) => {
    await stage.insert(...limited("", 3, "a", "b", "c"));
    await stage.override({ max: 1 });
    const taken = await stage.take();
    assert.deepEqual(
      taken.map(({ id }) => id),
      ["a"],
    );
    await completeAll(stage, taken);
    assert.deepEqual(await stage.takeIds(), ["b"]);
  }),
  defineCase("override: those that run when a limit falls go on and count", async (stage) => {
    await stage.insert(...limited("", 2, "a", "b", "c"));
    const [a, b] = await stage.take();
    assert.ok(a && b);
    await stage.override({ max: 1 });
    await completeAll(stage, [a]);
    assert.deepEqual(await stage.takeIds(), []);
    await completeAll(stage, [b]);
    assert.deepEqual(await stage.takeIds(), ["c"]);
  }),
  defineCase(
    "override: a smaller limit holds for those that came back and have not started",
    async (stage) => {
      await stage.insert(...limited("", 2, "a", "b", "c", "d"));
      const running = await stage.take();
      assert.deepEqual(await stage.takeIds(), []);
      await completeAll(stage, running);
      await stage.sweep({ scope: "due" });
      await stage.override({ max: 1 });
      assert.deepEqual(await stage.takeIds(), ["c"]);
      await stage.verifyBooks(["a", "b", "c", "d"]);
    },
  ),
  defineCase("override: a limit counts for each key", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b", "c"), ...limited("m", 1, "d", "e", "f"));
    assert.deepEqual(await stage.takeIds(), ["a", "d"]);
    await stage.override({ max: 2 });
    assert.deepEqual((await stage.takeIds()).toSorted(), ["b", "e"]);
  }),
  defineCase(
    "override: holds in every process, for later jobs and for one that connects later",
    async (stage) => {
      await stage.insert(...limited("", 1, "a", "b"));
      const by = await stage.another();
      assert.deepEqual(await stage.override({ max: 2 }, by), DONE);
      assert.deepEqual(await stage.override({ max: 2 }), NONE);
      assert.deepEqual(await stage.takeIds(), ["a", "b"]);
      await stage.insert(...limited("", 9, "c"));
      assert.deepEqual(await stage.takeIds({ by: await stage.another(), lease: "worker-2" }), []);
    },
  ),
  defineCase("override: an empty one lets the numbers of the jobs hold again", async (stage) => {
    await stage.insert(...limited("", 2, "a", "b", "c"));
    assert.deepEqual(await stage.override({ max: 1 }), DONE);
    assert.deepEqual(await stage.takeIds(), ["a"]);
    assert.deepEqual(await stage.override({}), DONE);
    assert.deepEqual(await stage.override({}), NONE);
    assert.deepEqual(await stage.takeIds(), ["b"]);
  }),
  defineCase("override: is of one task, and binds no job without a limit", async (stage) => {
    await stage.override({ max: 1 });
    await stage.insert("x", "y", ...limited("", 2, "c").map((job) => ({ ...job, task: OTHER_TASK })));
    await stage.insert(...limited("", 2, "d").map((job) => ({ ...job, task: OTHER_TASK })));
    assert.deepEqual(await stage.takeIds(), ["x", "y"]);
    assert.deepEqual(await stage.takeIds({ task: OTHER_TASK }), ["c", "d"]);
  }),
];

/** The numbers of a rate. */
export const overrideRateCases: readonly ConformanceCase[] = [
  defineCase("override: a larger rate lets more start in the same window", async (stage) => {
    await stage.insert(...rated("k", 1, "a", "b", "c"));
    assert.deepEqual(await stage.takeIds(), ["a"]);
    await stage.override({ rate: { limit: 2, windowMs: LONG_MS } });
    assert.deepEqual(await stage.takeIds(), ["b"]);
    assert.deepEqual(await stage.takeIds(), []);
  }),
  defineCase("override: a smaller rate holds for jobs that were stored before", async (stage) => {
    await stage.insert(...rated("k", 3, "a", "b", "c"), ...rated("m", 3, "d", "e"));
    await stage.override({ rate: { limit: 1, windowMs: LONG_MS } });
    assert.deepEqual(await stage.takeIds(), ["a", "d"]);
  }),
  defineCase("override: a shorter window has room as soon as it is past", async (stage) => {
    await stage.insert(...rated("", 1, "a", "b"));
    assert.deepEqual(await stage.takeIds(), ["a"]);
    await stage.override({ rate: { limit: 1, windowMs: WINDOW_MS } });
    await stage.advance(WINDOW_MS + 5);
    assert.deepEqual(await stage.takeAny().then((jobs) => jobs.map(({ id }) => id)), ["b"]);
  }),
  defineCase("override: a longer window counts from the starts within it", async (stage) => {
    await stage.insert(
      ...["a", "b"].map((id) => ({ id, limits: { rate: { key: "", limit: 1, windowMs: WINDOW_MS } } })),
    );
    await stage.override({ rate: { limit: 1, windowMs: LONG_MS } });
    assert.deepEqual(await stage.takeIds(), ["a"]);
    await stage.advance(WINDOW_MS + 5);
    await stage.sweep({ scope: "due" });
    assert.deepEqual(await stage.takeIds(), []);
  }),
  defineCase(
    "override: a rate alone leaves the limit of the jobs",
    async (stage) => {
      const both = { limit: { key: "", max: 1 }, rate: { key: "", limit: 1, windowMs: LONG_MS } };
      await stage.insert({ id: "a", limits: both }, { id: "b", limits: both });
      await stage.override({ rate: { limit: 5, windowMs: LONG_MS } });
      const first = await stage.take();
      assert.deepEqual(only(first).id, "a");
      await completeAll(stage, first);
      assert.deepEqual(await stage.takeIds(), ["b"]);
      assert.equal((await stage.adapter.tasks()).includes(TASK), true);
    },
    ["limits"],
  ),
];
