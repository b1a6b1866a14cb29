/** Payloads that a store may keep elsewhere than the rest of a job: they stay with it, whatever becomes of it. */
import assert from "node:assert/strict";
import type { NewJob } from "../../core/adapter.js";
import type { Encoded } from "../../core/job.js";
import type { ConformanceCase } from "./kit.js";
import {
  aJob,
  anError,
  countsOf,
  defineCase,
  defineCases,
  keeping,
  LEASE,
  only,
  type Stage,
  TASK,
} from "./stage.js";

const SIZE = 5000;
/** A lease that is let lapse. */
const SHORT_MS = 20;

function text(letter: string): string {
  return `"${letter.repeat(SIZE)}é"`;
}

function bytes(number: number): Uint8Array {
  return new Uint8Array(SIZE).fill(number);
}

/** An id and what the job carries, short enough to be compared and shown. */
function shown(job: { readonly id: string; readonly payload: Encoded }): string {
  const { payload } = job;
  const seen = typeof payload === "string" ? payload.slice(0, 3) + payload.slice(-2) : payload.slice(0, 2);
  return `${job.id}: ${payload.length} ${typeof payload} ${seen}`;
}

const MIXED: readonly NewJob[] = Array.from({ length: 24 }, (_, index) =>
  aJob({
    id: `job-${index}`.padEnd(6),
    ...(index % 4 === 0 ? {} : { payload: index % 4 === 1 ? bytes(index) : text(String(index % 10)) }),
    ...(index % 3 === 0 ? { headers: { traceparent: `00-${index}` }, maxAttempts: 5 } : {}),
  }),
);

const handed: readonly ConformanceCase[] = [
  ...defineCases(
    [
      { what: "next", fields: {} },
      { what: "by priority", fields: { priority: 3 } },
      { what: "after a delay", fields: { delayMs: 1 } },
      { what: "before their time to live is over", fields: { ttlMs: 60_000 } },
    ],
    ({ what }) => `large payloads: each is handed with its job that is ${what}`,
    async (stage, { fields }) => {
      await stage.insert(...MIXED.map((job) => ({ ...job, ...fields })));
      await stage.advance(2);
      const taken = await stage.take({ count: MIXED.length });
      assert.deepEqual(taken.map(shown), MIXED.map(shown));
      assert.deepEqual(
        taken.map(({ headers }) => ({ ...headers })),
        MIXED.map(({ headers = {} }) => headers),
      );
    },
  ),
  defineCase("large payloads: each is handed with its job among jobs of other kinds", async (stage) => {
    await stage.insert({ id: "later", delayMs: 60_000, payload: text("l") });
    await stage.insert(...MIXED.slice(0, 6), { id: "first", priority: 1, payload: text("f") });
    const jobs = [aJob({ id: "first", payload: text("f") }), ...MIXED.slice(0, 6)];
    assert.deepEqual((await stage.take({ count: 3 })).map(shown), jobs.slice(0, 3).map(shown));
    assert.deepEqual((await stage.take({ count: 1 })).map(shown), jobs.slice(3, 4).map(shown));
    assert.deepEqual((await stage.take({ count: 9 })).map(shown), jobs.slice(4).map(shown));
  }),
  defineCase("large payloads: each is handed with its job as others are settled", async (stage) => {
    await stage.insert(...MIXED);
    const first = await stage.take({ count: 4 });
    const claim = { leaseMs: 60_000, count: MIXED.length };
    const settlements = first.map(({ id, fence }) => ({ id, fence, event: "complete" as const }));
    const { jobs } = await stage.settle(settlements, { claim });
    assert.deepEqual([...first, ...jobs].map(shown), MIXED.map(shown));
  }),
  defineCase("large payloads: each is shown with its job in every state", async (stage) => {
    const job = aJob({ id: "a", payload: text("a") });
    const isShown = async (state: string) => {
      const stored = await stage.read("a");
      assert.deepEqual([stored.state, shown(stored)], [state, shown(job)]);
    };
    await stage.insert(job);
    await isShown("waiting");
    const claimed = only(await stage.take());
    await isShown("active");
    await stage.end(claimed, { event: "retry", error: anError(), delayMs: 1 });
    await isShown("retrying");
    await stage.advance(2);
    await stage.end(only(await stage.take()), { event: "complete", result: text("r") });
    await isShown("completed");
  }),
];

/** Ways for a job to come back to a worker. */
const RETURNS: Readonly<Record<string, (stage: Stage) => Promise<unknown>>> = {
  "a retry": async (stage) =>
    stage.end(only(await stage.take()), { event: "retry", error: anError(), delayMs: 0 }),
  "it was given back": async (stage) => stage.end(only(await stage.take()), { event: "release" }),
  "a failure, by hand": async (stage) => {
    await stage.end(only(await stage.take()), { event: "fail", error: anError() });
    await stage.change("a", { change: "revive" });
  },
  "an answer was lost": async (stage) => {
    await stage.take();
    await stage.adapter.renew([{ task: TASK, lease: LEASE, leaseMs: SHORT_MS, held: [] }]);
  },
  "its worker was lost": async (stage) => {
    await stage.take({ lease: "doomed", leaseMs: SHORT_MS });
    await stage.advance(SHORT_MS + 1);
    await stage.sweepAll({ stallLimit: 9 });
  },
};

const kept: readonly ConformanceCase[] = defineCases(
  Object.entries(RETURNS),
  ([what]) => `large payloads: one is still there after ${what}`,
  async (stage, [, comeBack]) => {
    const job = aJob({ id: "a", payload: text("a") });
    await stage.insert(job);
    await comeBack(stage);
    assert.deepEqual((await stage.takeAny({ lease: "second" })).map(shown), [shown(job)]);
  },
);

const CONTENTS: readonly Encoded[] = ['{"n":1}', text("a"), text("b"), bytes(1)];
const PAIRS = CONTENTS.flatMap((stored) => CONTENTS.map((given) => ({ stored, given })));

function isRefused({ stored, given }: (typeof PAIRS)[number]): boolean {
  return shown({ id: "", payload: stored }) !== shown({ id: "", payload: given });
}

const repeated: readonly ConformanceCase[] = [
  ...defineCases(
    [{ priority: 0 }, { priority: 2 }],
    ({ priority }) => `large payloads: an id keeps the first that came with it, at priority ${priority}`,
    async (stage, { priority }) => {
      for (const [index, pair] of PAIRS.entries()) {
        const job = aJob({ id: `job-${index}`, priority, payload: pair.stored });
        await stage.insert(job);
        const [reply] = await stage.adapter.insert([{ ...job, payload: pair.given }]);
        assert.equal(reply?.status, isRefused(pair) ? "conflict" : "inserted", shown(job));
        assert.equal(shown(await stage.read(job.id)), shown(job));
      }
      const taken = await stage.take({ count: PAIRS.length });
      assert.deepEqual(
        taken.map(shown),
        PAIRS.map(({ stored }, index) => shown({ id: `job-${index}`, payload: stored })),
      );
    },
  ),
  defineCase("large payloads: an id that is twice in a list keeps the first", async (stage) => {
    for (const [index, pair] of PAIRS.entries()) {
      const job = aJob({ id: `job-${index}`, payload: pair.stored });
      const replies = await stage.adapter.insert([job, { ...job, payload: pair.given }]);
      const expected = ["inserted", isRefused(pair) ? "conflict" : "inserted"];
      assert.deepEqual(
        replies.map(({ status }) => status),
        expected,
      );
      assert.equal(shown(await stage.read(job.id)), shown(job));
    }
  }),
  defineCase("large payloads: one goes with its job, and its id may be used again", async (stage) => {
    const retention = keeping({ completed: { ageMs: 0, count: 0 } });
    for (const payload of CONTENTS) {
      const job = aJob({ id: "a", payload });
      await stage.insert(job);
      const claimed = only(await stage.take());
      assert.equal(shown(claimed), shown(job));
      await stage.end(claimed, { event: "complete" }, { retention });
    }
    assert.deepEqual(await stage.counts(), countsOf({}));
  }),
];

export const largePayloadCases: readonly ConformanceCase[] = [...handed, ...kept, ...repeated];
