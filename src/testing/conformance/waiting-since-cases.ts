import assert from "node:assert/strict";
import type { ClaimReply } from "../../core/adapter.js";
import type { ConformanceCase } from "./kit.js";
import { anError, defineCase, LONG_MS, only, type Stage, TASK } from "./stage.js";

/** How long the job of a claim had waited by then. */
function waitedMs({ jobs, now }: ClaimReply): number {
  assert.ok(now !== undefined, "a claim that gives jobs says what time it is");
  return now - only(jobs).waitingSince;
}

/** A job that has ended as failed is claimed again after `back`; gives when that was. */
async function failOnce(stage: Stage): Promise<number> {
  await stage.end(await stage.takeNew("a"), { event: "fail", error: anError() });
  const { finishedAt } = await stage.read("a");
  assert.ok(finishedAt !== undefined);
  return finishedAt;
}

/** Stores keep due times in parts of ms. */
function isAt(since: number | undefined, dueAt: number | undefined): void {
  assert.ok(dueAt !== undefined && since !== undefined);
  assert.ok(Math.abs(since - dueAt) <= 1, `it waits since it was due: ${since}, ${dueAt}`);
}

const begun: readonly ConformanceCase[] = [
  defineCase("waiting since: a new job waits since it was stored", async (stage) => {
    await stage.insert("a");
    await stage.advance(10);
    const reply = await stage.claim();
    const job = only(reply.jobs);
    assert.equal(job.waitingSince, job.enqueuedAt);
    assert.ok(waitedMs(reply) >= 10);
  }),
  defineCase(
    "waiting since: a delayed job waits since it was due, however late it is claimed",
    async (stage) => {
      await stage.insert({ id: "a", delayMs: 20 });
      const { dueAt } = await stage.read("a");
      await stage.advance(60);
      const reply = await stage.claim();
      isAt(only(reply.jobs).waitingSince, dueAt);
      assert.ok(waitedMs(reply) >= 39);
    },
  ),
  defineCase("waiting since: a job that a sweep promoted waits since it was due", async (stage) => {
    await stage.insert({ id: "a", delayMs: 10 });
    const { dueAt } = await stage.read("a");
    await stage.advance(30);
    assert.equal((await stage.sweepAll()).promoted, 1);
    await stage.advance(10);
    isAt(only(await stage.take()).waitingSince, dueAt);
  }),
  defineCase("waiting since: a retried job waits since its backoff was over", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "retry", error: anError(), delayMs: 20 });
    const { dueAt } = await stage.read("a");
    await stage.advance(50);
    const reply = await stage.claim();
    isAt(only(reply.jobs).waitingSince, dueAt);
    assert.ok(waitedMs(reply) >= 29);
  }),
  defineCase("waiting since: whoever reads a job sees it while it waits and while it runs", async (stage) => {
    await stage.insert("a");
    const { waitingSince, enqueuedAt } = await stage.read("a");
    assert.equal(waitingSince, enqueuedAt);
    const first = only(await stage.take());
    assert.equal((await stage.read("a")).waitingSince, enqueuedAt);
    await stage.end(first, { event: "retry", error: anError(), delayMs: 20 });
    const retrying = await stage.read("a");
    assert.equal(retrying.waitingSince, undefined);
    await stage.advance(50);
    assert.equal((await stage.sweepAll()).promoted, 1);
    isAt((await stage.read("a")).waitingSince, retrying.dueAt);
    const second = only(await stage.take());
    isAt((await stage.read("a")).waitingSince, retrying.dueAt);
    await stage.end(second, { event: "complete" });
    assert.equal((await stage.read("a")).waitingSince, undefined);
  }),
  defineCase("waiting since: a job that is promoted by hand waits since then", async (stage) => {
    await stage.insert({ id: "a", delayMs: LONG_MS });
    await stage.advance(20);
    assert.equal((await stage.change("a", { change: "promote" })).status, "applied");
    await stage.advance(10);
    const reply = await stage.claim();
    const job = only(reply.jobs);
    assert.ok(job.waitingSince >= job.enqueuedAt + 20);
    assert.ok(waitedMs(reply) >= 10);
  }),
  defineCase("waiting since: a revived job waits since it was revived", async (stage) => {
    const failedAt = await failOnce(stage);
    await stage.advance(20);
    assert.equal((await stage.change("a", { change: "revive" })).status, "applied");
    const job = only(await stage.take());
    assert.ok(job.waitingSince >= failedAt + 20);
  }),
  defineCase("waiting since: a job that waits, or waits again, has no end", async (stage) => {
    await failOnce(stage);
    await stage.change("a", { change: "revive" });
    assert.equal((await stage.read("a")).finishedAt, undefined);
    await stage.take();
    assert.equal((await stage.read("a")).finishedAt, undefined);
  }),
];

const again: readonly ConformanceCase[] = [
  defineCase("waiting since: a job that is given back has waited since it did before", async (stage) => {
    await stage.insert({ id: "a", delayMs: 5 });
    await stage.advance(10);
    const first = only(await stage.take());
    await stage.advance(10);
    await stage.end(first, { event: "release" });
    const reply = await stage.claim({ lease: "other" });
    assert.equal(only(reply.jobs).waitingSince, first.waitingSince);
    assert.ok(waitedMs(reply) >= 10);
  }),
  defineCase("waiting since: a job that is put back for a while waits since that was over", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "release", delayMs: 10 });
    const { dueAt } = await stage.read("a");
    await stage.advance(30);
    isAt(only(await stage.take()).waitingSince, dueAt);
  }),
  defineCase("waiting since: a job of a lost lease waits since it was taken from it", async (stage) => {
    const first = await stage.takeNew("a", { leaseMs: 5 });
    await stage.advance(30);
    assert.equal((await stage.sweepAll()).reclaimed, 1);
    const job = only(await stage.takeAny({ lease: "other" }));
    assert.ok(job.waitingSince >= first.waitingSince + 30);
  }),
  defineCase("waiting since: what a settlement claims says so as well", async (stage) => {
    const first = await stage.takeNew("a");
    await stage.insert("b");
    await stage.advance(10);
    const reply = await stage.end(first, { event: "complete" }, { claim: { leaseMs: LONG_MS, count: 1 } });
    assert.equal(only(reply.jobs).waitingSince, only(reply.jobs).enqueuedAt);
    assert.ok(waitedMs(reply) >= 10);
  }),
  defineCase(
    "waiting since: a job that its limits keep back waits all the while",
    async (stage) => {
      const limits = { limit: { key: "k", max: 1 } };
      await stage.insert({ id: "a", limits }, { id: "b", limits });
      const first = only(await stage.take());
      await stage.advance(10);
      await stage.end(first, { event: "complete" });
      const reply = await stage.claim();
      assert.equal(only(reply.jobs).waitingSince, only(reply.jobs).enqueuedAt);
      assert.ok(waitedMs(reply) >= 10);
    },
    ["limits"],
  ),
];

const gauged: readonly ConformanceCase[] = [
  defineCase(
    "waiting since: the oldest waiting job of a gauge waits since it was due",
    async (stage) => {
      await stage.insert({ id: "a", delayMs: 20 });
      const { dueAt } = await stage.read("a");
      await stage.advance(40);
      await stage.sweepAll();
      const { oldestWaitingSince } = only((await stage.adapter.observe?.gauges([TASK])) ?? []);
      assert.ok(oldestWaitingSince !== undefined);
      isAt(oldestWaitingSince, dueAt);
    },
    ["observe"],
  ),
];

export const waitingSinceCases: readonly ConformanceCase[] = [...begun, ...again, ...gauged];
