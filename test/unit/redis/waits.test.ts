import { getEventListeners } from "node:events";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adapter } from "../../../src/core/adapter.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { someJobs, TASK } from "./store.js";

const LONG_MS = 60_000;
let adapter: Adapter;

beforeEach(async () => {
  adapter = redisAdapter({ url: (await sharedRedis()).url, prefix: uniquePrefix() });
  await adapter.connect();
});

afterEach(() => adapter.close());

/** What a wait that is over took. */
const NOTHING = [{ jobs: [], lost: false }];

function wait(signal: AbortSignal, timeoutMs = LONG_MS, task = TASK) {
  const request = { task, lease: "waiter", leaseMs: LONG_MS, count: 10 };
  return adapter.claim([request], { waitMs: timeoutMs, signal });
}

describe("waits of one adapter", () => {
  it("end at their own time, also where a longer one came first", async () => {
    const controller = new AbortController();
    let isOver = false;
    const long = wait(controller.signal, LONG_MS, "long").then(() => {
      isOver = true;
    });
    expect(await wait(controller.signal, 20, "quick")).toEqual(NOTHING);
    expect(await wait(controller.signal, 5, "again")).toEqual(NOTHING);
    expect(isOver).toBe(false);
    controller.abort();
    await long;
  });

  it("end with their signal, however many share it, and no others do", async () => {
    const [shared, own] = [new AbortController(), new AbortController()];
    const ending = [wait(shared.signal), wait(shared.signal, LONG_MS, "other")];
    const staying = wait(own.signal, LONG_MS, "third");
    let isOver = false;
    void staying.then(() => {
      isOver = true;
    });
    shared.abort();
    expect(await Promise.all(ending)).toEqual([NOTHING, NOTHING]);
    expect(isOver).toBe(false);
    own.abort();
    expect(await staying).toEqual(NOTHING);
  });

  it("listen to a signal once, however often they are begun with it", async () => {
    const controller = new AbortController();
    for (let round = 0; round < 5; round++) {
      const woken = wait(controller.signal);
      await adapter.insert(someJobs(1, `round-${round}`));
      const taken = (await woken).flatMap(({ jobs }) => jobs.map(({ id }) => id));
      if (round > 0) expect(taken).toEqual([`round-${round}-0`]);
      // Of the new lease everybody is told once.
      else await wait(controller.signal);
    }
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    const last = wait(controller.signal);
    controller.abort();
    await last;
  });
});
