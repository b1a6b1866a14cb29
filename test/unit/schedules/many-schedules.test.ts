import type { Adapter } from "taskora/adapter";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { FaultyAdapter } from "../../support/faulty-adapter.js";
import { gate } from "../../support/signals.js";

const MANY = 10_000;
const PAGE = 1000;
const DAY_MS = 86_400_000;
const RULES = { onMissed: "catch-up", overlap: "allow", jitter: 0 };
const EACH = 32;
const DUE = Math.ceil(MANY / EACH);

/** Stores `MANY` schedules, of which `DUE` are due at once. */
async function storeMany(adapter: Adapter, task: string): Promise<void> {
  const anchorAt = ((await adapter.schedules?.read([]))?.now ?? 0) - 1000 - DAY_MS;
  for (let from = 0; from < MANY; from += PAGE) {
    const writes = Array.from({ length: PAGE }, (_, nth) => {
      const index = from + nth;
      return {
        name: `flow-${String(index).padStart(5, "0")}`,
        expectedRevision: 0,
        task,
        plan: JSON.stringify({
          timing: { every: DAY_MS },
          rules: RULES,
          anchorAt,
          paused: false,
          declared: "",
        }),
        payload: String(index),
        nextSlotAt: index % EACH === 0 ? anchorAt + DAY_MS : anchorAt + 2 * DAY_MS,
      };
    });
    const replies = await adapter.schedules?.write(writes);
    expect(replies?.every(({ status }) => status === "stored")).toBe(true);
  }
}

describeBehaviour("10 000 schedules", ({ app, world }) => {
  it("are listed by pages, each in one call, and fired without a look at the others", async () => {
    const inner = world().adapter();
    await inner.connect();
    await storeMany(inner, "flow");
    const faulty = new FaultyAdapter(world().adapter());
    const producer = app({ adapter: faulty.adapter });
    const names: string[] = [];
    for await (const { name } of producer.schedules.list({ limit: PAGE })) names.push(name);
    expect(names).toHaveLength(MANY);
    expect(names).toEqual([...names].sort());
    expect(faulty.count("schedules.list")).toBeLessThanOrEqual(MANY / PAGE + 1);

    const ran = new Set<unknown>();
    const all = gate();
    producer.task("flow", {
      concurrency: 100,
      handler: (data) => {
        ran.add(data);
        if (ran.size === DUE) all.open();
      },
    });
    const before = faulty.count("schedules.due");
    await producer.start();
    await all.opened;
    expect(faulty.count("schedules.due") - before).toBeLessThanOrEqual(DUE / 100 + 2);
    expect(faulty.count("schedules.fire")).toBeLessThanOrEqual(DUE / 100 + 2);
    expect(faulty.count("schedules.read")).toBeLessThanOrEqual(1);
    await inner.close();
  });
});
