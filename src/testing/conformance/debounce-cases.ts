import assert from "node:assert/strict";
import type { NewJob } from "../../core/adapter.js";
import type { JobDebounce } from "../../core/limits/admission.js";
import type { ConformanceCase } from "./kit.js";
import { Listener } from "./patience.js";
import { aJob, anError, defineCase, LONG_MS, only, type Stage, TASK } from "./stage.js";

const KEY: JobDebounce = { key: "document-1", delayMs: LONG_MS };

function debounced(id: string, debounce: Partial<JobDebounce> = {}, more: Partial<NewJob> = {}): NewJob {
  return aJob({ id, limits: { debounce: { ...KEY, ...debounce } }, ...more });
}

async function replacedBy(stage: Stage, id: string): Promise<string | undefined> {
  const { state, reason, replacedBy: by } = await stage.read(id);
  return state === "cancelled" && reason === "replaced" ? by : undefined;
}

export const debounceCases: readonly ConformanceCase[] = [
  defineCase("debounce: the newest job replaces the one before", async (stage) => {
    await stage.insert(debounced("a"));
    await stage.insert(debounced("b", {}, { priority: 5, headers: { from: "b" } }));
    assert.equal(await replacedBy(stage, "a"), "b");
    assert.equal(await stage.state("b"), "delayed");
    await stage.verifyBooks(["a", "b"]);
    await stage.change("b", { change: "promote" });
    const job = only(await stage.take());
    assert.deepEqual([job.id, job.priority, job.headers], ["b", 5, { from: "b" }]);
  }),
  defineCase("debounce: a job becomes due when its key was quiet for the delay", async (stage) => {
    await stage.insert(debounced("a"));
    await stage.advance(20);
    await stage.insert(debounced("b", { delayMs: 50 }));
    const { dueAt = 0, enqueuedAt } = await stage.read("b");
    assert.ok(Math.abs(dueAt - enqueuedAt - 50) <= 1, `due ${dueAt - enqueuedAt} ms later`);
    await stage.advance(50);
    assert.deepEqual(await stage.takeIds(), ["b"]);
  }),
  defineCase("debounce: a job waits no longer than maxWait after the first", async (stage) => {
    const limits = { delayMs: LONG_MS, maxWaitMs: LONG_MS };
    await stage.insert(debounced("a", limits));
    const first = (await stage.read("a")).dueAt ?? 0;
    await stage.advance(20);
    await stage.insert(debounced("b", limits));
    await stage.insert(debounced("c", limits));
    const { dueAt = 0 } = await stage.read("c");
    assert.ok(Math.abs(dueAt - first) <= 1, `c is due with a, not ${dueAt - first} ms later`);
  }),
  defineCase("debounce: once maxWait is past, the newest goes to the front at once", async (stage) => {
    const limits = { delayMs: 20, maxWaitMs: 20 };
    await stage.insert(debounced("a", limits));
    await stage.advance(20);
    await stage.insert("x");
    await stage.insert(debounced("b", limits));
    assert.equal(await replacedBy(stage, "a"), "b");
    assert.deepEqual(await stage.takeIds(), ["b", "x"]);
  }),
  defineCase("debounce: a waiting job that has not started is replaced", async (stage) => {
    await stage.insert(debounced("a", { delayMs: 20 }));
    await stage.advance(20);
    await stage.sweep();
    assert.equal(await stage.state("a"), "waiting");
    await stage.insert(debounced("b"));
    assert.equal(await replacedBy(stage, "a"), "b");
    assert.deepEqual(await stage.takeIds(), []);
    await stage.verifyBooks(["a", "b"]);
  }),
  defineCase("debounce: a job that has started is left alone", async (stage) => {
    await stage.insert(debounced("a", { delayMs: 20, maxWaitMs: 20 }));
    await stage.advance(20);
    const a = only(await stage.take());
    await stage.insert(debounced("b", { maxWaitMs: LONG_MS }));
    assert.equal(await stage.state("a"), "active");
    const { dueAt = 0, enqueuedAt } = await stage.read("b");
    assert.ok(dueAt - enqueuedAt >= LONG_MS - 1, "maxWait counts anew");
    await stage.end(a, { event: "complete" });
    await stage.insert(debounced("c"));
    assert.equal(await replacedBy(stage, "b"), "c", "the end of a freed nothing of b");
  }),
  defineCase("debounce: a job between its runs is left alone", async (stage) => {
    await stage.insert(debounced("a", { delayMs: 20 }));
    await stage.advance(20);
    const a = only(await stage.take());
    await stage.end(a, { event: "retry", error: anError(), delayMs: LONG_MS });
    await stage.insert(debounced("b"));
    await stage.change("b", { change: "remove" });
    assert.equal(await stage.state("a"), "retrying");
    await stage.change("a", { change: "promote" });
    await stage.end(only(await stage.take()), { event: "release" });
    await stage.insert(debounced("c"));
    assert.equal(await stage.state("a"), "waiting");
  }),
  defineCase("debounce: a job that was given back is left alone", async (stage) => {
    await stage.insert(debounced("a", { delayMs: 20 }));
    await stage.advance(20);
    await stage.end(only(await stage.take()), { event: "release" });
    await stage.insert(debounced("b"));
    assert.equal(await stage.state("a"), "waiting", "what it began is not left half done");
    assert.deepEqual(await stage.takeIds(), ["a"]);
  }),
  defineCase("debounce: a new series begins when the last job is over", async (stage) => {
    await stage.insert(debounced("a", { maxWaitMs: LONG_MS }));
    await stage.cancel("a");
    await stage.advance(20);
    await stage.insert(debounced("b", { maxWaitMs: LONG_MS }));
    assert.equal((await stage.read("a")).replacedBy, undefined);
    const { dueAt = 0, enqueuedAt } = await stage.read("b");
    assert.ok(dueAt - enqueuedAt >= LONG_MS - 1);
  }),
  defineCase("debounce: keys are apart", async (stage) => {
    await stage.insert(debounced("a"), debounced("b", { key: "document-2" }));
    assert.equal((await stage.counts()).delayed, 2);
  }),
  defineCase("debounce: within one call jobs come one after the other", async (stage) => {
    await stage.insert(debounced("a"), debounced("b"), "x", debounced("c"));
    assert.deepEqual([await replacedBy(stage, "a"), await replacedBy(stage, "b")], ["b", "c"]);
    assert.equal(await stage.state("c"), "delayed");
  }),
  defineCase("debounce: a repeated insert replaces nobody", async (stage) => {
    await stage.insert(debounced("a"));
    await stage.insert(debounced("b"));
    await stage.insert(debounced("a"));
    await stage.insert(debounced("b"));
    assert.equal(await replacedBy(stage, "a"), "b");
    assert.equal(await stage.state("b"), "delayed");
  }),
  defineCase("debounce: who waits for a replaced job is told by which", async (stage) => {
    const heard = await Listener.on(stage.adapter, { kind: "outcomes" });
    await stage.insert({ ...debounced("a"), watch: true });
    await (await stage.another()).insert([debounced("b")]);
    const told = await heard.received(1);
    const expected = {
      task: TASK,
      id: "a",
      state: "cancelled",
      attempt: 0,
      reason: "replaced",
      replacedBy: "b",
    };
    assert.deepEqual(told, [{ kind: "outcome", outcome: expected }]);
    const [reply] = await stage.adapter.watch([{ task: TASK, id: "a" }]);
    assert.deepEqual(reply, { status: "final", outcome: expected });
  }),
  defineCase("debounce: an overdue job is expired, not replaced", async (stage) => {
    await stage.insert(debounced("a", {}, { ttlMs: 20 }));
    await stage.advance(20);
    await stage.insert(debounced("b"));
    assert.equal(await stage.state("a"), "expired");
    assert.equal(await stage.state("b"), "delayed");
  }),
  defineCase(
    "debounce: a job in a group is replaced where it waits",
    async (stage) => {
      const limits = { group: { key: "g" }, debounce: { ...KEY, delayMs: 20 } };
      await stage.insert({ id: "a", limits });
      await stage.advance(20);
      await stage.sweep();
      await stage.insert({ id: "b", limits: { ...limits, debounce: KEY } });
      assert.deepEqual(await stage.takeIds(), []);
      await stage.change("b", { change: "promote" });
      assert.deepEqual(await stage.takeIds(), ["b"]);
      await stage.verifyBooks(["a", "b"]);
    },
    ["groups"],
  ),
  defineCase("debounce: of many callers at once one job remains", async (stage) => {
    const adapters = [stage.adapter, await stage.another(), await stage.another()];
    const calls = adapters.flatMap((adapter, caller) =>
      Array.from({ length: 20 }, (_, index) => adapter.insert([debounced(`${caller}-${index}`)])),
    );
    await Promise.all(calls);
    const counts = await stage.counts();
    assert.deepEqual([counts.delayed, counts.cancelled], [1, 59]);
  }),
];
