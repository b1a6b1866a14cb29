import type { AuditEvent, BulkResult, Job, JobHandle, Taskora } from "taskora";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate, rejection, untilAborted } from "../../support/signals.js";

describeBehaviour("failed jobs", ({ app }) => {
  /** A worker whose jobs fail until `mend` is called. */
  async function broken(tasks: Taskora) {
    let isBroken = true;
    const client = tasks.task("break", {
      concurrency: 100,
      retry: { attempts: 2, delay: 0 },
      handler: (data, ctx) => {
        if (isBroken) throw new Error("broken");
        return { data, attempt: ctx.attempt };
      },
    });
    await tasks.start();
    const mend = () => {
      isBroken = false;
    };
    return { client, mend };
  }

  it("lists what failed, newest first, with its error", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    for (const n of [1, 2, 3]) await rejection(client.dispatch(n).result);
    const page = await tasks.jobs.list({ state: "failed", task: "break" });
    expect(page.items.map(({ data, error }) => [data, error?.message])).toEqual([
      [3, "broken"],
      [2, "broken"],
      [1, "broken"],
    ]);
  });

  it("retries one as a fresh first attempt, which its handle can be asked for", async () => {
    const tasks = app();
    const { client, mend } = await broken(tasks);
    const job = client.dispatch("x");
    await rejection(job.result);
    mend();
    const reply = await tasks.jobs.retry({ task: "break", id: job.id });
    if (reply.status !== "applied") throw new Error(reply.status);
    expect(await reply.job.result).toEqual({ data: "x", attempt: 1 });
    await expect(job.result).rejects.toMatchObject({ code: "JOB_FAILED" });
    const found = await tasks.jobs.get({ id: job.id });
    expect(found?.history.map(({ outcome }) => outcome)).toEqual(["failed", "failed", "completed"]);
    expect(found?.error).toBeUndefined();
  });

  it("gives a revived job its attempts again", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    const job = client.dispatch("x");
    await rejection(job.result);
    await tasks.jobs.retry({ task: "break", id: job.id });
    expect(await rejection(client.job(job.id).result)).toMatchObject({ attempt: 2 });
    expect((await tasks.jobs.get({ id: job.id }))?.history).toHaveLength(4);
  });

  it("retries all, across pages", async () => {
    // More than are revived, or the first ones would be gone before they are asked for.
    const tasks = app({ defaults: { retention: { completed: { count: 2000 } } } });
    const { client, mend } = await broken(tasks);
    const jobs = await client.dispatchMany(Array.from({ length: 1201 }, (_, n) => n));
    await Promise.all(jobs.map((job) => rejection(job.result)));
    mend();
    expect((await tasks.jobs.retryAll({ task: "break" })).applied).toBe(1201);
    await Promise.all(jobs.map((job) => client.job(job.id).result));
    expect((await tasks.jobs.count({ task: "break" })).failed).toBe(0);
    expect((await tasks.jobs.retryAll({ task: "break" })).applied).toBe(0);
  });

  it("removes one and purges the rest", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    const jobs = [1, 2, 3].map((n) => client.dispatch(n));
    await Promise.all(jobs.map((job) => rejection(job.result)));
    const [first] = jobs;
    expect(await tasks.jobs.remove({ task: "break", id: first?.id ?? "" })).toEqual({ status: "applied" });
    expect(await client.job(first?.id ?? "").getState()).toBeUndefined();
    expect((await tasks.jobs.removeAll({ state: "failed", task: "break" })).applied).toBe(2);
    expect((await tasks.jobs.count({ task: "break" })).total).toBe(0);
  });

  it("work over all tasks when none is named", async () => {
    const tasks = app();
    const failing = (name: string) =>
      tasks.task(name, {
        retry: { attempts: 1 },
        handler: (data) => {
          throw new Error(`${name} ${data}`);
        },
      });
    const [two, one] = [failing("two"), failing("one")];
    await tasks.start();
    for (const n of [1, 2, 3]) for (const client of [one, two]) await rejection(client.dispatch(n).result);
    const seen: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await tasks.jobs.list({
        state: "failed",
        limit: 2,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ task, data }) => `${task} ${data}`));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(["one 3", "one 2", "one 1", "two 3", "two 2", "two 1"]);
    expect((await tasks.jobs.list({ state: "failed" })).items).toHaveLength(6);
    await tasks.close();
    const reader = app();
    for (const name of ["one", "two"]) reader.register({ name, version: 1 });
    expect((await reader.jobs.retryAll({ where: ({ error }) => error?.message === "two 2" })).applied).toBe(
      1,
    );
    expect(await reader.jobs.count({ task: "two" })).toMatchObject({ waiting: 1, failed: 2 });
    expect((await reader.jobs.removeAll({ state: "failed", all: true })).applied).toBe(5);
    expect((await reader.jobs.count()).failed).toBe(0);
  });

  it("are retried up to a limit, and the result says how far that was", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    const jobs = await client.dispatchMany(Array.from({ length: 700 }, (_, n) => n));
    await Promise.all(jobs.map((job) => rejection(job.result)));
    await tasks.close();
    const reader = app();
    const progress: unknown[] = [];
    const onProgress = (step: unknown) => progress.push(step);
    const first = await reader.jobs.retryAll({ task: "break", limit: 600, onProgress });
    const nothing = { refused: 0, missing: 0 };
    expect(first).toEqual({ matched: 600, applied: 600, ...nothing, cursor: expect.any(String) });
    expect(progress).toEqual([
      { matched: 500, applied: 500, ...nothing },
      { matched: 600, applied: 600, ...nothing },
    ]);
    expect(await reader.jobs.count({ task: "break" })).toMatchObject({ waiting: 600, failed: 100 });
    const { cursor } = first;
    expect(await reader.jobs.retryAll({ task: "break", cursor })).toEqual({
      ...{ matched: 100, applied: 100, ...nothing },
    });
  });

  it("are only counted by a dry run", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    for (const n of [1, 2, 3]) await rejection(client.dispatch(n).result);
    const where = ({ data }: Job) => data !== 2;
    expect(await tasks.jobs.retryAll({ where, dryRun: true })).toMatchObject({ matched: 2, applied: 0 });
    expect(await tasks.jobs.count({ task: client })).toMatchObject({ failed: 3, waiting: 0 });
  });

  it("touches no job that is not dead", async () => {
    const tasks = app();
    const client = tasks.register({ name: "alive", version: 1 });
    const job = await client.dispatch(1);
    expect(await tasks.jobs.retry({ task: "alive", id: job.id })).toEqual({
      status: "refused",
      state: "waiting",
    });
    expect(await tasks.jobs.retry({ task: "alive", id: "00000000000000" })).toEqual({ status: "missing" });
    expect((await tasks.jobs.removeAll({ state: "failed", task: "alive" })).applied).toBe(0);
    expect(await job.getState()).toBe("waiting");
  });

  it("gives a revived job a fresh ttl", async () => {
    const tasks = app();
    const { client } = await broken(tasks);
    const job = client.dispatch("x", { ttl: "1h" });
    await rejection(job.result);
    await tasks.close();
    const reader = app();
    reader.register({ name: "break", version: 1 });
    const before = Date.now();
    await reader.jobs.retry({ task: "break", id: job.id });
    const found = await reader.jobs.get({ id: job.id });
    expect(found?.state).toBe("waiting");
    expect(found?.expiresAt).toBeGreaterThanOrEqual(before + 3_590_000);
  });
});

describeBehaviour("a change of many", ({ app }) => {
  it("says nothing of which jobs only by all: true, since a variable may be undefined", async () => {
    const tasks = app();
    const client = tasks.register({ name: "kept", version: 1 });
    const other = tasks.register({ name: "also-kept", version: 1 });
    await Promise.all([client.dispatch(1), other.dispatch(2)]);
    const calls = ["cancelAll", "retryAll", "promoteAll", "removeAll"] as const;
    for (const call of calls) {
      for (const given of [undefined, {}, { task: undefined }, { where: undefined }, { limit: 5 }]) {
        expect(await rejection(tasks.jobs[call](given as never))).toMatchObject({ code: "OPTION_INVALID" });
      }
      expect((await rejection(tasks.jobs[call]({ task: "kept", all: true }))).message).toMatch(/got both/);
      expect((await rejection(tasks.jobs[call]({ all: false as never }))).message).toMatch(/all/);
    }
    expect((await tasks.jobs.count()).total).toBe(2);
    expect(await tasks.jobs.cancelAll({ all: true, reason: "over" })).toMatchObject({ applied: 2 });
    expect(await tasks.jobs.removeAll({ all: true, state: "cancelled" })).toMatchObject({ applied: 2 });
    expect((await tasks.jobs.count()).total).toBe(0);
  });

  it("cancels what waits and what runs, and tells the reason", async () => {
    const tasks = app();
    const [started, reason] = [gate(), gate<unknown>()];
    const client = tasks.task("work", {
      concurrency: 1,
      handler: async (_, ctx) => {
        started.open();
        await untilAborted(ctx.signal).catch(() => reason.open((ctx.signal.reason as Error).message));
      },
    });
    await tasks.start();
    const active = client.dispatch(1);
    const ended = rejection(active.result);
    await started.opened;
    const delayed = await client.dispatch(2, { delay: "1h" });
    const result = await tasks.jobs.cancelAll({ task: "work", reason: "sold out" });
    expect(result).toEqual({ matched: 2, applied: 2, refused: 0, missing: 0 });
    expect(await reason.opened).toMatch(/sold out/);
    expect(await ended).toMatchObject({ code: "JOB_CANCELLED", reason: "sold out" });
    expect(await delayed.get()).toMatchObject({ state: "cancelled", reason: "sold out" });
  });

  it("makes delayed jobs wait", async () => {
    const tasks = app();
    const client = tasks.register({ name: "later", version: 1 });
    await client.dispatchMany([1, 2, 3], { delay: "1h" });
    expect(await tasks.jobs.promoteAll({ task: [client], where: ({ data }) => data !== 3 })).toMatchObject({
      matched: 2,
      applied: 2,
    });
    expect(await tasks.jobs.count({ task: client })).toMatchObject({ waiting: 2, delayed: 1 });
  });

  it("goes on from its cursor after it was stopped", async () => {
    const tasks = app();
    const client = tasks.register({ name: "many", version: 1 });
    await client.dispatchMany(Array.from({ length: 1100 }, (_, n) => n));
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const first = await tasks.jobs.cancelAll({ task: "many", signal: controller.signal, onProgress });
    expect(first).toMatchObject({ matched: 500, applied: 500, cursor: expect.any(String) });
    const rest = await tasks.jobs.cancelAll({ task: "many", cursor: first.cursor });
    expect(rest).toEqual({ matched: 600, applied: 600, refused: 0, missing: 0 });
  });

  it("keeps to a pace", async () => {
    const tasks = app();
    const client = tasks.register({ name: "slow", version: 1 });
    await client.dispatchMany([1, 2, 3, 4, 5]);
    const progress: number[] = [];
    const onProgress = ({ applied }: BulkResult) => progress.push(applied);
    const began = performance.now();
    await tasks.jobs.cancelAll({ task: client, state: "waiting", perSecond: 20, onProgress });
    expect(progress).toEqual([2, 4, 5]);
    // Two pauses of a tenth of a second, as the clock of timers counts.
    expect(performance.now() - began).toBeGreaterThan(190);
  });

  it("is told to audit listeners, with who and why, as changes of one are", async () => {
    const tasks = app();
    const events: Omit<AuditEvent, "at" | "type">[] = [];
    tasks.on("audit", ({ at, type, ...event }) => events.push(event));
    const client = tasks.register({ name: "seen", version: 1 });
    const jobs = await Promise.all([1, 2, 3].map((n) => client.dispatch(n, { delay: "1h" })));
    const [first] = jobs as readonly JobHandle[] as [JobHandle, ...JobHandle[]];
    const said = { reason: "no stock", by: "ada" };
    await first.promote(said);
    await tasks.jobs.changePriority(first, 5, said);
    await tasks.jobs.reschedule(first, { delay: "2h", ...said });
    await first.cancel(said);
    await first.cancel({ by: "bob" });
    await client.pause(said);
    await client.pause({ by: "bob" });
    await client.resume();
    await tasks.jobs.cancelAll({ task: client, ...said });
    await tasks.jobs.cancelAll({ task: client, dryRun: true });
    await tasks.jobs.remove(first, said);
    await tasks.jobs.remove(first, said);
    const one = { task: "seen", jobId: first.id };
    expect(events).toEqual([
      { action: "job.promote", status: "applied", ...one, ...said },
      { action: "job.prioritize", status: "applied", ...one, ...said },
      { action: "job.reschedule", status: "applied", ...one, ...said },
      { action: "job.cancel", status: "applied", ...one, ...said },
      { action: "task.pause", status: "applied", task: "seen", ...said },
      { action: "task.resume", status: "applied", task: "seen" },
      { action: "job.cancel", status: "applied", task: "seen", count: 2, ...said },
      { action: "job.remove", status: "applied", ...one, ...said },
    ]);
  });
});

describeBehaviour("a change that changes nothing", ({ app }) => {
  const said = { reason: "no stock", by: "ada" };

  it("is answered unchanged and not told, whatever it is a change of", async () => {
    const tasks = app({ pools: { media: 4 } });
    const client = tasks.register({ name: "seen", version: 1 });
    await client.dispatch(1);
    const { schedules } = tasks;
    await schedules.upsert("nightly", { task: client, every: "1d" });
    const told: Omit<AuditEvent, "at" | "type">[] = [];
    tasks.on("audit", ({ at, type, ...event }) => told.push(event));
    const changes = [
      () => client.pause(said),
      () => client.resume(said),
      () => schedules.pause("nightly", said),
      () => schedules.resume("nightly", said),
      () => tasks.pools.set("media", 5, said),
    ];
    for (const change of changes) {
      expect(await change()).toEqual({ status: "applied" });
      expect(await change()).toEqual({ status: "unchanged" });
    }
    const schedule = { schedule: "nightly", task: "seen" };
    expect(told).toEqual(
      [
        { action: "task.pause", task: "seen" },
        { action: "task.resume", task: "seen" },
        { action: "schedule.pause", ...schedule },
        { action: "schedule.resume", ...schedule },
        { action: "pool.set", pool: "media", size: 5 },
      ].map((event) => ({ ...event, status: "applied", ...said })),
    );
  });
});

describeBehaviour("retention", ({ app }) => {
  it("keeps the newest finished jobs of each state up to its count", async () => {
    const tasks = app({ defaults: { retention: { completed: { count: 3 }, failed: { count: 2 } } } });
    const client = tasks.task("keep", {
      concurrency: 1,
      handler: (data) => {
        if (data === "fail") throw new Error("no");
        return data;
      },
    });
    await tasks.start();
    for (let n = 0; n < 6; n++) await client.dispatch(n).result;
    for (let n = 0; n < 4; n++) await rejection(client.dispatch("fail").result);
    expect(await tasks.jobs.count({ task: "keep" })).toMatchObject({ completed: 3, failed: 2, total: 5 });
    const page = await tasks.jobs.list({ task: "keep", state: "completed" });
    expect(page.items.map(({ result }) => result)).toEqual([5, 4, 3]);
  });

  it("of a task wins over the app's, field by field", async () => {
    const tasks = app({ defaults: { retention: { completed: { count: 5, age: "1h" } } } });
    const client = tasks.task("keep", { retention: { completed: { count: 1 } }, handler: () => 1 });
    await tasks.start();
    for (let n = 0; n < 3; n++) await client.dispatch(n).result;
    expect((await tasks.jobs.count({ task: "keep" })).completed).toBe(1);
  });

  it("keeps up with many jobs that finish at once", async () => {
    const tasks = app({ defaults: { retention: { completed: { count: 10 } } } });
    const client = tasks.task("keep", { concurrency: 500, handler: () => 1 });
    await tasks.start();
    const jobs = await client.dispatchMany(Array.from({ length: 3000 }, (_, n) => n));
    await Promise.allSettled(jobs.map((job) => job.result));
    await tasks.close();
    const reader = app();
    reader.register({ name: "keep", version: 1 });
    expect(await reader.jobs.count({ task: "keep" })).toMatchObject({ completed: 10, total: 10 });
  });

  it("refuses rules that are none", () => {
    expect(() => app({ defaults: { retention: { complete: { count: 1 } } as never } })).toThrow(
      /Did you mean "completed"/,
    );
    expect(() => app({ defaults: { retention: { failed: { cout: 1 } } as never } })).toThrow(
      /Did you mean "count"/,
    );
    expect(() => app({ defaults: { retention: { failed: { count: -1 } } } })).toThrow(
      /retention\.failed\.count/,
    );
    expect(() => app({ defaults: { retention: { failed: { age: "1y" as never } } } })).toThrow(
      /retention\.failed\.age/,
    );
  });
});
