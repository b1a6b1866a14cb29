import { VirtualClock } from "taskora/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { steadyClock, systemClock } from "../../../src/core/clock.js";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

describe("the machine's clock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("fires a timer of 60 days after 60 days", () => {
    const fired = vi.fn();
    systemClock.schedule(60 * DAY_MS, fired);
    vi.advanceTimersByTime(60 * DAY_MS - 1);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledOnce();
  });

  it("fires a timer of any length on time when the time of day is set meanwhile", () => {
    const fired = vi.fn();
    systemClock.schedule(30 * DAY_MS, fired);
    vi.setSystemTime(Date.now() - 365 * DAY_MS);
    vi.advanceTimersByTime(30 * DAY_MS - 1);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledOnce();
  });

  it("forgets a long timer that is cancelled after it was armed again", () => {
    const timer = systemClock.schedule(60 * DAY_MS, vi.fn());
    vi.advanceTimersByTime(50 * DAY_MS);
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("goes on evenly when the time of day is set", () => {
    const before = systemClock.monotonic();
    vi.setSystemTime(Date.now() - HOUR_MS);
    vi.advanceTimersByTime(250);
    expect(systemClock.monotonic() - before).toBe(250);
  });
});

describe.each([-HOUR_MS, HOUR_MS])("a steady clock whose machine is set by %d ms", (step) => {
  it("goes on at an even pace", async () => {
    const machine = new VirtualClock(5 * HOUR_MS);
    const steady = steadyClock(machine);
    await machine.advance(1000);
    machine.step(step);
    await machine.advance(500);
    expect(steady.now()).toBe(5 * HOUR_MS + 1500);
  });
});
