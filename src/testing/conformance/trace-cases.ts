import assert from "node:assert/strict";
import type { ClaimedJob } from "../../core/adapter.js";
import { featuresOfLimits } from "../../core/features.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import type { ConformanceCase } from "./kit.js";
import { anError, countsOf, defineCase, keeping, LEASE, LONG_MS, only, type Stage, TASK } from "./stage.js";

/** A length of time within a case: a lease that is let lapse, a delay, a window. */
const SHORT_MS = 20;
const ID = "a";

function lapse(stage: Stage): Promise<void> {
  return stage.advance(SHORT_MS + 1);
}

/** Claims the job, as a suspect when it is one; a batch is ready by now. */
async function take(stage: Stage, lease = LEASE): Promise<ClaimedJob> {
  return only(await stage.takeAny({ lease, leaseMs: SHORT_MS }));
}

async function lose(stage: Stage, stallLimit = 9): Promise<void> {
  await lapse(stage);
  await stage.sweepAll({ stallLimit });
}

/** Ways for a job to end, each from waiting. */
const WAYS: Readonly<Record<string, (stage: Stage) => Promise<unknown>>> = {
  completed: async (stage) => stage.end(await take(stage), { event: "complete" }),
  "completed with a result": async (stage) =>
    stage.end(await take(stage), { event: "complete", result: "1" }),
  failed: async (stage) => stage.end(await take(stage), { event: "fail", error: anError() }),
  "completed after a retry": async (stage) => {
    await stage.end(await take(stage), { event: "retry", error: anError(), delayMs: 0 });
    await stage.end(await take(stage), { event: "complete" });
  },
  "completed after it was given back": async (stage) => {
    await stage.end(await take(stage), { event: "release" });
    await stage.end(await take(stage), { event: "complete" });
  },
  "completed after a snooze": async (stage) => {
    await stage.end(await take(stage), { event: "release", delayMs: 1 });
    await stage.advance(2);
    await stage.end(await take(stage), { event: "complete" });
  },
  "completed after an answer was lost": async (stage) => {
    await take(stage);
    await stage.adapter.renew([{ task: TASK, lease: LEASE, leaseMs: SHORT_MS, held: [] }]);
    await stage.end(await take(stage), { event: "complete" });
  },
  "completed after its worker was lost": async (stage) => {
    const late = await take(stage, "doomed");
    await lose(stage);
    await stage.end(late, { event: "complete" }, { lease: "doomed" });
    await stage.end(await take(stage), { event: "complete" });
  },
  "given back as a suspect, then completed": async (stage) => {
    await take(stage, "doomed");
    await lose(stage);
    await stage.end(await take(stage), { event: "release" });
    await stage.end(await take(stage), { event: "complete" });
  },
  "failed with its worker": async (stage) => {
    await take(stage, "doomed");
    await lose(stage, 0);
  },
  "cancelled while waiting": (stage) => stage.cancel(ID),
  "cancelled while delayed": async (stage) => {
    await stage.change(ID, { change: "reschedule", delayMs: LONG_MS });
    await stage.cancel(ID);
  },
  "cancelled while retrying": async (stage) => {
    await stage.end(await take(stage), { event: "retry", error: anError(), delayMs: LONG_MS });
    await stage.cancel(ID);
  },
  "cancelled while a suspect": async (stage) => {
    await take(stage, "doomed");
    await lose(stage);
    await stage.cancel(ID);
  },
  ...Object.fromEntries(
    (["complete", "fail", "retry", "cancel", "release"] as const).map((event) => [
      `cancelled while active, and settled by ${event}`,
      async (stage: Stage) => {
        const job = await take(stage);
        await stage.cancel(ID);
        const ends = { complete: {}, fail: { error: anError() }, cancel: { reason: "" }, release: {} };
        const end = event === "retry" ? { event, error: anError(), delayMs: 0 } : { event, ...ends[event] };
        await stage.end(job, end as Parameters<Stage["end"]>[1]);
      },
    ]),
  ),
  "cancelled while active, and given back by a renewal": async (stage) => {
    await take(stage);
    await stage.cancel(ID);
    await stage.adapter.renew([{ task: TASK, lease: LEASE, leaseMs: SHORT_MS, held: [] }]);
  },
  "cancelled while active, and lost": async (stage) => {
    await take(stage, "doomed");
    await stage.cancel(ID);
    await lose(stage);
  },
  drained: (stage) => stage.control("drain", { states: ["waiting"] }),
  "drained while retrying": async (stage) => {
    await stage.end(await take(stage), { event: "retry", error: anError(), delayMs: LONG_MS });
    await stage.control("drain", { states: ["retrying"] });
  },
  "removed while waiting": (stage) => stage.change(ID, { change: "remove" }),
  "removed after its end": async (stage) => {
    await stage.end(await take(stage), { event: "fail", error: anError() });
    await stage.change(ID, { change: "remove" });
  },
  "completed after a revival": async (stage) => {
    await stage.end(await take(stage), { event: "fail", error: anError() });
    await stage.change(ID, { change: "revive" });
    await stage.end(await take(stage), { event: "complete" });
  },
};

/** What may belong to a job beside its record. */
/** What a job is given. */
const JOBS: Readonly<Record<string, { readonly limits?: JobLimits; readonly payload?: string }>> = {
  "a plain job": {},
  "a large job": { payload: "x".repeat(5000) },
  "a job with a limit": { limits: { limit: { key: "k", max: 1 } } },
  "a job with a rate": { limits: { rate: { key: "k", limit: 9, windowMs: SHORT_MS } } },
  "a job of a group": { limits: { group: { key: "g", weight: 2 } } },
  "a collected job": { limits: { collect: { key: "c", delayMs: 0, maxSize: 1 } } },
  "a job with keys": {
    limits: {
      unique: { key: "k" },
      idempotency: { key: "k", windowMs: SHORT_MS, digest: "d" },
      throttle: { key: "k", limit: 9, windowMs: SHORT_MS },
    },
  },
  "a debounced job": { limits: { debounce: { key: "k", delayMs: 0 } } },
};

/** All leases and windows are over, and somebody came by. */
async function comeToRest(stage: Stage): Promise<void> {
  await stage.adapter.claim([{ task: TASK, lease: "last", leaseMs: SHORT_MS, count: 1 }]);
  await stage.advance(2 * SHORT_MS);
  await stage.sweepAll();
  await stage.sweepAll();
}

const lives = Object.entries(JOBS).flatMap(([what, fields]) => {
  return Object.entries(WAYS).map(([how, end]) => ({
    needs: how.startsWith("drained") ? (["control"] as const) : [],
    name: `trace: ${what} that is ${how} leaves none`,
    fields,
    end,
  }));
});

export const traceCases: readonly ConformanceCase[] = lives.map(({ name, fields, end, needs }) => {
  const body = async (stage: Stage) => {
    await stage.insert({ id: ID, watch: true, ttlMs: LONG_MS, ...fields });
    await end(stage);
    await comeToRest(stage);
    assert.deepEqual(await stage.leftovers(), []);
    const none = { ageMs: 0, count: 0 };
    await stage.sweepAll({ retention: { completed: none, failed: none, cancelled: none, expired: none } });
    assert.deepEqual(await stage.counts(), countsOf({}));
    assert.deepEqual(await stage.leftovers(), []);
    await stage.insert({ id: ID, payload: "another" });
    const again = only(await stage.take({ lease: "fresh", leaseMs: SHORT_MS }));
    const renewal = { task: TASK, lease: "fresh", leaseMs: SHORT_MS };
    assert.deepEqual(only(await stage.adapter.renew([renewal])).cancelled, [], "it is not cancelled");
    await stage.end(again, { event: "complete" }, { lease: "fresh", retention: keeping() });
  };
  return defineCase(name, body, [...featuresOfLimits(fields.limits), ...needs]);
});
