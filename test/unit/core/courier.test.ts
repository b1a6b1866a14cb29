import { VirtualClock } from "taskora/testing";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type Advanced,
  Courier,
  type Delivery,
  type Errand,
  type Turn,
} from "../../../src/core/workflow/courier.js";
import { gate } from "../../support/signals.js";

interface Entry {
  readonly task: string;
  readonly key: string;
  readonly workflow: string;
  readonly bytes: number;
}

const entry = (key: string, more: Partial<Entry> = {}): Entry => ({
  task: "mail",
  key,
  workflow: "w",
  bytes: 1,
  ...more,
});

const NOTHING: Advanced<Errand, string> = { errands: [], receipts: [], more: [], late: new Set() };

let clock: VirtualClock;
let turns: Turn<Entry>[][];
let carried: (readonly string[])[];
let deliveries: Delivery<Entry, Errand>[];

beforeEach(() => {
  clock = new VirtualClock();
  turns = [];
  carried = [];
  deliveries = [];
});

/** A courier of a store that answers `advance` so. */
function aCourier(answer: (call: number) => Promise<Advanced<Errand, string>> = async () => NOTHING) {
  return new Courier<Entry, Errand, string>(
    {
      advance(given, receipts) {
        turns.push([...given]);
        carried.push(receipts);
        return answer(turns.length);
      },
      async carry(delivery) {
        deliveries.push(delivery);
      },
    },
    { clock, crash: {} },
  );
}

const keysOf = (call: number) => turns[call]?.map(({ entries }) => entries.map(({ key }) => key));

// What is lost here shows as a workflow that stands still until a sweep, or as a step's end that is told twice.
describe("the courier of workflows", () => {
  it("tells a workflow all ends of its steps at once, and acknowledges each in its task", async () => {
    const courier = aCourier();
    courier.take([entry("a"), entry("b", { task: "sms" }), entry("c", { workflow: "x" })]);
    await courier.caughtUp();
    expect(keysOf(0)).toEqual([["a", "b"], ["c"]]);
    expect(deliveries.map(({ task, entries }) => [task, entries.map(({ key }) => key)])).toEqual([
      ["mail", ["a", "c"]],
      ["sms", ["b"]],
    ]);
  });

  it("takes what is in hand no second time, and again once that has ended", async () => {
    const courier = aCourier();
    courier.take([entry("a"), entry("a")]);
    courier.take(
      [entry("a")],
      [
        { workflow: "w", errands: "e" },
        { workflow: "w", errands: "e" },
      ],
    );
    await courier.caughtUp();
    expect(turns.flat().flatMap(({ entries }) => entries)).toHaveLength(1);
    expect(turns.flat().flatMap(({ reminders }) => reminders)).toEqual(["e"]);
    courier.take([entry("a")], [{ workflow: "w", errands: "e" }]);
    await courier.caughtUp();
    expect(turns.flat().flatMap(({ entries }) => entries)).toHaveLength(2);
    expect(turns.flat().flatMap(({ reminders }) => reminders)).toEqual(["e", "e"]);
  });

  it("looks at a workflow when it is reminded of its own job", async () => {
    const courier = aCourier();
    courier.take([entry("a", { workflow: "x" })], [{ workflow: "w" }]);
    await courier.caughtUp();
    expect(turns.flat().map(({ workflow, isLooked }) => [workflow, isLooked])).toEqual([
      ["x", false],
      ["w", true],
    ]);
  });

  it("looks again at a workflow of which work is left, before it has caught up", async () => {
    const courier = aCourier(async (call) => ({ ...NOTHING, more: call < 3 ? ["w"] : [] }));
    courier.take([entry("a"), entry("b", { workflow: "x" })]);
    await courier.caughtUp();
    expect(turns.map((each) => each.map(({ workflow, isLooked }) => [workflow, isLooked]))).toEqual([
      [
        ["w", false],
        ["x", false],
      ],
      [["w", true]],
      [["w", true]],
    ]);
  });

  it("carries errands to their tasks with what came too late", async () => {
    const late = new Set(["a"]);
    const courier = aCourier(async () => ({
      ...NOTHING,
      errands: [{ task: "sms" }, { task: "mail" }],
      late,
    }));
    courier.take([entry("a")]);
    await courier.caughtUp();
    expect(deliveries).toEqual([
      { task: "sms", entries: [], late, errands: [{ task: "sms" }] },
      { task: "mail", entries: [entry("a")], late, errands: [{ task: "mail" }] },
    ]);
  });

  it("leaves errands of a store that answered after half a minute to a sweep", async () => {
    const slow = async (ms: number) => {
      const courier = aCourier(async () => {
        await clock.advance(ms);
        return { ...NOTHING, errands: [{ task: "sms" }] };
      });
      courier.take([entry("a")]);
      await courier.caughtUp();
      return deliveries.splice(0).length;
    };
    expect(await slow(30_001)).toBe(0);
    expect(await slow(30_000)).toBe(2);
  });

  it("acknowledges what was carried with the next turn, or alone soon after", async () => {
    const courier = aCourier(async (call) => (call === 1 ? { ...NOTHING, receipts: ["r"] } : NOTHING));
    courier.take([entry("a")]);
    await clock.advance(19);
    expect(carried).toEqual([[]]);
    await clock.advance(1);
    expect(carried).toEqual([[], ["r"]]);
    await clock.advance(1000);
    expect(turns).toHaveLength(2);

    const other = aCourier(async (call) => (call === 3 ? { ...NOTHING, receipts: ["s"] } : NOTHING));
    other.take([entry("a")]);
    await clock.advance(10);
    other.take([entry("b")]);
    await clock.advance(1000);
    expect(carried.slice(2)).toEqual([[], ["s"]]);
  });

  it("acknowledges at once for who waits until it has caught up", async () => {
    const courier = aCourier(async (call) => (call === 1 ? { ...NOTHING, receipts: ["r"] } : NOTHING));
    courier.take([entry("a")]);
    await courier.caughtUp();
    expect(carried).toEqual([[], ["r"]]);
    await courier.caughtUp();
    expect(carried).toHaveLength(2);
  });

  it("makes two calls at a time, and gathers what comes meanwhile", async () => {
    const open = gate();
    const courier = aCourier(async () => {
      await open.opened;
      return NOTHING;
    });
    for (const key of ["a", "b", "c", "d"]) courier.take([entry(key)]);
    expect(turns).toHaveLength(2);
    open.open();
    await courier.caughtUp();
    expect(turns.map((_, call) => keysOf(call))).toEqual([[["a"]], [["b"]], [["c", "d"]]]);
  });

  it.each([
    ["a hundred ends", Array.from({ length: 250 }, (_, n) => entry(`${n}`)), [100, 100, 50]],
    [
      "a hundred ends of many workflows",
      Array.from({ length: 101 }, (_, n) => entry(`${n}`, { workflow: `${n}` })),
      [100, 1],
    ],
    [
      "a megabyte of one workflow",
      Array.from({ length: 3 }, (_, n) => entry(`${n}`, { bytes: 500_000 })),
      [2, 1],
    ],
    [
      "a megabyte of several",
      Array.from({ length: 3 }, (_, n) => entry(`${n}`, { workflow: `${n}`, bytes: 500_000 })),
      [2, 1],
    ],
    ["one that is larger, alone", [entry("a", { bytes: 2_000_000 }), entry("b"), entry("c")], [1, 2]],
  ])("gives one call %s at most", async (_, entries, sizes) => {
    const courier = aCourier();
    courier.take(entries);
    await courier.caughtUp();
    await courier.caughtUp();
    const taken = turns.map((each) => each.flatMap((turn) => turn.entries.map(({ key }) => key)));
    expect(taken.map(({ length }) => length)).toEqual(sizes);
    expect(taken.flat()).toEqual(entries.map(({ key }) => key));
  });

  it("counts reminders, of which a call gets a hundred at most", async () => {
    const courier = aCourier();
    courier.take(
      [],
      Array.from({ length: 150 }, (_, n) => ({
        workflow: `${n}`,
        ...(n % 2 === 0 ? { errands: `${n}` } : {}),
      })),
    );
    await courier.caughtUp();
    expect(turns.map(({ length }) => length)).toEqual([100, 50]);
  });

  it("goes on when a call has failed, and takes the same again from a sweep", async () => {
    const courier = aCourier(async (call) => {
      if (call === 1) throw new Error("away");
      return NOTHING;
    });
    courier.take([entry("a")], [{ workflow: "w", errands: "e" }]);
    await courier.caughtUp();
    expect(deliveries).toEqual([]);
    courier.take([entry("a")], [{ workflow: "w", errands: "e" }]);
    await courier.caughtUp();
    expect(deliveries).toHaveLength(1);
    expect(turns[1]?.[0]?.reminders).toEqual(["e"]);
  });

  it("begins nothing once it is stopped, and lets go who waits for it", async () => {
    const open = gate();
    const courier = aCourier(async () => {
      await open.opened;
      return { ...NOTHING, receipts: ["r"], more: ["w"] };
    });
    courier.take([entry("a")]);
    courier.take([entry("b")]);
    courier.take([entry("c", { workflow: "x" })]);
    const caughtUp = courier.caughtUp();
    courier.stop();
    open.open();
    await caughtUp;
    courier.take([entry("d")]);
    await clock.advance(1000);
    expect(turns).toHaveLength(2);
    expect(deliveries).toEqual([]);
  });
});
