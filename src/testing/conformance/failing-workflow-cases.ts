import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { anError, countsOf, defineCases, LONG_MS, only, TASK } from "./stage.js";
import { aChain, aGroup, aStep, inputOf, onWorkflows, stepId, workflowCase } from "./workflow-stage.js";

export const failingWorkflowCases: readonly ConformanceCase[] = [
  workflowCase("fails with the first step that fails, and cancels the rest", async (limits) => {
    await limits.start(aChain(aGroup([aStep(1), aStep(2), aStep(3, { delayMs: LONG_MS })]), aStep()));
    const [first, second] = await limits.take();
    assert.ok(first && second);
    await limits.stage.end(first, { event: "fail", error: anError() });
    const { state, error } = await limits.read();
    assert.equal(state, "failed");
    assert.deepEqual(error, { ...anError(), step: { task: TASK, id: first.id } });
    assert.equal(await limits.state(stepId(2)), "cancelled");
    assert.deepEqual(await limits.stepStates(), ["failed", "cancelled", "cancelled", "cancelled"]);
    const reply = await limits.stage.end(second, { event: "complete", result: "2" });
    assert.deepEqual(reply.settled, ["cancelled"], "the active step had been told");
    assert.deepEqual(await limits.counts(), countsOf({ failed: 1, cancelled: 2 }));
  }),
  workflowCase("says why steps beside a failed one were cancelled", async (limits) => {
    await limits.start(aGroup([aStep(1), aStep(2)]));
    const [job] = await limits.take({ count: 1 });
    assert.ok(job);
    await limits.stage.end(job, { event: "fail", error: anError() });
    assert.equal((await limits.read()).state, "failed");
    const [beside] = await limits.stage.adapter.read([{ task: TASK, id: stepId(1) }]);
    assert.deepEqual([beside?.state, beside?.reason], ["cancelled", "another step of the group failed"]);
  }),
  workflowCase("lets a step expire that is overdue when it would be cancelled", async (limits) => {
    await limits.start(aGroup([aStep(1), aStep(2, { ttlMs: 100 })]));
    const [job] = await limits.take({ count: 1 });
    assert.ok(job);
    await limits.stage.advance(150);
    await limits.stage.end(job, { event: "fail", error: anError() });
    assert.equal((await limits.read()).state, "failed");
    assert.equal(await limits.state(stepId(1)), "expired");
  }),
  workflowCase("does not fail while a step may be retried", async (limits) => {
    await limits.start(aStep(1));
    const job = only(await limits.take());
    await limits.stage.end(job, { event: "retry", error: anError(), delayMs: 0 });
    assert.equal((await limits.read()).state, "waiting");
    await limits.work((input) => input);
    assert.equal(await limits.result(), 1);
  }),
  ...defineCases(
    ["cancelled", "expired", "discarded", "removed", "stalled"] as const,
    (how) => `workflow: fails with a step that was ${how}`,
    async (stage, how) => {
      const limits = onWorkflows(stage);
      const ttl =
        how === "expired"
          ? ({ ttlMs: 50, onExpire: "fail" } as const)
          : how === "discarded"
            ? ({ ttlMs: 50, onExpire: "discard" } as const)
            : {};
      await limits.start(aGroup([aStep(1, ttl), aStep(2, { delayMs: LONG_MS })]));
      if (how === "cancelled") await stage.cancel(stepId(0), { reason: "by hand" });
      if (how === "removed") await stage.change(stepId(0), { change: "remove" });
      if (how === "stalled") await stage.take({ leaseMs: 20 });
      await stage.advance(100);
      await stage.sweepAll({ stallLimit: 0 });
      const { state, error } = await limits.read();
      assert.equal(state, "failed");
      const code = {
        cancelled: "JOB_CANCELLED",
        removed: "JOB_CANCELLED",
        expired: "JOB_EXPIRED",
        discarded: "JOB_EXPIRED",
        stalled: "JOB_STALLED",
      };
      assert.equal(error?.code, code[how]);
      assert.deepEqual(error?.step, { task: TASK, id: stepId(0) });
      assert.equal(await stage.state(stepId(1)), "cancelled");
    },
  ),
  workflowCase("goes on past failures where a group says so", async (limits) => {
    const chain = aChain(aStep(2), aStep(), aStep());
    await limits.start(aChain(aGroup([aStep(1), chain, aStep(3)], "continue"), aStep()));
    for (let failed = false; ; ) {
      const jobs = await limits.take({ count: 1 });
      const [job] = jobs;
      if (job === undefined) break;
      if (!failed && inputOf(job) === 20) {
        failed = true;
        await limits.stage.end(job, { event: "fail", error: anError() });
      } else {
        const input = inputOf(job);
        const result = Array.isArray(input) ? input : Number(input) * 10;
        await limits.stage.end(job, { event: "complete", result: JSON.stringify(result) });
      }
    }
    const step = { task: TASK, id: stepId(2) };
    assert.deepEqual(await limits.result(), [
      { status: "completed", value: 10 },
      { status: "failed", error: { ...anError(), step } },
      { status: "completed", value: 30 },
    ]);
  }),
  workflowCase("keeps a failure inside the nearest group that goes on", async (limits) => {
    const strict = aGroup([aStep("bad"), aStep("slow", { delayMs: LONG_MS })]);
    await limits.start(aGroup([aChain(strict, aStep()), aStep("good")], "continue"));
    for (const job of await limits.take()) {
      if (inputOf(job) === "bad") await limits.stage.end(job, { event: "fail", error: anError() });
      else await limits.stage.end(job, { event: "complete", result: '"fine"' });
    }
    const error = { ...anError(), step: { task: TASK, id: stepId(0) } };
    assert.deepEqual(await limits.result(), [
      { status: "failed", error },
      { status: "completed", value: "fine" },
    ]);
    assert.equal(await limits.state(stepId(1)), "cancelled");
  }),
];
