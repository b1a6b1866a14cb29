import assert from "node:assert/strict";
import type { NewJob } from "../../core/adapter.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import { type ConformanceCase, needing } from "./kit.js";
import {
  aJob,
  anError,
  defineCase,
  defineCases,
  keeping,
  LONG_MS,
  OTHER_TASK,
  type Stage,
  TASK,
} from "./stage.js";

const KEY = "run-42";
/** What callers may write as a key: blanks, separators of stores, what is not ASCII, and long text. */
const STRANGE = ["a b", "{a}:b", "a\nb\u0000c", "ünï 🦔", "__proto__", "*?[x]\\", "x".repeat(200)];

function unique(id: string, more: Partial<NewJob> = {}): NewJob {
  return aJob({ id, limits: { unique: { key: KEY } }, ...more });
}

function once(id: string, windowMs = LONG_MS, more: Partial<NewJob> = {}): NewJob {
  return aJob({ id, limits: { idempotency: { key: KEY, windowMs, digest: "d" } }, ...more });
}

async function holders(stage: Stage, ...keys: readonly string[]): Promise<readonly (string | undefined)[]> {
  return (await stage.adapter.holders?.(keys.map((key) => ({ task: TASK, key })))) ?? [];
}

async function assertHolder(stage: Stage, id: string | undefined, when?: string): Promise<void> {
  assert.deepEqual(await holders(stage, KEY), [id], when);
}

/** What ends the job that holds a key of `unique`. */
const ENDS = {
  completed: async (stage: Stage) => {
    await stage.end(await stage.takeNew(unique("a")), { event: "complete" });
  },
  failed: async (stage: Stage) => {
    await stage.end(await stage.takeNew(unique("a")), { event: "fail", error: anError() });
  },
  cancelled: async (stage: Stage) => {
    await stage.insert(unique("a"));
    await stage.cancel("a");
  },
  removed: async (stage: Stage) => {
    await stage.insert(unique("a"));
    await stage.change("a", { change: "remove" });
  },
  "past its ttl": async (stage: Stage) => {
    await stage.insert(unique("a", { ttlMs: 20 }));
    await stage.advance(20);
  },
};

const uniqueHolders: readonly ConformanceCase[] = [
  defineCase("holders: a job holds its key from its insert until it ends", async (stage) => {
    await assertHolder(stage, undefined, "of a task that nobody has met");
    await stage.insert(unique("a", { delayMs: 20 }));
    await assertHolder(stage, "a", "delayed");
    await stage.advance(20);
    const [job] = await stage.take();
    assert.ok(job);
    await assertHolder(stage, "a", "active");
    await stage.end(job, { event: "retry", error: anError(), delayMs: LONG_MS });
    await assertHolder(stage, "a", "retrying");
    await stage.verifyBooks(["a"]);
  }),
  ...defineCases(
    Object.keys(ENDS) as (keyof typeof ENDS)[],
    (end) => `holders: nobody holds the key of a job that is ${end}`,
    async (stage, end) => {
      await ENDS[end](stage);
      await assertHolder(stage, undefined);
    },
  ),
  defineCase("holders: a job that may be stored beside the holder takes the key over", async (stage) => {
    const limits: JobLimits = { unique: { key: KEY, while: ["waiting"] } };
    const job = await stage.takeNew(aJob({ id: "a", limits }));
    await stage.insert(aJob({ id: "b", limits }));
    await assertHolder(stage, "b");
    await stage.end(job, { event: "complete" });
    await assertHolder(stage, "b", "when the one before ends");
  }),
  defineCase("holders: a revived job holds its key again", async (stage) => {
    await stage.end(await stage.takeNew(unique("a")), { event: "fail", error: anError() });
    await stage.change("a", { change: "revive" });
    await assertHolder(stage, "a");
  }),
  defineCase("holders: each task has keys of its own, and each key its job", async (stage) => {
    await stage.insert(unique("a"), unique("b", { task: OTHER_TASK }));
    const asked = [TASK, OTHER_TASK, TASK].map((task, nth) => ({ task, key: nth === 2 ? "other" : KEY }));
    assert.deepEqual(await stage.adapter.holders?.(asked), ["a", "b", undefined]);
    assert.deepEqual(await stage.adapter.holders?.([]), []);
  }),
  defineCase("holders: a key may be any text", async (stage) => {
    await stage.insert(...STRANGE.map((key, nth) => aJob({ id: `j${nth}`, limits: { unique: { key } } })));
    assert.deepEqual(await holders(stage, ...STRANGE, "toString"), [
      ...STRANGE.map((_, nth) => `j${nth}`),
      undefined,
    ]);
  }),
  defineCase("holders: asking changes nothing", async (stage) => {
    await stage.insert(unique("a", { ttlMs: 20 }));
    await stage.advance(20);
    await assertHolder(stage, undefined);
    assert.equal(await stage.state("a"), "expired");
    const [swept] = await stage.adapter.sweep([{ task: TASK, scope: "due" }]);
    assert.equal(swept?.expired, 1, "nobody had ended it yet");
  }),
];

const idempotencyHolders: readonly ConformanceCase[] = [
  defineCase("holders: an idempotency key is held until its window after the end is past", async (stage) => {
    const job = await stage.takeNew(once("a", 400));
    await assertHolder(stage, "a", "active");
    await stage.end(job, { event: "complete" });
    await assertHolder(stage, "a", "ended");
    await stage.advance(400);
    await assertHolder(stage, undefined, "its window is past");
  }),
  defineCase("holders: an idempotency key is held by a job that is stored no more", async (stage) => {
    const job = await stage.takeNew(once("a"));
    const none = keeping({ completed: { ageMs: LONG_MS, count: 0 } });
    await stage.end(job, { event: "complete" }, { retention: none });
    assert.equal(await stage.state("a"), "none");
    await assertHolder(stage, "a");
  }),
  defineCase("holders: an idempotency key may be any text", async (stage) => {
    const limits = (key: string) => ({ idempotency: { key, windowMs: LONG_MS, digest: "d" } });
    await stage.insert(...STRANGE.map((key, nth) => aJob({ id: `j${nth}`, limits: limits(key) })));
    assert.deepEqual(
      await holders(stage, ...STRANGE),
      STRANGE.map((_, nth) => `j${nth}`),
    );
  }),
];

const bothHolders: readonly ConformanceCase[] = [
  defineCase("holders: who has not ended comes before who has", async (stage) => {
    const ended = await stage.takeNew(once("a"));
    await stage.end(ended, { event: "complete" });
    const job = await stage.takeNew(unique("b"));
    await assertHolder(stage, "b");
    await stage.end(job, { event: "complete" });
    await assertHolder(stage, "a");
  }),
];

export const holderCases: readonly ConformanceCase[] = [
  ...needing(["unique"], uniqueHolders),
  ...needing(["idempotency"], idempotencyHolders),
  ...needing(["unique", "idempotency"], bothHolders),
];
