import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Batcher, type BatcherOptions, CallBatcher } from "../../../src/core/batcher.js";

interface Sent {
  readonly items: readonly number[];
  readonly waitedMs: number;
  answer(): void;
  refuse(error: Error): void;
}

/** A batcher whose calls are answered by the test. */
function aBatcher(options: Partial<BatcherOptions<Item, string>> = {}) {
  const calls: Sent[] = [];
  const batcher = new Batcher<Item, string>({
    send: (items, waitedMs) =>
      new Promise((resolve, reject) => {
        const numbers = items.map(({ number }) => number);
        calls.push({
          items: numbers,
          waitedMs,
          answer: () => resolve(numbers.map((n) => `r${n}`)),
          refuse: reject,
        });
      }),
    ...{ maxItems: 3, maxBytes: 1000, maxInFlight: 2, highWaterItems: 5, highWaterBytes: 1000 },
    ...options,
  });
  const told: string[] = [];
  const add = (number: number, bytes = 1) =>
    batcher.add({
      number,
      bytes,
      succeed: (reply) => told.push(reply),
      fail: (error) => told.push(`${number}: ${(error as Error).message}`),
    });
  return { batcher, calls, told, add };
}

interface Item {
  readonly number: number;
  readonly bytes: number;
  succeed(reply: string): void;
  fail(error: unknown): void;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("Batcher", () => {
  it("sends what came in one turn in calls of at most maxItems, in order", async () => {
    const { calls, add } = aBatcher();
    for (const number of [1, 2, 3, 4]) add(number);
    expect(calls).toEqual([]);
    await turn();
    expect(calls.map(({ items }) => items)).toEqual([[1, 2, 3], [4]]);
  });

  it("has at most maxInFlight calls under way, and sends what gathered when one ends", async () => {
    const { calls, add, told } = aBatcher();
    for (let number = 1; number <= 10; number++) add(number);
    await turn();
    expect(calls.length).toBe(2);
    calls[0]?.answer();
    await turn();
    expect(calls.map(({ items }) => items)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    expect(told).toEqual(["r1", "r2", "r3"]);
  });

  it("sends the first items of a long burst while the rest is being added", async () => {
    const { calls, add } = aBatcher({ maxItems: 100, earlyItems: 3, maxInFlight: 3 });
    for (let number = 0; number < 8; number++) add(number);
    expect(calls.map(({ items }) => items)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    await turn();
    expect(calls.map(({ items }) => items)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
    for (let number = 8; number < 20; number++) add(number);
    expect(calls).toHaveLength(3);
    calls[0]?.answer();
    await turn();
    expect(calls[3]?.items).toHaveLength(12);
  });

  it("keeps a call below maxBytes, but sends an item that is larger alone", async () => {
    const { calls, add } = aBatcher({ maxBytes: 10, maxInFlight: 10 });
    for (const [number, bytes] of [
      [1, 6],
      [2, 4],
      [3, 1],
      [4, 50],
      [5, 1],
    ] as const) {
      add(number, bytes);
    }
    await turn();
    expect(calls.map(({ items }) => items)).toEqual([[1, 2], [3], [4], [5]]);
  });

  it("sends apart what is not like the first of a call, in order, so that none waits for as long as another may", async () => {
    const isAlike = (first: Item, item: Item) => item.number - first.number < 10;
    const { calls, add } = aBatcher({ maxItems: 100, maxInFlight: 1, isAlike });
    for (const number of [1, 2, 11, 12, 30]) add(number);
    for (let call = 0; call < 3; call++) {
      await turn();
      calls[call]?.answer();
    }
    expect(calls.map(({ items }) => items)).toEqual([[1, 2], [11, 12], [30]]);
  });

  it("fails every item of a call that failed, and goes on", async () => {
    const { calls, add, told } = aBatcher();
    add(1);
    add(2);
    await turn();
    calls[0]?.refuse(new Error("away"));
    await turn();
    add(3);
    await turn();
    calls[1]?.answer();
    await turn();
    expect(told).toEqual(["1: away", "2: away", "r3"]);
  });

  it("has room below its high-water marks of items and bytes, and tells when it has again", async () => {
    const { batcher, calls, add } = aBatcher({ maxInFlight: 1 });
    for (let number = 1; number <= 8; number++) add(number);
    expect(batcher.isFull).toBe(true);
    let hasRoom = false;
    void batcher.room().then(() => {
      hasRoom = true;
    });
    await turn();
    expect([batcher.queued, hasRoom]).toEqual([5, false]);
    calls[0]?.answer();
    await turn();
    expect([batcher.queued, hasRoom]).toEqual([2, true]);
    add(9, 5000);
    expect(batcher.isFull).toBe(true);
  });

  it("has room again when part of many bytes is on its way, and none is left to count at the end", async () => {
    const { batcher, calls, add } = aBatcher({ maxItems: 2, maxInFlight: 1, highWaterBytes: 50 });
    for (let number = 1; number <= 6; number++) add(number, 10);
    await turn();
    expect([batcher.queued, batcher.isFull]).toEqual([4, false]);
    add(7, 10);
    expect(batcher.isFull).toBe(true);
    for (let call = 0; call < 4; call++) {
      calls[call]?.answer();
      await turn();
    }
    expect(batcher.isIdle).toBe(true);
    for (let number = 8; number <= 11; number++) add(number, 10);
    expect(batcher.isFull).toBe(false);
  });

  it("tells a call for how long its items have waited, and sends those together that have for about as long", async () => {
    let now = 0;
    const clock = { monotonic: () => now };
    const { calls, add } = aBatcher({ maxItems: 100, maxInFlight: 1, clock });
    add(1);
    await turn();
    for (const [number, at] of [
      [2, 0],
      [3, 300],
      [4, 600],
      [5, 650],
      [6, 2000],
    ] as const) {
      now = at;
      add(number);
      await turn();
    }
    now = 3000;
    for (let call = 0; call < 4; call++) {
      calls[call]?.answer();
      await turn();
    }
    expect(calls.map(({ items, waitedMs }) => [items, waitedMs])).toEqual([
      [[1], 0],
      [[2, 3], 2700],
      [[4, 5], 2400],
      [[6], 1000],
    ]);
    add(7);
    await turn();
    expect(calls[4]).toMatchObject({ items: [7], waitedMs: 0 });
  });

  it("counts the wait of what is left of a burst", async () => {
    let now = 0;
    const { calls, add } = aBatcher({ maxInFlight: 1, clock: { monotonic: () => now } });
    for (let number = 1; number <= 7; number++) add(number);
    for (now of [10, 25]) {
      await turn();
      calls.at(-1)?.answer();
    }
    await turn();
    expect(calls.map(({ items, waitedMs }) => [items, waitedMs])).toEqual([
      [[1, 2, 3], 0],
      [[4, 5, 6], 15],
      [[7], 15],
    ]);
  });

  it("is idle when everything added has been answered, failures too", async () => {
    const { batcher, calls, add } = aBatcher();
    await batcher.idle();
    add(1);
    let isIdle = false;
    void batcher.idle().then(() => {
      isIdle = true;
    });
    await turn();
    expect(isIdle).toBe(false);
    calls[0]?.refuse(new Error("away"));
    await turn();
    expect(isIdle).toBe(true);
  });

  it("keeps the order of very many items", async () => {
    const sent: number[] = [];
    const batcher = new Batcher<Item, string>({
      send: async (items) => {
        sent.push(...items.map(({ number }) => number));
        return items.map(() => "");
      },
      ...{ maxItems: 1000, maxBytes: 1 << 20, maxInFlight: 1, highWaterItems: 10, highWaterBytes: 10 },
    });
    for (let number = 0; number < 60_000; number++) {
      batcher.add({ number, bytes: 1, succeed: () => undefined, fail: () => undefined });
    }
    await batcher.idle();
    expect(sent.length).toBe(60_000);
    expect(sent.every((number, index) => number === index)).toBe(true);
  });
});

describe("CallBatcher", () => {
  it("answers each call with its own reply", async () => {
    const batches: number[][] = [];
    const calls = new CallBatcher<number, number>(async (requests) => {
      batches.push([...requests]);
      return requests.map((n) => n * 2);
    }, 2);
    expect(await Promise.all([1, 2, 3].map((n) => calls.call(n)))).toEqual([2, 4, 6]);
    expect(batches).toEqual([[1, 2], [3]]);
    await calls.idle();
  });

  it("rejects each call of a batch that failed", async () => {
    const calls = new CallBatcher<number, number>(() => Promise.reject(new Error("away")));
    const settled = await Promise.allSettled([calls.call(1), calls.call(2)]);
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  // Else a call that waited here is given its whole deadline again.
  it("says for how long calls have waited for others", async () => {
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    onTestFinished(() => void clock.mockRestore());
    const waited: unknown[] = [];
    const answers: (() => void)[] = [];
    const calls = new CallBatcher<number, number>(async (requests, call) => {
      waited.push(call);
      await new Promise<void>((resolve) => answers.push(resolve));
      return requests;
    }, 1);
    const sent = [1, 2].map((n) => calls.call(n));
    await Promise.resolve();
    sent.push(calls.call(3));
    now = 700;
    answers[0]?.();
    await sent[0];
    await Promise.resolve();
    expect(waited).toEqual([{ waitedMs: 0 }, { waitedMs: 0 }, { waitedMs: 700 }]);
    for (const answer of answers) answer();
    await calls.idle();
  });
});
