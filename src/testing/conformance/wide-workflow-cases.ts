import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { anError } from "./stage.js";
import { aChain, aGroup, aStep, inputOf, type WorkflowStage, workflowCase } from "./workflow-stage.js";

/** Completes steps with what they were given, a list as "list", until the workflow has ended. Gives the lists. */
async function passOn(limits: WorkflowStage): Promise<readonly unknown[]> {
  const lists: unknown[] = [];
  while ((await limits.read()).state === "waiting") {
    const jobs = await limits.take({ count: 1000 });
    if (jobs.length === 0) await limits.sweep();
    const ends = jobs.map((job) => {
      const input = inputOf(job);
      if (Array.isArray(input)) lists.push(input);
      const result = JSON.stringify(Array.isArray(input) ? "list" : input);
      return { id: job.id, fence: job.fence, event: "complete" as const, result };
    });
    await limits.stage.settle(ends);
  }
  return lists;
}

/** Workflows too wide for one step of the store. */
export const wideWorkflowCases: readonly ConformanceCase[] = [
  workflowCase("runs thousands of steps side by side, in parts", async (limits) => {
    const count = 2400;
    const steps = Array.from({ length: count }, (_, index) => aStep(index));
    await limits.start(aChain(aStep("go"), aGroup(steps), aStep()));
    for (let taken = 0; taken < count + 2; ) {
      const jobs = await limits.take({ count: 1000 });
      if (jobs.length === 0) await limits.sweep();
      taken += jobs.length;
      const ends = jobs.map((job) => {
        const input = inputOf(job);
        const result = JSON.stringify(Array.isArray(input) ? input.length : input);
        return { id: job.id, fence: job.fence, event: "complete" as const, result };
      });
      await limits.stage.settle(ends);
    }
    assert.equal(await limits.result(), count);
  }),
  workflowCase("hands on what more than a thousand chains gave, in their order", async (limits) => {
    const chains = Array.from({ length: 1100 }, (_, index) => aChain(aStep(index), aStep()));
    await limits.start(aChain(aGroup(chains), aStep()));
    assert.deepEqual(await passOn(limits), [chains.map((_, index) => index)]);
    assert.equal(await limits.result(), "list");
  }),
  workflowCase("starts a thousand chains behind a step", async (limits) => {
    const chains = Array.from({ length: 1100 }, () => aChain(aStep(), aStep()));
    await limits.start(aChain(aStep(7), aGroup(chains)));
    assert.deepEqual(await passOn(limits), []);
    assert.deepEqual(
      await limits.result(),
      chains.map(() => 7),
    );
  }),
  workflowCase("ends with what more than a thousand steps gave, in their order", async (limits) => {
    const steps = Array.from({ length: 1100 }, (_, index) => aStep(index));
    await limits.start(aGroup(steps));
    assert.deepEqual(await passOn(limits), []);
    assert.deepEqual(
      await limits.result(),
      steps.map((_, index) => index),
    );
  }),
  workflowCase("fails hundreds of steps with one, and runs them again when revived", async (limits) => {
    const count = 700;
    const steps = Array.from({ length: count }, (_, index) => aStep(index));
    await limits.start(aChain(aGroup(steps), aStep()));
    const [bad, good, ...others] = await limits.take({ count: 5 });
    assert.ok(bad && good);
    await limits.stage.end(good, { event: "complete", result: String(inputOf(good)) });
    await limits.stage.end(bad, { event: "fail", error: anError() });
    for (const job of others) await limits.stage.end(job, { event: "complete", result: "-1" });
    await limits.sweep();
    assert.equal((await limits.read()).state, "failed");
    assert.equal((await limits.counts()).waiting, 0);
    assert.equal(await limits.revive(), "applied");
    for (let runs = 0; runs < count; ) {
      const jobs = await limits.take({ count: 1000 });
      if (jobs.length === 0) await limits.sweep();
      runs += jobs.length;
      const ends = jobs.map((job) => {
        const input = inputOf(job);
        const result = JSON.stringify(Array.isArray(input) ? input.length : input);
        return { id: job.id, fence: job.fence, event: "complete" as const, result };
      });
      await limits.stage.settle(ends);
      assert.ok(
        jobs.every((job) => job.id !== good.id),
        "what had completed does not run again",
      );
    }
    assert.equal(await limits.result(), count);
  }),
  workflowCase("cancels thousands of steps, in parts, and starts no other", async (limits) => {
    const steps = Array.from({ length: 1300 }, (_, index) => aStep(index));
    await limits.start(aGroup(steps));
    assert.equal(await limits.cancel("enough"), "cancelled");
    await limits.sweep();
    const counts = await limits.counts();
    assert.equal(counts.waiting, 0);
    assert.deepEqual(await limits.takeInputs(), []);
    const steps_ = await limits.steps();
    assert.ok(steps_.every((step) => step.state === "cancelled"));
  }),
];
