import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { untilTerminated } from "../../../src/app/handles/until-terminated.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGUSR2"] as const;
type Listener = (...given: readonly unknown[]) => void;
const listening = () => SIGNALS.map((signal) => process.listeners(signal) as Listener[]);

let before: Listener[][] = [];
beforeEach(() => {
  before = listening();
});
afterEach(() => {
  // One that stays keeps a later signal from ending the process.
  expect(listening()).toEqual(before);
});

/** Calls what was added for a signal since the test began: a real one would be heard by whoever runs the tests, too. */
function signal(name: (typeof SIGNALS)[number]): void {
  const known = before[SIGNALS.indexOf(name)] ?? [];
  for (const listener of process.listeners(name) as Listener[]) if (!known.includes(listener)) listener(name);
}

function running(start: () => Promise<void>) {
  const seen = { quiet: 0, ended: false, stop: (): void => undefined };
  const run = untilTerminated({
    start,
    quiet: () => {
      seen.quiet += 1;
    },
    heard: (stop) => {
      seen.stop = stop;
    },
  });
  const end = () => {
    seen.ended = true;
  };
  run.then(end, end);
  return { seen, run };
}

const turns = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

describe("running until a signal", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("goes on after its start, and ends with %s", async (name) => {
    const { seen, run } = running(async () => undefined);
    await turns();
    expect(seen.ended).toBe(false);
    signal(name);
    await run;
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends with %s although the start hangs", async (name) => {
    const { run } = running(() => new Promise(() => undefined));
    signal(name);
    await run;
  });

  it("ends when the app itself is told to, as by a signal", async () => {
    const { seen, run } = running(async () => undefined);
    seen.stop();
    await run;
  });

  it("becomes quiet with SIGUSR2 each time, and goes on", async () => {
    const { seen, run } = running(async () => undefined);
    signal("SIGUSR2");
    signal("SIGUSR2");
    await turns();
    expect(seen).toMatchObject({ quiet: 2, ended: false });
    signal("SIGTERM");
    await run;
  });

  it("hears signals before it starts, since work may be under way by then", async () => {
    let heardAtStart = 0;
    const { run } = running(async () => {
      heardAtStart = listening().filter((now, nth) => now.length > (before[nth]?.length ?? 0)).length;
    });
    expect(heardAtStart).toBe(3);
    signal("SIGTERM");
    await run;
  });

  it("fails with its start, and hears nothing afterwards", async () => {
    const { run } = running(() => Promise.reject(new Error("no handler for media.*")));
    await expect(run).rejects.toThrow("no handler for media.*");
  });
});
