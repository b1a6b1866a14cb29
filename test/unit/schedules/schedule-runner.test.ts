import type { ScheduleStore } from "taskora/adapter";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { ScheduleRunner } from "../../../src/app/schedules/schedule-runner.js";

const HOUR = 3_600_000;

describe("a schedule runner", () => {
  it("asks the store once a minute while none of 50 schedules is due", async () => {
    const clock = new VirtualClock();
    const adapter = memoryAdapter({ store: createMemoryStore({ clock }) });
    await adapter.connect();
    const store = adapter.schedules as ScheduleStore;
    const rules = { onMissed: "skip", overlap: "allow", jitter: 0 };
    const plan = JSON.stringify({ timing: { every: HOUR }, rules, anchorAt: 0 });
    const nextSlotAt = clock.now() + HOUR;
    await store.write(
      Array.from({ length: 50 }, (_, index) => ({
        name: `s${index}`,
        task: "t",
        expectedRevision: 0,
        plan,
        payload: "",
        nextSlotAt,
      })),
    );
    let asked = 0;
    const counting: ScheduleStore = {
      ...bound(store),
      due: (query) => {
        asked += 1;
        return store.due(query);
      },
    };
    const runner = new ScheduleRunner(counting, {
      clock,
      tasks: () => ["t"],
      templateOf: () => ({ version: 1, fingerprint: "", priority: 0 }),
      warn: (message) => expect.unreachable(message),
      reportError: (error) => expect.unreachable(String(error)),
    });
    await runner.start();
    await clock.advance(HOUR - 1);
    expect(asked).toBeLessThanOrEqual(61);
    await clock.advance(1);
    expect((await adapter.count(["t"]))[0]?.waiting).toBe(50);
    await runner.stop();
    await clock.advance(10 * HOUR);
    expect((await adapter.count(["t"]))[0]?.waiting).toBe(50);
    await adapter.close();
  });
});

/** The verbs of a store as plain functions. */
function bound(store: ScheduleStore): ScheduleStore {
  return {
    read: (names) => store.read(names),
    list: (query) => store.list(query),
    write: (writes) => store.write(writes),
    remove: (names) => store.remove(names),
    due: (query) => store.due(query),
    fire: (requests) => store.fire(requests),
    subscribe: (listener) => store.subscribe(listener),
  };
}
