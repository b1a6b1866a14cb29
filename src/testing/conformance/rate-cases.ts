import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { completeAll, type JobFields, takenByWaiter, WAYS_TO_STOP } from "./limit-stage.js";
import { defineCase, defineCases, type EndEvent, LONG_MS } from "./stage.js";

function rated(key: string, limit: number, ...ids: readonly string[]): JobFields[] {
  return ids.map((id) => ({ id, limits: { rate: { key, limit, windowMs: LONG_MS } } }));
}

const WINDOW_MS = 400;

/** Jobs of one key, of which `limit` may start in a window that passes. */
function shortly(key: string, limit: number, ...ids: readonly string[]): JobFields[] {
  return ids.map((id) => ({ id, limits: { rate: { key, limit, windowMs: WINDOW_MS } } }));
}

export const rateCases: readonly ConformanceCase[] = [
  defineCase("rate: only so many jobs of a key start in a window", async (stage) => {
    await stage.insert(...rated("k", 2, "a", "b", "c"), ...rated("m", 1, "d", "e"), "x");
    assert.deepEqual(await stage.takeIds(), ["a", "b", "d", "x"]);
    assert.deepEqual(await stage.takeIds({ by: await stage.another(), lease: "worker-2" }), []);
  }),
  ...defineCases(
    [...WAYS_TO_STOP, { how: "is given back", event: { event: "release" } as EndEvent }],
    ({ how }) => `rate: the start of a job that ${how} still counts`,
    async (stage, { event }) => {
      await stage.insert(...rated("k", 1, "a", "b"));
      const [a] = await stage.take();
      assert.ok(a);
      await stage.end(a, event);
      assert.deepEqual(await stage.takeIds(), []);
    },
  ),
  defineCase("rate: the start of a job whose worker was lost still counts", async (stage) => {
    await stage.insert(...rated("k", 1, "a", "b"));
    await stage.take({ lease: "lost", leaseMs: 50 });
    await stage.advance(60);
    await stage.sweepAll();
    assert.deepEqual(await stage.takeIds(), []);
  }),
  defineCase("rate: a claim says when the window lets the next one start", async (stage) => {
    await stage.insert(...shortly("k", 1, "a", "b", "c"));
    const first = await stage.claim();
    assert.deepEqual(
      first.jobs.map((job) => job.id),
      ["a"],
    );
    const { nextDueInMs = 0 } = await stage.claim();
    assert.ok(nextDueInMs <= WINDOW_MS, `${nextDueInMs} ms is within the window`);
    await stage.advance(nextDueInMs);
    await stage.sweep({ scope: "due" });
    assert.deepEqual(await takenByWaiter(stage), ["b"]);
  }),
  defineCase("rate: the window slides", async (stage) => {
    await stage.insert(...shortly("k", 2, "a", "b", "c", "d"));
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["a"]);
    await stage.advance(WINDOW_MS - 100);
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["b"]);
    await stage.advance(110);
    assert.deepEqual(await stage.takeIds(), ["c"]);
  }),
  defineCase("rate: starts of one key never exceed the limit in any window", async (stage) => {
    const ids = Array.from({ length: 12 }, (_, index) => `j${index}`);
    await stage.insert(...shortly("k", 3, ...ids));
    const starts: number[] = [];
    const taken: string[] = [];
    while (taken.length < ids.length) {
      const { jobs, nextDueInMs = 10 } = await stage.claim();
      for (const { id } of jobs) {
        taken.push(id);
        starts.push((await stage.read(id)).startedAt ?? 0);
      }
      if (jobs.length === 0) await stage.advance(Math.min(nextDueInMs, WINDOW_MS));
    }
    assert.deepEqual(taken, ids);
    for (let index = 3; index < starts.length; index++) {
      const span = (starts[index] ?? 0) - (starts[index - 3] ?? 0);
      assert.ok(span >= WINDOW_MS - 1, `four starts within ${span} ms`);
    }
  }),
  defineCase("rate: a job that may start again and is cancelled lets the next one", async (stage) => {
    await stage.insert(...shortly("k", 1, "a", "b", "c"));
    await stage.take();
    await stage.advance(WINDOW_MS);
    await stage.sweep({ scope: "due" });
    await stage.cancel("b");
    assert.deepEqual(await stage.takeIds(), ["c"]);
  }),
  defineCase("rate: blocked jobs are counted, listed, read and cancelled", async (stage) => {
    await stage.insert(...rated("k", 1, "a", "b", "c", "d"));
    assert.deepEqual(await stage.takeIds(), ["a"]);
    await stage.verifyBooks(["a", "b", "c", "d"]);
    assert.deepEqual(await stage.cancel("c"), { status: "cancelled" });
    assert.deepEqual(await stage.listIds("waiting", 1), ["b", "d"]);
  }),
  defineCase(
    "rate: a job stopped by the rate holds no room of its key",
    async (stage) => {
      const both = (id: string, rate: string): JobFields => ({
        id,
        limits: { limit: { key: "k", max: 1 }, rate: { key: rate, limit: 1, windowMs: LONG_MS } },
      });
      await stage.insert(both("a", "r"), both("b", "r"), both("c", "s"));
      const [a] = await stage.take();
      assert.equal(a?.id, "a");
      await completeAll(stage, [a]);
      const [c] = await stage.take();
      assert.equal(c?.id, "c");
      await completeAll(stage, [c]);
      assert.deepEqual(await stage.takeIds(), []);
      await stage.verifyBooks(["a", "b", "c"]);
    },
    ["limits"],
  ),
];
