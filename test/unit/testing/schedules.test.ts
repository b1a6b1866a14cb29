import { TaskoraError } from "taskora";
import { createTestApp, type TestApp } from "taskora/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

let opened: TestApp[] = [];

function testApp(...options: Parameters<typeof createTestApp>): TestApp {
  const test = createTestApp(...options);
  opened.push(test);
  return test;
}

afterEach(async () => {
  await Promise.all(opened.map((test) => test.close()));
  opened = [];
});

/** A test app with a task that writes down when it ran. */
function recording(settings: Parameters<typeof createTestApp>[0] = {}) {
  const test = testApp(settings);
  const runs: number[] = [];
  const errors: string[] = [];
  const warnings: string[] = [];
  test.app.on("error", ({ code, schedule }) => errors.push(`${code} ${schedule}`));
  test.app.on("warning", ({ message }) => warnings.push(message));
  const task = test.app.task("report.make", () => {
    runs.push(test.clock.now() - START);
  });
  return { test, app: test.app, task, runs, errors, warnings };
}

describe("a schedule in virtual time", () => {
  it("runs at even distances from when it was stored", async () => {
    const { test, app, task, runs } = recording();
    app.schedule("report", { task, every: "1h" });
    await test.advanceTime("3h");
    expect(runs).toEqual([HOUR, 2 * HOUR, 3 * HOUR]);
  });

  it("does not drift when jobs are slow and time comes in odd pieces", async () => {
    const { test, app, task, runs } = recording();
    app.schedule("report", { task, every: "7s" });
    for (let piece = 0; piece < 30; piece++) await test.advanceTime(1001 + piece * 37);
    expect(runs.length).toBeGreaterThan(5);
    expect(runs.map((at) => at % 7000)).toEqual(runs.map(() => 0));
    expect(runs).toEqual(runs.map((_, index) => (index + 1) * 7000));
  });

  it("gives its jobs the parsed data", async () => {
    const test = testApp();
    const seen: unknown[] = [];
    const input = z.object({ to: z.string(), copies: z.number().default(2) });
    test.app.task("mail", {
      input,
      handler: (data) => {
        seen.push(data);
      },
      schedule: { cron: "*/10 * * * *", data: { to: "a@b.co" } },
    });
    await test.advanceTime("20m");
    expect(seen).toEqual([
      { to: "a@b.co", copies: 2 },
      { to: "a@b.co", copies: 2 },
    ]);
  });

  it("crosses days in leaps and misses no slot", async () => {
    const { test, app, task, runs } = recording();
    app.schedule("report", { task, cron: "30 9 * * *" });
    await test.advanceTime("10d");
    expect(runs).toEqual(Array.from({ length: 10 }, (_, day) => day * 24 * HOUR + 9.5 * HOUR));
  });

  it("comes with an app that is copied", async () => {
    const { app, task } = recording();
    app.schedule("report", { task, every: "10m" });
    const copy = testApp({ from: app });
    await copy.advanceTime("20m");
    await copy.runUntilIdle();
    expect((await copy.app.inspect().stats("report.make")).completed).toBe(2);
  });

  it("does not keep runUntilIdle from ending, and fires while it waits for a delayed job", async () => {
    const { test, app, task, runs } = recording();
    app.schedule("report", { task, every: "1h" });
    await test.runUntilIdle();
    expect(runs).toEqual([]);
    await task.dispatch({}, { delay: "150m" });
    await test.runUntilIdle();
    expect(runs).toEqual([HOUR, 2 * HOUR, 2.5 * HOUR]);
  });

  it("delays each job by a part of jitter that belongs to its slot", async () => {
    const delays = async () => {
      const { test, app, task, runs } = recording();
      app.schedule("report", { task, every: "1h", jitter: "10m" });
      await test.advanceTime("40h");
      return runs.map((at) => at % HOUR);
    };
    const first = await delays();
    expect(first.length).toBeGreaterThanOrEqual(39);
    expect(new Set(first).size).toBeGreaterThan(30);
    expect(Math.max(...first)).toBeLessThanOrEqual(600_000);
    expect(await delays()).toEqual(first);
  });
});

describe("missed slots", () => {
  async function downFor(duration: `${number}m`, onMissed: "skip" | "catch-up" | "catch-up-limit:2") {
    const { test, app, task, runs, warnings } = recording();
    app.schedule("report", { task, every: "1h", onMissed });
    await test.advanceTime("1h");
    await app.close();
    await test.clock.leap(Number.parseInt(duration, 10) * 60_000);
    await test.runUntilIdle();
    const { jobs } = await app.inspect().list({ task: "report.make", state: "completed" });
    const slots = jobs.map((job) => Number(job.id.split("@")[1]) - START);
    const atOnce = runs.length - 1;
    await test.advanceTime("1h");
    return { atOnce, slots: slots.reverse(), later: runs.length - 1 - atOnce, warnings };
  }

  it("are skipped by default, and the next regular one comes", async () => {
    expect(await downFor("330m", "skip")).toMatchObject({ atOnce: 0, later: 1 });
  });

  it("are all caught up with, in order, by catch-up", async () => {
    expect(await downFor("330m", "catch-up")).toMatchObject({
      atOnce: 5,
      later: 1,
      slots: [1, 2, 3, 4, 5, 6].map((hour) => hour * HOUR),
    });
  });

  it("are caught up with up to the newest few by catch-up-limit", async () => {
    expect(await downFor("330m", "catch-up-limit:2")).toMatchObject({
      atOnce: 2,
      later: 1,
      slots: [1, 5, 6].map((hour) => hour * HOUR),
    });
  });

  it("of a long absence are bounded, and a warning says so", async () => {
    const { test, app, task, runs, warnings } = recording({ retention: { completed: { count: 5000 } } });
    app.schedule("report", { task, every: "1s", onMissed: "catch-up" });
    await test.advanceTime("1s");
    await app.close();
    await test.clock.leap(10_000_000);
    await test.runUntilIdle();
    await test.runUntilIdle();
    expect(runs.length).toBe(1001);
    expect(warnings).toEqual([expect.stringContaining("Schedule report missed more slots")]);
  });

  it("that are a little late count as on time, once", async () => {
    const { test, app, task, runs } = recording();
    app.schedule("report", { task, every: "1h" });
    await test.advanceTime("30m");
    await app.close();
    await test.clock.leap(30 * 60_000 + 9000);
    await test.advanceTime(0);
    await test.runUntilIdle();
    expect(runs).toEqual([HOUR + 9000]);
  });
});

describe("overlap: false", () => {
  it("lets a slot pass while the last job runs", async () => {
    const test = testApp();
    let ended = 0;
    const gates: (() => void)[] = [];
    const task = test.app.task("slow", async () => {
      await new Promise<void>((resolve) => gates.push(resolve));
      ended += 1;
    });
    test.app.schedule("slow", { task, every: "1m", overlap: false });
    await test.advanceTime("3m");
    expect(gates.length).toBe(1);
    gates[0]?.();
    await test.runUntilIdle();
    await test.advanceTime("1m");
    expect([ended, gates.length]).toEqual([1, 2]);
    gates[1]?.();
    await test.runUntilIdle();
  });

  it("is not the default", async () => {
    const test = testApp();
    const gates: (() => void)[] = [];
    const task = test.app.task("slow", () => new Promise<void>((resolve) => gates.push(resolve)));
    test.app.schedule("slow", { task, every: "1m" });
    await test.advanceTime("3m");
    expect(gates.length).toBe(3);
    for (const open of gates) open();
    await test.runUntilIdle();
  });
});

describe("time zones", () => {
  it("skip no day in spring and repeat none in autumn", async () => {
    for (const [startAt, expected] of [
      ["2026-03-28T00:00:00Z", ["28T01:30", "29T01:00", "30T00:30"]],
      ["2026-10-24T00:00:00Z", ["24T00:30", "25T00:30", "26T01:30"]],
    ] as const) {
      const test = testApp({ startAt: new Date(startAt) });
      const runs: string[] = [];
      const task = test.app.task("night", () => {
        runs.push(new Date(test.clock.now()).toISOString().slice(8, 16));
      });
      test.app.schedule("night", { task, cron: "30 2 * * *", timezone: "Europe/Berlin" });
      await test.advanceTime("3d");
      expect(runs).toEqual(expected);
    }
  });
});

describe("declaring a schedule", () => {
  const { app, task } = recording();
  const codeOf = (declare: () => void): string => {
    try {
      declare();
    } catch (error) {
      if (error instanceof TaskoraError) return error.code;
      throw error;
    }
    return "none";
  };
  const refused = (settings: object, name = "bad"): string =>
    codeOf(() => app.schedule(name, { task, ...settings } as never));

  it.each([
    [{ cron: "0 0 30 2 *" }, "CRON_INVALID"],
    [{ cron: "0 0 31 4,6,9,11 *" }, "CRON_INVALID"],
    [{ cron: "61 * * * *" }, "CRON_INVALID"],
    [{ cron: "* * * *" }, "CRON_INVALID"],
    [{ cron: "" }, "CRON_INVALID"],
    [{ cron: 5 }, "CRON_INVALID"],
    [{ cron: "2027-01-01T00:00:00" }, "CRON_INVALID"],
    [{ cron: "@reboot" }, "CRON_INVALID"],
    [{ cron: "0 0 * * *", timezone: "Mars/Olympus" }, "TIME_ZONE_INVALID"],
    [{ cron: "0 0 * * *", timezone: 5 }, "TIME_ZONE_INVALID"],
    [{ every: 0 }, "OPTION_INVALID"],
    [{ every: "5ms" }, "OPTION_INVALID"],
    [{ every: -1 }, "DURATION_INVALID"],
    [{ every: "soon" }, "DURATION_INVALID"],
    [{ every: Number.NaN }, "DURATION_INVALID"],
    [{ every: Number.POSITIVE_INFINITY }, "DURATION_INVALID"],
    [{ every: 1e15 }, "DURATION_INVALID"],
    [{ every: "1h", timezone: "UTC" }, "OPTION_INVALID"],
    [{ every: "1h", cron: "* * * * *" }, "OPTION_INVALID"],
    [{}, "OPTION_INVALID"],
    [{ every: "1h", onMissed: "catch-up-limit:0" }, "OPTION_INVALID"],
    [{ every: "1h", onMissed: "catchup" }, "OPTION_INVALID"],
    [{ every: "1h", overlap: "no" }, "OPTION_INVALID"],
    [{ every: "1h", jitter: "1h" }, "OPTION_INVALID"],
    [{ every: "3d", jitter: "2d" }, "OPTION_INVALID"],
    [{ every: "1h", evry: "1h" }, "OPTION_INVALID"],
    [{ every: "1h", task: 5 }, "OPTION_INVALID"],
    [{ every: "1h", task: "No Task" }, "NAME_INVALID"],
  ])("refuses %j with %s", (settings, code) => {
    expect(refused(settings)).toBe(code);
  });

  it("refuses bad names and one name twice", () => {
    expect(refused({ every: "1h" }, "")).toBe("NAME_INVALID");
    expect(refused({ every: "1h" }, "a b")).toBe("NAME_INVALID");
    expect(refused({ every: "1h" }, "x".repeat(101))).toBe("NAME_INVALID");
    expect(refused({ every: "1h" }, "twice")).toBe("none");
    expect(refused({ every: "2h" }, "twice")).toBe("SCHEDULE_CONFLICT");
  });

  it("accepts seconds, years, nicknames and the last of a month", () => {
    for (const [index, cron] of ["*/5 * * * * *", "0 0 0 1 1 * 2099", "@daily", "0 0 L * *"].entries()) {
      expect(refused({ cron }, `fine-${index}`)).toBe("none");
    }
  });

  it("refuses data that does not fit at once", () => {
    const strict = app.task("strict", { input: z.object({ a: z.string() }), handler: () => undefined });
    expect(codeOf(() => app.schedule("strict", { task: strict, every: "1h", data: { a: 5 } as never }))).toBe(
      "VALIDATION_FAILED",
    );
  });
});

describe("days of a schedule that runs every few minutes", () => {
  it("are leapt through: each slot runs at its time, and little else happens", async () => {
    const { test, app, task, runs } = recording();
    const timers = vi.spyOn(test.clock, "schedule");
    app.schedule("often", { task, every: "5m" });
    await test.advanceTime("20d");
    expect(runs).toEqual(Array.from({ length: 20 * 288 }, (_, slot) => (slot + 1) * 300_000));
    expect(timers.mock.calls.length / runs.length).toBeLessThan(20);
  });

  it("leave what somebody waits for its time", async () => {
    const { test, app, task } = recording();
    app.schedule("often", { task, every: "5m" });
    await test.advanceTime("1m");
    const never = app.register({ name: "elsewhere", version: 1 });
    const job = await never.dispatch(1);
    let gaveUpAt = 0;
    const waiting = job.waitFor("90s").catch(() => {
      gaveUpAt = test.clock.now() - START;
    });
    await test.advanceTime("1h");
    await waiting;
    expect(gaveUpAt).toBe(150_000);
  });
});

describe("a schedule whose times are over", () => {
  it("is stored, fires no more and says so", async () => {
    const { test, app, task, runs, warnings } = recording();
    app.schedule("once", { task, cron: "0 0 0 1 1 * 2020" });
    await test.advanceTime("1d");
    expect(runs).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("never runs any more")]);
  });
});
