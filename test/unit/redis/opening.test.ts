import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AttemptEnd } from "../../../src/redis/connection/attempt.js";
import { Opening, type Try } from "../../../src/redis/connection/opening.js";
import { ReplyError } from "../../../src/redis/connection/store-errors.js";
import type { Wire } from "../../../src/redis/connection/wire.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

interface FakeTry extends Try {
  end(end: AttemptEnd): void;
  isGivenUp: boolean;
}

function fakeTry(): FakeTry {
  let end: (end: AttemptEnd) => void = () => undefined;
  const ended = new Promise<AttemptEnd>((resolve) => {
    end = resolve;
  });
  return {
    ended,
    end,
    isGivenUp: false,
    silence: new Error("silent"),
    giveUp() {
      this.isGivenUp = true;
      end({ status: "failed", error: this.silence });
    },
  };
}

const WIRE = { isLost: false } as unknown as Wire;
const REFUSED: AttemptEnd = {
  status: "failed",
  error: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
};

function start() {
  const tries: FakeTry[] = [];
  const state = { isWanted: true };
  const opening = new Opening({
    begin: () => {
      const begun = fakeTry();
      tries.push(begun);
      return begun;
    },
    isWanted: () => state.isWanted,
    where: "host:1",
  });
  return { opening, tries, state, run: opening.run() };
}

async function elapse(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe("opening a connection", () => {
  it("waits for no silent try: others begin beside it, and the first that is ready is used", async () => {
    const { tries, run } = start();
    await elapse(499);
    expect(tries).toHaveLength(1);
    await elapse(1);
    expect(tries).toHaveLength(2);
    await elapse(1000);
    expect(tries).toHaveLength(3);
    tries[1]?.end({ status: "open", wire: WIRE });
    expect(await run).toBe(WIRE);
    expect(tries.map(({ isGivenUp }) => isGivenUp)).toEqual([true, false, true]);
  });

  it("takes a try that is slow, though others have begun", async () => {
    const { tries, run } = start();
    await elapse(4000);
    tries[0]?.end({ status: "open", wire: WIRE });
    expect(await run).toBe(WIRE);
  });

  it("tries again after growing pauses while it is refused", async () => {
    const { tries, run } = start();
    const begunAt: number[] = [];
    const startedAt = performance.now();
    while (tries.length < 8) {
      begunAt.push(Math.round(performance.now() - startedAt));
      const before = tries.length;
      await elapse(0);
      tries.at(-1)?.end(REFUSED);
      while (tries.length === before) await elapse(1);
    }
    expect(begunAt).toEqual([0, 25, 75, 175, 375, 775, 1275]);
    tries.at(-1)?.end({ status: "open", wire: WIRE });
    await run;
  });

  it("begins no other try when nobody waits any more", async () => {
    const { tries, run, state, opening } = start();
    await elapse(0);
    tries[0]?.end(REFUSED);
    state.isWanted = false;
    opening.look();
    await elapse(60_000);
    expect(await run).toBeUndefined();
    expect(tries).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lets the tries that nobody waits for come to their end, and goes on when somebody does again", async () => {
    const { tries, run, state, opening } = start();
    state.isWanted = false;
    await elapse(60_000);
    expect(tries).toHaveLength(1);
    state.isWanted = true;
    opening.look();
    await elapse(0);
    expect(tries).toHaveLength(2);
    tries[0]?.end({ status: "open", wire: WIRE });
    expect(await run).toBe(WIRE);
  });

  it("ends at once with what will not pass", async () => {
    const { tries, run } = start();
    await elapse(500);
    tries[1]?.end({ status: "failed", error: new ReplyError("WRONGPASS invalid username-password pair") });
    await expect(run).rejects.toMatchObject({ code: "STORE_AUTH" });
    expect(tries[0]?.isGivenUp).toBe(true);
  });

  it("does not take a connection that was lost meanwhile", async () => {
    const { tries, run } = start();
    await elapse(0);
    tries[0]?.end({ status: "open", wire: { isLost: true } as unknown as Wire });
    await elapse(25);
    expect(tries).toHaveLength(2);
    tries[1]?.end({ status: "open", wire: WIRE });
    expect(await run).toBe(WIRE);
  });

  it("gives all tries up when it is stopped", async () => {
    const { tries, run, opening } = start();
    await elapse(2000);
    opening.stop();
    expect(await run).toBeUndefined();
    expect(tries.map(({ isGivenUp }) => isGivenUp)).toEqual([true, true, true]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
