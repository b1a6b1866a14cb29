import { JobNotFoundError, type TaskEvents } from "taskora";
import type { Adapter } from "taskora/adapter";
import { expect, vi } from "vitest";
import { describeAtOnce, type World } from "../../support/behaviour.js";
import { Collected, gate, rejection, untilAborted } from "../../support/signals.js";

const plain = { name: "work", version: 1 } as const;

/** An adapter that says when a survey has been answered. */
function surveyed(world: World): { readonly adapter: Adapter; readonly surveys: Collected<string> } {
  const adapter = world.adapter();
  const surveys = new Collected<string>();
  const survey = adapter.survey.bind(adapter);
  adapter.survey = async (request) => {
    const reply = await survey(request);
    surveys.push(reply.data);
    return reply;
  };
  return { adapter, surveys };
}

const codes = (world: World) => world.warnings.map(({ code }) => code);

describeAtOnce("a store that is emptied", (it) => {
  it("leaves no awaited result pending, in a process without workers", async ({ app, world }) => {
    const { adapter, surveys } = surveyed(world());
    const client = app({ adapter }).register(plain);
    const results = Array.from({ length: 30 }, () => client.dispatch(null).result);
    const late = (await client.dispatch(null)).result;
    await surveys.reach(1);
    await world().empty();
    for (const result of [...results, late]) expect(await rejection(result)).toBeInstanceOf(JobNotFoundError);
    expect(codes(world())).toEqual(["STORE_EMPTIED"]);
    expect(world().warnings[0]?.message).toMatch(/emptied, or another has taken its place/);
  });

  it("leaves no awaited workflow pending", async ({ app, world }) => {
    const { adapter, surveys } = surveyed(world());
    const tasks = app({ adapter });
    const step = tasks.register(plain);
    const { result } = await tasks.workflow(step.step(null));
    const waiting = rejection(result);
    await surveys.reach(1);
    await world().empty();
    expect(await waiting).toBeInstanceOf(JobNotFoundError);
  });

  it("is told once, and what is dispatched afterwards is done", async ({ app, world }) => {
    const { adapter, surveys } = surveyed(world());
    const tasks = app({ adapter });
    const client = tasks.task("work", (data) => data);
    await tasks.start();
    await surveys.reach(1);
    await world().empty();
    const results = Array.from({ length: 20 }, (_, index) => client.dispatch(index).result);
    expect(await Promise.all(results)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    const { length } = surveys.items;
    await surveys.reach(length + 2);
    expect(codes(world())).toEqual(["STORE_EMPTIED"]);
    expect(await client.dispatch("more").result).toBe("more");
  });

  it("asks for what is being stored when it has been stored", async ({ app, world }) => {
    const { adapter, surveys } = surveyed(world());
    const insert = adapter.insert.bind(adapter);
    const stored = gate();
    const held = gate();
    adapter.insert = async (jobs) => {
      const replies = await insert(jobs);
      stored.open();
      await held.opened;
      return replies;
    };
    const client = app({ adapter }).register(plain);
    const waiting = rejection(client.dispatch(null).result);
    await Promise.all([stored.opened, surveys.reach(1)]);
    await world().empty();
    await surveys.reach(3);
    held.open();
    expect(await waiting).toBeInstanceOf(JobNotFoundError);
  });

  it("gets the schedules of live processes again, and fires them", async ({ app, world }) => {
    const { adapter, surveys } = surveyed(world());
    const tasks = app({ adapter });
    const runs = new Collected<unknown>();
    tasks.task("work", (data) => void runs.push(data));
    tasks.schedule("often", { task: "work", data: "often", every: 20 });
    tasks.schedule("yearly", { task: "work", cron: "0 0 1 1 *" });
    await tasks.start();
    await runs.reach(1);
    await surveys.reach(1);
    await world().empty();
    const { length } = surveys.items;
    await surveys.reach(length + 1);
    const seen = runs.items.length;
    await runs.reach(seen + 2);
    expect((await tasks.schedules.list()).items.map(({ name }) => name)).toEqual(["often", "yearly"]);
  });

  it("gets schedules as the code says them: what was changed at run time is gone", async ({ app, world }) => {
    const { adapter, surveys } = surveyed(world());
    const tasks = app({ adapter });
    tasks.task("work", () => 1);
    tasks.schedule("declared", { task: "work", every: "1h" });
    await tasks.start();
    await tasks.schedules.pause("declared");
    await tasks.schedules.update("declared", { every: "2h" });
    await tasks.schedules.upsert("made", { task: "work", every: "1h" });
    await surveys.reach(1);
    await world().empty();
    const stored = async () => (await tasks.schedules.list()).items;
    await vi.waitUntil(async () => (await stored()).length > 0, { timeout: 5000 });
    expect(await stored()).toMatchObject([{ name: "declared", paused: false, every: 3_600_000 }]);
  });

  it("knows its workers again", async ({ app, world }) => {
    const { adapter, surveys } = surveyed(world());
    const tasks = app({ adapter });
    tasks.task("work", () => 1);
    await tasks.start();
    await surveys.reach(1);
    const [before] = (await tasks.workers.list()).items;
    await world().empty();
    await vi.waitUntil(async () => (await tasks.workers.list()).items.length === 1, { timeout: 5000 });
    const [after] = (await tasks.workers.list()).items;
    expect([after?.id, after?.tasks]).toEqual([before?.id, before?.tasks]);
  });

  it("tells handlers whose jobs are gone, says so, and their worker goes on", async ({ app, world }) => {
    const { adapter, surveys } = surveyed(world());
    const tasks = app({ adapter });
    const started = new Collected<string>();
    const reasons = new Collected<unknown>();
    const client = tasks.task("work", {
      concurrency: 2,
      handler: async (data, ctx) => {
        if (data === "quick") return data;
        started.push(ctx.id);
        return untilAborted(ctx.signal).catch((error: unknown) => reasons.push(error));
      },
    });
    await tasks.start();
    const lost = [client.dispatch("slow"), client.dispatch("slow")];
    const waiting = lost.map((job) => rejection(job.result));
    await started.reach(2);
    await surveys.reach(1);
    await world().empty();
    for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(JobNotFoundError);
    for (const reason of await reasons.reach(2)) expect(reason).toBeInstanceOf(JobNotFoundError);
    expect(await client.dispatch("quick").result).toBe("quick");
    const warning = world().warnings.find(({ jobId }) => jobId !== undefined);
    expect(warning).toMatchObject({
      task: "work",
      message: expect.stringMatching(/1 other.* not stored any more/),
    });
  });

  it("tells events again to those who listen, within a heartbeat", async ({ app, world }) => {
    const { adapter, surveys } = surveyed(world());
    const listener = app({ adapter });
    const completed = new Collected<TaskEvents["completed"]>();
    listener.register(plain);
    listener.on("completed", completed.push);
    await listener.connect();
    const { length } = await surveys.reach(1);
    await world().empty();
    const worker = app();
    const client = worker.task("work", () => 1);
    await worker.start();
    await surveys.reach(length + 1);
    // The listener's own look at the store comes with the next heartbeat; what it causes comes with an answer more.
    await vi.waitUntil(async () => {
      await client.dispatch(null).result;
      return completed.items.length > 0;
    });
  });
});
