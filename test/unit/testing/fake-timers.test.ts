import { afterEach, describe, expect, it, vi } from "vitest";

/** What Jest fakes by default, less `nextTick`, which Vitest keeps for itself. */
const FAKED = [
  ...([
    "setTimeout",
    "clearTimeout",
    "setInterval",
    "clearInterval",
    "setImmediate",
    "clearImmediate",
  ] as const),
  ...(["Date", "performance", "queueMicrotask"] as const),
];

describe("a test app under fake timers", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.resetModules();
  });

  /** Retries, a delay, a schedule and an event, all of which take turns of the event loop. */
  async function live(): Promise<unknown[]> {
    const { createTestApp } = await import("taskora/testing");
    const test = createTestApp();
    const seen: unknown[] = [];
    const flaky = test.app.task("flaky", {
      retry: { attempts: 2, delay: "1h" },
      handler: (n: unknown, ctx) => {
        if (ctx.attempt === 1) throw new Error("not yet");
        return n;
      },
    });
    flaky.on("completed", ({ result }) => seen.push(`heard ${result}`));
    test.app.task("tick", { schedule: { every: "30m" }, handler: () => seen.push("tick") });
    seen.push(await test.runJob(flaky, 7, { delay: "10m" }));
    await test.advanceTime("1h");
    await test.close();
    return seen;
  }

  const expected = ["tick", "tick", "heard 7", 7, "tick", "tick"];

  it("lives, when they come after the import", async () => {
    await import("taskora/testing");
    vi.useFakeTimers({ toFake: [...FAKED] });
    expect(await live()).toEqual(expected);
  });

  it("lives, when they were there before", async () => {
    vi.resetModules();
    vi.useFakeTimers({ toFake: [...FAKED] });
    expect(await live()).toEqual(expected);
  });
});
