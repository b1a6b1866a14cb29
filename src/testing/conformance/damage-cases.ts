import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { anError, defineCase, only, TASK } from "./stage.js";

export const damageCases: readonly ConformanceCase[] = [
  defineCase("damage: a corrupt record is handed out marked, and its neighbours run", async (stage) => {
    await stage.insert("a", "b", "c");
    await stage.corrupt("b");
    const jobs = await stage.take();
    assert.deepEqual(
      jobs.map((job) => [job.id, job.corrupt !== undefined]),
      [
        ["a", false],
        ["b", true],
        ["c", false],
      ],
    );
  }),
  defineCase("damage: a corrupt job can be failed", async (stage) => {
    await stage.insert("a");
    await stage.corrupt("a");
    const job = only(await stage.take());
    const { settled } = await stage.end(job, { event: "fail", error: anError() });
    assert.deepEqual([settled, await stage.state("a")], [["applied"], "failed"]);
    assert.deepEqual(await stage.listIds("failed"), ["a"]);
    const counts = await stage.counts();
    assert.deepEqual([counts.waiting, counts.active, counts.failed], [0, 0, 1]);
  }),
  defineCase("damage: a corrupt job reads as one, and others read beside it", async (stage) => {
    await stage.insert("a", "b");
    await stage.corrupt("a");
    const [a, b] = await stage.adapter.read(["a", "b"].map((id) => ({ task: TASK, id })));
    assert.equal(typeof a?.corrupt, "string");
    assert.deepEqual([b?.id, b?.corrupt], ["b", undefined]);
  }),
  defineCase("damage: one corrupt job does not break a page", async (stage) => {
    await stage.insert("a", "b", "c");
    await stage.corrupt("b");
    assert.deepEqual(await stage.listIds("waiting", 2), ["a", "b", "c"]);
  }),
  defineCase("damage: a corrupt job that ran can still be settled", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.corrupt("a");
    const { settled } = await stage.end(job, { event: "fail", error: anError() });
    assert.deepEqual(settled, ["applied"]);
    assert.equal((await stage.counts()).active, 0);
  }),
  defineCase("damage: a corrupt job can be removed", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "fail", error: anError() });
    await stage.corrupt("a");
    await stage.change("a", { change: "remove" });
    assert.equal((await stage.counts()).failed, 0);
    await stage.insert("b");
    assert.deepEqual(await stage.takeIds(), ["b"]);
  }),
  defineCase("damage: a corrupt job under a lost lease does not stop the sweep", async (stage) => {
    await stage.insert("a", "b");
    await stage.take({ leaseMs: 5 });
    await stage.corrupt("a");
    await stage.advance(6);
    await stage.sweepAll();
    assert.equal(await stage.state("b"), "waiting");
    assert.equal((await stage.counts()).active, 0);
  }),
];
