import type { ScheduleChanges, ScheduleInfo, Taskora, TaskoraError } from "taskora";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { rejection } from "../../support/signals.js";

/** Rejections as codes. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (error: TaskoraError) => error.code,
  );
}

/** Resolves with the ids of the first `count` jobs that a task of `app` completes. */
function completions(app: Taskora, count: number): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const ids: string[] = [];
    app.on("completed", ({ id }) => {
      ids.push(id);
      if (ids.length === count) resolve(ids);
    });
  });
}

function slotOf(id: string): number {
  return Number(id.split("@")[1]);
}

describeBehaviour("a schedule", ({ app, world }) => {
  it("runs each slot once in one of three processes, on an even grid", async () => {
    const apps = [app(), app(), app()];
    for (const each of apps) {
      const task = each.task("tick", () => undefined);
      each.schedule("tick", { task, every: "50ms" });
    }
    const [first] = apps as [Taskora];
    const told = completions(first, 8);
    await first.connect();
    await Promise.all(apps.map((each) => each.start()));
    const slots = (await told).map(slotOf).sort();
    expect(new Set(slots).size).toBe(8);
    const anchor = slots[0] ?? 0;
    expect(slots.map((slot) => (slot - anchor) % 50)).toEqual(slots.map(() => 0));
  });

  it("is stored when an app starts, or when it first asks", async () => {
    const asking = app();
    asking.schedule("nightly", {
      task: "report.make",
      cron: "0 3 * * *",
      timezone: "Europe/Berlin",
      data: { a: 1 },
    });
    expect(await asking.schedules.get("nightly")).toEqual({
      name: "nightly",
      task: "report.make",
      data: { a: 1 },
      cron: "0 3 * * *",
      timezone: "Europe/Berlin",
      onMissed: "skip",
      overlap: "allow",
      jitter: 0,
      paused: false,
      nextSlotAt: expect.any(Number),
    });
    const starting = app();
    starting.schedule("hourly", { task: "report.make", every: "1h" });
    await starting.start();
    const other = app();
    expect((await other.schedules.list()).items.map(({ name }) => name)).toEqual(["hourly", "nightly"]);
    expect((await other.schedules.get("hourly"))?.every).toBe(3_600_000);
  });

  it("keeps its next slot when the same code starts again, however often", async () => {
    const seen: (number | undefined)[] = [];
    for (let start = 0; start < 5; start++) {
      const each = app();
      each.schedule("hourly", { task: "report.make", every: "1h" });
      await each.start();
      seen.push((await each.schedules.get("hourly"))?.nextSlotAt);
      await each.close();
    }
    expect(new Set(seen).size).toBe(1);
  });

  it("takes over what changed in the code, and keeps what did not", async () => {
    const before = app();
    before.schedule("hourly", { task: "report.make", every: "1h", data: 1 });
    const old = (await before.schedules.get("hourly")) as ScheduleInfo;
    await before.schedules.pause("hourly");
    const after = app();
    after.schedule("hourly", { task: "report.make", every: "1h", data: 2, overlap: "skip" });
    expect(await after.schedules.get("hourly")).toMatchObject({ data: 2, overlap: "skip", paused: true });
    expect(await after.schedules.resume("hourly")).toEqual({ status: "applied" });
    expect(await after.schedules.resume("hourly")).toEqual({ status: "unchanged" });
    expect((await after.schedules.get("hourly"))?.nextSlotAt).toBe(old.nextSlotAt);
    const other = app();
    other.schedule("hourly", { task: "report.make", every: "30m", data: 2 });
    const faster = (await other.schedules.get("hourly")) as ScheduleInfo;
    expect(faster.nextSlotAt).toBe((old.nextSlotAt ?? 0) - 1_800_000);
  });

  it("keeps an update over restarts until the code says something else", async () => {
    const declare = (every: "1h" | "2h") => {
      const each = app();
      each.schedule("hourly", { task: "report.make", every });
      return each.schedules;
    };
    const first = declare("1h");
    expect(await first.update("hourly", { every: "3h", data: "x" })).toEqual({ status: "applied" });
    expect(await first.get("hourly")).toMatchObject({ every: 10_800_000, data: "x" });
    expect(await declare("1h").get("hourly")).toMatchObject({ every: 10_800_000, data: "x" });
    expect(await declare("2h").get("hourly")).toMatchObject({ every: 7_200_000, data: undefined });
  });

  it("updates times, zone and rules one by one", async () => {
    const { schedules } = app();
    const declaring = app();
    declaring.schedule("s", { task: "report.make", cron: "0 3 * * *" });
    await declaring.schedules.list();
    const updated = async (changes: ScheduleChanges) => {
      expect(await schedules.update("s", changes)).toEqual({ status: "applied" });
      return (await schedules.get("s")) as ScheduleInfo;
    };
    const zoned = await updated({ timezone: "Asia/Tokyo" });
    expect(zoned).toMatchObject({ cron: "0 3 * * *", timezone: "Asia/Tokyo" });
    expect(new Date(zoned.nextSlotAt ?? 0).getUTCHours()).toBe(18);
    expect(await updated({ jitter: "1m", overlap: "skip" })).toMatchObject({
      jitter: 60_000,
      overlap: "skip",
      nextSlotAt: zoned.nextSlotAt,
    });
    expect(await codeOf(schedules.update("s", { cron: "0 0 30 2 *" }))).toBe("CRON_INVALID");
    expect(await codeOf(schedules.update("s", { every: 0 }))).toBe("OPTION_INVALID");
    expect(await codeOf(schedules.update("s", { every: "1h", timezone: "UTC" }))).toBe("OPTION_INVALID");
    expect(await codeOf(schedules.update("s", { evry: "1h" } as never))).toBe("OPTION_INVALID");
    const { cron, ...changed } = await updated({ every: "1h", task: "other.task" });
    expect(changed).toMatchObject({ every: 3_600_000, task: "other.task", jitter: 60_000 });
    expect(cron).toBeUndefined();
  });

  it("fires nothing while paused, and goes on when resumed, from any process", async () => {
    const working = app();
    let onRun: (id: string) => void = () => undefined;
    const task = working.task("tick", (_, ctx) => onRun(ctx.id));
    working.schedule("tick", { task, every: "40ms" });
    const told = completions(working, 2);
    await working.start();
    await told;
    const { schedules } = app();
    expect(await schedules.pause("tick")).toEqual({ status: "applied" });
    expect(await schedules.pause("tick")).toEqual({ status: "unchanged" });
    const paused = (await schedules.get("tick")) as ScheduleInfo;
    expect(paused.nextSlotAt).toBeUndefined();
    const { lastSlotAt } = paused;
    const triggered = await schedules.trigger("tick");
    if (triggered.status === "applied") await triggered.job.result;
    expect((await schedules.get("tick"))?.lastSlotAt).toBe(lastSlotAt);
    const later = new Set<number>();
    const again = new Promise<void>((resolve) => {
      onRun = (id) => {
        if (slotOf(id) > (lastSlotAt ?? 0)) later.add(slotOf(id));
        if (later.size === 2) resolve();
      };
    });
    await schedules.resume("tick");
    expect((await schedules.get("tick"))?.nextSlotAt).toBeGreaterThan(lastSlotAt ?? 0);
    await again;
  });

  it("gives a handle when triggered", async () => {
    const working = app();
    const task = working.task("double", {
      input: z.object({ n: z.number() }),
      output: z.number(),
      handler: ({ n }) => 2 * n,
    });
    working.schedule("doubling", { task, every: "1d", data: { n: 21 } });
    await working.start();
    const triggered = await app().schedules.trigger<number>("doubling");
    if (triggered.status !== "applied") throw new Error(triggered.status);
    expect(await triggered.job.result).toBe(42);
    expect(triggered.job.task).toBe("double");
  });

  it("is gone when removed, for this process too, and comes back with another whose code declares it", async () => {
    const first = app();
    const declare = (each: Taskora) => each.schedule("s", { task: "report.make", every: "1h" });
    const handle = declare(first);
    expect(await handle.get()).toMatchObject({ name: "s", every: 3_600_000 });
    expect(await handle.remove({ by: "ada" })).toEqual({ status: "applied" });
    expect(await handle.remove()).toEqual({ status: "missing" });
    await first.close();
    await first.start();
    expect(await handle.get()).toBeUndefined();
    declare(first);
    expect(await handle.get()).toBeDefined();
    await handle.remove();
    const other = app();
    declare(other);
    await other.start();
    expect(await handle.get()).toBeDefined();
  });

  it("is answered as missing where it is not stored", async () => {
    const { schedules } = app();
    for (const verb of ["pause", "resume", "remove", "trigger"] as const)
      expect(await schedules[verb]("nobody")).toEqual({ status: "missing" });
    expect(await schedules.update("nobody", { every: "1h" })).toEqual({ status: "missing" });
    expect(await schedules.get("nobody")).toBeUndefined();
  });

  it("made at run time is stored at once, fires, is changed, removed and made again", async () => {
    const working = app();
    const task = working.task("tick", (data: { readonly shop: string }) => data.shop);
    await working.start();
    const tool = app();
    const on = () => tool.schedules.upsert("shop-7", { task, data: { shop: "7" }, every: "20ms", by: "ada" });
    const told = completions(working, 2);
    const handle = await on();
    expect(await handle.get()).toMatchObject({ data: { shop: "7" }, every: 20, paused: false });
    await told;
    const runs = (await handle.get())?.runs ?? 0;
    expect(runs).toBeGreaterThanOrEqual(2);
    await handle.pause();
    await tool.schedules.upsert("shop-7", { task, data: { shop: "seven" }, every: "1h" });
    expect(await handle.get()).toMatchObject({ data: { shop: "seven" }, every: 3_600_000, paused: true });
    expect((await handle.get())?.runs).toBeGreaterThanOrEqual(runs);
    expect(await handle.remove()).toEqual({ status: "applied" });
    const again = completions(working, 1);
    await on();
    await again;
    expect(await handle.get()).toMatchObject({ every: 20, paused: false });
    expect(await rejection(tool.schedules.upsert("x", { task, data: { shop: "7" } } as never))).toMatchObject(
      {
        code: "OPTION_INVALID",
      },
    );
  });

  it("is written back as it was read", async () => {
    const { schedules } = app();
    await schedules.upsert("cron", {
      ...{ task: "report.make", data: { a: 1 }, cron: "0 3 * * *", timezone: "Asia/Tokyo" },
      ...{ onMissed: { limit: 5 }, overlap: "skip", jitter: "1m", limit: 9, endAt: Date.now() + 10 ** 11 },
    });
    await schedules.upsert("every", { task: "report.make", every: "2h" });
    for (const name of ["cron", "every"]) {
      const before = (await schedules.get(name)) as ScheduleInfo;
      expect(await schedules.update(name, before)).toEqual({ status: "applied" });
      expect(await schedules.get(name)).toEqual(before);
    }
  });

  it("is left to a process that has its task", async () => {
    const declaring = app();
    declaring.task("other.task", () => undefined);
    declaring.schedule("tick", { task: "tick", every: "20ms" });
    await declaring.start();
    const { nextSlotAt } = (await declaring.schedules.get("tick")) as ScheduleInfo;
    const working = app();
    working.task("tick", () => undefined);
    const told = completions(working, 1);
    await working.connect();
    expect((await declaring.schedules.get("tick"))?.lastSlotAt).toBeUndefined();
    await working.start();
    const [id = ""] = await told;
    expect(slotOf(id)).toBeGreaterThanOrEqual(nextSlotAt ?? 0);
  });

  it("begins when it, or its task, is added to a working app", async () => {
    const working = app();
    await working.start();
    working.schedule("tick", { task: "tick", every: "20ms" });
    const told = completions(working, 2);
    working.task("tick", () => undefined);
    await told;
  });

  it("fires what another process adds at once", async () => {
    const working = app();
    working.task("tick", () => undefined);
    const told = completions(working, 1);
    await working.start();
    const other = app();
    other.schedule("tick", { task: "tick", every: "20ms" });
    await other.schedules.list();
    await told;
  });

  it("that cannot be read disturbs no other", async () => {
    const working = app();
    working.task("tick", () => undefined);
    const told = completions(working, 3);
    const adapter = world().adapter();
    await adapter.connect();
    const now = (await adapter.schedules?.read([]))?.now ?? 0;
    const broken = { task: "tick", expectedRevision: 0, payload: "", nextSlotAt: now - 5 };
    await adapter.schedules?.write([
      { ...broken, name: "broken", plan: "not JSON" },
      { ...broken, name: "newer", plan: '{"moon":"full"}' },
    ]);
    working.schedule("fine", { task: "tick", every: "20ms" });
    await working.start();
    await told;
    const reported = world().errors.map(({ code, schedule }) => `${code} ${schedule}`);
    expect(reported.sort()).toEqual(["SCHEDULE_BROKEN broken", "SCHEDULE_BROKEN newer"]);
    world().takeErrorCodes();
    const listed = await working.schedules.list();
    expect(listed.items.map(({ name, corrupt }) => [name, corrupt !== undefined])).toEqual([
      ["broken", true],
      ["fine", false],
      ["newer", true],
    ]);
    expect(await codeOf(working.schedules.pause("broken"))).toBe("SCHEDULE_BROKEN");
    await adapter.close();
  });

  it("whose data an asynchronous schema refuses is reported, and disturbs no other", async () => {
    const working = app();
    const input = z.object({ a: z.string().refine(async (text) => text !== "bad") });
    const task = working.task("picky", { input, handler: () => undefined });
    working.schedule("bad", { task, every: "20ms", data: { a: "bad" } });
    working.schedule("good", { task, every: "20ms", data: { a: "x" } });
    const told = completions(working, 1);
    await working.start();
    await told;
    expect(world().errors.map(({ code, schedule }) => [code, schedule])).toEqual([
      ["VALIDATION_FAILED", "bad"],
    ]);
    world().takeErrorCodes();
    expect((await working.schedules.list()).items.map(({ name }) => name)).toEqual(["good"]);
  });

  it("stops with its app, and another process goes on without a gap", async () => {
    const closing = app();
    const staying = app();
    for (const each of [closing, staying]) {
      const task = each.task("tick", () => undefined);
      each.schedule("tick", { task, every: "30ms" });
    }
    const told = completions(staying, 4);
    await closing.start();
    await staying.start();
    await told;
    await closing.close();
    const ids = await completions(staying, 5);
    const slots = ids.map(slotOf);
    expect(slots.slice(1).every((slot, index) => slot > (slots[index] ?? 0))).toBe(true);
  });

  it("stamps its jobs with the contract's version, priority and TTL", async () => {
    const declaring = app();
    const contract = { name: "report.make", version: 3, priority: 7, ttl: "1h" } as const;
    declaring.schedule("s", { task: contract, every: "1d" });
    const triggered = await declaring.schedules.trigger("s");
    if (triggered.status !== "applied") throw new Error(triggered.status);
    expect(await declaring.jobs.get(triggered.job)).toMatchObject({
      version: 3,
      priority: 7,
      expiresAt: expect.any(Number),
    });
  });

  it("with a limit runs so often in all processes together, and stays ended over restarts", async () => {
    const apps = [app(), app(), app()];
    const told = completions(apps[0] as Taskora, 3);
    for (const each of apps) {
      const task = each.task("tick", () => undefined);
      each.schedule("tick", { task, every: "20ms", limit: 3 });
    }
    await apps[0]?.connect();
    await Promise.all(apps.map((each) => each.start()));
    expect(new Set(await told).size).toBe(3);
    await expect.poll(async () => (await apps[1]?.schedules.get("tick"))?.ended).toBe(true);
    const later = app();
    later.schedule("tick", { task: later.task("tick", () => undefined), every: "20ms", limit: 3 });
    await later.start();
    expect(await later.schedules.get("tick")).toMatchObject({ runs: 3, limit: 3, ended: true });
  });

  it("counts its runs over a changed definition", async () => {
    const first = app();
    const told = completions(first, 2);
    first.schedule("tick", { task: first.task("tick", () => undefined), every: "20ms", limit: 2 });
    await first.start();
    await told;
    await first.close();
    const second = app();
    const once = completions(second, 1);
    second.schedule("tick", { task: second.task("tick", () => undefined), every: "30ms", limit: 3 });
    await second.connect();
    await second.start();
    await once;
    await expect.poll(async () => await second.schedules.get("tick")).toMatchObject({ runs: 3, ended: true });
  });

  it("warns of a task that nobody knows, with the nearest name, and of no other", async () => {
    const declaring = app();
    declaring.register({ name: "report.make", version: 1 });
    declaring.schedule("good", { task: "report.make", every: "1h" });
    declaring.schedule("bad", { task: "report.mkae", every: "1h" });
    await declaring.schedules.list();
    expect(world().warnings).toEqual([
      {
        type: "warning",
        code: "SCHEDULE_WITHOUT_TASK",
        message: expect.stringMatching(/Schedule bad has nothing to run so far.*Did you mean "report\.make"/),
        schedule: "bad",
        task: "report.mkae",
      },
    ]);
  });
});
