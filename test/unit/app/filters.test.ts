import type { BulkResult, Taskora } from "taskora";
import { createTaskora, FilterError } from "taskora";
import { expect, it, vi } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { rejection } from "../../support/signals.js";

const NOTHING = { refused: 0, missing: 0 };

describeBehaviour("a filter of jobs", ({ app, world }) => {
  /** Failed jobs of two tasks, `many` of the first; every second one failed in another way. */
  async function failed(many: number): Promise<Taskora> {
    const tasks = app({ defaults: { retention: { failed: { count: 5000 } } } });
    const fail = (data: { readonly n: number }) => {
      throw Object.assign(new Error(data.n % 2 === 0 ? `SMTP 421 at ${data.n}` : "no route"), { code: "E" });
    };
    const options = { concurrency: 100, retry: { attempts: 1 } };
    const mail = tasks.task("email.send", { ...options, handler: fail });
    const text = tasks.task("sms.send", { ...options, handler: fail });
    await tasks.start();
    const jobs = [
      ...(await mail.dispatchMany(Array.from({ length: many }, (_, n) => ({ n })))),
      await text.dispatch({ n: 0 }, { headers: { tenant: "acme" } }),
    ];
    await Promise.all(jobs.map((job) => rejection(job.result)));
    await tasks.close();
    // One that declares nothing sees every task of the store.
    return app();
  }

  it("chooses what is listed, in whatever task it is", async () => {
    const tools = await failed(5);
    const listed = async (where: string) =>
      (await tools.jobs.list({ where })).items.map(
        ({ task, data }) => `${task} ${(data as { n: number }).n}`,
      );
    expect(await listed("task:email.* state:failed error:smtp data.n>0")).toEqual([
      "email.send 4",
      "email.send 2",
    ]);
    expect(await listed("header.tenant:acme")).toEqual(["sms.send 0"]);
    expect(await listed("-task:email.send")).toEqual(["sms.send 0"]);
    expect(await listed("state:waiting|completed")).toEqual([]);
    expect(await listed("route data.n:1")).toEqual(["email.send 1"]);
    const [one] = (await tools.jobs.list({ where: "state:failed", limit: 1 })).items;
    if (one === undefined) throw new Error("nothing failed");
    expect(await listed(`id:${one.id.slice(0, 12)}* data.n:${(one.data as { n: number }).n}`)).toHaveLength(
      1,
    );
    expect(await listed("finished>-1h age<1h code:E attempt:1 version:1 run<1h")).toHaveLength(6);
  });

  it("that says tasks and states alone reads no more jobs than there is room for", async () => {
    const adapter = world().adapter();
    const list = vi.spyOn(adapter, "list");
    const tasks = createTaskora({ adapter, logger: false });
    const one = tasks.register({ name: "one", version: 1 });
    await one.dispatchMany(Array.from({ length: 20 }, (_, n) => n));
    const page = await tasks.jobs.list({ where: "task:o* state:waiting -state:failed", limit: 3 });
    expect(page.items).toHaveLength(3);
    expect(list.mock.calls.map(([{ limit }]) => limit)).toEqual([3]);
    await tasks.close();
  });

  it("finds jobs by the machine and the worker that ran them", async () => {
    const tasks = app();
    const quick = tasks.task("quick", () => 1);
    await tasks.start();
    await quick.dispatch(undefined).result;
    const [worker] = (await tasks.workers.list()).items;
    for (const name of [worker?.id, worker?.host]) {
      expect((await tasks.jobs.list({ where: `state:completed worker:"${name}"` })).items).toHaveLength(1);
    }
    expect((await tasks.jobs.list({ where: "worker:nobody" })).items).toEqual([]);
  });

  it("refuses a task that nobody has met, and text that is no filter", async () => {
    const tools = await failed(1);
    const missing = {
      code: "TASK_NOT_FOUND",
      message: expect.stringContaining('Did you mean "email.send"?'),
    };
    await expect(tools.jobs.list({ where: "task:emial.send" })).rejects.toMatchObject(missing);
    // Turned around it would choose everything.
    await expect(tools.jobs.removeAll({ where: "-task:emial.send" })).rejects.toMatchObject(missing);
    await expect(tools.jobs.list({ where: "task:emial.*" })).rejects.toMatchObject({
      message: expect.stringContaining('Did you mean "email.*"?'),
    });
    const error = await rejection(tools.jobs.retryAll({ where: "state:failed age>1" }));
    expect(error).toBeInstanceOf(FilterError);
    expect(error).toMatchObject({ code: "FILTER_INVALID", position: 17 });
    expect(() => tools.jobs.list({ where: 5 as never })).toThrow("expected where to be a filter");
    await expect(tools.jobs.removeAll({ where: " " })).rejects.toMatchObject({ option: "task" });
    expect((await tools.jobs.count()).failed).toBe(2);
  });

  it("counts exactly without changing anything, then changes exactly that", async () => {
    const tools = await failed(1100);
    const where = 'error:"421" data.n>599';
    const progress: BulkResult[] = [];
    const dry = await tools.jobs.retryAll({ where, dryRun: true, onProgress: (done) => progress.push(done) });
    expect(dry).toEqual({ matched: 250, applied: 0, ...NOTHING });
    expect(progress.at(-1)).toEqual(dry);
    expect((await tools.jobs.count()).failed).toBe(1101);
    expect(await tools.jobs.retryAll({ where, task: "email.send" })).toEqual({
      ...{ matched: 250, applied: 250, ...NOTHING },
    });
    expect(await tools.jobs.count({ task: "email.send" })).toMatchObject({ waiting: 250, failed: 850 });
    expect((await tools.jobs.list({ state: "waiting", where: "data.n<600" })).items).toEqual([]);
  });

  it("stops at a limit between two jobs of one page, and goes on behind it", async () => {
    const tools = await failed(300);
    const where = "data.n<200";
    const first = await tools.jobs.retryAll({ where, task: "email.send", dryRun: true, limit: 70 });
    expect(first).toEqual({ matched: 70, applied: 0, ...NOTHING, cursor: expect.any(String) });
    const { cursor } = first;
    const rest = await tools.jobs.retryAll({ where, task: "email.send", dryRun: true, cursor, fast: true });
    expect(rest).toEqual({ matched: 130, applied: 0, ...NOTHING });
    const seen = new Set<string>();
    for await (const { id } of tools.jobs.list({ where, task: "email.send", limit: 40 })) seen.add(id);
    expect(seen.size).toBe(200);
  });

  it("is stopped within a page, and a second call completes it", async () => {
    const tools = await failed(120);
    const stop = new AbortController();
    const stopped = await tools.jobs.removeAll({
      ...{ where: "task:email.send error:421|route", perSecond: 1000, signal: stop.signal },
      onProgress: () => stop.abort(),
    });
    expect(stopped).toEqual({ matched: 100, applied: 100, ...NOTHING, cursor: expect.any(String) });
    const { cursor } = stopped;
    expect(await tools.jobs.removeAll({ where: "task:email.send error:421|route", cursor })).toEqual({
      ...{ matched: 20, applied: 20, ...NOTHING },
    });
    expect(await tools.jobs.count()).toMatchObject({ failed: 1, total: 1 });
    const before = await tools.jobs.removeAll({ all: true, signal: AbortSignal.abort() });
    expect(before).toEqual({ matched: 0, applied: 0, ...NOTHING, cursor: expect.any(String) });
  });

  it("gives many jobs another time or another priority, each once", async () => {
    const tools = app();
    const later = tools.register({ name: "later", version: 1 });
    await later.dispatchMany(
      Array.from({ length: 40 }, (_, n) => ({ n })),
      { delay: "1h" },
    );
    await later.dispatchMany([{ n: 40 }, { n: 41 }]);
    const where = "data.n>=20";
    expect(await tools.jobs.rescheduleAll({ where, delay: "2h" })).toEqual({
      matched: 22,
      applied: 22,
      ...NOTHING,
    });
    expect(await tools.jobs.changePriorityAll({ where, priority: -5 })).toEqual({
      ...{ matched: 22, applied: 22, ...NOTHING },
    });
    expect(await tools.jobs.changePriorityAll({ where, priority: -5 })).toMatchObject({ matched: 0 });
    expect(await tools.jobs.count()).toMatchObject({ delayed: 42, waiting: 0 });
    const moved = (await tools.jobs.list({ where: "priority:-5" })).items;
    expect(new Set(moved.map(({ dueAt }) => dueAt)).size).toBe(1);
    await expect(tools.jobs.rescheduleAll({ where, delay: 0 })).rejects.toThrow(
      "promoteAll() makes jobs wait now",
    );
    expect(await tools.jobs.promoteAll({ where: "data.n:41" })).toMatchObject({ applied: 1 });
  });
});
