import assert from "node:assert/strict";
import type { Adapter } from "../../core/adapter.js";
import type { Encoded, JobOutcome } from "../../core/job.js";
import type { ConformanceCase } from "./kit.js";
import { Listener } from "./patience.js";
import { aJob, anError, defineCase, defineCases, keeping, LONG_MS, only, type Stage, TASK } from "./stage.js";

const REF = { task: TASK, id: "a" };

function outcomes(adapter: Adapter): Promise<Listener> {
  return Listener.on(adapter, { kind: "outcomes" });
}

async function told(listener: Listener, count = 1): Promise<readonly JobOutcome[]> {
  const notices = await listener.received(count);
  return notices.map((notice) => {
    assert.equal(notice.kind, "outcome");
    return (notice as { readonly outcome: JobOutcome }).outcome;
  });
}

async function watch(stage: Stage, by: Adapter = stage.adapter) {
  return only(await by.watch([REF]));
}

const overdue: readonly ConformanceCase[] = [
  ...defineCases(
    ["fail", "discard"] as const,
    (onExpire) => `watch: an overdue job with the policy ${onExpire} has expired, though nobody swept`,
    async (stage, onExpire) => {
      await stage.insert({ id: "a", ttlMs: 5, onExpire });
      await stage.advance(6);
      assert.deepEqual(await watch(stage), {
        status: "final",
        outcome: { ...REF, state: "expired", attempt: 0 },
      });
    },
  ),
];

const RESULTS: readonly (Encoded | undefined)[] = [
  undefined,
  "",
  "null",
  "0",
  '""',
  "[]",
  Uint8Array.of(0, 255),
  "r".repeat(200_000),
];

function nameOf(result: Encoded | undefined): string {
  if (typeof result === "string") return result.length > 10 ? "a large text" : JSON.stringify(result);
  return result === undefined ? "nothing" : "bytes";
}

const results: readonly ConformanceCase[] = RESULTS.flatMap((result) => {
  const complete = { event: "complete", ...(result === undefined ? {} : { result }) } as const;
  const outcome = { ...REF, state: "completed", attempt: 1, ...(result === undefined ? {} : { result }) };
  return [
    defineCase(`watch: tells ${nameOf(result)} as the result`, async (stage) => {
      const listener = await outcomes(stage.adapter);
      const job = await stage.takeNew("a");
      assert.deepEqual(await watch(stage), { status: "watching" });
      await stage.end(job, complete);
      assert.deepEqual(only(await told(listener)), outcome);
    }),
    defineCase(`watch: answers ${nameOf(result)} as the result of a job that has ended`, async (stage) => {
      await stage.end(await stage.takeNew("a"), complete);
      assert.deepEqual(await watch(stage), { status: "final", outcome });
    }),
  ];
});

const ends: readonly ConformanceCase[] = [
  defineCase("watch: tells a failure with its error and attempt", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.end(await stage.takeNew("a"), { event: "retry", error: anError("first"), delayMs: 0 });
    const job = only(await stage.take());
    await watch(stage);
    await stage.end(job, { event: "fail", error: anError("last") });
    const outcome = { ...REF, state: "failed", attempt: 2, error: anError("last") };
    assert.deepEqual(only(await told(listener)), outcome);
    assert.deepEqual(await watch(stage), { status: "final", outcome });
  }),
  defineCase("watch: tells a cancel with its reason", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.insert("a");
    await watch(stage);
    await stage.cancel("a", { reason: "sold out" });
    const outcome = { ...REF, state: "cancelled", attempt: 0, reason: "sold out" };
    assert.deepEqual(only(await told(listener)), outcome);
    assert.deepEqual(await watch(stage), { status: "final", outcome });
  }),
  defineCase("watch: tells a cancel of a running job when it has ended", async (stage) => {
    const listener = await outcomes(stage.adapter);
    const job = await stage.takeNew("a");
    await watch(stage);
    await stage.cancel("a", { reason: "sold out" });
    await stage.end(job, { event: "complete", result: "1" });
    const outcome = { ...REF, state: "cancelled", attempt: 1, reason: "sold out" };
    assert.deepEqual(only(await told(listener)), outcome);
  }),
  ...defineCases(
    ["fail", "discard"] as const,
    (onExpire) => `watch: tells an expiry, also with the policy ${onExpire}`,
    async (stage, onExpire) => {
      const listener = await outcomes(stage.adapter);
      await stage.insert({ id: "a", ttlMs: 5, onExpire, watch: true });
      await stage.advance(6);
      await stage.sweep();
      assert.deepEqual(only(await told(listener)), { ...REF, state: "expired", attempt: 0 });
    },
  ),
  defineCase("watch: tells a job that stalled too often", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.insert({ id: "a", watch: true });
    await stage.take({ leaseMs: 5 });
    await stage.advance(6);
    await stage.sweep({ stallLimit: 0 });
    const { state, error, attempt } = only(await told(listener));
    assert.deepEqual([state, error?.code, attempt], ["failed", "JOB_STALLED", 1]);
  }),
  defineCase("watch: tells that a job was removed by hand", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.insert({ id: "a", watch: true });
    await stage.change("a", { change: "remove" });
    assert.deepEqual(only(await told(listener)), {
      ...REF,
      state: "cancelled",
      attempt: 0,
      reason: "removed",
    });
  }),
  defineCase("watch: tells a result that is not kept", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.insert({ id: "a", watch: true });
    const job = only(await stage.take());
    const nothing = keeping({ completed: { ageMs: LONG_MS, count: 0 } });
    await stage.end(job, { event: "complete", result: "42" }, { retention: nothing });
    assert.equal(only(await told(listener)).result, "42");
    assert.deepEqual(await watch(stage), { status: "missing" });
  }),
  defineCase("watch: tells a large result that is not kept", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.insert({ id: "a", watch: true });
    const job = only(await stage.take());
    const nothing = keeping({ completed: { ageMs: LONG_MS, count: 0 } });
    const result = "x".repeat(200_000);
    await stage.end(job, { event: "complete", result }, { retention: nothing });
    assert.equal(only(await told(listener)).result?.length, result.length);
  }),
];

const asking: readonly ConformanceCase[] = [
  defineCase("watch: an unknown job is missing", async (stage) => {
    assert.deepEqual(await watch(stage), { status: "missing" });
  }),
  defineCase("watch: answers a list in its order", async (stage) => {
    await stage.end(await stage.takeNew("done"), { event: "complete" });
    await stage.insert("a");
    const replies = await stage.adapter.watch(["unknown", "done", "a"].map((id) => ({ task: TASK, id })));
    assert.deepEqual(
      replies.map((reply) => reply.status),
      ["missing", "final", "watching"],
    );
  }),
  defineCase("watch: an insert may ask for the outcome", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.insert({ id: "a", watch: true }, "b", { id: "c", watch: true, delayMs: LONG_MS });
    const [a, b] = await stage.take();
    assert.ok(a && b);
    await stage.end(b, { event: "complete", result: "b" });
    await stage.cancel("c");
    await stage.end(a, { event: "complete", result: "a" });
    assert.deepEqual(
      (await told(listener, 2)).map(({ id, state }) => [id, state]),
      [
        ["c", "cancelled"],
        ["a", "completed"],
      ],
    );
  }),
  defineCase("watch: a repeated insert of a job that has ended tells its outcome", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.end(await stage.takeNew("a"), { event: "complete", result: "1" });
    await stage.insert({ id: "a", watch: true });
    assert.equal(only(await told(listener)).result, "1");
  }),
  defineCase(
    "watch: a repeated insert does not tell the error of an attempt before the end",
    async (stage) => {
      const listener = await outcomes(stage.adapter);
      await stage.end(await stage.takeNew("a"), { event: "retry", error: anError(), delayMs: 0 });
      await stage.end(only(await stage.take()), { event: "cancel", reason: "no" });
      await stage.insert({ id: "a", watch: true });
      const outcome = { ...REF, state: "cancelled", attempt: 2, reason: "no" };
      assert.deepEqual(only(await told(listener)), outcome);
      assert.deepEqual(await stage.adapter.watch([REF]), [{ status: "final", outcome }]);
    },
  ),
  defineCase("watch: a repeated insert of a running job is told its outcome", async (stage) => {
    const listener = await outcomes(stage.adapter);
    const job = await stage.takeNew("a");
    await stage.insert({ id: "a", watch: true });
    await stage.end(job, { event: "complete", result: "1" });
    assert.equal(only(await told(listener)).result, "1");
  }),
  defineCase("watch: an overdue job has ended", async (stage) => {
    await stage.insert({ id: "a", ttlMs: 5 });
    await stage.advance(6);
    const outcome = { ...REF, state: "expired", attempt: 0 };
    assert.deepEqual(await watch(stage), { status: "final", outcome });
  }),
  defineCase("watch: only the process that asked is told", async (stage) => {
    const other = await stage.another();
    const [mine, others] = [await outcomes(stage.adapter), await outcomes(other)];
    await stage.insert({ id: "a", watch: true });
    await other.insert([aJob({ id: "b", watch: true })]);
    const [a, b] = await stage.take({ by: other });
    assert.ok(a && b);
    await stage.end(a, { event: "complete" }, { by: other });
    await stage.end(b, { event: "complete" });
    assert.equal(only(await told(mine)).id, "a");
    assert.equal(only(await told(others)).id, "b");
  }),
  defineCase("watch: every process that asked is told, once", async (stage) => {
    const other = await stage.another();
    const [mine, others] = [await outcomes(stage.adapter), await outcomes(other)];
    const job = await stage.takeNew("a");
    await watch(stage);
    await watch(stage);
    await watch(stage, other);
    await stage.end(job, { event: "complete", result: "1" });
    const next = await stage.takeNew("b");
    await stage.adapter.watch([{ task: TASK, id: "b" }]);
    await other.watch([{ task: TASK, id: "b" }]);
    await stage.end(next, { event: "complete", result: "2" });
    for (const listener of [mine, others]) {
      assert.deepEqual(
        (await told(listener, 2)).map((outcome) => outcome.id),
        ["a", "b"],
      );
    }
  }),
  defineCase("watch: one batch of ends tells each watched job", async (stage) => {
    const listener = await outcomes(stage.adapter);
    const ids = Array.from({ length: 300 }, (_, index) => `job-${index}`);
    await stage.insert(...ids.map((id) => ({ id, watch: true })));
    const jobs = await stage.take({ count: 300 });
    await stage.settle(jobs.map(({ id, fence }) => ({ id, fence, event: "complete", result: id })));
    assert.deepEqual(
      (await told(listener, 300)).map(({ id, result }) => [id, result]),
      ids.map((id) => [id, id]),
    );
  }),
  defineCase("watch: a retry is no outcome", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.insert({ id: "a", watch: true });
    await stage.end(only(await stage.take()), { event: "retry", error: anError(), delayMs: 0 });
    await stage.end(only(await stage.take()), { event: "release" });
    await stage.end(only(await stage.take()), { event: "complete", result: "1" });
    const { state, attempt } = only(await told(listener));
    assert.deepEqual([state, attempt], ["completed", 2]);
  }),
  defineCase("watch: who asked before a run, in it and after it is told of the end, once", async (stage) => {
    const [later, last] = [await stage.another(), await stage.another()];
    const listeners = [await outcomes(stage.adapter), await outcomes(later), await outcomes(last)];
    await stage.insert({ id: "a", watch: true, ttlMs: LONG_MS, priority: 1 });
    const [first] = await stage.take();
    assert.ok(first);
    assert.deepEqual(await watch(stage, later), { status: "watching" });
    await stage.end(first, { event: "release" });
    assert.deepEqual(await watch(stage, last), { status: "watching" });
    await stage.end(only(await stage.take()), { event: "retry", error: anError(), delayMs: 0 });
    await watch(stage);
    const lost = only(await stage.take({ lease: "worker-2", leaseMs: 1 }));
    await stage.advance(2);
    assert.equal((await stage.sweep()).reclaimed, 1);
    assert.equal((await stage.end(lost, { event: "complete" }, { lease: "worker-2" })).settled[0], "missing");
    await stage.end(only(await stage.takeAny()), { event: "complete", result: "1" });
    await stage.end(await stage.takeNew("b"), { event: "complete" });
    for (const listener of listeners) {
      const { id, state, attempt, result } = only(await told(listener));
      assert.deepEqual([id, state, attempt, result], ["a", "completed", 2, "1"]);
    }
  }),
  defineCase("watch: who asked for a job that waits for its time is told of its end", async (stage) => {
    const other = await stage.another();
    const listeners = [await outcomes(stage.adapter), await outcomes(other)];
    await stage.insert({ id: "a", watch: true, delayMs: LONG_MS });
    await watch(stage, other);
    await stage.change("a", { change: "promote" });
    await stage.cancel("a");
    for (const listener of listeners) assert.equal(only(await told(listener)).state, "cancelled");
  }),
  defineCase("watch: a revived job that nobody watches again tells nobody", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.insert({ id: "a", watch: true });
    await stage.end(only(await stage.take()), { event: "fail", error: anError() });
    await stage.change("a", { change: "revive" });
    await stage.end(only(await stage.take()), { event: "complete" });
    await stage.insert({ id: "b", watch: true });
    await stage.cancel("b");
    assert.deepEqual(
      (await told(listener, 2)).map(({ id, state }) => [id, state]),
      [
        ["a", "failed"],
        ["b", "cancelled"],
      ],
    );
  }),
  defineCase("watch: a revived job can be watched again", async (stage) => {
    const listener = await outcomes(stage.adapter);
    await stage.insert({ id: "a", watch: true });
    await stage.end(only(await stage.take()), { event: "fail", error: anError() });
    await stage.change("a", { change: "revive" });
    assert.deepEqual(await watch(stage), { status: "watching" });
    await stage.end(only(await stage.take()), { event: "complete" });
    assert.deepEqual(
      (await told(listener, 2)).map(({ state }) => state),
      ["failed", "completed"],
    );
  }),
];

export const watchCases: readonly ConformanceCase[] = [...results, ...ends, ...overdue, ...asking];
