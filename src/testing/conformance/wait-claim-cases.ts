/** Waits that claim in the moment they are woken. */
import assert from "node:assert/strict";
import type { ClaimRequest } from "../../core/adapter.js";
import type { ConformanceCase } from "./kit.js";
import { isPending, soon, startClaim, startWait } from "./patience.js";
import { defineCase, LEASE, LONG_MS, type Stage, TASK } from "./stage.js";

/** Long enough for the wait to have reached the store. */
const A_WHILE_MS = 20;

function aClaim(fields: Partial<ClaimRequest> = {}): ClaimRequest {
  return { task: TASK, lease: LEASE, leaseMs: LONG_MS, count: 10, ...fields };
}

const idsOf = (jobs: readonly { readonly id: string }[] = []) => jobs.map((job) => job.id);

/** Starts a wait that claims, and gives it time to begin. */
async function begin(
  stage: Stage,
  ...args: Parameters<typeof startClaim> extends [unknown, ...infer R] ? R : never
) {
  const started = startClaim(stage.adapter, ...args);
  await stage.advance(A_WHILE_MS);
  return started;
}

const takes: readonly ConformanceCase[] = [
  defineCase("wait: one that claims brings the job along", async (stage) => {
    const { reply } = await begin(stage, aClaim());
    await stage.insert({ id: "a", payload: '"hello"' });
    const { tasks, claimed } = await soon("the wake", reply);
    assert.deepEqual(tasks, [TASK]);
    const [job, ...others] = claimed?.jobs ?? [];
    assert.ok(job);
    assert.deepEqual([job.id, job.payload, job.attempt, others.length], ["a", '"hello"', 1, 0]);
    assert.equal(await stage.state("a"), "active");
    assert.deepEqual((await stage.end(job, { event: "complete" })).settled, ["applied"]);
  }),
  defineCase("wait: one that claims takes what was inserted before", async (stage) => {
    await stage.insert("a", "b");
    const { reply } = startClaim(stage.adapter, aClaim());
    assert.deepEqual(idsOf((await soon("the wake", reply)).claimed?.jobs), ["a", "b"]);
  }),
  defineCase("wait: one that claims takes no more than it asked for and wakes the next", async (stage) => {
    const { reply } = await begin(stage, aClaim({ count: 2 }));
    await stage.insert("a", "b", "c");
    assert.deepEqual(idsOf((await soon("the wake", reply)).claimed?.jobs), ["a", "b"]);
    const { woken } = startWait(await stage.another(), [TASK]);
    assert.deepEqual(await soon("the next wake", woken), [TASK]);
    assert.deepEqual(await stage.takeIds(), ["c"]);
  }),
  defineCase("wait: two that claim get different jobs", async (stage) => {
    const other = await stage.another();
    const mine = await begin(stage, aClaim({ count: 1 }));
    const theirs = startClaim(other, aClaim({ lease: "worker-2", count: 1 }));
    await stage.advance(A_WHILE_MS);
    await stage.insert("a");
    await stage.insert("b");
    const first = await soon("my job", mine.reply);
    const second = await soon("their job", theirs.reply);
    const ids = [...idsOf(first.claimed?.jobs), ...idsOf(second.claimed?.jobs)];
    if (ids.length < 2) ids.push(...(await stage.takeIds()));
    assert.deepEqual(ids.sort(), ["a", "b"]);
  }),
  defineCase("wait: one that claims holds its jobs under its lease", async (stage) => {
    const { reply } = await begin(stage, aClaim({ leaseMs: 30 }));
    await stage.insert("a");
    assert.deepEqual(idsOf((await soon("the wake", reply)).claimed?.jobs), ["a"]);
    assert.equal((await stage.sweep()).reclaimed, 0);
    await stage.advance(31);
    assert.equal((await stage.sweep()).reclaimed, 1);
  }),
  defineCase("wait: another task's wake is told beside the claim", async (stage) => {
    const { reply } = await begin(stage, aClaim(), { tasks: ["other.task", TASK] });
    await stage.insert({ id: "a", task: "other.task" });
    const { tasks, claimed } = await soon("the wake", reply);
    assert.deepEqual([tasks, idsOf(claimed?.jobs)], [["other.task"], []]);
  }),
];

const endings: readonly ConformanceCase[] = [
  defineCase("wait: one that claims stays until there is something", async (stage) => {
    const { reply, abort } = await begin(stage, aClaim());
    assert.ok(await isPending(reply), "nobody was woken");
    abort();
    const { tasks, claimed } = await soon("the abort", reply);
    assert.deepEqual([tasks, idsOf(claimed?.jobs)], [[], []]);
  }),
  defineCase("wait: one that claims ends with nothing after its time", async (stage) => {
    const { reply } = startClaim(stage.adapter, aClaim(), { timeoutMs: 10 });
    await stage.advance(11);
    const { tasks, claimed } = await soon("the timeout", reply);
    assert.deepEqual([tasks, idsOf(claimed?.jobs)], [[], []]);
    await stage.insert("a");
    assert.deepEqual(await stage.takeIds({ lease: "worker-2" }), ["a"]);
  }),
  defineCase("wait: a job that comes while a claiming wait is aborted is there or told", async (stage) => {
    for (let round = 0; round < 20; round++) {
      const { reply, abort } = startClaim(stage.adapter, aClaim());
      if (round % 2 === 0) await stage.advance(1);
      const inserted = stage.insert(`job-${round}`);
      abort();
      await inserted;
      const { claimed } = await soon("the abort", reply);
      const ids =
        claimed === undefined || claimed.jobs.length === 0 ? await stage.takeIds() : idsOf(claimed.jobs);
      assert.deepEqual(ids, [`job-${round}`]);
    }
  }),
  defineCase(
    "wait: one that claims under a lost lease takes nothing and passes the wake on",
    async (stage) => {
      await stage.takeNew("lost", { leaseMs: 10 });
      await stage.advance(11);
      await stage.sweep();
      assert.deepEqual(await stage.takeIds({ lease: "worker-2", apart: true }), ["lost"]);
      await soon("the old wake", startWait(stage.adapter, [TASK]).woken);
      const { reply } = await begin(stage, aClaim());
      await stage.insert("a");
      const { claimed } = await soon("the wake", reply);
      assert.deepEqual([claimed?.lost, claimed?.jobs], [true, []]);
      assert.deepEqual(await soon("the next wake", startWait(stage.adapter, [TASK]).woken), [TASK]);
      assert.deepEqual(await stage.takeIds({ lease: "worker-3" }), ["a"]);
    },
  ),
];

export const waitClaimCases: readonly ConformanceCase[] = [...takes, ...endings];
