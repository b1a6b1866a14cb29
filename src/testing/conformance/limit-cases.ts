import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { completeAll, type JobFields, runAll, takenByWaiter, WAYS_TO_STOP } from "./limit-stage.js";
import { anError, defineCase, defineCases, LONG_MS, TASK } from "./stage.js";

/** Jobs of one key, of which `max` may run at once. */
function limited(key: string, max: number, ...ids: readonly string[]): JobFields[] {
  return ids.map((id) => ({ id, limits: { limit: { key, max } } }));
}

const concurrencyCases: readonly ConformanceCase[] = [
  defineCase("limit: only so many jobs of a key are active", async (stage) => {
    await stage.insert(...limited("k", 2, "a", "b", "c", "d"));
    assert.deepEqual(await stage.takeIds(), ["a", "b"]);
    assert.deepEqual(await stage.takeIds(), []);
    assert.deepEqual(await stage.takeIds({ by: await stage.another(), lease: "worker-2" }), []);
  }),
  defineCase("limit: keys do not count for each other", async (stage) => {
    await stage.insert(
      ...limited("k", 1, "a", "b"),
      ...limited("m", 1, "c", "d"),
      ...limited("", 1, "e", "f"),
    );
    assert.deepEqual(await stage.takeIds(), ["a", "c", "e"]);
  }),
  defineCase("limit: a blocked key delays nobody behind it", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b", "c"), "x", "y");
    assert.deepEqual(await stage.takeIds({ count: 3 }), ["a", "x", "y"]);
  }),
  ...defineCases(
    WAYS_TO_STOP,
    ({ how }) => `limit: the next one runs when a job ${how}`,
    async (stage, { event }) => {
      await stage.insert(...limited("k", 1, "a", "b", "c"));
      const [a] = await stage.take();
      assert.ok(a);
      await stage.end(a, event);
      assert.deepEqual(await stage.takeIds(), ["b"]);
    },
  ),
  defineCase("limit: the next one is claimed in the trip that ends the one before", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b", "c"));
    const [a] = await stage.take();
    assert.ok(a);
    const claim = { leaseMs: LONG_MS, count: 5 };
    const { jobs } = await stage.end(a, { event: "complete" }, { claim });
    assert.deepEqual(
      jobs.map((job) => job.id),
      ["b"],
    );
  }),
  defineCase("limit: a waiter is woken when a job may run again", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b"));
    const [a] = await stage.take();
    assert.ok(a);
    for (let ids: readonly string[] | undefined = []; ids !== undefined; ids = await takenByWaiter(stage))
      assert.deepEqual(ids, []);
    await stage.end(a, { event: "complete" });
    assert.deepEqual(await takenByWaiter(stage), ["b"]);
  }),
  defineCase("limit: blocked jobs run by priority, then in order", async (stage) => {
    await stage.insert(...limited("k", 1, "first", "a", "b"));
    await stage.insert(...limited("k", 1, "low").map((job) => ({ ...job, priority: -1 })));
    const [first] = await stage.take();
    assert.ok(first);
    await stage.insert(...limited("k", 1, "high").map((job) => ({ ...job, priority: 3 })));
    assert.deepEqual(await stage.takeIds(), []);
    await completeAll(stage, [first]);
    assert.deepEqual(await runAll(stage), ["high", "a", "b", "low"]);
  }),
  defineCase("limit: a job of higher priority takes the room of one that has not started", async (stage) => {
    await stage.insert(...limited("k", 1, "first", "a", "b"), "x", "y");
    const [first] = await stage.take({ count: 1 });
    assert.ok(first);
    assert.deepEqual(await stage.takeIds({ count: 1 }), ["x"]);
    await completeAll(stage, [first]);
    await stage.insert(...limited("k", 1, "high").map((job) => ({ ...job, priority: 3 })));
    await stage.verifyBooks(["first", "a", "b", "x", "y", "high"]);
    assert.deepEqual(await stage.takeIds(), ["high", "y"]);
    assert.deepEqual(await stage.takeIds(), []);
  }),
  defineCase(
    "limit: jobs that come back are in front of those behind which they were blocked",
    async (stage) => {
      await stage.insert(...limited("k", 1, "a", "b", "c"), "x");
      const [a] = await stage.take();
      assert.ok(a);
      await stage.insert("y");
      await completeAll(stage, [a]);
      assert.deepEqual(await stage.takeIds(), ["b", "y"]);
    },
  ),
  defineCase("limit: jobs behind others keep their turn", async (stage) => {
    await stage.insert(...limited("k", 1, "a"), "x", ...limited("k", 1, "b"));
    const [a] = await stage.take({ count: 1 });
    assert.ok(a);
    await completeAll(stage, [a]);
    assert.deepEqual(await stage.takeIds(), ["x", "b"]);
  }),
  defineCase("limit: a job given back runs before those of its key that wait", async (stage) => {
    await stage.insert(...limited("k", 2, "a", "b", "c", "d"));
    const jobs = await stage.take();
    await stage.settle(jobs.map(({ id, fence }) => ({ id, fence, event: "release" })));
    assert.deepEqual(await stage.takeIds(), ["a", "b"]);
  }),
  defineCase("limit: the job that wants to start says how many may run", async (stage) => {
    await stage.insert(...limited("k", 1, "a"), ...limited("k", 3, "b", "c"), ...limited("k", 1, "d"));
    assert.deepEqual(await stage.takeIds(), ["a", "b", "c"]);
  }),
  defineCase("limit: a job that lets more run passes nobody who waits", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b"));
    const [a] = await stage.take();
    assert.ok(a);
    await stage.insert(...limited("k", 3, "c"));
    assert.deepEqual(await stage.takeIds(), []);
    await completeAll(stage, [a]);
    assert.deepEqual(await stage.takeIds(), ["b", "c"]);
  }),
  defineCase("limit: jobs of a lost worker give their room back", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b"));
    const [a] = await stage.take({ lease: "lost", leaseMs: 50 });
    assert.equal(a?.id, "a");
    await stage.advance(60);
    await stage.sweepAll();
    assert.deepEqual(await runAll(stage), ["a", "b"]);
  }),
  defineCase("limit: a job that fails with its worker gives its room back", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b"));
    await stage.take({ lease: "lost", leaseMs: 50 });
    await stage.advance(60);
    await stage.sweepAll({ stallLimit: 0 });
    assert.equal(await stage.state("a"), "failed");
    assert.deepEqual(await stage.takeIds(), ["b"]);
  }),
  defineCase("limit: claims that their holder does not know of give their room back", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b"));
    await stage.take();
    const renewal = { task: TASK, lease: "worker-1", leaseMs: LONG_MS, held: [] };
    await stage.adapter.renew([renewal]);
    assert.deepEqual(await runAll(stage), ["a", "b"]);
  }),
  defineCase("limit: a stale settlement gives nothing back", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b"));
    const [a] = await stage.take();
    assert.ok(a);
    await stage.end({ id: "a", fence: a.fence + 1 }, { event: "complete" });
    assert.deepEqual(await stage.takeIds(), []);
    await completeAll(stage, [a]);
    await completeAll(stage, [a]);
    assert.deepEqual(await stage.takeIds(), ["b"]);
    assert.deepEqual(await stage.takeIds(), []);
  }),
  ...defineCases(
    ["cancel", "remove", "expire", "prioritize"] as const,
    (how) => `limit: a job that may run again and leaves by ${how} makes room`,
    async (stage, how) => {
      const ttl = how === "expire" ? { ttlMs: 300 } : {};
      await stage.insert(
        ...limited("k", 1, "a", "b", "c").map((job) => (job.id === "b" ? { ...job, ...ttl } : job)),
      );
      const [a] = await stage.take();
      assert.ok(a);
      await completeAll(stage, [a]);
      if (how === "cancel") await stage.cancel("b");
      else if (how === "remove") await stage.change("b", { change: "remove" });
      else if (how === "prioritize") await stage.change("b", { change: "prioritize", priority: -1 });
      else await stage.advance(300);
      await stage.sweepAll();
      await stage.verifyBooks(["a", "b", "c"]);
      assert.deepEqual(await runAll(stage), how === "prioritize" ? ["c", "b"] : ["c"]);
    },
  ),
  defineCase("limit: blocked jobs are counted, listed, read, cancelled and expired", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b", "c", "d", "e"));
    const [a] = await stage.take({ count: 1 });
    assert.ok(a);
    assert.deepEqual(await stage.takeIds(), []);
    await stage.verifyBooks(["a", "b", "c", "d", "e"]);
    assert.deepEqual((await stage.listIds("waiting", 2)).slice(0, 4), ["b", "c", "d", "e"]);
    assert.deepEqual(await stage.cancel("b"), { status: "cancelled" });
    assert.deepEqual(await stage.change("c", { change: "remove" }), { status: "applied" });
    assert.deepEqual(await stage.change("d", { change: "prioritize", priority: -5 }), { status: "applied" });
    await stage.insert(...limited("k", 1, "f").map((job) => ({ ...job, ttlMs: 20 })));
    await stage.advance(20);
    assert.equal(await stage.state("f"), "expired");
    await completeAll(stage, [a]);
    await stage.verifyBooks(["a", "b", "d", "e", "f"]);
    assert.deepEqual(await runAll(stage), ["e", "d"]);
  }),
  defineCase("limit: delayed and retried jobs hold no room while they wait", async (stage) => {
    await stage.insert(
      ...limited("k", 1, "a").map((job) => ({ ...job, delayMs: 20 })),
      ...limited("k", 1, "b"),
    );
    const [b] = await stage.take();
    assert.equal(b?.id, "b");
    await stage.advance(30);
    assert.deepEqual(await stage.takeIds(), []);
    await stage.end(b, { event: "retry", error: anError(), delayMs: 20 });
    await stage.advance(30);
    assert.deepEqual(await runAll(stage), ["a", "b"]);
  }),
  defineCase("limit: a revived job waits for room like a new one", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b"));
    const [a] = await stage.take();
    assert.ok(a);
    await stage.end(a, { event: "fail", error: anError() });
    const [b] = await stage.take();
    assert.ok(b);
    await stage.change("a", { change: "revive" });
    assert.deepEqual(await stage.takeIds(), []);
    await completeAll(stage, [b]);
    assert.deepEqual(await stage.takeIds(), ["a"]);
  }),
  defineCase("limit: a claim goes on behind hundreds of blocked jobs", async (stage) => {
    const ids = Array.from({ length: 700 }, (_, index) => `k${index}`);
    await stage.insert(...limited("k", 1, ...ids), "x");
    const taken: string[] = [];
    for (let ids: readonly string[] | undefined = []; ids !== undefined; ids = await takenByWaiter(stage))
      taken.push(...ids);
    assert.deepEqual(taken, ["k0", "x"]);
    assert.equal((await stage.counts()).waiting, 699);
  }),
  defineCase("limit: hundreds of blocked jobs run one after the other, in order", async (stage) => {
    const ids = Array.from({ length: 300 }, (_, index) => `k${index}`);
    await stage.insert(...limited("k", 1, ...ids));
    assert.deepEqual(await runAll(stage), ids);
  }),
  defineCase("limit: a job that cannot be read gives its room back", async (stage) => {
    await stage.insert(...limited("k", 1, "a", "b"));
    const [a] = await stage.take();
    assert.ok(a);
    await stage.corrupt("a");
    await stage.end(a, { event: "fail", error: anError() });
    assert.deepEqual(await stage.takeIds(), ["b"]);
  }),
  defineCase(
    "limit: jobs of a group are blocked and come back to the front of it",
    async (stage) => {
      const inGroup = (id: string, key: string): JobFields => ({
        id,
        limits: { group: { key: "g" }, limit: { key, max: 1 } },
      });
      await stage.insert(inGroup("a", "k"), inGroup("b", "k"), inGroup("c", "k"), inGroup("d", "m"));
      const [a, d] = await stage.take();
      assert.deepEqual([a?.id, d?.id], ["a", "d"]);
      await stage.insert(inGroup("e", "n"));
      assert.ok(a);
      await completeAll(stage, [a]);
      await stage.verifyBooks(["a", "b", "c", "d", "e"]);
      assert.deepEqual(await stage.takeIds(), ["b", "e"]);
    },
    ["groups"],
  ),
  defineCase("limit: a repeated insert is the same job only with the same limit", async (stage) => {
    await stage.insert(...limited("k", 1, "a"));
    await stage.insert(...limited("k", 1, "a"));
    const other = { task: TASK, id: "a", payload: '{"id":"a"}', version: 1, fingerprint: "", priority: 0 };
    const [reply] = await stage.adapter.insert([{ ...other, limits: { limit: { key: "k", max: 2 } } }]);
    assert.deepEqual(reply, { status: "conflict" });
  }),
];

const crowdedCases: readonly ConformanceCase[] = [
  defineCase("limit: an overdue job that loses its room is not left behind", async (stage) => {
    const limits = { limit: { key: "k", max: 1 } };
    const running = await stage.takeNew({ id: "a", limits });
    await stage.insert({ id: "b", ttlMs: 40, limits });
    assert.deepEqual(await stage.takeIds(), []);
    // It holds the room that this one leaves.
    await completeAll(stage, [running]);
    await stage.insert({ id: "first", priority: 1, limits });
    // So many are overdue before it that no claim ends them all.
    const crowd = Array.from({ length: 400 }, (_, index) => `x${index}`);
    await stage.insert(...crowd.map((id) => ({ id, priority: -1, ttlMs: 1 })));
    await stage.advance(60);
    assert.deepEqual(await stage.takeIds({ count: 2 }), ["first"]);
    await stage.sweepAll();
    assert.equal(await stage.state("b"), "expired");
    await stage.verifyBooks(["a", "b", "first", ...crowd]);
  }),
];

export const limitCases: readonly ConformanceCase[] = [...concurrencyCases, ...crowdedCases];
