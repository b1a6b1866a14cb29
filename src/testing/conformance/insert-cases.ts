import assert from "node:assert/strict";
import { systemClock } from "../../core/clock.js";
import type { Encoded } from "../../core/job.js";
import type { ConformanceCase } from "./kit.js";
import {
  aJob,
  countsOf,
  defineCase,
  defineCases,
  keeping,
  LEASE,
  LONG_MS,
  OTHER_TASK,
  only,
  type Stage,
  TASK,
} from "./stage.js";

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** Payloads that a careless store changes on the way. */
const PAYLOADS: readonly { readonly what: string; readonly payload: Encoded }[] = [
  { what: "empty text", payload: "" },
  { what: "JSON text", payload: '{"to":"a@b.co","n":1.50}' },
  { what: "text with a __proto__ key", payload: '{"__proto__":{"admin":true},"constructor":null}' },
  { what: "text with emoji, accents and a right-to-left mark", payload: '"naïve 🦔 \u200f שלום"' },
  { what: "text with NUL, line breaks and quotes", payload: 'a\u0000b\r\n"c"\\' },
  { what: "text that looks like a number", payload: "1e400" },
  { what: "no bytes", payload: new Uint8Array() },
  { what: "every byte", payload: ALL_BYTES },
  { what: "bytes that are not UTF-8", payload: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80) },
  { what: "a mebibyte of text", payload: "x".repeat(1024 * 1024) },
];

const IDS = ["0", "a:b", "{tag}", "with space", "ünïcödé-🦔", "__proto__", "constructor", "x".repeat(128)];

async function carries(stage: Stage, payload: Encoded): Promise<void> {
  await stage.insert({ id: "a", payload });
  assert.deepEqual((await stage.read("a")).payload, payload);
  assert.deepEqual(only(await stage.take()).payload, payload);
}

const contents: readonly ConformanceCase[] = [
  ...defineCases(
    PAYLOADS,
    ({ what }) => `insert: carries ${what} unchanged`,
    (stage, { payload }) => carries(stage, payload),
  ),
  ...defineCases(
    IDS,
    (id) => `insert: takes ${JSON.stringify(id.slice(0, 20))} as an id`,
    async (stage, id) => {
      await stage.insert(id, "other");
      assert.equal((await stage.read(id)).id, id);
      assert.deepEqual(await stage.takeIds(), [id, "other"]);
    },
  ),
  defineCase("insert: keeps what a job is given", async (stage) => {
    const headers = { traceparent: "00-ab-cd-01", ["__proto__"]: "data", "": "empty name", ü: "" };
    const job = aJob({ id: "a", version: 7, fingerprint: "f1f2", headers, priority: -3, maxAttempts: 5 });
    await stage.adapter.insert([job]);
    const stored = await stage.read("a");
    const { task, id, payload, version, fingerprint, priority, maxAttempts } = stored;
    assert.deepEqual(
      { task, id, payload, version, fingerprint, headers: { ...stored.headers }, priority, maxAttempts },
      job,
    );
    assert.deepEqual([stored.state, stored.attempt, stored.stalls], ["waiting", 0, 0]);
  }),
  defineCase("insert: hands what a job is given to the worker", async (stage) => {
    const headers = { traceparent: "00-ab-cd-01" };
    const given = { version: 7, fingerprint: "f1f2", headers, priority: 9, maxAttempts: 5 };
    const job = await stage.takeNew({ id: "a", ...given });
    const { version, fingerprint, priority, maxAttempts } = job;
    assert.deepEqual({ version, fingerprint, headers: { ...job.headers }, priority, maxAttempts }, given);
    assert.equal(job.enqueuedAt, (await stage.read("a")).enqueuedAt);
  }),
  defineCase("insert: leaves out what a job is not given", async (stage) => {
    await stage.insert("a");
    const stored = await stage.read("a");
    for (const field of ["maxAttempts", "dueAt", "expiresAt", "startedAt", "finishedAt", "worker"] as const) {
      assert.equal(stored[field], undefined, field);
    }
    for (const field of ["result", "error", "reason", "progress", "corrupt"] as const) {
      assert.equal(stored[field], undefined, field);
    }
    assert.deepEqual({ ...stored.headers }, {});
  }),
  defineCase("insert: is not touched by a caller that reuses its buffer", async (stage) => {
    const payload = Uint8Array.of(1, 2, 3);
    await stage.insert({ id: "a", payload });
    payload.fill(9);
    assert.deepEqual((await stage.read("a")).payload, Uint8Array.of(1, 2, 3));
  }),
];

const order: readonly ConformanceCase[] = [
  defineCase("insert: keeps the order of a list", async (stage) => {
    await stage.insert("c", "a", "b");
    assert.deepEqual(await stage.takeIds(), ["c", "a", "b"]);
  }),
  defineCase("insert: keeps the order of calls that are not awaited one by one", async (stage) => {
    const ids = Array.from({ length: 20 }, (_, index) => `job-${index}`);
    await Promise.all(ids.map((id) => stage.insert(id)));
    assert.deepEqual(await stage.takeIds({ count: 20 }), ids);
  }),
  defineCase("insert: takes a thousand jobs at once, in order", async (stage) => {
    const ids = Array.from({ length: 1000 }, (_, index) => `job-${index}`);
    await stage.insert(...ids);
    assert.deepEqual(await stage.takeIds({ count: 1000 }), ids);
  }),
  defineCase("insert: takes more jobs than fit one batch, in order", async (stage) => {
    const ids = Array.from({ length: 3500 }, (_, index) => `job-${index}`);
    await stage.insert(...ids);
    assert.deepEqual((await stage.counts()).waiting, 3500);
    const taken: string[] = [];
    while (taken.length < ids.length) taken.push(...(await stage.takeIds({ count: 1000 })));
    assert.deepEqual(taken, ids);
  }),
  defineCase("insert: takes megabytes in one list", async (stage) => {
    const jobs = Array.from({ length: 12 }, (_, index) => ({
      id: `job-${index}`,
      payload: String(index % 10).repeat(512 * 1024),
    }));
    await stage.insert(...jobs);
    const taken = await stage.take({ count: 12 });
    assert.deepEqual(
      taken.map(({ id, payload }) => [id, payload.length, payload.at(0)]),
      jobs.map(({ id, payload }) => [id, payload.length, payload.at(0)]),
    );
  }),
  defineCase("insert: takes one job larger than a batch", async (stage) => {
    const payload = "x".repeat(3 * 1024 * 1024);
    await stage.insert("before", { id: "large", payload }, "after");
    const taken = await stage.take();
    assert.deepEqual(
      taken.map((job) => job.id),
      ["before", "large", "after"],
    );
    assert.equal(taken[1]?.payload.length, payload.length);
  }),
  defineCase("insert: takes a list over several tasks and answers in its order", async (stage) => {
    const replies = await stage.adapter.insert([
      aJob({ id: "a", task: TASK }),
      aJob({ id: "a", task: OTHER_TASK }),
      aJob({ id: "b", task: TASK }),
      aJob({ id: "a", task: TASK, payload: "other" }),
    ]);
    const statuses = replies.map((reply) => reply.status);
    assert.deepEqual(statuses, ["inserted", "inserted", "inserted", "conflict"]);
    assert.deepEqual(await stage.takeIds({ task: TASK }), ["a", "b"]);
    assert.deepEqual(await stage.takeIds({ task: OTHER_TASK }), ["a"]);
  }),
  defineCase("insert: answers an empty list with an empty list", async (stage) => {
    assert.deepEqual(await stage.adapter.insert([]), []);
  }),
];

const repeats: readonly ConformanceCase[] = [
  defineCase("insert: a repeated insert is accepted and adds nothing", async (stage) => {
    await stage.insert("a");
    await stage.insert("a");
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 1 }));
    assert.deepEqual(await stage.takeIds(), ["a"]);
  }),
  defineCase("insert: the same job twice in one list is stored once", async (stage) => {
    await stage.insert("a", "b", "a");
    assert.deepEqual(await stage.takeIds(), ["a", "b"]);
  }),
  defineCase("insert: a repeated insert of a job with every field adds nothing", async (stage) => {
    const job = {
      id: "a",
      priority: 3,
      ttlMs: LONG_MS,
      maxAttempts: 2,
      headers: { a: "1" },
      delayMs: LONG_MS,
    };
    await stage.insert(job);
    await stage.insert(job);
    assert.deepEqual(await stage.counts(), countsOf({ delayed: 1 }));
  }),
  defineCase("insert: a repeated insert leaves a running job running", async (stage) => {
    await stage.takeNew("a");
    await stage.insert("a");
    assert.deepEqual(await stage.counts(), countsOf({ active: 1 }));
    assert.deepEqual(await stage.takeIds(), []);
  }),
  defineCase("insert: a repeated insert leaves a finished job finished", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "complete", result: "1" });
    await stage.insert("a");
    assert.deepEqual(await stage.counts(), countsOf({ completed: 1 }));
  }),
  defineCase("insert: keeps many headers", async (stage) => {
    const names = Array.from({ length: 200 }, (_, index) => `x-header-${index}`);
    const headers = Object.fromEntries(names.map((name) => [name, name.repeat(3)]));
    await stage.insert({ id: "a", headers });
    assert.deepEqual({ ...only(await stage.take()).headers }, headers);
  }),
  defineCase("insert: an id that was pruned may be used again", async (stage) => {
    const retention = keeping({ completed: { ageMs: LONG_MS, count: 0 } });
    await stage.end(await stage.takeNew("a"), { event: "complete" }, { retention });
    await stage.insert({ id: "a", payload: "other" });
    assert.equal((await stage.read("a")).payload, "other");
  }),
  ...defineCases(
    [
      { payload: "other" },
      { payload: Uint8Array.of(1) },
      { version: 2 },
      { fingerprint: "f2" },
      { maxAttempts: 3 },
      { headers: { traceparent: "00-ab" } },
    ],
    (change) => `insert: the same id with ${JSON.stringify(change)} conflicts`,
    async (stage, change) => {
      await stage.insert("a");
      const [reply] = await stage.adapter.insert([aJob({ id: "a", ...change })]);
      assert.equal(reply?.status, "conflict");
      assert.equal((await stage.read("a")).payload, aJob("a").payload);
      assert.equal((await stage.read("a")).version, 1);
      assert.deepEqual(await stage.counts(), countsOf({ waiting: 1 }));
    },
  ),
  ...defineCases(
    [
      {
        stored: { payload: Uint8Array.of(0, 1, 2) },
        again: { payload: Uint8Array.of(0, 1, 2) },
        is: "inserted",
      },
      {
        stored: { payload: Uint8Array.of(0, 1, 2) },
        again: { payload: Uint8Array.of(0, 1, 3) },
        is: "conflict",
      },
      {
        stored: { payload: Uint8Array.of(0, 1, 2) },
        again: { payload: Uint8Array.of(0, 1) },
        is: "conflict",
      },
      { stored: { headers: { a: "1", b: "2" } }, again: { headers: { b: "2", a: "1" } }, is: "inserted" },
      { stored: { headers: { a: "1", b: "2" } }, again: { headers: { a: "1", b: "3" } }, is: "conflict" },
      { stored: { headers: { a: "1", b: "2" } }, again: { headers: { a: "1" } }, is: "conflict" },
      { stored: {}, again: { headers: {} }, is: "inserted" },
      { stored: { headers: { a: "1" } }, again: { headers: { b: "1" } }, is: "conflict" },
    ],
    ({ stored, again, is }) =>
      `insert: ${JSON.stringify(again)} after ${JSON.stringify(stored)} is ${is === "conflict" ? "a conflict" : "the same job"}`,
    async (stage, { stored, again, is }) => {
      await stage.insert({ id: "a", ...stored });
      const [reply] = await stage.adapter.insert([aJob({ id: "a", ...again })]);
      assert.equal(reply?.status, is);
    },
  ),
  defineCase("insert: a conflict does not spoil its neighbours", async (stage) => {
    await stage.insert("b");
    const jobs = [aJob("a"), aJob({ id: "b", payload: "other" }), aJob("c")];
    const statuses = (await stage.adapter.insert(jobs)).map((reply) => reply.status);
    assert.deepEqual(statuses, ["inserted", "conflict", "inserted"]);
    assert.deepEqual(await stage.takeIds(), ["b", "a", "c"]);
  }),
  defineCase("insert: one id in two tasks is two jobs", async (stage) => {
    await stage.insert({ id: "a" }, { id: "a", task: OTHER_TASK, payload: "other" });
    assert.equal((await stage.read("a")).payload, aJob("a").payload);
    assert.equal((await stage.counts(OTHER_TASK)).waiting, 1);
  }),
];

const times: readonly ConformanceCase[] = [
  defineCase("insert: a job with a delay is delayed until then", async (stage) => {
    await stage.insert({ id: "a", delayMs: LONG_MS });
    const { state, dueAt, enqueuedAt } = await stage.read("a");
    assert.deepEqual([state, dueAt], ["delayed", enqueuedAt + LONG_MS]);
    assert.deepEqual(await stage.takeIds(), []);
  }),
  defineCase("insert: a due time wins over a delay", async (stage) => {
    const dueAt = systemClock.now() + 400 * 86_400_000;
    await stage.insert({ id: "a", delayMs: 1, dueAt });
    assert.equal((await stage.read("a")).dueAt, dueAt);
  }),
  defineCase("insert: a due time that is past means at once", async (stage) => {
    await stage.insert({ id: "a", dueAt: 1, delayMs: LONG_MS });
    assert.equal(await stage.state("a"), "waiting");
  }),
  defineCase("insert: a delay of nothing means at once", async (stage) => {
    await stage.insert({ id: "a", delayMs: 0 });
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 1 }));
  }),
  defineCase("insert: a TTL is counted from the insert", async (stage) => {
    await stage.insert({ id: "a", ttlMs: LONG_MS }, { id: "b", ttlMs: LONG_MS, delayMs: LONG_MS });
    for (const id of ["a", "b"]) {
      const { expiresAt, enqueuedAt } = await stage.read(id);
      assert.equal(expiresAt, enqueuedAt + LONG_MS);
    }
  }),
  defineCase("insert: jobs are seen by every process at once", async (stage) => {
    const other = await stage.another();
    await other.insert([aJob("a")]);
    assert.equal(await stage.state("a"), "waiting");
    assert.deepEqual(
      only(await other.claim([{ task: TASK, lease: LEASE, leaseMs: LONG_MS, count: 5 }])).jobs.length,
      1,
    );
  }),
];

export const insertCases: readonly ConformanceCase[] = [...contents, ...order, ...repeats, ...times];
