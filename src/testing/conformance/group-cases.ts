import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { soon, startWait } from "./patience.js";
import { anError, defineCase, defineCases, type Stage, TASK } from "./stage.js";

/** Jobs `<group>0`, `<group>1`, …: one insert per group. */
async function fill(stage: Stage, group: string, count: number, weight?: number): Promise<void> {
  const limits = { group: weight === undefined ? { key: group } : { key: group, weight } };
  await stage.insert(...Array.from({ length: count }, (_, index) => ({ id: `${group}${index}`, limits })));
}

/** How many ids begin with each of these letters. */
function shares(ids: readonly string[], letters: string): readonly number[] {
  return [...letters].map((letter) => ids.filter((id) => id.startsWith(letter)).length);
}

export const groupCases: readonly ConformanceCase[] = [
  defineCase("group: groups take turns, each in its own order", async (stage) => {
    await fill(stage, "a", 4);
    await fill(stage, "b", 2);
    assert.deepEqual(await stage.takeIds(), ["a0", "b0", "a1", "b1", "a2", "a3"]);
  }),
  defineCase(
    "group: whoever reads a job sees its group, also when it has ended",
    async (stage) => {
      await stage.insert("x", { id: "y", limits: { unique: { key: '"group"' } } });
      const key = '"tenant" é';
      await stage.insert({ id: "a", limits: { group: { key, weight: 2 } } });
      const groups = async () => {
        const jobs = await stage.adapter.read(["x", "y", "a"].map((id) => ({ task: TASK, id })));
        return jobs.map((job) => job?.group);
      };
      assert.deepEqual(await groups(), [undefined, undefined, key]);
      for (const job of await stage.take()) await stage.end(job, { event: "complete" });
      assert.deepEqual(await groups(), [undefined, undefined, key]);
    },
    ["unique"],
  ),
  defineCase("group: turns go on from claim to claim", async (stage) => {
    await fill(stage, "a", 3);
    await fill(stage, "b", 3);
    const ids: string[] = [];
    for (let claim = 0; claim < 6; claim++) ids.push(...(await stage.takeIds({ count: 1 })));
    assert.deepEqual(ids, ["a0", "b0", "a1", "b1", "a2", "b2"]);
  }),
  defineCase("group: jobs without a group are one more group", async (stage) => {
    await stage.insert("x0", "x1", "x2");
    await fill(stage, "a", 3);
    assert.deepEqual(await stage.takeIds(), ["x0", "a0", "x1", "a1", "x2", "a2"]);
  }),
  defineCase("group: a weight gives more turns", async (stage) => {
    await fill(stage, "a", 60);
    await fill(stage, "b", 60, 3);
    assert.deepEqual(shares(await stage.takeIds({ count: 40 }), "ab"), [10, 30]);
  }),
  defineCase("group: priority orders the jobs of a group", async (stage) => {
    const limits = { group: { key: "a" } };
    await stage.insert(
      { id: "low", limits, priority: -1 },
      { id: "mid", limits },
      { id: "high", limits, priority: 5 },
    );
    assert.deepEqual(await stage.takeIds(), ["high", "mid", "low"]);
  }),
  defineCase("group: other priorities without a group go before and after all groups", async (stage) => {
    await stage.insert({ id: "last", priority: -1 }, { id: "plain" }, { id: "first", priority: 1 });
    await fill(stage, "a", 2);
    assert.deepEqual(await stage.takeIds(), ["first", "plain", "a0", "a1", "last"]);
  }),
  defineCase("group: however many there are, a lower priority goes after them", async (stage) => {
    const many = Array.from({ length: 600 }, (_, index) => ({ key: `g${index}` }));
    await stage.insert(
      { id: "last", priority: -1 },
      ...many.map((group) => ({ id: group.key, limits: { group } })),
    );
    const ids: string[] = [];
    for (let more = true; more; ) {
      const taken = await stage.takeIds({ count: 1000 });
      ids.push(...taken);
      more = taken.length > 0;
    }
    assert.equal(ids.length, 601);
    assert.equal(ids.indexOf("last"), 600);
  }),
  defineCase("group: one that comes late starts at the present", async (stage) => {
    await fill(stage, "a", 20);
    assert.equal((await stage.takeIds({ count: 10 })).length, 10);
    await fill(stage, "b", 10);
    assert.deepEqual(shares(await stage.takeIds({ count: 6 }), "ab"), [3, 3]);
  }),
  defineCase("group: one greedy group leaves 999 others their share", async (stage) => {
    const greedy = { group: { key: "greedy" } };
    await stage.insert(...Array.from({ length: 5000 }, (_, index) => ({ id: `g${index}`, limits: greedy })));
    await stage.insert(
      ...Array.from({ length: 999 }, (_, index) => ({
        id: `s${index}`,
        limits: { group: { key: `small-${index}` } },
      })),
    );
    const ids: string[] = [];
    while (ids.length < 1002) ids.push(...(await stage.takeIds({ count: Math.min(500, 1002 - ids.length) })));
    assert.deepEqual(shares(ids, "sg"), [999, 3]);
  }),
  defineCase("group: a job given back goes to the front of its group", async (stage) => {
    await fill(stage, "a", 3);
    await fill(stage, "b", 3);
    const [a0, b0] = await stage.take({ count: 2 });
    assert.ok(a0 && b0);
    await stage.end(a0, { event: "release" });
    const ids = await stage.takeIds();
    assert.deepEqual(
      ids.filter((id) => id.startsWith("a")),
      ["a0", "a1", "a2"],
    );
  }),
  defineCase("group: a retried job comes back to its group", async (stage) => {
    await fill(stage, "a", 2);
    const [a0] = await stage.take({ count: 1 });
    assert.ok(a0);
    await stage.end(a0, { event: "retry", error: anError(), delayMs: 1000 });
    await stage.advance(1000);
    assert.deepEqual(await stage.takeIds(), ["a1", "a0"]);
  }),
  defineCase("group: waiting jobs are counted, listed, read and cancelled", async (stage) => {
    await fill(stage, "a", 3);
    await fill(stage, "b", 2);
    await stage.verifyBooks(["a0", "a1", "a2", "b0", "b1"]);
    assert.deepEqual(await stage.listIds("waiting", 2), ["a0", "a1", "a2", "b0", "b1"]);
    assert.deepEqual(await stage.cancel("a0"), { status: "cancelled" });
    assert.deepEqual(await stage.change("b0", { change: "remove" }), { status: "applied" });
    await stage.verifyBooks(["a0", "a1", "a2", "b1"]);
    assert.deepEqual(await stage.takeIds(), ["a1", "b1", "a2"]);
  }),
  defineCase("group: a changed priority moves a job within its group", async (stage) => {
    await fill(stage, "a", 3);
    assert.deepEqual(await stage.change("a2", { change: "prioritize", priority: 1 }), { status: "applied" });
    assert.deepEqual(await stage.takeIds(), ["a2", "a0", "a1"]);
  }),
  defineCase("group: an overdue job expires where it waits", async (stage) => {
    const limits = { group: { key: "a" } };
    await stage.insert({ id: "a0", limits, ttlMs: 100 }, { id: "a1", limits });
    await stage.advance(100);
    assert.deepEqual(await stage.takeIds(), ["a1"]);
    assert.equal(await stage.state("a0"), "expired");
  }),
  ...defineCases(
    ["delayed", "waiting"] as const,
    (how) => `group: a ${how} job wakes a waiter`,
    async (stage, how) => {
      const limits = { group: { key: "a" } };
      await stage.insert({ id: "a0", limits, ...(how === "delayed" ? { delayMs: 50 } : {}) });
      if (how === "delayed") await stage.advance(50);
      if (how === "delayed") await stage.sweep();
      assert.deepEqual(await soon("the wake", startWait(stage.adapter, "conformance.task").ids), ["a0"]);
    },
  ),
  defineCase("group: a claim that leaves grouped jobs wakes the next waiter", async (stage) => {
    await fill(stage, "a", 2);
    await stage.takeIds({ count: 1 });
    assert.deepEqual(await soon("the wake", startWait(stage.adapter, "conformance.task").ids), ["a1"]);
  }),
  defineCase("group: a repeated insert is the same job only in the same group", async (stage) => {
    await fill(stage, "a", 1);
    await fill(stage, "a", 1);
    const other = { task: "conformance.task", id: "a0", payload: '{"id":"a0"}', version: 1, fingerprint: "" };
    const [reply] = await stage.adapter.insert([{ ...other, priority: 0, limits: { group: { key: "b" } } }]);
    assert.deepEqual(reply, { status: "conflict" });
    assert.deepEqual(await stage.takeIds(), ["a0"]);
  }),
];
