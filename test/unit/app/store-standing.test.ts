import { describe, expect, it } from "vitest";
import { readStanding } from "../../../src/app/telemetry/store-standing.js";

const NOW = 1_000_000;
type Observed = Parameters<typeof readStanding>[0];

/** A store of so many tasks and schedules, and what is asked of it. */
function storeOf({
  tasks = 0,
  schedules = 0,
  ...without
}: {
  tasks?: number;
  schedules?: number;
  keeps?: "nothing";
}) {
  const gauged: number[] = [];
  const pages: object[] = [];
  const calls: string[] = [];
  const all = Array.from({ length: schedules }, (_, n) => ({
    name: `s${String(n).padStart(4, "0")}`,
    ...(n % 3 === 0 ? {} : { nextSlotAt: NOW + (n % 3 === 1 ? -n : n) }),
  }));
  const observe = {
    gauges: async (names: readonly string[]) => {
      gauged.push(names.length);
      return names.map((name) => ({ of: name }));
    },
  };
  const store = {
    list: async ({ limit, after = "" }: { readonly limit: number; readonly after?: string }) => {
      pages.push({ limit, after });
      return { now: NOW, schedules: all.filter(({ name }) => name > after).slice(0, limit) };
    },
  };
  const names = Array.from({ length: tasks }, (_, n) => `t${String(n).padStart(3, "0")}`).reverse();
  const adapter = {
    tasks: async () => {
      calls.push("tasks");
      return [...names, "taskora.workflow"];
    },
    ...("keeps" in without ? {} : { observe, schedules: store }),
  };
  const connect = async () => void calls.push("connect");
  return { gauged, pages, calls, observed: { adapter, connect } as unknown as Observed };
}

describe("how a store stands", () => {
  // A task that is left out, or given the numbers of another, is a wrong line in every chart.
  it.each([0, 1, 24, 25, 26, 60])("has the numbers of each of %i tasks, in order of names", async (count) => {
    const { observed, gauged, calls } = storeOf({ tasks: count });
    const { tasks } = await readStanding(observed);
    const own = tasks.filter(({ name }) => name.startsWith("t0"));
    expect(own).toHaveLength(count);
    expect(tasks.map(({ gauges }) => (gauges as unknown as { of: string }).of)).toEqual(
      tasks.map(({ name }) => name),
    );
    expect(tasks.map(({ name }) => name)).toEqual(tasks.map(({ name }) => name).toSorted());
    expect(Math.max(0, ...gauged)).toBeLessThanOrEqual(25);
    expect(calls[0]).toBe("connect");
  });

  it.each([
    [0, 1],
    [1, 1],
    [99, 1],
    [100, 2],
    [101, 2],
    [250, 3],
  ])("has each of %i schedules once, from %i pages", async (count, read) => {
    const { observed, pages } = storeOf({ schedules: count });
    const { schedules } = await readStanding(observed);
    expect(new Set(schedules.map(({ name }) => name)).size).toBe(count);
    expect(schedules).toHaveLength(count);
    expect(pages).toHaveLength(read);
  });

  it("says how late a schedule is, and nothing of one that is in time or has no slot", async () => {
    const { observed } = storeOf({ schedules: 6 });
    const { schedules } = await readStanding(observed);
    expect(schedules.map(({ lateMs }) => lateMs)).toEqual([0, 1, 0, 0, 4, 0]);
  });

  it("stops at 500 schedules, so that a scrape stays cheap", async () => {
    const { observed, pages } = storeOf({ schedules: 900 });
    expect((await readStanding(observed)).schedules).toHaveLength(500);
    expect(pages).toHaveLength(5);
  });

  it("is empty where the adapter keeps nothing for operators", async () => {
    const { observed } = storeOf({ tasks: 3, keeps: "nothing" });
    expect(await readStanding(observed)).toEqual({ tasks: [], schedules: [] });
  });
});
