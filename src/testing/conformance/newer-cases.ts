import assert from "node:assert/strict";
import type { Adapter, ClaimedJob, ClaimRequest, NewerJob } from "../../core/adapter.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import type { ConformanceCase } from "./kit.js";
import { soon, startWait } from "./patience.js";
import { countsOf, defineCase, keeping, LEASE, LONG_MS, only, type Stage, TASK } from "./stage.js";

/** Claims as a worker that runs jobs up to `version`. */
async function take(
  stage: Stage,
  version: number,
  claim: Partial<ClaimRequest> = {},
): Promise<readonly ClaimedJob[]> {
  const request = { task: TASK, lease: `v${version}`, leaseMs: LONG_MS, count: 10, version, ...claim };
  return only(await stage.adapter.claim([request])).jobs;
}

const idsOf = (jobs: readonly ClaimedJob[]) => jobs.map(({ id }) => id);

/** A worker of an old version claims everything and puts it back. */
async function putBackAll(stage: Stage, newer: NewerJob): Promise<void> {
  const jobs = await stage.take({ count: 100 });
  await stage.settle(
    jobs.map(({ id, fence }) => ({ id, fence, event: "release", delayMs: LONG_MS, newer })),
    {},
  );
}

/** A worker of a new version claims while one of an old version does so all the time. */
async function claimTogether(stage: Stage, limits?: JobLimits): Promise<void> {
  const second = await stage.another();
  const request = { task: TASK, leaseMs: LONG_MS, count: 5 };
  for (let round = 0; round < 10; round++) {
    const id = `j${round}`;
    await stage.insert({ id, version: 3, ...(limits === undefined ? {} : { limits }) });
    await putBackAll(stage, { version: 3 });
    let isAnswered = false;
    const fitting = second.claim([{ ...request, lease: "v3", version: 3 }]).finally(() => {
      isAnswered = true;
    });
    const older: string[] = [];
    while (!isAnswered) older.push(...idsOf(await take(stage, 2)));
    assert.deepEqual(older, []);
    const { jobs } = only(await fitting);
    assert.deepEqual(idsOf(jobs), [id]);
    await stage.settle(
      jobs.map(({ id: ended, fence }) => ({ id: ended, fence, event: "complete" })),
      { by: second, lease: "v3" },
    );
  }
}

export const newerCases: readonly ConformanceCase[] = [
  defineCase(
    "newer: a job that was put back is delayed, and comes for whoever runs its version",
    async (stage) => {
      await stage.insert({ id: "a", version: 3 });
      await putBackAll(stage, { version: 3 });
      assert.deepEqual(await stage.counts(), countsOf({ delayed: 1 }));
      assert.deepEqual(await stage.takeIds(), []);
      assert.deepEqual(await take(stage, 2), []);
      const job = only(await take(stage, 3));
      assert.deepEqual([job.id, job.attempt, job.version], ["a", 1, 3]);
      assert.deepEqual(await stage.counts(), countsOf({ active: 1 }));
      await stage.end(job, { event: "complete" }, { lease: "v3" });
      assert.deepEqual(
        (await stage.details("a")).history.map(({ outcome }) => outcome),
        ["completed"],
      );
    },
  ),
  defineCase("newer: they come by priority, and in their order within one", async (stage) => {
    const priorities = [0, 5, -5, 0, 5, -5];
    await stage.insert(...priorities.map((priority, index) => ({ id: `j${index}`, version: 2, priority })));
    await putBackAll(stage, { version: 2 });
    const order: string[] = [];
    for (let taken = 0; taken < priorities.length; taken++)
      order.push(...idsOf(await take(stage, 2, { count: 1 })));
    assert.deepEqual(order, ["j1", "j4", "j0", "j3", "j2", "j5"]);
  }),
  defineCase("newer: higher ones that wait go before them", async (stage) => {
    await stage.insert({ id: "new", version: 2 });
    await putBackAll(stage, { version: 2 });
    await stage.insert({ id: "high", priority: 9 }, { id: "low", priority: -9 }, { id: "same" });
    assert.deepEqual(idsOf(await take(stage, 2)), ["high", "new", "same", "low"]);
  }),
  defineCase("newer: a claim brings no more of them than it may take", async (stage) => {
    await stage.insert(...Array.from({ length: 30 }, (_, index) => ({ id: `j${index + 10}`, version: 2 })));
    await putBackAll(stage, { version: 2 });
    assert.equal((await take(stage, 2, { count: 4 })).length, 4);
    assert.deepEqual(await stage.counts(), countsOf({ active: 4, delayed: 26 }));
    assert.equal((await take(stage, 9, { count: 100 })).length, 26);
  }),
  defineCase("newer: a settlement that claims brings them too", async (stage) => {
    await stage.insert({ id: "new", version: 2 });
    await putBackAll(stage, { version: 2 });
    const claim = { leaseMs: LONG_MS, count: 5, version: 2 };
    const batch = { task: TASK, lease: "v2", retention: keeping(), settlements: [], claim };
    assert.deepEqual(idsOf(only(await stage.adapter.settle([batch])).jobs), ["new"]);
  }),
  defineCase("newer: they come at their time when nobody came before", async (stage) => {
    await stage.insert({ id: "a", version: 2 });
    const job = only(await stage.take());
    await stage.end(job, { event: "release", delayMs: 2, newer: { version: 2 } });
    await stage.advance(3);
    assert.deepEqual(await stage.takeIds(), ["a"]);
    assert.deepEqual(await take(stage, 2), []);
  }),
  defineCase(
    "newer: one that was cancelled, promoted, removed or rescheduled does not come",
    async (stage) => {
      const ids = ["cancelled", "promoted", "removed", "rescheduled", "drained"];
      await stage.insert(...ids.map((id) => ({ id, version: 2 })));
      await putBackAll(stage, { version: 2 });
      await stage.cancel("cancelled");
      await stage.change("promoted", { change: "promote" });
      await stage.change("removed", { change: "remove" });
      await stage.change("rescheduled", { change: "reschedule", delayMs: LONG_MS });
      assert.deepEqual(await stage.takeIds(), ["promoted"]);
      assert.deepEqual(idsOf(await take(stage, 2)), ["drained"]);
      assert.equal(await stage.state("rescheduled"), "delayed");
    },
  ),
  defineCase(
    "newer: nothing of a paused task comes",
    async (stage) => {
      await stage.insert({ id: "a", version: 2 });
      await putBackAll(stage, { version: 2 });
      await stage.control("pause");
      assert.deepEqual(await take(stage, 2), []);
      await stage.control("resume");
      assert.deepEqual(idsOf(await take(stage, 2)), ["a"]);
    },
    ["control"],
  ),
  defineCase("newer: who waits and runs them is woken, and nobody else", async (stage) => {
    const [first, second] = [await stage.another(), await stage.another()];
    const wait = (by: Adapter, version: number) =>
      startWait(by, TASK, { lease: `v${version}`, count: 5, version });
    await stage.insert({ id: "a", version: 3 });
    const jobs = await stage.take();
    // A lease that is new wakes one waiter, who looks in vain.
    await startWait(stage.adapter, TASK).told;
    // A store that wakes all tells the others of the lease too, at any moment.
    const taken = async () => {
      for (;;) {
        const ids = await wait(second, 3).ids;
        if (ids.length > 0) return ids;
      }
    };
    const [older, fitting] = [wait(first, 2), taken()];
    await stage.settle(
      jobs.map(({ id, fence }) => ({
        ...{ id, fence, event: "release" as const, delayMs: LONG_MS },
        newer: { version: 3, reach: 3 },
      })),
      { lease: LEASE },
    );
    assert.deepEqual(await soon("the wake", fitting), ["a"]);
    older.abort();
    assert.deepEqual(await older.ids, []);
  }),
  defineCase("newer: older ones that claim at the same moment get none of them", (stage) =>
    claimTogether(stage),
  ),
  defineCase(
    "newer: older ones that claim at the same moment get none that have a limit",
    (stage) => claimTogether(stage, { limit: { key: "k", max: 1 } }),
    ["limits"],
  ),
];
