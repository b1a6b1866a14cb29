import assert from "node:assert/strict";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import { GRAPH_MISSING_ERROR } from "../../core/workflow/store.js";
import { failingWorkflowCases } from "./failing-workflow-cases.js";
import type { ConformanceCase } from "./kit.js";
import { Listener, soon, startWait } from "./patience.js";
import { anError, countsOf, defineCases, keeping, LONG_MS, OTHER_TASK, only, TASK } from "./stage.js";
import { wideWorkflowCases } from "./wide-workflow-cases.js";
import {
  aChain,
  aGroup,
  aStep,
  inputOf,
  onWorkflows,
  stepId,
  type WorkflowStage,
  workflowCase,
} from "./workflow-stage.js";

/** Runs workflows of one step, each of which ends before the next begins; gives how many are stored as `state`. */
async function runSome(limits: WorkflowStage, state: "completed" | "failed"): Promise<number> {
  for (let index = 0; index < 6; index++) {
    await limits.another(`${state}-${index}`).start(aStep(index));
    const job = only(await limits.take());
    const event =
      state === "completed" ? { event: "complete" as const } : { event: "fail" as const, error: anError() };
    await limits.stage.end(job, event);
  }
  return (await limits.counts(WORKFLOW_TASK))[state];
}

const keptCases: readonly ConformanceCase[] = [
  workflowCase("makes room for the next as it ends, as the last sweep was told", async (limits) => {
    const few = { ageMs: LONG_MS, count: 2 };
    await limits.stage.sweep({ task: WORKFLOW_TASK, retention: keeping({ completed: few, failed: few }) });
    assert.equal(await runSome(limits, "completed"), 2);
    assert.equal(await runSome(limits, "failed"), 2);
    assert.deepEqual(await limits.another("completed-0").steps(), []);
    assert.equal((await limits.another("completed-5").steps()).length, 1);
  }),
  workflowCase("is gone with all its steps when none is to be kept", async (limits) => {
    const none = { ageMs: LONG_MS, count: 0 };
    await limits.stage.sweep({ task: WORKFLOW_TASK, retention: keeping({ completed: none }) });
    assert.equal(await runSome(limits, "completed"), 0);
    assert.deepEqual(await limits.another("completed-5").steps(), []);
  }),
  workflowCase("cancels steps of other tasks as the sweeps of those were told", async (limits) => {
    const few = { ageMs: LONG_MS, count: 1 };
    await limits.stage.sweep({ task: OTHER_TASK, retention: keeping({ cancelled: few }) });
    await limits.start(
      aGroup([
        aStep(1, { task: OTHER_TASK }),
        aStep(2, { task: OTHER_TASK }),
        aStep(3, { task: OTHER_TASK }),
      ]),
    );
    await limits.cancel("not needed");
    assert.equal((await limits.counts(OTHER_TASK)).cancelled, 1);
  }),
];

const graphs: readonly ConformanceCase[] = [
  workflowCase("tells where each of its nodes stands, joins included", async (limits) => {
    await limits.start(
      aChain(aStep(1), aGroup([aStep(2), aChain(aGroup([aStep(3), aStep(4)]), aStep(5))]), aStep(6)),
    );
    assert.deepEqual(await limits.graph(), [
      { node: 0 },
      { node: 1, after: 0, group: { join: 6, end: 1 } },
      { node: 2, after: 0, group: { join: 4, end: 2 } },
      { node: 3, after: 0, group: { join: 4, end: 3 } },
      { node: 4, first: 2, group: { join: 6, end: 5 } },
      { node: 5, after: 4, group: { join: 6, end: 5 } },
      { node: 6, first: 1 },
      { node: 7, after: 6 },
    ]);
    assert.deepEqual(await limits.another("nothing").graph(), []);
  }),
  workflowCase("tells of a group of none that it waits for what is before it", async (limits) => {
    await limits.start(aChain(aStep(1), aGroup([]), aStep(2)));
    assert.deepEqual(await limits.graph(), [
      { node: 0 },
      { node: 1, after: 0, first: 1 },
      { node: 2, after: 1 },
    ]);
  }),
];

const running: readonly ConformanceCase[] = [
  workflowCase("runs a chain, each step with what the one before gave", async (limits) => {
    await limits.start(aChain(aStep(1), aStep(), aStep()));
    assert.equal((await limits.read()).state, "waiting");
    assert.deepEqual(await limits.counts(), countsOf({ waiting: 1 }));
    await limits.work((input) => Number(input) * 10);
    assert.equal(await limits.result(), 1000);
    assert.deepEqual(await limits.stepStates(), ["completed", "completed", "completed"]);
    assert.equal((await limits.stage.adapter.count([WORKFLOW_TASK]))[0]?.completed, 1);
  }),
  workflowCase("wakes who waits for the next step, soon and without a sweep", async (limits) => {
    await limits.start(aChain(aStep(1), aStep()));
    const job = only(await limits.take());
    await limits.stage.end(job, { event: "complete", result: "2" });
    for (let inputs: readonly unknown[] = []; inputs.length === 0; ) {
      const reply = await soon("the wake", startWait(limits.stage.adapter, TASK).told);
      inputs = (reply?.jobs ?? []).map(inputOf);
      assert.deepEqual(inputs, inputs.length === 0 ? [] : [2]);
    }
  }),
  workflowCase("gives a group's results in the order of its members", async (limits) => {
    await limits.start(aGroup([aStep("a"), aStep("b"), aStep("c")]));
    const jobs = await limits.take();
    for (const job of [...jobs].reverse()) {
      await limits.stage.end(job, { event: "complete", result: JSON.stringify(`${inputOf(job)}!`) });
    }
    assert.deepEqual(await limits.result(), ["a!", "b!", "c!"]);
  }),
  workflowCase("gives a list for a group of one and of none", async (limits) => {
    await limits.start(aGroup([aStep("a")]));
    await limits.work((input) => input);
    assert.deepEqual(await limits.result(), ["a"]);
  }),
  workflowCase("completes a group of none at once", async (limits) => {
    await limits.start(aGroup([]));
    assert.deepEqual(await limits.result(), []);
  }),
  workflowCase("passes the empty list on", async (limits) => {
    await limits.start(aChain(aStep(1), aGroup([]), aGroup([]), aStep()));
    assert.deepEqual(await limits.takeInputs(), [1]);
  }),
  workflowCase("runs what follows a group once, with the list", async (limits) => {
    await limits.start(aChain(aGroup([aStep(1), aStep(2), aStep(3)]), aStep()));
    const seen: unknown[] = [];
    await limits.work((input) => {
      seen.push(input);
      return Array.isArray(input) ? input.reduce((sum, each) => sum + Number(each), 0) : Number(input) * 2;
    });
    assert.deepEqual(seen, [1, 2, 3, [2, 4, 6]]);
    assert.equal(await limits.result(), 12);
  }),
  workflowCase("gives each member of a group what came before the group", async (limits) => {
    await limits.start(aChain(aStep(7), aGroup([aStep(), aStep("own"), aChain(aStep(), aStep())])));
    await limits.work((input) => (typeof input === "number" ? input + 1 : input));
    assert.deepEqual(await limits.result(), [9, "own", 10]);
  }),
  workflowCase("nests groups of chains of groups", async (limits) => {
    const inner = aChain(aGroup([aStep(1), aStep(2)]), aStep());
    await limits.start(aGroup([inner, aGroup([aStep(3), aGroup([])]), aChain(inner, aStep())]));
    await limits.work((input) => (Array.isArray(input) ? input.length : Number(input) * 10));
    assert.deepEqual(await limits.result(), [2, [30, []], 20]);
  }),
  workflowCase("tells what gave nothing apart from empty values", async (limits) => {
    await limits.start(aGroup([aStep(1), aStep(2), aStep(3)]));
    const [none, empty, zero] = await limits.take();
    assert.ok(none && empty && zero);
    await limits.stage.end(none, { event: "complete" });
    await limits.stage.end(empty, { event: "complete", result: '""' });
    await limits.stage.end(zero, { event: "complete", result: Uint8Array.of(0) });
    assert.deepEqual(await limits.result(), [undefined, "", [0]]);
  }),
  workflowCase("passes bytes on as they are", async (limits) => {
    await limits.start(aChain(aStep(1), aStep()));
    const job = only(await limits.take());
    await limits.stage.end(job, { event: "complete", result: Uint8Array.of(1, 255) });
    assert.deepEqual(only(await limits.take()).payload, Uint8Array.of(1, 255));
  }),
  workflowCase("runs steps of several tasks as their templates say", async (limits) => {
    const template = {
      task: OTHER_TASK,
      version: 3,
      fingerprint: "f3",
      headers: { traceparent: "00-ä" },
      priority: 5,
      maxAttempts: 4,
      limits: { group: { key: "tenant" } },
    };
    await limits.start(aChain(aStep(1), aStep(undefined, template)));
    await limits.work(() => "ü");
    const job = only(await limits.take({ task: OTHER_TASK }));
    assert.equal(job.id, stepId(1));
    assert.equal(job.payload, '"ü"');
    const { version, fingerprint, headers, priority, maxAttempts } = job;
    assert.deepEqual(
      { version, fingerprint, headers, priority, maxAttempts },
      { version: 3, fingerprint: "f3", headers: { traceparent: "00-ä" }, priority: 5, maxAttempts: 4 },
    );
  }),
  workflowCase("delays a step from when it could start", async (limits) => {
    await limits.start(aChain(aStep(1), aStep(undefined, { delayMs: 200 })));
    await limits.work((input) => input);
    assert.deepEqual(await limits.counts(), countsOf({ completed: 1, delayed: 1 }));
    await limits.stage.advance(250);
    await limits.work((input) => input);
    assert.equal(await limits.result(), 1);
  }),
  workflowCase("waits for its delay", async (limits) => {
    await limits.start(aStep(1), { delayMs: 100 });
    assert.equal((await limits.read()).state, "delayed");
    assert.deepEqual(await limits.takeInputs(), []);
    await limits.stage.advance(150);
    await limits.sweep();
    assert.deepEqual(await limits.takeInputs(), [1]);
  }),
  workflowCase("accepts a repeated definition and insert, and starts each step once", async (limits) => {
    const plan = aChain(aStep(1), aStep());
    await limits.start(plan);
    await limits.start(plan);
    assert.deepEqual(await limits.takeInputs(), [1]);
    await limits.start(plan);
    assert.deepEqual(await limits.takeInputs(), []);
  }),
  workflowCase("fails when its graph is not complete", async (limits) => {
    await limits.insert(3);
    const { state, error } = await limits.read();
    assert.equal(state, "failed");
    assert.deepEqual(error, GRAPH_MISSING_ERROR);
  }),
  workflowCase("tells who waits for it", async (limits) => {
    const heard = await Listener.on(limits.stage.adapter, { kind: "outcomes" });
    await limits.start(aGroup([aStep(1)]), { watch: true });
    await limits.work((input) => input);
    const [notice] = await heard.received(1);
    assert.equal(notice?.kind === "outcome" ? notice.outcome.state : "none", "completed");
  }),
];

const ending: readonly ConformanceCase[] = [
  workflowCase("is cancelled as a whole", async (limits) => {
    await limits.start(aChain(aGroup([aStep(1), aStep(2)]), aStep()));
    const job = only(await limits.take({ count: 1 }));
    const heard = await Listener.on(limits.stage.adapter, { kind: "cancels", task: TASK });
    assert.equal(await limits.cancel("sold out"), "cancelled");
    const { state, reason } = await limits.read();
    assert.deepEqual([state, reason], ["cancelled", "sold out"]);
    assert.equal(await limits.state(stepId(1)), "cancelled");
    const [notice] = await heard.received(1);
    assert.deepEqual(notice, { kind: "cancel", task: TASK, id: job.id, reason: "sold out" });
    await limits.stage.end(job, { event: "complete", result: "1" });
    assert.deepEqual(await limits.counts(), countsOf({ cancelled: 2 }));
  }),
  workflowCase("expires as a whole, whatever its steps do", async (limits) => {
    await limits.start(aChain(aStep(1), aStep()), { ttlMs: 100 });
    const job = only(await limits.take());
    await limits.stage.advance(150);
    await limits.stage.end(job, { event: "complete", result: "1" });
    assert.equal((await limits.read()).state, "expired");
    assert.deepEqual(await limits.takeInputs(), []);
  }),
  workflowCase("expires by a sweep, and cancels what waits", async (limits) => {
    await limits.start(aStep(1), { ttlMs: 50 });
    await limits.stage.advance(100);
    await limits.sweep();
    assert.equal((await limits.read()).state, "expired");
    assert.equal(await limits.state(stepId(0)), "cancelled");
  }),
  workflowCase("takes its steps along when it is removed", async (limits) => {
    await limits.start(aGroup([aStep(1), aStep(2)]));
    const [reply] = await limits.stage.adapter.change([
      { task: WORKFLOW_TASK, id: limits.id, change: "remove" },
    ]);
    assert.equal(reply?.status, "applied");
    assert.deepEqual(await limits.counts(), countsOf({ cancelled: 2 }));
    assert.deepEqual(await limits.steps(), []);
  }),
  workflowCase("is forgotten with its graph", async (limits) => {
    await limits.start(aStep(1));
    await limits.work((input) => input);
    const none = { ageMs: LONG_MS, count: 0 };
    await limits.stage.sweep({ task: WORKFLOW_TASK, retention: keeping({ completed: none }) });
    assert.deepEqual(await limits.stage.adapter.read([{ task: WORKFLOW_TASK, id: limits.id }]), [undefined]);
    assert.deepEqual(await limits.steps(), []);
  }),
  workflowCase("outlives the records of its steps", async (limits) => {
    await limits.start(aChain(aGroup([aStep(1), aStep(2)]), aStep()));
    const retention = keeping({ completed: { ageMs: LONG_MS, count: 0 } });
    for (let jobs = await limits.take(); jobs.length > 0; jobs = await limits.take()) {
      for (const job of jobs)
        await limits.stage.end(job, { event: "complete", result: String(job.payload.length) }, { retention });
    }
    assert.deepEqual(await limits.counts(), countsOf({}));
    assert.equal((await limits.read()).state, "completed");
  }),
];

const crashing: readonly ConformanceCase[] = [
  workflowCase("starts what follows once, however often a settlement is repeated", async (limits) => {
    await limits.start(aChain(aStep(1), aStep(), aStep()));
    const job = only(await limits.take());
    await limits.stage.end(job, { event: "complete", result: "2" });
    const again = await limits.stage.end(job, { event: "complete", result: "2" });
    assert.deepEqual(again.settled, ["missing"]);
    assert.deepEqual(await limits.counts(), countsOf({ waiting: 1, completed: 1 }));
  }),
  workflowCase("goes on with another worker when the first is lost", async (limits) => {
    await limits.start(aChain(aStep(1), aStep()));
    const lost = only(await limits.take({ lease: "dead", leaseMs: 20 }));
    await limits.stage.advance(50);
    await limits.stage.sweepAll({ stallLimit: 3 });
    const job = only(await limits.take({ apart: true }));
    await limits.stage.end(job, { event: "complete", result: "2" });
    const late = await limits.stage.end(lost, { event: "complete", result: "3" }, { lease: "dead" });
    assert.notDeepEqual(late.settled, ["applied"]);
    assert.deepEqual(await limits.takeInputs(), [2]);
  }),
];

const resuming: readonly ConformanceCase[] = [
  workflowCase("runs again what had not completed, when revived", async (limits) => {
    await limits.start(aChain(aGroup([aStep(1), aStep(2), aStep(3, { delayMs: 50 })]), aStep()));
    const [first, second] = await limits.take();
    assert.ok(first && second);
    await limits.stage.end(first, { event: "complete", result: "10" });
    await limits.stage.end(second, { event: "fail", error: anError() });
    assert.equal((await limits.read()).state, "failed");
    assert.equal(await limits.revive(), "applied");
    await limits.sweep();
    assert.equal((await limits.read()).state, "waiting");
    await limits.stage.advance(100);
    const ids = new Set<string>();
    await limits.work((input, job) => {
      ids.add(job.id);
      return Array.isArray(input) ? input : Number(input) * 10;
    });
    assert.deepEqual(await limits.result(), [10, 20, 30]);
    assert.deepEqual([...ids].sort(), [stepId(1, 2), stepId(2, 2), stepId(4)]);
  }),
  workflowCase("does not mind late ends of the run before", async (limits) => {
    await limits.start(aGroup([aStep(1), aStep(2)]));
    const [first, second] = await limits.take();
    assert.ok(first && second);
    await limits.stage.end(first, { event: "fail", error: anError() });
    assert.equal(await limits.revive(), "applied");
    await limits.sweep();
    await limits.stage.end(second, { event: "complete", result: "99" });
    await limits.work((input) => input);
    assert.deepEqual(await limits.result(), [1, 2]);
  }),
  workflowCase("keeps what a group has absorbed, when revived", async (limits) => {
    await limits.start(aChain(aGroup([aStep("bad"), aStep("good")], "continue"), aStep()));
    for (const job of await limits.take()) {
      if (inputOf(job) === "bad") await limits.stage.end(job, { event: "fail", error: anError() });
      else await limits.stage.end(job, { event: "complete", result: "1" });
    }
    const last = only(await limits.take());
    await limits.stage.end(last, { event: "fail", error: anError() });
    assert.equal(await limits.revive(), "applied");
    await limits.sweep();
    assert.deepEqual(
      (await limits.take()).map((job) => job.id),
      [stepId(3, 2)],
    );
  }),
  ...defineCases(
    ["completed", "cancelled"] as const,
    (state) => `workflow: is not revived once it is ${state}`,
    async (stage, state) => {
      const limits = onWorkflows(stage);
      await limits.start(aStep(1));
      if (state === "completed") await limits.work((input) => input);
      else await limits.cancel("enough");
      assert.equal(await limits.revive(), "refused");
    },
  ),
];

export const workflowCases: readonly ConformanceCase[] = [
  ...keptCases,
  ...graphs,
  ...running,
  ...failingWorkflowCases,
  ...ending,
  ...crashing,
  ...resuming,
  ...wideWorkflowCases,
];
