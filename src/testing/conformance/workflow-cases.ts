import assert from "node:assert/strict";
import { WORKFLOW_TASK } from "../../core/workflow-flow.js";
import { GRAPH_MISSING_ERROR } from "../../core/workflow-store.js";
import type { ConformanceCase } from "./kit.js";
import { Listener } from "./patience.js";
import { anError, countsOf, defineCases, keeping, LONG_MS, only, TASK } from "./stage.js";
import { wideWorkflowCases } from "./wide-workflow-cases.js";
import { aChain, aGroup, aStep, inputOf, stepId, WorkflowStage, workflowCase } from "./workflow-stage.js";

const OTHER = "conformance.other";

/** Runs workflows of one step, each of which ends before the next begins; gives how many are stored as `state`. */
async function runSome(flow: WorkflowStage, state: "completed" | "failed"): Promise<number> {
  for (let index = 0; index < 6; index++) {
    await flow.another(`${state}-${index}`).start(aStep(index));
    const job = only(await flow.stage.take());
    const event =
      state === "completed" ? { event: "complete" as const } : { event: "fail" as const, error: anError() };
    await flow.stage.end(job, event);
  }
  return only(await flow.stage.adapter.count([WORKFLOW_TASK]))[state];
}

const keptCases: readonly ConformanceCase[] = [
  workflowCase("makes room for the next as it ends, as the last sweep was told", async (flow) => {
    const few = { ageMs: LONG_MS, count: 2 };
    await flow.stage.sweep({ task: WORKFLOW_TASK, retention: keeping({ completed: few, failed: few }) });
    assert.equal(await runSome(flow, "completed"), 2);
    assert.equal(await runSome(flow, "failed"), 2);
    assert.deepEqual(await flow.another("completed-0").steps(), []);
    assert.equal((await flow.another("completed-5").steps()).length, 1);
  }),
  workflowCase("is gone with all its steps when none is to be kept", async (flow) => {
    const none = { ageMs: LONG_MS, count: 0 };
    await flow.stage.sweep({ task: WORKFLOW_TASK, retention: keeping({ completed: none }) });
    assert.equal(await runSome(flow, "completed"), 0);
    assert.deepEqual(await flow.another("completed-5").steps(), []);
  }),
  workflowCase("cancels steps of other tasks as the sweeps of those were told", async (flow) => {
    const few = { ageMs: LONG_MS, count: 1 };
    await flow.stage.sweep({ task: OTHER, retention: keeping({ cancelled: few }) });
    await flow.start(
      aGroup([aStep(1, { task: OTHER }), aStep(2, { task: OTHER }), aStep(3, { task: OTHER })]),
    );
    await flow.cancel("not needed");
    assert.equal((await flow.stage.counts(OTHER)).cancelled, 1);
  }),
];

const running: readonly ConformanceCase[] = [
  workflowCase("runs a chain, each step with what the one before gave", async (flow) => {
    await flow.start(aChain(aStep(1), aStep(), aStep()));
    assert.equal((await flow.read()).state, "waiting");
    assert.deepEqual(await flow.stage.counts(), countsOf({ waiting: 1 }));
    await flow.work((input) => Number(input) * 10);
    assert.equal(await flow.result(), 1000);
    assert.deepEqual(await flow.stepStates(), ["completed", "completed", "completed"]);
    assert.equal((await flow.stage.adapter.count([WORKFLOW_TASK]))[0]?.completed, 1);
  }),
  workflowCase("hands the next step to the claim of the same settlement", async (flow) => {
    await flow.start(aChain(aStep(1), aStep()));
    const job = only(await flow.stage.take());
    const reply = await flow.stage.end(
      job,
      { event: "complete", result: "2" },
      { claim: { leaseMs: LONG_MS, count: 5 } },
    );
    assert.deepEqual(reply.jobs.map(inputOf), [2]);
  }),
  workflowCase("gives a group's results in the order of its members", async (flow) => {
    await flow.start(aGroup([aStep("a"), aStep("b"), aStep("c")]));
    const jobs = await flow.stage.take();
    for (const job of [...jobs].reverse()) {
      await flow.stage.end(job, { event: "complete", result: JSON.stringify(`${inputOf(job)}!`) });
    }
    assert.deepEqual(await flow.result(), ["a!", "b!", "c!"]);
  }),
  workflowCase("gives a list for a group of one and of none", async (flow) => {
    await flow.start(aGroup([aStep("a")]));
    await flow.work((input) => input);
    assert.deepEqual(await flow.result(), ["a"]);
  }),
  workflowCase("completes a group of none at once", async (flow) => {
    await flow.start(aGroup([]));
    assert.deepEqual(await flow.result(), []);
  }),
  workflowCase("passes the empty list on", async (flow) => {
    await flow.start(aChain(aStep(1), aGroup([]), aGroup([]), aStep()));
    assert.deepEqual(await flow.takeInputs(), [1]);
  }),
  workflowCase("runs what follows a group once, with the list", async (flow) => {
    await flow.start(aChain(aGroup([aStep(1), aStep(2), aStep(3)]), aStep()));
    const seen: unknown[] = [];
    await flow.work((input) => {
      seen.push(input);
      return Array.isArray(input) ? input.reduce((sum, each) => sum + Number(each), 0) : Number(input) * 2;
    });
    assert.deepEqual(seen, [1, 2, 3, [2, 4, 6]]);
    assert.equal(await flow.result(), 12);
  }),
  workflowCase("gives each member of a group what came before the group", async (flow) => {
    await flow.start(aChain(aStep(7), aGroup([aStep(), aStep("own"), aChain(aStep(), aStep())])));
    await flow.work((input) => (typeof input === "number" ? input + 1 : input));
    assert.deepEqual(await flow.result(), [9, "own", 10]);
  }),
  workflowCase("nests groups of chains of groups", async (flow) => {
    const inner = aChain(aGroup([aStep(1), aStep(2)]), aStep());
    await flow.start(aGroup([inner, aGroup([aStep(3), aGroup([])]), aChain(inner, aStep())]));
    await flow.work((input) => (Array.isArray(input) ? input.length : Number(input) * 10));
    assert.deepEqual(await flow.result(), [2, [30, []], 20]);
  }),
  workflowCase("tells what gave nothing apart from empty values", async (flow) => {
    await flow.start(aGroup([aStep(1), aStep(2), aStep(3)]));
    const [none, empty, zero] = await flow.stage.take();
    assert.ok(none && empty && zero);
    await flow.stage.end(none, { event: "complete" });
    await flow.stage.end(empty, { event: "complete", result: '""' });
    await flow.stage.end(zero, { event: "complete", result: Uint8Array.of(0) });
    assert.deepEqual(await flow.result(), [undefined, "", [0]]);
  }),
  workflowCase("passes bytes on as they are", async (flow) => {
    await flow.start(aChain(aStep(1), aStep()));
    const job = only(await flow.stage.take());
    await flow.stage.end(job, { event: "complete", result: Uint8Array.of(1, 255) });
    assert.deepEqual(only(await flow.stage.take()).payload, Uint8Array.of(1, 255));
  }),
  workflowCase("runs steps of several tasks as their templates say", async (flow) => {
    const template = {
      task: OTHER,
      version: 3,
      fingerprint: "f3",
      headers: { traceparent: "00-ä" },
      priority: 5,
      maxAttempts: 4,
      flow: { group: { key: "tenant" } },
    };
    await flow.start(aChain(aStep(1), aStep(undefined, template)));
    await flow.work(() => "ü");
    const job = only(await flow.stage.take({ task: OTHER }));
    assert.equal(job.id, stepId(1));
    assert.equal(job.payload, '"ü"');
    const { version, fingerprint, headers, priority, maxAttempts } = job;
    assert.deepEqual(
      { version, fingerprint, headers, priority, maxAttempts },
      { version: 3, fingerprint: "f3", headers: { traceparent: "00-ä" }, priority: 5, maxAttempts: 4 },
    );
  }),
  workflowCase("delays a step from when it could start", async (flow) => {
    await flow.start(aChain(aStep(1), aStep(undefined, { delayMs: 200 })));
    await flow.work((input) => input);
    assert.deepEqual(await flow.stage.counts(), countsOf({ completed: 1, delayed: 1 }));
    await flow.stage.advance(250);
    await flow.work((input) => input);
    assert.equal(await flow.result(), 1);
  }),
  workflowCase("waits for its delay", async (flow) => {
    await flow.start(aStep(1), { delayMs: 100 });
    assert.equal((await flow.read()).state, "delayed");
    assert.deepEqual(await flow.takeInputs(), []);
    await flow.stage.advance(150);
    await flow.sweep();
    assert.deepEqual(await flow.takeInputs(), [1]);
  }),
  workflowCase("accepts a repeated definition and insert, and starts each step once", async (flow) => {
    const plan = aChain(aStep(1), aStep());
    await flow.start(plan);
    await flow.start(plan);
    assert.deepEqual(await flow.takeInputs(), [1]);
    await flow.start(plan);
    assert.deepEqual(await flow.takeInputs(), []);
  }),
  workflowCase("fails when its graph is not complete", async (flow) => {
    await flow.insert(3);
    const { state, error } = await flow.read();
    assert.equal(state, "failed");
    assert.deepEqual(error, GRAPH_MISSING_ERROR);
  }),
  workflowCase("tells who waits for it", async (flow) => {
    const heard = await Listener.on(flow.stage.adapter, { kind: "outcomes" });
    await flow.start(aGroup([aStep(1)]), { watch: true });
    await flow.work((input) => input);
    const [notice] = await heard.received(1);
    assert.equal(notice?.kind === "outcome" ? notice.outcome.state : "none", "completed");
  }),
];

const failing: readonly ConformanceCase[] = [
  workflowCase("fails with the first step that fails, and cancels the rest", async (flow) => {
    await flow.start(aChain(aGroup([aStep(1), aStep(2), aStep(3, { delayMs: LONG_MS })]), aStep()));
    const [first, second] = await flow.stage.take();
    assert.ok(first && second);
    await flow.stage.end(first, { event: "fail", error: anError() });
    const { state, error } = await flow.read();
    assert.equal(state, "failed");
    assert.deepEqual(error, { ...anError(), step: { task: TASK, id: first.id } });
    assert.equal(await flow.stage.state(stepId(2)), "cancelled");
    assert.deepEqual(await flow.stepStates(), ["failed", "cancelled", "cancelled", "cancelled"]);
    const reply = await flow.stage.end(second, { event: "complete", result: "2" });
    assert.deepEqual(reply.settled, ["cancelled"], "the active step had been told");
    assert.deepEqual(await flow.stage.counts(), countsOf({ failed: 1, cancelled: 2 }));
  }),
  workflowCase("does not fail while a step may be retried", async (flow) => {
    await flow.start(aStep(1));
    const job = only(await flow.stage.take());
    await flow.stage.end(job, { event: "retry", error: anError(), delayMs: 0 });
    assert.equal((await flow.read()).state, "waiting");
    await flow.work((input) => input);
    assert.equal(await flow.result(), 1);
  }),
  ...defineCases(
    ["cancelled", "expired", "discarded", "removed", "stalled"] as const,
    (how) => `workflow: fails with a step that was ${how}`,
    async (stage, how) => {
      const store = stage.adapter.workflows;
      if (store === undefined) return;
      const flow = new WorkflowStage(stage, store);
      const ttl =
        how === "expired"
          ? ({ ttlMs: 50, onExpire: "fail" } as const)
          : how === "discarded"
            ? ({ ttlMs: 50, onExpire: "discard" } as const)
            : {};
      await flow.start(aGroup([aStep(1, ttl), aStep(2, { delayMs: LONG_MS })]));
      if (how === "cancelled") await stage.cancel(stepId(0), { reason: "by hand" });
      if (how === "removed") await stage.change(stepId(0), { change: "remove" });
      if (how === "stalled") await stage.take({ leaseMs: 20 });
      await stage.advance(100);
      await stage.sweepAll({ stallLimit: 0 });
      const { state, error } = await flow.read();
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
  workflowCase("goes on past failures where a group says so", async (flow) => {
    const chain = aChain(aStep(2), aStep(), aStep());
    await flow.start(aChain(aGroup([aStep(1), chain, aStep(3)], "continue"), aStep()));
    for (let failed = false; ; ) {
      const jobs = await flow.stage.take({ count: 1 });
      const [job] = jobs;
      if (job === undefined) break;
      if (!failed && inputOf(job) === 20) {
        failed = true;
        await flow.stage.end(job, { event: "fail", error: anError() });
      } else {
        const input = inputOf(job);
        const result = Array.isArray(input) ? input : Number(input) * 10;
        await flow.stage.end(job, { event: "complete", result: JSON.stringify(result) });
      }
    }
    const step = { task: TASK, id: stepId(2) };
    assert.deepEqual(await flow.result(), [
      { status: "completed", value: 10 },
      { status: "failed", error: { ...anError(), step } },
      { status: "completed", value: 30 },
    ]);
  }),
  workflowCase("keeps a failure inside the nearest group that goes on", async (flow) => {
    const strict = aGroup([aStep("bad"), aStep("slow", { delayMs: LONG_MS })]);
    await flow.start(aGroup([aChain(strict, aStep()), aStep("good")], "continue"));
    for (const job of await flow.stage.take()) {
      if (inputOf(job) === "bad") await flow.stage.end(job, { event: "fail", error: anError() });
      else await flow.stage.end(job, { event: "complete", result: '"fine"' });
    }
    const error = { ...anError(), step: { task: TASK, id: stepId(0) } };
    assert.deepEqual(await flow.result(), [
      { status: "failed", error },
      { status: "completed", value: "fine" },
    ]);
    assert.equal(await flow.stage.state(stepId(1)), "cancelled");
  }),
];

const ending: readonly ConformanceCase[] = [
  workflowCase("is cancelled as a whole", async (flow) => {
    await flow.start(aChain(aGroup([aStep(1), aStep(2)]), aStep()));
    const job = only(await flow.stage.take({ count: 1 }));
    const heard = await Listener.on(flow.stage.adapter, { kind: "cancels", task: TASK });
    assert.equal(await flow.cancel("sold out"), "cancelled");
    const { state, reason } = await flow.read();
    assert.deepEqual([state, reason], ["cancelled", "sold out"]);
    assert.equal(await flow.stage.state(stepId(1)), "cancelled");
    const [notice] = await heard.received(1);
    assert.deepEqual(notice, { kind: "cancel", task: TASK, id: job.id, reason: "sold out" });
    await flow.stage.end(job, { event: "complete", result: "1" });
    assert.deepEqual(await flow.stage.counts(), countsOf({ cancelled: 2 }));
  }),
  workflowCase("expires as a whole, whatever its steps do", async (flow) => {
    await flow.start(aChain(aStep(1), aStep()), { ttlMs: 100 });
    const job = only(await flow.stage.take());
    await flow.stage.advance(150);
    await flow.stage.end(job, { event: "complete", result: "1" });
    assert.equal((await flow.read()).state, "expired");
    assert.deepEqual(await flow.takeInputs(), []);
  }),
  workflowCase("expires by a sweep, and cancels what waits", async (flow) => {
    await flow.start(aStep(1), { ttlMs: 50 });
    await flow.stage.advance(100);
    await flow.sweep();
    assert.equal((await flow.read()).state, "expired");
    assert.equal(await flow.stage.state(stepId(0)), "cancelled");
  }),
  workflowCase("takes its steps along when it is removed", async (flow) => {
    await flow.start(aGroup([aStep(1), aStep(2)]));
    const [reply] = await flow.stage.adapter.change([{ task: WORKFLOW_TASK, id: flow.id, change: "remove" }]);
    assert.equal(reply?.status, "applied");
    assert.deepEqual(await flow.stage.counts(), countsOf({ cancelled: 2 }));
    assert.deepEqual(await flow.steps(), []);
  }),
  workflowCase("is forgotten with its graph", async (flow) => {
    await flow.start(aStep(1));
    await flow.work((input) => input);
    const none = { ageMs: LONG_MS, count: 0 };
    await flow.stage.sweep({ task: WORKFLOW_TASK, retention: keeping({ completed: none }) });
    assert.deepEqual(await flow.stage.adapter.read([{ task: WORKFLOW_TASK, id: flow.id }]), [undefined]);
    assert.deepEqual(await flow.steps(), []);
  }),
  workflowCase("outlives the records of its steps", async (flow) => {
    await flow.start(aChain(aGroup([aStep(1), aStep(2)]), aStep()));
    const retention = keeping({ completed: { ageMs: LONG_MS, count: 0 } });
    for (let jobs = await flow.stage.take(); jobs.length > 0; jobs = await flow.stage.take()) {
      for (const job of jobs)
        await flow.stage.end(job, { event: "complete", result: String(job.payload.length) }, { retention });
    }
    assert.deepEqual(await flow.stage.counts(), countsOf({}));
    assert.equal((await flow.read()).state, "completed");
  }),
];

const crashing: readonly ConformanceCase[] = [
  workflowCase("starts what follows once, however often a settlement is repeated", async (flow) => {
    await flow.start(aChain(aStep(1), aStep(), aStep()));
    const job = only(await flow.stage.take());
    await flow.stage.end(job, { event: "complete", result: "2" });
    const again = await flow.stage.end(job, { event: "complete", result: "2" });
    assert.deepEqual(again.settled, ["missing"]);
    assert.deepEqual(await flow.stage.counts(), countsOf({ waiting: 1, completed: 1 }));
  }),
  workflowCase("goes on with another worker when the first is lost", async (flow) => {
    await flow.start(aChain(aStep(1), aStep()));
    const lost = only(await flow.stage.take({ lease: "dead", leaseMs: 20 }));
    await flow.stage.advance(50);
    await flow.stage.sweepAll({ stallLimit: 3 });
    const job = only(await flow.stage.take({ apart: true }));
    await flow.stage.end(job, { event: "complete", result: "2" });
    const late = await flow.stage.end(lost, { event: "complete", result: "3" }, { lease: "dead" });
    assert.notDeepEqual(late.settled, ["applied"]);
    assert.deepEqual(await flow.takeInputs(), [2]);
  }),
];

const resuming: readonly ConformanceCase[] = [
  workflowCase("runs again what had not completed, when revived", async (flow) => {
    await flow.start(aChain(aGroup([aStep(1), aStep(2), aStep(3, { delayMs: 50 })]), aStep()));
    const [first, second] = await flow.stage.take();
    assert.ok(first && second);
    await flow.stage.end(first, { event: "complete", result: "10" });
    await flow.stage.end(second, { event: "fail", error: anError() });
    assert.equal((await flow.read()).state, "failed");
    assert.equal(await flow.revive(), "applied");
    await flow.sweep();
    assert.equal((await flow.read()).state, "waiting");
    await flow.stage.advance(100);
    const ids = new Set<string>();
    await flow.work((input, job) => {
      ids.add(job.id);
      return Array.isArray(input) ? input : Number(input) * 10;
    });
    assert.deepEqual(await flow.result(), [10, 20, 30]);
    assert.deepEqual([...ids].sort(), [stepId(1, 2), stepId(2, 2), stepId(4)]);
  }),
  workflowCase("does not mind late ends of the run before", async (flow) => {
    await flow.start(aGroup([aStep(1), aStep(2)]));
    const [first, second] = await flow.stage.take();
    assert.ok(first && second);
    await flow.stage.end(first, { event: "fail", error: anError() });
    assert.equal(await flow.revive(), "applied");
    await flow.sweep();
    await flow.stage.end(second, { event: "complete", result: "99" });
    await flow.work((input) => input);
    assert.deepEqual(await flow.result(), [1, 2]);
  }),
  workflowCase("keeps what a group has absorbed, when revived", async (flow) => {
    await flow.start(aChain(aGroup([aStep("bad"), aStep("good")], "continue"), aStep()));
    for (const job of await flow.stage.take()) {
      if (inputOf(job) === "bad") await flow.stage.end(job, { event: "fail", error: anError() });
      else await flow.stage.end(job, { event: "complete", result: "1" });
    }
    const last = only(await flow.stage.take());
    await flow.stage.end(last, { event: "fail", error: anError() });
    assert.equal(await flow.revive(), "applied");
    await flow.sweep();
    assert.deepEqual(
      (await flow.stage.take()).map((job) => job.id),
      [stepId(3, 2)],
    );
  }),
  ...defineCases(
    ["completed", "cancelled"] as const,
    (state) => `workflow: is not revived once it is ${state}`,
    async (stage, state) => {
      const store = stage.adapter.workflows;
      if (store === undefined) return;
      const flow = new WorkflowStage(stage, store);
      await flow.start(aStep(1));
      if (state === "completed") await flow.work((input) => input);
      else await flow.cancel("enough");
      assert.equal(await flow.revive(), "refused");
    },
  ),
];

export const workflowCases: readonly ConformanceCase[] = [
  ...keptCases,
  ...running,
  ...failing,
  ...ending,
  ...crashing,
  ...resuming,
  ...wideWorkflowCases,
];
