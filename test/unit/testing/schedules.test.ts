import { createTaskora, type MissedPolicy, TaskoraError } from "taskora";
import { memoryAdapter } from "taskora/memory";
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
    expect((await copy.app.jobs.count({ task: "report.make" })).completed).toBe(2);
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
  async function downFor(duration: `${number}m`, onMissed: MissedPolicy) {
    const { test, app, task, runs, warnings } = recording();
    app.schedule("report", { task, every: "1h", onMissed });
    await test.advanceTime("1h");
    await app.close();
    await test.clock.leap(Number.parseInt(duration, 10) * 60_000);
    await test.runUntilIdle();
    const { items } = await app.jobs.list({ task: "report.make", state: "completed" });
    const slots = items.map((job) => Number(job.id.split("@")[1]) - START);
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

  it("are caught up with up to the newest few by a limit", async () => {
    expect(await downFor("330m", { limit: 2 })).toMatchObject({
      atOnce: 2,
      later: 1,
      slots: [1, 5, 6].map((hour) => hour * HOUR),
    });
  });

  it("of a long absence are bounded, and a warning says so", async () => {
    const { test, app, task, runs, warnings } = recording({
      defaults: { retention: { completed: { count: 5000 } } },
    });
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

describe("overlap: skip", () => {
  it("lets a slot pass while the last job runs", async () => {
    const test = testApp();
    let ended = 0;
    const gates: (() => void)[] = [];
    const task = test.app.task("slow", async () => {
      await new Promise<void>((resolve) => gates.push(resolve));
      ended += 1;
    });
    test.app.schedule("slow", { task, every: "1m", overlap: "skip" });
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
    [{ every: "1h", onMissed: { limit: 0 } }, "OPTION_INVALID"],
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
  it("stays stored, fires no more and is shown as ended", async () => {
    const { test, app, task, runs } = recording();
    app.schedule("once", { task, cron: "0 0 6 1 1 * 2026" });
    await test.advanceTime("1d");
    expect(runs).toEqual([6 * HOUR]);
    expect(await app.schedules.list()).toMatchObject({ items: [{ name: "once", runs: 1, ended: true }] });
  });
});

describe("triggering a schedule", () => {
  it("rejects with what the store refused the job for", async () => {
    const full = new TaskoraError("STORE_FULL", "no room");
    const adapter = memoryAdapter();
    adapter.insert = async () => [{ status: "refused", error: full }];
    const app = createTaskora({ adapter, logger: false });
    app.schedule("report", { task: app.task("report.make", () => 1), every: "1h" });
    await expect(app.schedules.trigger("report")).rejects.toBe(full);
    await app.close();
  });
});

describe("a schedule with a start, an end or a number of runs", () => {
  const at = (ms: number) => new Date(START + ms);

  it("runs first at its start, keeps to the grid through it, and not after its end", async () => {
    const { test, app, task, runs } = recording();
    const bounds = { startAt: at(90 * 60_000), endAt: START + 90 * 60_000 + 2 * HOUR };
    app.schedule("report", { task, every: "1h", ...bounds });
    await test.advanceTime("1d");
    expect(runs).toEqual([1.5 * HOUR, 2.5 * HOUR, 3.5 * HOUR]);
    expect(await app.schedules.get("report")).toMatchObject({
      ...{ startAt: START + 1.5 * HOUR, endAt: START + 3.5 * HOUR, runs: 3, ended: true },
    });
    expect((await app.schedules.get("report"))?.nextSlotAt).toBeUndefined();
  });

  it("whose start is past has its grid from there", async () => {
    const { test, app, task, runs } = recording();
    app.schedule("report", { task, every: "1h", startAt: at(-10 * HOUR - 60_000) });
    await test.advanceTime("2h");
    expect(runs).toEqual([HOUR - 60_000, 2 * HOUR - 60_000]);
  });

  it("begins and ends a cron expression", async () => {
    const { test, app, task, runs } = recording();
    app.schedule("report", { task, cron: "0 12 * * *", startAt: at(24 * HOUR), endAt: at(3.5 * 24 * HOUR) });
    await test.advanceTime("10d");
    expect(runs).toEqual([36 * HOUR, 60 * HOUR, 84 * HOUR]);
  });

  it("ends after so many runs, and says how many there were on the way", async () => {
    const { test, app, task, runs } = recording();
    app.schedule("report", { task, every: "1h", limit: 3 });
    await test.advanceTime("2h");
    expect(await app.schedules.list()).toMatchObject({ items: [{ name: "report", limit: 3, runs: 2 }] });
    expect((await app.schedules.get("report"))?.ended).toBeUndefined();
    await app.schedules.trigger("report");
    await test.advanceTime("1d");
    expect(runs.filter((run) => run % HOUR === 0).length).toBe(4);
    expect(await app.schedules.get("report")).toMatchObject({ runs: 3, ended: true });
    await test.runUntilIdle();
  });

  it.each([
    ["catch-up", [1, 2, 3]],
    [{ limit: 2 }, [4, 5]],
    ["skip", [6, 7, 8]],
  ] as const)("counts what it catches up with: %s", async (onMissed, hours) => {
    const { test, app, task, runs } = recording();
    app.schedule("report", { task, every: "1h", onMissed, limit: 3 });
    await app.schedules.list();
    await app.close();
    await test.clock.leap(5.5 * HOUR);
    const late = new Set<number>();
    app.on("completed", ({ id }) => late.add((Number(id.split("@")[1]) - START) / HOUR));
    await test.advanceTime("0s");
    await test.advanceTime("1d");
    expect([...late].slice(0, hours.length)).toEqual(hours);
    expect(late.size).toBe(3);
    expect(runs.length).toBe(3);
  });

  it("catches up with no slot after its end", async () => {
    const { test, app, task } = recording();
    const slots: number[] = [];
    app.on("completed", ({ id }) => slots.push((Number(id.split("@")[1]) - START) / HOUR));
    app.schedule("report", { task, every: "1h", onMissed: "catch-up", endAt: at(2.5 * HOUR) });
    await app.schedules.list();
    await app.close();
    await test.clock.leap(10 * HOUR);
    await test.advanceTime("1d");
    expect(slots).toEqual([1, 2]);
    expect(await app.schedules.get("report")).toMatchObject({ runs: 2, ended: true });
  });

  it("goes on when it is given a later end or a larger limit", async () => {
    const { test, app, task, runs } = recording();
    app.schedule("report", { task, every: "1h", limit: 1, endAt: at(10 * HOUR) });
    await test.advanceTime("3h");
    await app.schedules.update("report", { limit: 2 });
    expect(await app.schedules.get("report")).toMatchObject({
      runs: 1,
      nextSlotAt: START + 4 * HOUR,
    });
    await test.advanceTime("20h");
    await app.schedules.update("report", { limit: 5 });
    expect((await app.schedules.get("report"))?.ended).toBe(true);
    await app.schedules.update("report", { endAt: at(25 * HOUR) });
    expect((await app.schedules.get("report"))?.nextSlotAt).toBe(START + 24 * HOUR);
    await test.advanceTime("1d");
    expect(runs).toEqual([HOUR, 4 * HOUR, 24 * HOUR, 25 * HOUR]);
  });

  it("keeps its next slot when only its end is moved, and loses one that lies behind", async () => {
    const { test, app, task } = recording();
    app.schedule("report", { task, every: "1h" });
    await test.advanceTime("90m");
    await app.schedules.update("report", { endAt: at(5 * HOUR) });
    expect((await app.schedules.get("report"))?.nextSlotAt).toBe(START + 2 * HOUR);
    await app.schedules.update("report", { endAt: at(1.6 * HOUR) });
    expect(await app.schedules.get("report")).toMatchObject({ ended: true });
  });

  it("that has ended is told once, with the reason, when it is stored so", async () => {
    const { app, task, warnings } = recording();
    app.schedule("report", { task, every: "1h", endAt: at(-HOUR) });
    await app.start();
    await app.schedules.list();
    expect(warnings).toEqual([expect.stringMatching(/report never runs any more: .*its end, is past/)]);
  });

  it("is shown as ended while it is paused", async () => {
    const { test, app, task } = recording();
    app.schedule("report", { task, every: "1h", endAt: at(2 * HOUR) });
    await test.advanceTime("1h");
    await app.schedules.pause("report");
    expect((await app.schedules.get("report"))?.ended).toBeUndefined();
    await test.advanceTime("3h");
    expect(await app.schedules.get("report")).toMatchObject({ paused: true, ended: true });
  });

  it.each([
    [{ every: "1h", limit: 0 }, "OPTION_INVALID", "limit"],
    [{ every: "1h", limit: 1.5 }, "OPTION_INVALID", "limit"],
    [{ every: "1h", startAt: "2026" }, "OPTION_INVALID", "startAt"],
    [{ every: "1h", endAt: null }, "OPTION_INVALID", "endAt"],
    [{ every: "1h", startAt: 10, endAt: 5 }, "OPTION_INVALID", "endAt"],
    [{ cron: "0 12 * * *", startAt: START, endAt: START + HOUR }, "OPTION_INVALID", "endAt"],
    [{ cron: "0 0 0 1 1 * 2020" }, "CRON_INVALID", "cron"],
    [{ cron: "0 0 0 1 1 * 2026", startAt: START + 1 }, "CRON_INVALID", "cron"],
  ])("is refused where it makes no sense: %j", (settings, code, option) => {
    const { app, task } = recording();
    expect(() => app.schedule("report", { task, ...settings } as never)).toThrow(
      expect.objectContaining({ code, option }),
    );
  });

  it("refuses a cron expression that is past at run time too", async () => {
    const { app, task } = recording();
    app.schedule("report", { task, every: "1h" });
    await expect(app.schedules.update("report", { cron: "0 0 0 1 1 * 2020" })).rejects.toMatchObject({
      code: "CRON_INVALID",
    });
  });
});
