import { describe, expect, it } from "vitest";
import type { Link } from "../../../src/redis/connection/link.js";
import { perTask } from "../../../src/redis/verbs/per-task.js";

interface Item {
  readonly task: string;
  readonly name: string;
  readonly weight?: number;
  readonly bytes?: number;
}

/** Only what is used of a link: it sends together what is called within. */
const link = { inOneWrite: <T>(write: () => T) => write() } as Link;

async function splitUp(items: readonly Item[]): Promise<readonly string[]> {
  const calls: string[] = [];
  const replies = await perTask(items, {
    link,
    taskOf: (item) => item.task,
    weightOf: (item) => item.weight ?? 1,
    bytesOf: (item) => item.bytes ?? 0,
    call: async (task, some) => {
      calls.push(`${task} ${some.length}`);
      return some.map((item) => item.name);
    },
  });
  expect(replies).toEqual(items.map((item) => item.name));
  return calls;
}

function items(count: number, item: Partial<Item> = {}): Item[] {
  return Array.from({ length: count }, (_, index) => ({ task: "a", name: `${index}`, ...item }));
}

describe("perTask", () => {
  it("sends a thousand plain items at once and answers in order", async () => {
    expect(await splitUp(items(1000))).toEqual(["a 1000"]);
    expect(await splitUp(items(2001))).toEqual(["a 1000", "a 1000", "a 1"]);
  });

  it("sends fewer of what takes longer", async () => {
    expect(await splitUp(items(250, { weight: 10 }))).toEqual(["a 100", "a 100", "a 50"]);
    expect(await splitUp([...items(999), ...items(1, { weight: 2 })])).toEqual(["a 999", "a 1"]);
  });

  it("sends what is too much for a call in one of its own", async () => {
    expect(await splitUp(items(2, { weight: 5000 }))).toEqual(["a 1", "a 1"]);
    expect(await splitUp(items(2, { bytes: 9_000_000 }))).toEqual(["a 1", "a 1"]);
  });

  it("bounds bytes and keeps tasks apart", async () => {
    const mixed = items(4, { bytes: 400_000 }).map((item, index) => ({
      ...item,
      task: index < 3 ? "a" : "b",
    }));
    expect(await splitUp(mixed)).toEqual(["a 2", "a 1", "b 1"]);
  });
});
