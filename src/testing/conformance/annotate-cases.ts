import assert from "node:assert/strict";
import type { Encoded } from "../../core/job.js";
import { MAX_HISTORY, MAX_LOG_LINES } from "../../core/job.js";
import type { ConformanceCase } from "./kit.js";
import { anError, defineCase, defineCases, LEASE, only, type Stage, TASK } from "./stage.js";

async function annotate(stage: Stage, fence: number, progress: Encoded): Promise<"applied" | "stale"> {
  return only(await stage.adapter.annotate([{ task: TASK, id: "a", fence, lease: LEASE, progress }]));
}

const progress: readonly ConformanceCase[] = [
  ...defineCases(
    ["0", "", '{"done":3}', Uint8Array.of(0, 255)] as const,
    (value) => `annotate: keeps ${JSON.stringify(value)} as progress`,
    async (stage, value) => {
      const { fence } = await stage.takeNew("a");
      assert.equal(await annotate(stage, fence, value), "applied");
      assert.deepEqual((await stage.read("a")).progress, value);
    },
  ),
  defineCase("annotate: later progress replaces earlier", async (stage) => {
    const { fence } = await stage.takeNew("a");
    await annotate(stage, fence, "1");
    await annotate(stage, fence, "2");
    assert.equal((await stage.read("a")).progress, "2");
  }),
  defineCase("annotate: progress stays after the end", async (stage) => {
    const job = await stage.takeNew("a");
    await annotate(stage, job.fence, "100");
    await stage.end(job, { event: "complete" });
    assert.equal((await stage.read("a")).progress, "100");
  }),
  defineCase("annotate: nothing is added after the end", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "complete" });
    assert.equal(await annotate(stage, job.fence, "100"), "stale");
    assert.equal((await stage.read("a")).progress, undefined);
  }),
  defineCase(
    "annotate: nothing is added under another fence, to a waiting or to an unknown job",
    async (stage) => {
      const { fence } = await stage.takeNew("a");
      await stage.insert("b");
      const replies = await stage.adapter.annotate([
        { task: TASK, id: "a", fence: fence + 1, lease: LEASE, progress: "1" },
        { task: TASK, id: "b", fence: 0, lease: LEASE, progress: "1" },
        { task: TASK, id: "unknown", fence, lease: LEASE, progress: "1" },
        { task: TASK, id: "a", fence, lease: LEASE, progress: "2" },
      ]);
      assert.deepEqual(replies, ["stale", "stale", "stale", "applied"]);
      assert.equal((await stage.read("a")).progress, "2");
    },
  ),
];

const logs: readonly ConformanceCase[] = [
  defineCase("annotate: keeps log lines in order, with time, level and fields", async (stage) => {
    const { fence, enqueuedAt } = await stage.takeNew("a");
    const lines = [
      { level: "info", message: "started" },
      { level: "warn", message: "ünïcödé 🦔\n", fields: { n: 1, nested: { list: [null, "x"] } } },
      { level: "error", message: "" },
    ] as const;
    await stage.adapter.annotate(lines.map((log) => ({ task: TASK, id: "a", fence, lease: LEASE, log })));
    const stored = (await stage.details("a")).logs;
    assert.deepEqual(
      stored.map(({ at, ...line }) => line),
      lines,
    );
    assert.ok(stored.every((line) => line.at >= enqueuedAt));
  }),
  defineCase("annotate: keeps the newest log lines only", async (stage) => {
    const { fence } = await stage.takeNew("a");
    for (let start = 0; start < MAX_LOG_LINES + 300; start += 100) {
      const lines = Array.from({ length: 100 }, (_, index) => `line ${start + index}`);
      await stage.adapter.annotate(
        lines.map((message) => ({
          task: TASK,
          id: "a",
          fence,
          lease: LEASE,
          log: { level: "info", message },
        })),
      );
    }
    const stored = (await stage.details("a")).logs;
    assert.equal(stored.length, MAX_LOG_LINES);
    assert.equal(stored[0]?.message, "line 300");
    assert.equal(stored.at(-1)?.message, `line ${MAX_LOG_LINES + 299}`);
  }),
  defineCase("annotate: logs of two jobs do not mix", async (stage) => {
    await stage.insert("a", "b");
    const jobs = await stage.take();
    await stage.adapter.annotate(
      jobs.map(({ id, fence }) => ({
        task: TASK,
        id,
        fence,
        lease: LEASE,
        log: { level: "info", message: `of ${id}` },
      })),
    );
    assert.equal(only((await stage.details("a")).logs).message, "of a");
    assert.equal(only((await stage.details("b")).logs).message, "of b");
  }),
];

const history: readonly ConformanceCase[] = [
  defineCase("history: a job that never ran has none", async (stage) => {
    await stage.insert("a");
    const refs = ["a", "unknown"].map((id) => ({ task: TASK, id }));
    const [a, unknown] = await stage.adapter.read(refs, { details: true });
    assert.deepEqual([a?.history, a?.logs, unknown], [[], [], undefined]);
  }),
  defineCase("history: is read on request alone, beside what is read without it", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "complete" });
    const refs = [{ task: TASK, id: "a" }];
    const [alone] = await stage.adapter.read(refs);
    const [job] = await stage.adapter.read(refs, { details: true });
    const { history, logs, ...record } = job ?? {};
    assert.deepEqual([record, history?.length, logs], [alone, 1, []]);
  }),
  defineCase("history: a job that succeeded at once has one record", async (stage) => {
    const job = await stage.takeNew("a", { lease: "worker-3" });
    await stage.advance(2);
    await stage.end(job, { event: "complete", result: "1" }, { lease: "worker-3" });
    const record = only((await stage.details("a")).history);
    const { startedAt = 0, finishedAt = 0 } = await stage.read("a");
    assert.deepEqual(record, {
      attempt: 1,
      startedAt,
      endedAt: finishedAt,
      worker: "worker-3",
      outcome: "completed",
    });
  }),
  defineCase("history: each attempt leaves a record with its error", async (stage) => {
    await stage.insert("a");
    for (const message of ["first", "second"]) {
      const job = only(await stage.take());
      await stage.end(job, { event: "retry", error: anError(message), delayMs: 0 });
    }
    await stage.end(only(await stage.take()), { event: "complete" });
    const records = (await stage.details("a")).history;
    assert.deepEqual(
      records.map(({ attempt, outcome, error }) => [attempt, outcome, error]),
      [
        [1, "failed", anError("first")],
        [2, "failed", anError("second")],
        [3, "completed", undefined],
      ],
    );
    assert.ok(records.every(({ startedAt, endedAt }) => startedAt <= endedAt));
  }),
  defineCase("history: a last failure is in it", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "fail", error: anError() });
    const { outcome, error } = only((await stage.details("a")).history);
    assert.deepEqual([outcome, error], ["failed", anError()]);
  }),
  defineCase("history: a release leaves no record", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "release" });
    await stage.end(only(await stage.take()), { event: "release", delayMs: 1 });
    assert.deepEqual((await stage.details("a")).history, []);
  }),
  defineCase("history: a cancelled run is in it, a cancel before any run is not", async (stage) => {
    await stage.insert("b");
    await stage.cancel("b");
    const job = await stage.takeNew("a");
    await stage.cancel("a");
    await stage.end(job, { event: "complete" });
    assert.equal(only((await stage.details("a")).history).outcome, "cancelled");
    assert.deepEqual((await stage.details("b")).history, []);
  }),
  defineCase("history: the newest records are kept", async (stage) => {
    await stage.insert("a");
    for (let attempt = 1; attempt <= MAX_HISTORY + 3; attempt++) {
      const job = only(await stage.take());
      await stage.end(job, { event: "retry", error: anError(`run ${attempt}`), delayMs: 0 });
    }
    const records = (await stage.details("a")).history;
    assert.equal(records.length, MAX_HISTORY);
    assert.deepEqual([records[0]?.attempt, records.at(-1)?.attempt], [4, MAX_HISTORY + 3]);
    assert.equal(records.at(-1)?.error?.message, `run ${MAX_HISTORY + 3}`);
  }),
];

export const annotateCases: readonly ConformanceCase[] = [...progress, ...logs, ...history];
