import { StoreError } from "taskora/adapter";
import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { Patience } from "../../../src/app/dispatch/patience.js";

const DEADLINE_MS = 5000;
const away = () => new StoreError("STORE_UNAVAILABLE", "the store is away", { retryable: true });
const never = () => new Promise<void>(() => undefined);

function world(deadlineMs: number | undefined = DEADLINE_MS) {
  const clock = new VirtualClock();
  const patience = new Patience({ clock, deadlineMs });
  /** What is begun, and fails after so many ms. */
  const failing = (ms: number, error: unknown = away()) => {
    const calls: number[] = [];
    const begin = () => {
      calls.push(clock.monotonic());
      return new Promise<void>((_, reject) => void clock.schedule(ms, () => reject(error)));
    };
    return { calls, begin };
  };
  /** How long a wait took, and what it ended with. */
  const outcome = async (wait: Promise<void>) => {
    const begunAt = clock.monotonic();
    const ended: { value?: unknown; after?: number } = {};
    const end = (value: unknown) => Object.assign(ended, { value, after: clock.monotonic() - begunAt });
    wait.then(() => end("done"), end);
    for (let turn = 0; turn < 2000 && ended.after === undefined; turn++) {
      await clock.advance(0);
      if (ended.after === undefined) await clock.advance(clock.nextTimerInMs ?? 0);
    }
    return ended;
  };
  return { clock, patience, failing, outcome };
}

describe("the patience of calls", () => {
  it("ends with what was waited for, and leaves no timer behind", async () => {
    const { clock, patience, outcome } = world();
    expect(await outcome(patience.until(async () => undefined))).toEqual({ value: "done", after: 0 });
    expect(clock.nextTimerInMs).toBeUndefined();
  });

  it("gives up on what never ends, soon after the deadline, and says that a later call may succeed", async () => {
    const { patience, outcome, clock } = world();
    const { value, after } = await outcome(patience.until(never));
    expect(value).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    expect(after).toBeGreaterThanOrEqual(DEADLINE_MS);
    expect(after).toBeLessThanOrEqual(DEADLINE_MS + 200);
    expect(clock.nextTimerInMs).toBeUndefined();
  });

  it("takes off what the call has waited already", async () => {
    const { patience, outcome } = world();
    const { after } = await outcome(patience.until(never, 3000));
    expect(after).toBeGreaterThanOrEqual(2000);
    expect(after).toBeLessThanOrEqual(2200);
  });

  it("gives a call whose time was over before a moment, not another deadline", async () => {
    const { patience, outcome } = world();
    expect((await outcome(patience.until(never, 9000))).after).toBeLessThanOrEqual(200);
  });

  it("waits for as long as it takes where no deadline is set, and asks once", async () => {
    const clock = new VirtualClock();
    const patience = new Patience({ clock, deadlineMs: undefined });
    let calls = 0;
    const wait = patience.until(() => {
      calls += 1;
      return new Promise<void>((resolve) => void clock.schedule(3_600_000, resolve));
    });
    await clock.advance(3_600_000);
    await wait;
    expect(calls).toBe(1);
  });

  it("tries again while there is time, and ends with the store's own reason", async () => {
    const { patience, outcome, failing } = world();
    const error = away();
    const { calls, begin } = failing(2000, error);
    const { value, after } = await outcome(patience.until(begin));
    expect(value).toBe(error);
    expect(calls.length).toBeGreaterThan(1);
    expect(after).toBeGreaterThanOrEqual(DEADLINE_MS);
    expect(after).toBeLessThanOrEqual(DEADLINE_MS + 1000);
  });

  it("succeeds when the store comes back in time", async () => {
    const { patience, outcome, failing } = world();
    const { calls, begin } = failing(1000);
    const wait = patience.until(() => (calls.length < 3 ? begin() : Promise.resolve()));
    expect(await outcome(wait)).toEqual({ value: "done", after: 3000 });
  });

  // A store that refuses at once was waited for by nobody; asking it without a pause keeps the processor busy.
  it("does not go on asking what fails at once", async () => {
    const { patience, outcome, failing } = world();
    const { calls, begin } = failing(0);
    const { value, after } = await outcome(patience.until(begin));
    expect(value).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(calls).toHaveLength(2);
    expect(after).toBe(0);
  });

  it("forgives one failure at once between longer ones", async () => {
    const { clock, patience, outcome, failing } = world();
    const slow = failing(1000);
    const quick = failing(0);
    let turn = 0;
    const wait = patience.until(() => {
      turn += 1;
      if (clock.monotonic() >= 3000) return Promise.resolve();
      return turn % 2 === 0 ? slow.begin() : quick.begin();
    });
    expect(await outcome(wait)).toEqual({ value: "done", after: 3000 });
  });

  it.each([
    ["of another kind", new Error("wrong password")],
    ["that says it will not pass", new StoreError("STORE_UNAVAILABLE", "no", { retryable: false })],
    ["with another code", new StoreError("STORE_REPLY", "no", { retryable: true })],
  ])("ends at once with an error %s", async (_, error) => {
    const { patience, outcome, failing } = world();
    const { calls, begin } = failing(1000, error);
    expect(await outcome(patience.until(begin))).toEqual({ value: error, after: 1000 });
    expect(calls).toHaveLength(1);
  });

  it("tells a later call what the store said to the one before, when its own time is over", async () => {
    const { patience, outcome, failing } = world();
    const error = away();
    await outcome(patience.until(failing(2000, error).begin));
    const { value, after } = await outcome(patience.until(never, DEADLINE_MS - 100));
    expect(value).toBe(error);
    expect(after).toBe(100);
  });

  it("forgets that reason once the store has answered", async () => {
    const { patience, outcome, failing } = world();
    await outcome(patience.until(failing(2000).begin));
    await outcome(patience.until(async () => undefined));
    const { value } = await outcome(patience.until(never, DEADLINE_MS - 100));
    expect(String(value)).toContain("still being connected to");
  });
});
