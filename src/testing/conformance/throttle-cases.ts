import assert from "node:assert/strict";
import type { InsertReply, NewJob } from "../../core/adapter.js";
import type { JobThrottle } from "../../core/limits/admission.js";
import type { ConformanceCase } from "./kit.js";
import { aJob, defineCase, LONG_MS, OTHER_TASK, only, type Stage } from "./stage.js";

const KEY: JobThrottle = { key: "customer-1", limit: 2, windowMs: LONG_MS };

function throttled(id: string, throttle: Partial<JobThrottle> = {}, more: Partial<NewJob> = {}): NewJob {
  return aJob({ id, limits: { throttle: { ...KEY, ...throttle } }, ...more });
}

async function ask(stage: Stage, ...jobs: readonly NewJob[]): Promise<readonly InsertReply["status"][]> {
  return (await stage.adapter.insert(jobs)).map((reply) => reply.status);
}

/** How long a job is told to wait. */
async function waitOf(stage: Stage, job: NewJob): Promise<number> {
  const reply = only(await stage.adapter.insert([job]));
  assert.equal(reply.status, "throttled");
  return reply.status === "throttled" ? reply.retryAfterMs : 0;
}

export const throttleCases: readonly ConformanceCase[] = [
  defineCase("throttle: refuses what is over the limit and stores nothing of it", async (stage) => {
    assert.deepEqual(await ask(stage, throttled("a"), throttled("b")), ["inserted", "inserted"]);
    assert.deepEqual(await ask(stage, throttled("c")), ["throttled"]);
    assert.equal(await stage.state("c"), "none");
    await stage.verifyBooks(["a", "b", "c"]);
  }),
  defineCase("throttle: keys, windows and tasks count apart", async (stage) => {
    const one = { limit: 1 };
    assert.deepEqual(
      await ask(
        stage,
        throttled("a", one),
        throttled("b", { ...one, key: "customer-2" }),
        throttled("c", { ...one, windowMs: LONG_MS + 1 }),
        throttled("d", one, { task: OTHER_TASK }),
        aJob("e"),
      ),
      ["inserted", "inserted", "inserted", "inserted", "inserted"],
    );
    assert.deepEqual(await ask(stage, throttled("f", one)), ["throttled"]);
  }),
  defineCase("throttle: within one call jobs come one after the other", async (stage) => {
    const jobs = ["a", "b", "c", "d"].map((id) => throttled(id));
    assert.deepEqual(await ask(stage, ...jobs), ["inserted", "inserted", "throttled", "throttled"]);
    assert.deepEqual(await stage.takeIds(), ["a", "b"]);
  }),
  defineCase("throttle: the window slides", async (stage) => {
    const sliding = { windowMs: 400 };
    await stage.insert(throttled("a", sliding));
    await stage.advance(200);
    await stage.insert(throttled("b", sliding));
    await stage.advance(200);
    assert.deepEqual(await ask(stage, throttled("c", sliding)), ["inserted"], "a has left the window");
    await stage.advance(200);
    assert.deepEqual(await ask(stage, throttled("d", sliding)), ["inserted"], "b has left the window");
  }),
  defineCase("throttle: says when there will be room", async (stage) => {
    await ask(stage, throttled("a"), throttled("b"));
    const longMs = await waitOf(stage, throttled("c"));
    assert.ok(longMs > LONG_MS / 2 && longMs <= LONG_MS, `waits for ${longMs} ms`);
    const short = { key: "customer-2", limit: 1, windowMs: 100 };
    await stage.insert(throttled("d", short));
    const reply = only(await stage.adapter.insert([throttled("e", short)]));
    if (reply.status === "throttled") await stage.advance(reply.retryAfterMs);
    assert.deepEqual(await ask(stage, throttled("e", short)), ["inserted"]);
  }),
  defineCase("throttle: the limit of the new job counts", async (stage) => {
    const jobs = ["a", "b", "c"].map((id) => throttled(id, { limit: 3 }));
    await ask(stage, ...jobs);
    assert.ok((await waitOf(stage, throttled("d", { limit: 1 }))) > LONG_MS / 2);
    assert.deepEqual(await ask(stage, throttled("e", { limit: 4 })), ["inserted"]);
  }),
  defineCase("throttle: a job counts whatever becomes of it", async (stage) => {
    await stage.insert(throttled("a"), throttled("b"));
    await stage.cancel("a");
    await stage.change("b", { change: "remove" });
    assert.deepEqual(await ask(stage, throttled("c")), ["throttled"]);
  }),
  defineCase("throttle: a repeated insert counts once", async (stage) => {
    await stage.insert(throttled("a"));
    await stage.insert(throttled("a"));
    await stage.insert(throttled("a"));
    assert.deepEqual(await ask(stage, throttled("b"), throttled("c")), ["inserted", "throttled"]);
    assert.deepEqual(await ask(stage, throttled("b")), ["inserted"]);
  }),
  defineCase(
    "throttle: a duplicate takes no room",
    async (stage) => {
      const limits = { unique: { key: "k" }, throttle: KEY };
      const jobs = ["a", "b", "c"].map((id) => aJob({ id, limits }));
      assert.deepEqual(await ask(stage, ...jobs), ["inserted", "duplicate", "duplicate"]);
      assert.deepEqual(await ask(stage, throttled("d"), throttled("e")), ["inserted", "throttled"]);
    },
    ["unique"],
  ),
  defineCase(
    "throttle: one that is refused takes no key and replaces nobody",
    async (stage) => {
      const throttle = { ...KEY, limit: 1 };
      const debounce = { key: "k", delayMs: LONG_MS };
      await stage.insert({ id: "a", limits: { throttle, debounce } });
      const refused = { idempotency: { key: "k", windowMs: LONG_MS, digest: "d" }, unique: { key: "k" } };
      assert.deepEqual(await ask(stage, aJob({ id: "b", limits: { throttle, debounce, ...refused } })), [
        "throttled",
      ]);
      assert.equal(await stage.state("a"), "delayed");
      assert.deepEqual(await ask(stage, aJob({ id: "c", limits: refused })), ["inserted"]);
    },
    ["debounce", "idempotency", "unique"],
  ),
  defineCase("throttle: is exact under a burst from several callers", async (stage) => {
    const adapters = [stage.adapter, await stage.another(), await stage.another()];
    const calls = adapters.flatMap((adapter, caller) =>
      Array.from({ length: 20 }, (_, index) =>
        adapter.insert([throttled(`${caller}-${index}`, { limit: 7 })]),
      ),
    );
    const replies = (await Promise.all(calls)).flat();
    assert.equal(replies.filter((reply) => reply.status === "inserted").length, 7);
    assert.equal((await stage.counts()).waiting, 7);
  }),
];
