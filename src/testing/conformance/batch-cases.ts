import assert from "node:assert/strict";
import type { ClaimedJob, Settlement } from "../../core/adapter.js";
import type { ConformanceCase } from "./kit.js";
import { anError, countsOf, defineCase, defineCases, keeping, LONG_MS, type Stage, TASK } from "./stage.js";

/** Ids and payloads of one batch, which adapters may put together on their way. */
const BATCHES: readonly {
  readonly what: string;
  readonly ids: readonly string[];
  readonly payloads?: readonly (string | Uint8Array)[];
}[] = [
  { what: "ids of one length", ids: ["aa", "bb", "cc", "dd"] },
  { what: "ids of different lengths", ids: ["a", "bbb", "cc", "dddd"] },
  { what: "ids in other alphabets", ids: ["жж", "ab", "é1", "日本"] },
  { what: "an id with commas and colons", ids: ["a,b", "c:d", "1,2", "3 4"] },
  { what: "payloads of any characters", ids: ["a", "b", "c"], payloads: ['"日本"', '"\u0000🦔"', '"plain"'] },
  { what: "empty payloads", ids: ["a", "b", "c"], payloads: ["", "1", ""] },
  {
    what: "payloads of bytes beside text",
    ids: ["a", "b", "c"],
    payloads: [Uint8Array.of(0, 255, 13, 10), '"text"', new Uint8Array()],
  },
  { what: "long payloads", ids: ["a", "b", "c"], payloads: ["x".repeat(20_000), "y", "z".repeat(700)] },
];

const completed = ({ id, fence }: ClaimedJob): Settlement => ({ id, fence, event: "complete" });

async function storeAndTake(stage: Stage, { ids, payloads }: (typeof BATCHES)[number]) {
  const replies = await stage.adapter.insert(
    ids.map((id, index) => ({
      ...{
        task: TASK,
        id,
        payload: payloads?.[index] ?? `"${id}"`,
        version: 1,
        fingerprint: "f",
        priority: 0,
      },
    })),
  );
  assert.ok(replies.every(({ status }) => status === "inserted"));
  return stage.take({ count: ids.length });
}

const journeys: readonly ConformanceCase[] = defineCases(
  BATCHES,
  ({ what }) => `batch: ${what} come through`,
  async (stage, batch) => {
    const jobs = await storeAndTake(stage, batch);
    assert.deepEqual(
      jobs.map(({ id, payload }) => [id, payload]),
      batch.ids.map((id, index) => [id, batch.payloads?.[index] ?? `"${id}"`]),
    );
    const { settled } = await stage.settle(jobs.map(completed));
    assert.deepEqual(
      settled,
      jobs.map(() => "applied"),
    );
    assert.deepEqual(await stage.listIds("completed"), [...batch.ids].reverse());
    await stage.verifyBooks(batch.ids);
  },
);

const mixtures: readonly ConformanceCase[] = [
  defineCase("batch: settlements of several claims in any order are told apart", async (stage) => {
    const ids = Array.from({ length: 12 }, (_, index) => `job-${10 + index}`);
    await stage.insert(...ids);
    const jobs: ClaimedJob[] = [];
    for (const count of [5, 1, 4, 2]) jobs.push(...(await stage.take({ count })));
    const shuffled = [...jobs].sort((one, other) => (one.fence % 5) - (other.fence % 5));
    const ending = (job: ClaimedJob, index: number): Settlement => {
      const { id, fence } = job;
      if (index < 5) return completed(job);
      if (index < 9) return { id, fence, event: "complete", result: `"${id}"` };
      return { id, fence, event: "fail", error: anError(id) };
    };
    const { settled } = await stage.settle(shuffled.map(ending));
    assert.ok(settled.every((status) => status === "applied"));
    assert.deepEqual(await stage.counts(), countsOf({ completed: 9, failed: 3 }));
    for (const [index, { id }] of shuffled.entries()) {
      const { state, result, error } = await stage.read(id);
      assert.equal(state, index < 9 ? "completed" : "failed");
      assert.equal(result, index >= 5 && index < 9 ? `"${id}"` : undefined);
      assert.equal(error?.message, index < 9 ? undefined : id);
    }
  }),
  defineCase(
    "batch: one stale fence in a run of like settlements stops none of the others",
    async (stage) => {
      const ids = Array.from({ length: 9 }, (_, index) => `job-${index}`);
      await stage.insert(...ids);
      const jobs = await stage.take({ count: 9 });
      await stage.settle([{ id: "job-4", fence: jobs[4]?.fence ?? 0, event: "release" }]);
      const again = await stage.take({ lease: "worker-2" });
      const { settled } = await stage.settle(jobs.map(completed));
      assert.deepEqual(
        settled,
        jobs.map(({ id }) => (id === "job-4" ? "stale" : "applied")),
      );
      assert.deepEqual([again.map(({ id }) => id), await stage.state("job-4")], [["job-4"], "active"]);
    },
  ),
  defineCase("batch: a cancelled job ends as cancelled among completed ones", async (stage) => {
    await stage.insert("a", "b", "c");
    const jobs = await stage.take({ count: 3 });
    await stage.cancel("b", { reason: "enough" });
    assert.deepEqual((await stage.settle(jobs.map(completed))).settled, ["applied", "cancelled", "applied"]);
    assert.deepEqual(await stage.counts(), countsOf({ completed: 2, cancelled: 1 }));
    assert.equal((await stage.read("b")).reason, "enough");
  }),
  defineCase("batch: only the newest completed jobs stay, and nothing of the others", async (stage) => {
    const retention = keeping({ completed: { ageMs: LONG_MS, count: 3 } });
    const ids = Array.from({ length: 10 }, (_, index) => `job-${index}`);
    await stage.insert(...ids);
    const jobs = await stage.take({ count: 10 });
    await stage.settle(jobs.slice(0, 6).map(completed), { retention });
    await stage.settle(jobs.slice(6).map(completed), { retention });
    assert.deepEqual(await stage.listIds("completed"), ["job-9", "job-8", "job-7"]);
    for (const id of ids.slice(0, 7)) assert.equal(await stage.find(id), undefined);
    await stage.insert("job-0");
    assert.equal(await stage.state("job-0"), "waiting");
  }),
];

/** A job that completed the usual way, from every side. */
const afterwards: readonly ConformanceCase[] = [
  defineCase(
    "batch: a completed job is found, watched, inserted again and removed as such",
    async (stage) => {
      const job = await stage.takeNew({ id: "a", payload: '"p"' });
      await stage.end(job, { event: "complete", result: "7" });
      const ref = { task: TASK, id: "a" };
      const [told] = await stage.adapter.watch([ref]);
      assert.ok(
        told?.status === "final" && told.outcome.state === "completed" && told.outcome.result === "7",
      );
      assert.equal((await stage.cancel("a")).status, "finished");
      const promoted = await stage.change("a", { change: "promote" });
      assert.deepEqual(promoted, { status: "refused", state: "completed" });
      await stage.insert({ id: "a", payload: '"p"' });
      const other = { ...ref, payload: '"q"', version: 1, fingerprint: "", priority: 0 };
      assert.deepEqual(await stage.adapter.insert([other]), [{ status: "conflict" }]);
      assert.deepEqual(await stage.counts(), countsOf({ completed: 1 }));
      assert.equal((await stage.change("a", { change: "remove" })).status, "applied");
      assert.deepEqual(await stage.counts(), countsOf({}));
      await stage.takeNew({ id: "a", payload: '"p"' });
      assert.equal(await stage.state("a"), "active");
    },
  ),
  defineCase("batch: a job that started in time ends like one without a TTL", async (stage) => {
    await stage.insert({ id: "a", ttlMs: LONG_MS }, { id: "b", ttlMs: LONG_MS, onExpire: "discard" }, "c");
    const jobs = await stage.take({ count: 3 });
    assert.equal((await stage.read("a")).expiresAt, undefined);
    await stage.settle(jobs.map(({ id, fence }) => ({ id, fence, event: "complete", result: `"${id}"` })));
    for (const id of ["a", "b", "c"]) {
      const { state, result, attempt, expiresAt } = await stage.read(id);
      assert.deepEqual([state, result, attempt, expiresAt], ["completed", `"${id}"`, 1, undefined]);
    }
    await stage.verifyBooks(["a", "b", "c"]);
  }),
  defineCase("batch: a completed job goes when it is old enough", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "complete" });
    await stage.advance(6);
    const { pruned } = await stage.sweepAll({ retention: keeping({ completed: { ageMs: 5, count: 100 } }) });
    assert.deepEqual([pruned, await stage.listIds("completed")], [1, []]);
    assert.equal(await stage.find("a"), undefined);
  }),
];

export const batchCases: readonly ConformanceCase[] = [...journeys, ...mixtures, ...afterwards];
