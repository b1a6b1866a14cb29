import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { LimitKeys } from "../../../src/memory/limit-keys.js";

const WINDOW_MS = 1000;

describe("the keys of a task in memory", () => {
  it("are taken away as new ones come, without any sweep", async () => {
    const clock = new VirtualClock();
    const keys = new LimitKeys(clock);
    const throttle = { limit: 1, windowMs: WINDOW_MS };
    let most = 0;
    for (let round = 0; round < 20; round++) {
      for (let n = 0; n < 100; n++) keys.passThrottle({ ...throttle, key: `${round}-${n}` }, "a job");
      most = Math.max(most, keys.size);
      await clock.advance(WINDOW_MS);
    }
    expect(most).toBeLessThanOrEqual(200);
    keys.forgetExpired(1000);
    expect(keys.size).toBe(0);
  });

  it("of a throttle stay as long as its last job counts", async () => {
    const clock = new VirtualClock();
    const keys = new LimitKeys(clock);
    const throttle = { key: "k", limit: 2, windowMs: WINDOW_MS };
    const begun = clock.now();
    keys.passThrottle(throttle, "a");
    await clock.advance(WINDOW_MS - 1);
    keys.passThrottle(throttle, "b");
    expect([...(keys.throttled("c", throttle)?.times ?? [])]).toEqual([begun, begun + WINDOW_MS - 1]);
    await clock.advance(1);
    keys.forgetExpired(1000);
    keys.passThrottle(throttle, "c");
    expect([...(keys.throttled("d", throttle)?.times ?? [])]).toEqual([
      begun + WINDOW_MS - 1,
      begun + WINDOW_MS,
    ]);
    expect(keys.throttled("c", throttle)).toBeUndefined();
  });
});
