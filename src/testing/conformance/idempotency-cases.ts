import assert from "node:assert/strict";
import type { InsertReply, NewJob } from "../../core/adapter.js";
import type { JobIdempotency } from "../../core/limits/admission.js";
import type { ConformanceCase } from "./kit.js";
import { aJob, anError, defineCase, defineCases, keeping, LONG_MS, only, type Stage, TASK } from "./stage.js";

const KEY: JobIdempotency = { key: "request 1", windowMs: LONG_MS, digest: "abc" };
const INSERTED: InsertReply = { status: "inserted" };

function once(id: string, key: Partial<JobIdempotency> = {}, more: Partial<NewJob> = {}): NewJob {
  return aJob({ id, limits: { idempotency: { ...KEY, ...key } }, ...more });
}

async function ask(stage: Stage, job: NewJob): Promise<InsertReply> {
  return only(await stage.adapter.insert([job]));
}

function duplicateOf(id: string): InsertReply {
  return { status: "duplicate", id, by: "idempotency" };
}

async function complete(stage: Stage, job: NewJob): Promise<void> {
  await stage.end(await stage.takeNew(job), { event: "complete", result: "1" });
}

export const idempotencyCases: readonly ConformanceCase[] = [
  defineCase("idempotency: the first job stands for its key", async (stage) => {
    assert.deepEqual(await ask(stage, once("a")), INSERTED);
    assert.deepEqual(await ask(stage, once("b")), duplicateOf("a"));
    assert.deepEqual(await ask(stage, once("c", { key: "request 2" })), INSERTED);
    assert.equal(await stage.state("b"), "none");
    await stage.verifyBooks(["a", "b", "c"]);
  }),
  ...defineCases(
    ["complete", "fail", "cancel"] as const,
    (event) => `idempotency: the key holds after the job's end by ${event}`,
    async (stage, event) => {
      const job = await stage.takeNew(once("a"));
      if (event === "complete") await stage.end(job, { event });
      else if (event === "fail") await stage.end(job, { event, error: anError() });
      else await stage.end(job, { event, reason: "" });
      assert.deepEqual(await ask(stage, once("b")), duplicateOf("a"));
    },
  ),
  defineCase("idempotency: the key holds when the job is no longer stored", async (stage) => {
    const job = await stage.takeNew(once("a"));
    const none = { ageMs: LONG_MS, count: 0 };
    await stage.end(job, { event: "complete" }, { retention: keeping({ completed: none }) });
    assert.equal(await stage.state("a"), "none");
    assert.deepEqual(await ask(stage, once("b")), duplicateOf("a"));
    assert.deepEqual(
      await ask(stage, once("a")),
      duplicateOf("a"),
      "a repeated insert runs it no second time",
    );
  }),
  defineCase("idempotency: the key holds when the job was removed or discarded", async (stage) => {
    await stage.insert(once("a"), once("b", { key: "request 2" }, { ttlMs: 20, onExpire: "discard" }));
    await stage.change("a", { change: "remove" });
    await stage.advance(20);
    assert.deepEqual(await ask(stage, once("c")), duplicateOf("a"));
    assert.deepEqual(await ask(stage, once("d", { key: "request 2" })), duplicateOf("b"));
  }),
  defineCase("idempotency: the key is free when its window after the end has passed", async (stage) => {
    await complete(stage, once("a", { windowMs: 30 }));
    await stage.advance(30);
    assert.deepEqual(await ask(stage, once("b")), INSERTED);
    assert.deepEqual(await ask(stage, once("c")), duplicateOf("b"));
  }),
  defineCase("idempotency: the window does not begin before the end", async (stage) => {
    await stage.insert(once("a", { windowMs: 20 }, { delayMs: 30 }));
    await stage.advance(30);
    const job = only(await stage.take());
    await stage.advance(20);
    assert.deepEqual(await ask(stage, once("b")), duplicateOf("a"));
    await stage.end(job, { event: "retry", error: anError(), delayMs: 0 });
    await stage.advance(20);
    assert.deepEqual(await ask(stage, once("b")), duplicateOf("a"));
  }),
  defineCase("idempotency: a revived job keeps its key until it ends again", async (stage) => {
    const job = await stage.takeNew(once("a", { windowMs: 300 }));
    await stage.end(job, { event: "fail", error: anError() });
    await stage.change("a", { change: "revive" });
    await stage.advance(300);
    assert.deepEqual(await ask(stage, once("b")), duplicateOf("a"));
  }),
  defineCase("idempotency: a revived job takes a key that has become free", async (stage) => {
    const job = await stage.takeNew(once("a", { windowMs: 20 }));
    await stage.end(job, { event: "fail", error: anError() });
    await stage.advance(20);
    await stage.change("a", { change: "revive" });
    assert.deepEqual(await ask(stage, once("b")), duplicateOf("a"));
  }),
  defineCase("idempotency: the end of a job that lost its key changes nothing", async (stage) => {
    const job = await stage.takeNew(once("a", { windowMs: 20 }));
    await stage.end(job, { event: "fail", error: anError() });
    await stage.advance(20);
    await stage.insert(once("b"));
    await stage.change("a", { change: "revive" });
    await stage.cancel("a");
    await stage.advance(20);
    assert.deepEqual(await ask(stage, once("c")), duplicateOf("b"));
  }),
  defineCase("idempotency: another payload under the key is told apart", async (stage) => {
    await complete(stage, once("a"));
    assert.deepEqual(await ask(stage, once("b", { digest: "xyz" })), { status: "reused", id: "a" });
    assert.equal(await stage.state("b"), "none");
  }),
  defineCase("idempotency: a repeated insert is the job itself", async (stage) => {
    await stage.insert(once("a"));
    await stage.insert(once("a"));
    assert.deepEqual(await stage.takeIds(), ["a"]);
    await stage.insert(once("a"));
  }),
  defineCase(
    "idempotency: the first key that is taken decides",
    async (stage) => {
      const limits = { idempotency: KEY, unique: { key: "order-7" } };
      await stage.insert({ id: "a", limits });
      assert.deepEqual(await ask(stage, aJob({ id: "b", limits })), duplicateOf("a"));
      const other = { ...limits, idempotency: { ...KEY, key: "request 2" } };
      assert.deepEqual(await ask(stage, aJob({ id: "c", limits: other })), {
        status: "duplicate",
        id: "a",
        by: "unique",
      });
      await stage.cancel("a");
      assert.deepEqual(await ask(stage, aJob({ id: "d", limits: other })), INSERTED, "c left no key behind");
      assert.equal((await stage.adapter.read([{ task: TASK, id: "d" }]))[0]?.state, "waiting");
    },
    ["unique"],
  ),
];
