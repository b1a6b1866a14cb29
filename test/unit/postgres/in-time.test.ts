import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { inTime, SUSPICIOUS_MS } from "../../../src/postgres/connection/in-time.js";
import { rejection } from "../../support/signals.js";

const DEADLINE_MS = SUSPICIOUS_MS + 1000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const never = () => new Promise<never>(() => undefined);

/** Moves time, and lets turns of the event loop pass. */
async function elapse(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

it("a call of Postgres ends at its deadline also when who is asked for its connection says nothing", async () => {
  const asked = vi.fn(never);
  const ended = vi.fn();
  const call = rejection(inTime(never(), performance.now() + DEADLINE_MS, asked)).then(ended);
  await elapse(SUSPICIOUS_MS);
  expect(asked).toHaveBeenCalledOnce();
  await elapse(DEADLINE_MS - SUSPICIOUS_MS - 10);
  expect(ended).not.toHaveBeenCalled();
  await elapse(20);
  await call;
  expect(ended.mock.lastCall?.[0]).toMatchObject({ message: expect.stringContaining("within the deadline") });
});

it.each([false, "unknown"])(
  "a call whose connection is not lost (%s) goes on until its deadline",
  async (lost) => {
    const ask = () => (lost === "unknown" ? Promise.reject(new Error("no answer")) : Promise.resolve(false));
    const ended = vi.fn();
    const call = rejection(inTime(never(), performance.now() + DEADLINE_MS, ask)).then(ended);
    await elapse(SUSPICIOUS_MS);
    await elapse(DEADLINE_MS - SUSPICIOUS_MS - 10);
    expect(ended).not.toHaveBeenCalled();
    await elapse(20);
    await call;
  },
);
