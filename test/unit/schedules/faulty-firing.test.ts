import { type FireRequest, type ScheduleStore, type StoredSchedule, StoreError } from "taskora/adapter";
import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { ScheduleRunner } from "../../../src/app/schedules/schedule-runner.js";
import { changeStored } from "../../../src/app/schedules/stored-changes.js";

const HOUR = 3_600_000;
const rules = { onMissed: "skip", overlap: "allow", jitter: 0 };
const timing = { every: HOUR };
const plan = JSON.stringify({ timing, rules, anchorAt: 0 });

const stored = (name: string, more: Partial<StoredSchedule> = {}): StoredSchedule =>
  ({ name, task: "t", revision: 1, plan, payload: "", ...more }) as StoredSchedule;

const reply = (retryable: boolean, code: "STORE_REPLY" | "STORE_UNAVAILABLE" = "STORE_REPLY") =>
  new StoreError(code, "the store refused it", { retryable });

interface Fault {
  readonly error?: Error;
  /** Fails only calls that hold it. */
  readonly of?: string;
}

/** A runner over a store in which all of `names` are due every hour. */
async function firing(
  names: readonly string[],
  faults: { due?: Error | undefined; fire?: Fault | undefined },
) {
  const clock = new VirtualClock();
  const fired: string[] = [];
  const calls: number[] = [];
  const errors: unknown[] = [];
  let asked = 0;
  const next = new Map(names.map((name) => [name, clock.now() + HOUR]));
  const store = {
    subscribe: async () => async () => undefined,
    due: async () => {
      asked += 1;
      if (faults.due !== undefined) throw faults.due;
      const now = clock.now();
      const times = [...next].map(([name, nextSlotAt]) => stored(name, { nextSlotAt }));
      const nextDueInMs = Math.min(...[...next.values()].map((at) => at - now).filter((inMs) => inMs > 0));
      return { now, schedules: times.filter(({ nextSlotAt = 0 }) => nextSlotAt <= now), nextDueInMs };
    },
    fire: async (requests: readonly FireRequest[]) => {
      calls.push(requests.length);
      const { error, of } = faults.fire ?? {};
      if (error !== undefined && (of === undefined || requests.some(({ name }) => name === of))) throw error;
      return requests.map(({ name, nextSlotAt }) => {
        if (nextSlotAt !== undefined) next.set(name, nextSlotAt);
        fired.push(name);
        return "fired" as const;
      });
    },
  };
  const runner = new ScheduleRunner(store as unknown as ScheduleStore, {
    clock,
    tasks: () => ["t"],
    templateOf: () => ({ version: 1, fingerprint: "", priority: 0 }),
    warn: (message) => expect.unreachable(message),
    reportError: (error, about) => errors.push(about === undefined ? error : [about.schedule, error]),
  });
  await runner.start();
  return { clock, runner, fired, calls, errors, faults, asked: () => asked };
}

describe("firing over a store that goes wrong", () => {
  it("fires the others when the store refuses one of several, and reports that one alone", async () => {
    const error = reply(false);
    const { clock, runner, fired, calls, errors } = await firing(["a", "b", "c"], {
      fire: { error, of: "b" },
    });
    await clock.advance(HOUR);
    expect(fired).toEqual(["a", "c"]);
    expect(calls.slice(0, 4)).toEqual([3, 1, 1, 1]);
    expect(errors).toEqual([["b", error]]);
    await runner.stop();
  });

  it("leaves the refused one alone for a minute, and says so once", async () => {
    const faults: { fire: Fault | undefined } = { fire: { error: reply(false), of: "b" } };
    const { clock, runner, fired, calls, errors } = await firing(["b"], faults);
    await clock.advance(HOUR);
    const tried = calls.length;
    await clock.advance(59_000);
    expect(calls).toHaveLength(tried);
    await clock.advance(121_000);
    expect(calls.length).toBeGreaterThan(tried);
    expect(errors).toHaveLength(1);
    faults.fire = undefined;
    await clock.advance(120_000);
    expect(fired).toEqual(["b"]);
    await runner.stop();
  });

  it.each([
    ["may pass", reply(true)],
    ["is of another kind", reply(false, "STORE_UNAVAILABLE")],
    ["is none of a store", new Error("broken")],
  ])("tries all of them again when what fails %s", async (_, error) => {
    const faults: { fire: Fault | undefined } = { fire: { error } };
    const { clock, runner, fired, calls, errors } = await firing(["a", "b"], faults);
    await clock.advance(HOUR);
    await clock.advance(5000);
    expect(fired).toEqual([]);
    expect(new Set(calls)).toEqual(new Set([2]));
    expect(errors).toEqual([error]);
    faults.fire = undefined;
    await clock.advance(1000);
    expect(fired).toEqual(["a", "b"]);
    await runner.stop();
  });

  it("asks a store that is away less and less, to once a second, and reports each outage once", async () => {
    const faults: { due: Error | undefined } = { due: reply(true, "STORE_UNAVAILABLE") };
    const { clock, runner, errors, asked } = await firing(["a"], faults);
    await clock.advance(1550);
    expect(asked()).toBeGreaterThanOrEqual(5);
    expect(asked()).toBeLessThanOrEqual(7);
    const before = asked();
    await clock.advance(60_000);
    expect(asked() - before).toBeGreaterThanOrEqual(59);
    expect(asked() - before).toBeLessThanOrEqual(61);
    expect(errors).toHaveLength(1);
    const again = faults.due;
    faults.due = undefined;
    await clock.advance(2 * HOUR);
    faults.due = again;
    await clock.advance(HOUR);
    expect(errors).toHaveLength(2);
    await runner.stop();
  });
});

describe("changing stored schedules", () => {
  /** A store whose schedules are changed by others before the first `races` writes of each. */
  function contested(races: number) {
    const lost = new Map<string, number>();
    const reads: number[] = [];
    const store = {
      read: async (names: readonly string[]) => {
        reads.push(names.length);
        return { now: 0, schedules: names.map((name) => stored(name)) };
      },
      write: async (writes: readonly { readonly name: string }[]) =>
        writes.map(({ name }) => {
          const times = lost.get(name) ?? 0;
          lost.set(name, times + 1);
          return { status: times < races ? "stale" : "written" };
        }),
    };
    return { store: store as unknown as ScheduleStore, reads };
  }

  const wanted = () => ({ task: "t", payload: "", plan: { timing, rules, paused: false } }) as never;
  const named = (count: number, change: () => never | undefined = wanted) =>
    new Map(Array.from({ length: count }, (_, n) => [`s${n}`, change] as const));

  it.each([0, 1, 49])("wins after %i lost races, and says what was written", async (races) => {
    const { store } = contested(races);
    expect(await changeStored(store, named(2))).toEqual(["s0", "s1"]);
  });

  it("gives up against somebody who changes it without end, and says what to look for", async () => {
    const { store, reads } = contested(Number.POSITIVE_INFINITY);
    await expect(changeStored(store, named(1))).rejects.toMatchObject({
      code: "SCHEDULE_CONFLICT",
      message: expect.stringMatching(
        /Schedule s0 was not changed: others changed it 50 times.*Look for a loop/,
      ),
    });
    expect(reads.length).toBeLessThan(60);
  });

  it.each([1, 499, 500, 501, 1200])("changes %i of them, at most 500 in a call", async (count) => {
    const { store, reads } = contested(1);
    expect(new Set(await changeStored(store, named(count)))).toEqual(new Set(named(count).keys()));
    expect(Math.max(...reads)).toBeLessThanOrEqual(500);
  });

  it("writes nothing for what stays as it is", async () => {
    const { store } = contested(Number.POSITIVE_INFINITY);
    expect(
      await changeStored(
        store,
        named(3, () => undefined as never),
      ),
    ).toEqual([]);
    expect(await changeStored(store, new Map())).toEqual([]);
  });
});
