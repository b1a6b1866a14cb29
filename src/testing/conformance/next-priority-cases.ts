import assert from "node:assert/strict";
import type { ConformanceCase } from "./kit.js";
import { defineCase, LONG_MS } from "./stage.js";

/** What a store says of the job that is next, for pools. A store that says nothing passes. */
export const nextPriorityCases: readonly ConformanceCase[] = [
  defineCase("count: says the priority of what is next, in a store that says it", async (stage) => {
    assert.equal(await stage.nextPriority(), undefined);
    await stage.insert("a");
    if ((await stage.nextPriority()) === undefined) return;
    await stage.take();
    for (const [id, priority, next] of [
      ["lowest", -1000, -1000],
      ["low", -7, -7],
      ["common", 0, 0],
      ["lower", -8, 0],
      ["high", 3, 3],
      ["highest", 1000, 1000],
      ["higher", 999, 1000],
    ] as const) {
      await stage.insert({ id, priority });
      assert.equal(await stage.nextPriority(), next, id);
    }
    const seen: (number | undefined)[] = [];
    for (let left = 7; left > 0; left--) {
      seen.push(await stage.nextPriority());
      await stage.take({ count: 1 });
    }
    assert.deepEqual(seen, [1000, 999, 3, 0, -7, -8, -1000]);
    assert.equal(await stage.nextPriority(), undefined);
    await stage.insert({ id: "late", priority: 5, delayMs: LONG_MS });
    assert.equal(await stage.nextPriority(), undefined);
  }),
  defineCase(
    "count: groups are next with priority 0, in a store that says it",
    async (stage) => {
      await stage.insert({ id: "a", priority: -5 });
      if ((await stage.nextPriority()) === undefined) return;
      await stage.insert({ id: "b", limits: { group: { key: "g" } } });
      assert.equal(await stage.nextPriority(), 0);
      await stage.insert({ id: "c", priority: 2 });
      assert.equal(await stage.nextPriority(), 2);
    },
    ["groups"],
  ),
];
