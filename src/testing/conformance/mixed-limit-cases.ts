import assert from "node:assert/strict";
import type { ClaimedJob, NewJob } from "../../core/adapter.js";
import type { ConformanceCase } from "./kit.js";
import { defineCase, type Stage } from "./stage.js";

/** Jobs of one key, of which `max` may run at once, as far as these are asked. */
function limited(
  key: string,
  max: number,
  ...ids: readonly string[]
): (Partial<NewJob> & { readonly id: string })[] {
  return ids.map((id) => ({ id, limits: { limit: { key, max } } }));
}

async function completeAll(stage: Stage, jobs: readonly ClaimedJob[]): Promise<void> {
  await stage.settle(jobs.map(({ id, fence }) => ({ id, fence, event: "complete" })));
}

/** Jobs of one key that do not agree how many may run at once. */
export const mixedLimitCases: readonly ConformanceCase[] = [
  defineCase(
    "limit: a job that lets fewer run takes no room of one that has started",
    async (stage) => {
      await stage.insert(...limited("k", 2, "x", "y", "b"));
      const [, y] = await stage.take({ count: 2 });
      assert.ok(y);
      assert.deepEqual(await stage.takeIds(), []);
      await completeAll(stage, [y]);
      await stage.insert(...limited("k", 1, "high").map((job) => ({ ...job, priority: 3 })));
      assert.deepEqual(await stage.takeIds(), ["b"]);
    },
    ["limits"],
  ),
  defineCase(
    "limit: a job whose room was taken runs when its own limit lets it",
    async (stage) => {
      await stage.insert(...limited("k", 2, "x", "y", "b"));
      const jobs = await stage.take({ count: 2 });
      assert.deepEqual(await stage.takeIds(), []);
      await completeAll(stage, jobs);
      await stage.insert(...limited("k", 1, "high").map((job) => ({ ...job, priority: 3 })));
      assert.deepEqual(await stage.takeIds(), ["high", "b"]);
      await stage.verifyBooks(["x", "y", "b", "high"]);
    },
    ["limits"],
  ),
  defineCase(
    "limit: a job that has room waits again when one in front of it lets more run",
    async (stage) => {
      await stage.insert(...limited("k", 2, "x", "y"), ...limited("k", 1, "b"));
      const jobs = await stage.take({ count: 2 });
      assert.deepEqual(await stage.takeIds(), []);
      await completeAll(stage, jobs);
      await stage.insert(...limited("k", 2, "high").map((job) => ({ ...job, priority: 3 })));
      const taken = await stage.take();
      assert.deepEqual(
        taken.map((job) => job.id),
        ["high"],
      );
      await completeAll(stage, taken);
      assert.deepEqual(await stage.takeIds(), ["b"]);
    },
    ["limits"],
  ),
  defineCase(
    "limit: when a blocked job is cancelled, those that it kept waiting may run",
    async (stage) => {
      await stage.insert(...limited("k", 2, "x"), ...limited("k", 1, "b"), ...limited("k", 2, "c"));
      assert.deepEqual(await stage.takeIds(), ["x"]);
      await stage.cancel("b");
      assert.deepEqual(await stage.takeIds(), ["c"]);
    },
    ["limits"],
  ),
];
