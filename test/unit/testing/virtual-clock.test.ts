import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";

describe("the virtual clock", () => {
  it("stands still until it is moved", async () => {
    const clock = new VirtualClock(1000);
    expect(clock.now()).toBe(1000);
    await clock.advance(50);
    expect(clock.now()).toBe(1050);
  });

  it("fires timers in order, each at its own time", async () => {
    const clock = new VirtualClock(0);
    const fired: string[] = [];
    for (const delayMs of [30, 10, 20, 10]) {
      clock.schedule(delayMs, () => fired.push(`${delayMs}@${clock.now()}`));
    }
    await clock.advance(25);
    expect(fired).toEqual(["10@10", "10@10", "20@20"]);
    await clock.advance(5);
    expect(fired.at(-1)).toBe("30@30");
  });

  it("fires timers that timers set, and lets promises settle in between", async () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    const again = async () => {
      fired.push(clock.now());
      await Promise.resolve();
      await Promise.resolve();
      if (fired.length < 4) clock.schedule(10, () => void again());
    };
    clock.schedule(10, () => void again());
    await clock.advance(100);
    expect(fired).toEqual([10, 20, 30, 40]);
  });

  it("does not fire a cancelled timer", async () => {
    const clock = new VirtualClock();
    let fired = false;
    const timer = clock.schedule(5, () => {
      fired = true;
    });
    timer.cancel();
    timer.cancel();
    await clock.advance(10);
    expect(fired).toBe(false);
    expect(clock.nextTimerInMs).toBeUndefined();
  });

  it("tells how far the next timer is", async () => {
    const clock = new VirtualClock();
    clock.schedule(40, () => undefined);
    await clock.advance(15);
    expect(clock.nextTimerInMs).toBe(25);
  });

  it("fires a recurring timer once in a leap", async () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    const tick = () => {
      fired.push(clock.now());
      clock.schedule(10, tick);
    };
    clock.schedule(10, tick);
    await clock.advance(10);
    await clock.leap(1_000_000);
    expect(fired).toEqual([10, 1_000_010]);
  });

  it("leaps to a timer that was set while time stood still, or for longer than a minute", async () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    const set = (ms: number) => clock.schedule(ms, () => fired.push(clock.now()));
    set(40);
    const cancelled = set(50);
    clock.schedule(60, () => set(120_000));
    cancelled.cancel();
    for (let leaps = 0; leaps < 4; leaps++) await clock.leap(1_000_000);
    expect(fired).toEqual([40, 120_060]);
    expect(clock.now()).toBe(1_120_060);
  });

  it("never moves backwards when it is moved twice at once", async () => {
    const clock = new VirtualClock(0);
    await Promise.all([clock.advance(10), clock.advance(100)]);
    expect(clock.now()).toBe(100);
  });
});
