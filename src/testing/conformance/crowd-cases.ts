import assert from "node:assert/strict";
import type { Adapter, ClaimedJob, Settlement } from "../../core/adapter.js";
import type { ConformanceCase } from "./kit.js";
import { anError, countsOf, defineCase, keeping, LONG_MS, only, type Stage, TASK } from "./stage.js";

const JOBS = 400;

/** One process that works until nothing is left; gives the ids it completed. */
async function work(
  adapter: Adapter,
  lease: string,
  decide: (job: ClaimedJob) => Settlement,
): Promise<readonly string[]> {
  const completed: string[] = [];
  let jobs: readonly ClaimedJob[] = [];
  for (let idle = 0; idle < 3; ) {
    const settlements = jobs.map(decide);
    const reply = only(
      await adapter.settle([
        { task: TASK, lease, retention: keeping(), settlements, claim: { leaseMs: LONG_MS, count: 7 } },
      ]),
    );
    settlements.forEach((settlement, index) => {
      if (settlement.event === "complete" && reply.settled[index] === "applied")
        completed.push(settlement.id);
    });
    jobs = reply.jobs;
    if (reply.hasSuspects) {
      jobs = only(await adapter.claim([{ task: TASK, lease, leaseMs: LONG_MS, count: 1, apart: true }])).jobs;
    }
    idle = jobs.length === 0 ? idle + 1 : 0;
  }
  return completed;
}

/** Every third first attempt is retried, every fifth is given back once. */
function unsteady(): (job: ClaimedJob) => Settlement {
  const released = new Set<string>();
  return ({ id, fence, attempt }) => {
    const number = Number(id);
    if (number % 5 === 0 && !released.has(id)) {
      released.add(id);
      return { id, fence, event: "release" };
    }
    if (number % 3 === 0 && attempt === 1) return { id, fence, event: "retry", error: anError(), delayMs: 0 };
    return { id, fence, event: "complete", result: id };
  };
}

async function fill(stage: Stage): Promise<readonly string[]> {
  const ids = Array.from({ length: JOBS }, (_, index) => String(index));
  await stage.insert(...ids.map((id, index) => ({ id, priority: (index % 4) - 1 })));
  return ids;
}

export const crowdCases: readonly ConformanceCase[] = [
  defineCase("crowd: four processes complete every job once", async (stage) => {
    const ids = await fill(stage);
    const decide = unsteady();
    const processes = [stage.adapter, ...(await Promise.all([1, 2, 3].map(() => stage.another())))];
    const completed = await Promise.all(
      processes.map((each, index) => work(each, `worker-${index}`, decide)),
    );
    const rest = await work(stage.adapter, "worker-last", decide);
    assert.deepEqual([...completed.flat(), ...rest].sort(), [...ids].sort());
    assert.deepEqual(await stage.counts(), countsOf({ completed: JOBS }));
  }),
  defineCase("crowd: cancels that race workers end each job once", async (stage) => {
    const ids = await fill(stage);
    const canceller = await stage.another();
    const decide = unsteady();
    const cancelling = (async () => {
      for (let start = 0; start < JOBS; start += 40) {
        const some = ids.slice(start, start + 40).filter((id) => Number(id) % 2 === 0);
        await canceller.cancel(some.map((id) => ({ task: TASK, id, reason: "raced", retention: keeping() })));
      }
    })();
    const completed = await Promise.all([
      work(stage.adapter, "worker-1", decide),
      work(await stage.another(), "worker-2", decide),
      cancelling,
    ]);
    const late = await work(stage.adapter, "worker-last", decide);
    const done = new Set([...completed[0], ...completed[1], ...late]);
    const counts = await stage.counts();
    assert.deepEqual(counts, countsOf({ completed: done.size, cancelled: JOBS - done.size }));
    for (const id of ids.filter((each) => Number(each) % 2 === 1))
      assert.ok(done.has(id), `${id} was completed`);
  }),
  defineCase(
    "crowd: jobs of processes that die again and again are completed by the others",
    async (stage) => {
      const ids = await fill(stage);
      const decide = unsteady();
      for (let crash = 0; crash < 8; crash++) {
        await stage.take({ lease: `doomed-${crash}`, leaseMs: 5, count: 25 });
        await stage.advance(6);
        await stage.sweepAll({ stallLimit: 100 });
      }
      assert.deepEqual((await stage.counts()).active, 0);
      const completed = await Promise.all([
        work(stage.adapter, "worker-1", decide),
        work(await stage.another(), "worker-2", decide),
      ]);
      const rest = await work(stage.adapter, "worker-last", decide);
      assert.deepEqual([...completed.flat(), ...rest].sort(), [...ids].sort());
      await stage.verifyBooks(ids);
    },
  ),
];
