import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { soon, startWait } from "./patience.js";
import { anError, countsOf, defineCase, defineCases, LONG_MS, only, type Stage, TASK } from "./stage.js";

/** A lease that is over after {@link lose}. */
const SHORT_MS = 10;
let leases = 0;

/** A worker claims and dies, and its jobs are reclaimed. */
async function lose(
  stage: Stage,
  by: { readonly count?: number; readonly apart?: true; readonly stallLimit?: number } = {},
): Promise<readonly string[]> {
  const { stallLimit = 1, ...options } = by;
  leases += 1;
  const ids = await stage.takeIds({ lease: `doomed-${leases}`, leaseMs: SHORT_MS, ...options });
  await stage.advance(SHORT_MS + 1);
  await stage.sweepAll({ stallLimit });
  return ids;
}

async function stallsOf(stage: Stage, ...ids: readonly string[]): Promise<readonly number[]> {
  return Promise.all(ids.map(async (id) => (await stage.read(id)).stalls));
}

const blame: readonly ConformanceCase[] = [
  defineCase("suspect: of several that are lost together none is blamed", async (stage) => {
    await stage.insert("a", "b", "c");
    for (let loss = 0; loss < 3; loss++) await lose(stage, { count: 3, ...(loss > 0 && { apart: true }) });
    assert.deepEqual(await stallsOf(stage, "a", "b", "c"), [0, 0, 0]);
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 3 }));
    const { history } = await stage.details("a");
    assert.deepEqual(
      history.map(({ outcome }) => outcome),
      ["stalled", "stalled", "stalled"],
    );
  }),
  defineCase("suspect: of more than one sweep takes back the last is not blamed either", async (stage) => {
    const ids = Array.from({ length: 1001 }, (_, index) => `j${index}`);
    await stage.insert(...ids);
    const claim = { lease: "doomed", leaseMs: SHORT_MS, count: 501 };
    const taken = [await stage.takeIds(claim), await stage.takeIds(claim)].flat();
    assert.equal(taken.length, ids.length);
    await stage.advance(SHORT_MS + 1);
    await stage.sweepAll({ stallLimit: 0 });
    assert.deepEqual(await stage.counts(), countsOf({ waiting: ids.length }));
  }),
  defineCase("suspect: the only job of a lost lease is blamed", async (stage) => {
    await stage.insert("a", "b");
    await lose(stage, { count: 1 });
    assert.deepEqual(await stallsOf(stage, "a", "b"), [1, 0]);
  }),
  defineCase("suspect: one of two is blamed when the other had ended before", async (stage) => {
    await stage.insert("a", "b");
    const [a] = await stage.take({ leaseMs: SHORT_MS });
    assert.ok(a);
    await stage.end(a, { event: "complete" });
    await stage.advance(SHORT_MS + 1);
    await stage.sweepAll();
    assert.deepEqual(await stallsOf(stage, "b"), [1]);
  }),
  defineCase("suspect: one that was claimed apart is blamed, what ran beside it is not", async (stage) => {
    await stage.insert("a", "b");
    await lose(stage);
    await stage.insert("c");
    assert.deepEqual(await stage.takeIds({ lease: "x", leaseMs: LONG_MS, apart: true, count: 1 }), ["a"]);
    assert.deepEqual(await stage.takeIds({ lease: "x", leaseMs: SHORT_MS }), ["c"]);
    await stage.advance(SHORT_MS + 1);
    await stage.sweepAll();
    assert.deepEqual(await stallsOf(stage, "a", "b", "c"), [1, 0, 0]);
  }),
  defineCase("suspect: only the culprit fails, and its neighbours run twice at most", async (stage) => {
    const neighbours = Array.from({ length: 9 }, (_, index) => `good-${index}`);
    await stage.insert(...neighbours, "bad");
    const runs = new Map((await lose(stage)).map((id) => [id, 1]));
    for (let tries = 0; tries < 12; tries++) {
      const lease = `try-${tries}`;
      const job = only(await stage.take({ lease, leaseMs: SHORT_MS, count: 1, apart: true }));
      runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
      if (job.id !== "bad") await stage.end(job, { event: "complete" }, { lease });
      else await stage.advance(SHORT_MS + 1);
      await stage.sweepAll({ stallLimit: 2 });
    }
    assert.deepEqual(await stage.counts(), countsOf({ completed: 9, failed: 1 }));
    assert.equal((await stage.read("bad")).error?.code, "JOB_STALLED");
    for (const id of neighbours) assert.equal(runs.get(id), 2, id);
  }),
  defineCase("suspect: a stall limit of nothing fails none that was lost with others", async (stage) => {
    await stage.insert("a", "b");
    await lose(stage, { stallLimit: 0 });
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 2 }));
    await lose(stage, { stallLimit: 0, apart: true, count: 1 });
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 1, failed: 1 }));
  }),
  defineCase(
    "suspect: one with more stalls than are allowed now fails when it is blamed again",
    async (stage) => {
      await stage.insert("a", "b");
      await lose(stage);
      assert.deepEqual(await lose(stage, { apart: true, count: 1, stallLimit: 9 }), ["a"]);
      assert.deepEqual(await lose(stage, { apart: true, count: 2, stallLimit: 0 }), ["b", "a"]);
      assert.deepEqual(await stallsOf(stage, "a", "b"), [1, 0]);
      assert.deepEqual(await stage.counts(), countsOf({ waiting: 2 }));
      await lose(stage, { apart: true, count: 1, stallLimit: 9 });
      assert.deepEqual(await lose(stage, { apart: true, count: 1, stallLimit: 0 }), ["a"]);
      assert.deepEqual(await stage.counts(), countsOf({ waiting: 1, failed: 1 }));
    },
  ),
];

const turns: readonly ConformanceCase[] = [
  defineCase("suspect: claims leave it to those who come apart, and say so", async (stage) => {
    await stage.insert("a", "b");
    await lose(stage);
    for (let claims = 0; claims < 3; claims++) {
      const { jobs, hasSuspects } = await stage.claim();
      assert.deepEqual([jobs, hasSuspects], [[], true]);
    }
    const first = await stage.claim({ apart: true, count: 1 });
    assert.deepEqual([first.jobs.map(({ id }) => id), first.hasSuspects], [["a"], true]);
    const second = await stage.claim({ apart: true, count: 5 });
    assert.deepEqual([second.jobs.map(({ id }) => id), second.hasSuspects], [["b"], undefined]);
    assert.deepEqual(await stage.takeIds({ apart: true }), []);
  }),
  defineCase("suspect: other work goes on, after somebody was asked", async (stage) => {
    await stage.insert("a", "b");
    await lose(stage);
    await stage.insert("c", "d");
    const asked = await stage.claim();
    assert.deepEqual([asked.jobs, asked.hasSuspects], [[], true]);
    const reply = await stage.claim({ lease: "worker-2", count: 1 });
    assert.deepEqual([reply.jobs.map(({ id }) => id), reply.hasSuspects], [["c"], undefined]);
    await stage.take({ apart: true, count: 1 });
    assert.deepEqual(await stage.takeIds({ lease: "worker-2", count: 1 }), ["d"]);
  }),
  defineCase("suspect: a claim apart takes no other jobs", async (stage) => {
    await stage.insert("a");
    assert.deepEqual(await stage.takeIds({ apart: true }), []);
    assert.equal((await stage.claim({ apart: true })).hasSuspects, undefined);
    assert.deepEqual(await stage.takeIds(), ["a"]);
  }),
  defineCase("suspect: a blamed one comes behind those that were not tried yet", async (stage) => {
    await stage.insert("a", "b", "c");
    await lose(stage);
    await lose(stage, { apart: true, count: 1, stallLimit: 9 });
    assert.deepEqual(await stage.takeIds({ apart: true }), ["b", "c", "a"]);
  }),
  defineCase("suspect: one of a higher priority is tried first", async (stage) => {
    await stage.insert("a", { id: "b", priority: 5 }, { id: "c", priority: -5 });
    await lose(stage);
    await stage.change("a", { change: "prioritize", priority: -9 });
    assert.deepEqual(await stage.takeIds({ apart: true }), ["b", "c", "a"]);
  }),
  defineCase(
    "suspect: a paused task gives none away",
    async (stage) => {
      await stage.insert("a", "b");
      await lose(stage);
      await stage.control("pause");
      assert.deepEqual(await stage.takeIds({ apart: true }), []);
      assert.equal((await stage.claim()).hasSuspects, undefined);
      await stage.control("resume");
      assert.deepEqual(await stage.takeIds({ apart: true }), ["a", "b"]);
    },
    ["control"],
  ),
  defineCase("suspect: a lost lease gets none", async (stage) => {
    await stage.insert("a", "b");
    await stage.take({ lease: "lost", leaseMs: SHORT_MS });
    await stage.advance(SHORT_MS + 1);
    await stage.sweep();
    const { jobs, lost } = await stage.claim({ lease: "lost", apart: true });
    assert.deepEqual([jobs, lost], [[], true]);
  }),
  defineCase("suspect: a waiter is woken for the first and for the next", async (stage) => {
    await stage.insert("a", "b");
    await lose(stage);
    const first = await soon("the wake", startWait(stage.adapter, TASK).told);
    assert.deepEqual([first?.jobs, first?.hasSuspects], [[], true]);
    await stage.take({ apart: true, count: 1 });
    const next = await soon("the next wake", startWait(stage.adapter, TASK).told);
    assert.deepEqual([next?.jobs, next?.hasSuspects], [[], true]);
  }),
];

const acquittals: readonly ConformanceCase[] = [
  ...defineCases(
    [
      { event: "retry", error: anError(), delayMs: 0 },
      { event: "release", delayMs: 1 },
    ] as const,
    ({ event }) => `suspect: one whose run ended by ${event} is none any more`,
    async (stage, end) => {
      await stage.insert("a", "b");
      await lose(stage);
      const [a] = await stage.take({ apart: true, count: 1 });
      assert.ok(a);
      await stage.end(a, end);
      await stage.advance(3);
      await stage.take({ apart: true, lease: "worker-2" });
      assert.deepEqual(await stage.takeIds(), ["a"]);
    },
  ),
  defineCase("suspect: one that was given back at once is still one, in front", async (stage) => {
    await stage.insert("a", "b");
    await lose(stage);
    const [a] = await stage.take({ apart: true, count: 1 });
    assert.ok(a);
    await stage.end(a, { event: "release" });
    assert.deepEqual(await stage.takeIds(), []);
    assert.deepEqual(await stage.takeIds({ apart: true }), ["a", "b"]);
  }),
  defineCase("suspect: a revived one is none any more", async (stage) => {
    await stage.insert("a", "b");
    await lose(stage);
    await lose(stage, { apart: true, count: 1, stallLimit: 0 });
    await stage.change("a", { change: "revive" });
    await stage.take({ apart: true, lease: "worker-2" });
    const job = only(await stage.take());
    assert.deepEqual([job.id, job.stalls], ["a", 0]);
  }),
  ...defineCases(
    [
      { way: "cancel" },
      { way: "remove" },
      { way: "drain", needs: ["control"] },
      { way: "reschedule" },
    ] as const,
    ({ way }) => `suspect: one that leaves by ${way} is not tried`,
    async (stage, { way }) => {
      await stage.insert("a", "b");
      await lose(stage);
      if (way === "cancel") await stage.cancel("a");
      else if (way === "drain") await stage.control("drain", { limit: 1 });
      else if (way === "remove") await stage.change("a", { change: "remove" });
      else await stage.change("a", { change: "reschedule", delayMs: LONG_MS });
      assert.deepEqual(await stage.listIds("waiting"), ["b"]);
      assert.deepEqual(await stage.takeIds({ apart: true }), ["b"]);
      await stage.verifyBooks(["a", "b"]);
    },
  ),
  defineCase("suspect: waiting ones are counted, listed and read", async (stage) => {
    await stage.insert("a", "b", "c");
    await lose(stage, { count: 2 });
    assert.deepEqual(await stage.listIds("waiting", 1), ["c", "a", "b"]);
    await stage.verifyBooks(["a", "b", "c"]);
  }),
];

export const suspectCases: readonly ConformanceCase[] = [...blame, ...turns, ...acquittals];
