import { createTestApp, type TestApp } from "taskora/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const HOUR = 3_600_000;

let test: TestApp;
beforeEach(() => {
  test = createTestApp();
  test.app.task("report.make", () => undefined);
});
afterEach(() => test.close());

/** The slots ahead, in hours from now. */
async function hoursAhead(name: string, count?: number): Promise<readonly number[] | undefined> {
  const slots = await test.app.schedules.upcoming(name, count === undefined ? {} : { count });
  return slots?.map((slot) => (slot - test.clock.now()) / HOUR);
}

describe("the slots ahead of a schedule", () => {
  const store = (options: { readonly every?: string; readonly limit?: number; readonly endAt?: number }) =>
    test.app.schedules.upsert("report", { task: "report.make", every: "1h", ...options } as never);

  it("are five unless more or fewer are asked for, the next one first", async () => {
    await store({});
    expect(await hoursAhead("report")).toEqual([1, 2, 3, 4, 5]);
    expect(await hoursAhead("report", 1)).toEqual([1]);
    expect(await hoursAhead("report", 7)).toHaveLength(7);
    await test.advanceTime("90m");
    expect(await hoursAhead("report", 2)).toEqual([0.5, 1.5]);
  });

  it("are no more than its limit leaves, also after some have run", async () => {
    await store({ limit: 3 });
    expect(await hoursAhead("report")).toEqual([1, 2, 3]);
    await test.advanceTime("1h");
    expect(await hoursAhead("report")).toEqual([1, 2]);
    await test.advanceTime("2h");
    expect(await hoursAhead("report")).toEqual([]);
  });

  it("end with it", async () => {
    await store({ endAt: test.clock.now() + 2 * HOUR });
    expect(await hoursAhead("report")).toEqual([1, 2]);
  });

  it("are none while it is paused, and unknown where it is not stored", async () => {
    await store({});
    await test.app.schedules.pause("report");
    expect(await hoursAhead("report")).toEqual([]);
    expect(await hoursAhead("missing")).toBeUndefined();
  });

  it.each([0, 1001, 1.5, "5"])("are not counted by %j", async (count) => {
    await expect(test.app.schedules.upcoming("report", { count } as never)).rejects.toThrow(/count/);
  });
});

describe("the handle of a schedule", () => {
  it("does to its own schedule what is asked, and to no other", async () => {
    const { schedules } = test.app;
    const report = await schedules.upsert("report", { task: "report.make", every: "1h", data: 1 });
    await schedules.upsert("other", { task: "report.make", every: "1h" });
    const before = await schedules.get("other");
    expect(await report.get()).toMatchObject({ name: "report", paused: false, every: HOUR, data: 1 });
    expect(await report.pause()).toEqual({ status: "applied" });
    expect(await report.pause()).toEqual({ status: "unchanged" });
    expect(await report.get()).toMatchObject({ paused: true });
    expect(await report.resume()).toEqual({ status: "applied" });
    expect(await report.resume()).toEqual({ status: "unchanged" });
    expect(await report.update({ every: "2h" })).toEqual({ status: "applied" });
    expect(await report.get()).toMatchObject({ paused: false, every: 2 * HOUR });
    const triggered = await report.trigger();
    expect(triggered).toMatchObject({ status: "applied", job: { task: "report.make" } });
    expect(await report.remove()).toEqual({ status: "applied" });
    expect(await report.get()).toBeUndefined();
    for (const missing of [
      report.pause(),
      report.resume(),
      report.update({}),
      report.remove(),
      report.trigger(),
    ])
      expect(await missing).toEqual({ status: "missing" });
    expect(await schedules.get("other")).toEqual(before);
  });

  it("tells listeners of each change who said what, and of none that changed nothing", async () => {
    const told: string[] = [];
    test.app.on("audit", ({ action, status, by, reason }) =>
      told.push([action, status, by, reason].join(" ")),
    );
    const report = await test.app.schedules.upsert("report", { task: "report.make", every: "1h", by: "ada" });
    const said = (reason: string) => ({ by: "ada", reason });
    await report.pause(said("holiday"));
    await report.pause(said("again"));
    await report.resume(said("work"));
    await report.resume(said("again"));
    await report.update({ every: "2h", ...said("slower") });
    await report.trigger(said("now"));
    await report.remove(said("over"));
    await report.remove(said("again"));
    expect(told.slice(1)).toEqual([
      "schedule.pause applied ada holiday",
      "schedule.resume applied ada work",
      "schedule.update applied ada slower",
      "schedule.trigger applied ada now",
      "schedule.remove applied ada over",
    ]);
    expect(told[0]).toMatch(/^schedule\.\w+ applied ada/);
  });
});
