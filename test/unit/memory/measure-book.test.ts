import { describe, expect, it } from "vitest";
import { memoryAdapter } from "../../../src/memory/memory-adapter.js";
import { createMemoryStore } from "../../../src/memory/memory-store.js";
import { VirtualClock } from "../../../src/testing/virtual-clock.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const EVER = { from: 0, to: 8e15 };

async function setUp() {
  const clock = new VirtualClock();
  const adapter = memoryAdapter({ store: createMemoryStore({ clock }) });
  await adapter.connect();
  const { observe } = adapter;
  if (observe === undefined) throw new Error("it has what operators see");
  const kind = { name: "E", message: "m" };
  const sample = { jobId: "j", version: 1 };
  const record = (fingerprint = "aa") =>
    observe.record({
      worker: "w",
      tasks: [{ task: "t", counts: { completed: 1 }, errors: [{ fingerprint, kind, count: 1, sample }] }],
    });
  const points = (span: "minute" | "tenMinutes") => observe.series({ task: "t", span, ...EVER });
  const groups = (from = 0) => observe.errors({ tasks: ["t"], from });
  return { clock, observe, record, points, groups };
}

describe("what workers counted, in memory", () => {
  it("is kept by the minute for three hours, and by ten minutes for three days", async () => {
    const { clock, record, points } = await setUp();
    const began = clock.now();
    await record();
    await clock.advance(2 * HOUR_MS);
    await record();
    expect((await points("minute")).map(({ at }) => at)).toEqual([began, began + 2 * HOUR_MS]);
    await clock.advance(HOUR_MS + 60_000);
    expect((await points("minute")).map(({ at }) => at)).toEqual([began + 2 * HOUR_MS]);
    expect(await points("tenMinutes")).toHaveLength(2);
    await clock.advance(3 * DAY_MS);
    expect(await points("minute")).toEqual([]);
    expect(await points("tenMinutes")).toEqual([]);
  });

  it("has one number for each span", async () => {
    const { clock, record, points } = await setUp();
    for (let nth = 0; nth < 25; nth++) {
      await record();
      await clock.advance(60_000);
    }
    const minutes = await points("minute");
    expect(minutes.map(({ counts }) => counts.completed)).toEqual(Array.from({ length: 25 }, () => 1));
    expect((await points("tenMinutes")).map(({ counts }) => counts.completed)).toEqual([10, 10, 5]);
  });

  it("keeps kinds of errors for a week after the last of a day", async () => {
    const { clock, record, groups } = await setUp();
    const began = clock.now();
    await record();
    await clock.advance(DAY_MS);
    await record();
    await record("bb");
    expect((await groups()).map(({ fingerprint, count }) => [fingerprint, count])).toEqual([
      ["aa", 2],
      ["bb", 1],
    ]);
    expect((await groups(began + DAY_MS)).map(({ count }) => count)).toEqual([1, 1]);
    await clock.advance(7 * DAY_MS);
    expect((await groups()).map(({ firstAt }) => firstAt)).toEqual([began + DAY_MS, began + DAY_MS]);
    await clock.advance(DAY_MS);
    expect(await groups()).toEqual([]);
  });
});
