import { defineTask } from "taskora/contract";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate, rejection } from "../../support/signals.js";

const send = defineTask({ name: "email.send", input: z.object({ to: z.string() }) });

describeBehaviour("a lane", ({ app }) => {
  it("has the contract of its task, and a waiting list, counts and pause of its own", async () => {
    const producer = app();
    const email = producer.register(send);
    const lane = email.lane("secondary");
    const [plain, first, second] = await Promise.all([
      email.dispatch({ to: "a" }),
      email.dispatch({ to: "b" }, { lane: "secondary" }),
      lane.dispatch({ to: "c" }),
    ]);
    expect([plain.task, first.task, second.task]).toEqual([
      "email.send",
      "email.send/secondary",
      "email.send/secondary",
    ]);
    expect(await rejection(email.dispatch({ to: 1 as never }, { lane: "secondary" }))).toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect((await producer.jobs.count({ task: email })).waiting).toBe(1);
    expect((await producer.jobs.count({ task: "email.send", lane: "secondary" })).waiting).toBe(2);
    expect((await producer.jobs.count({ task: lane })).waiting).toBe(2);
    const { items } = await producer.jobs.list({ task: email, lane: "secondary" });
    expect(items.map(({ data }) => data)).toEqual([{ to: "b" }, { to: "c" }]);
    expect(await producer.jobs.get(items[0] ?? { id: "none" })).toMatchObject({
      task: "email.send/secondary",
    });
    await lane.pause();
    expect([await lane.isPaused(), await email.isPaused()]).toEqual([true, false]);
    const listed = await producer.tasks.list();
    expect(listed.items).toMatchObject([
      { name: "email.send", contract: "email.send" },
      {
        name: "email.send/secondary",
        contract: "email.send",
        lane: "secondary",
        pausedAt: expect.any(Number),
      },
    ]);
    expect(await email.lanes.list()).toEqual(["secondary"]);
  });

  it("is worked on by those who name it, beside the task itself, and by nobody else", async () => {
    const [without, within] = [app(), app()];
    const ran = new Collected<string>();
    const handler =
      (place: string) => (data: { to: string }, ctx: { lane: string | undefined; task: string }) =>
        ran.push(`${place}: ${data.to} in ${ctx.lane} (${ctx.task})`);
    without.implement(send, handler("without"));
    const email = within.implement(send, { handler: handler("within"), lanes: ["secondary"] });
    await without.start();
    const jobs = [
      await email.dispatch({ to: "lane" }, { lane: "secondary" }),
      await email.dispatch({ to: "plain" }),
    ];
    await jobs[1]?.result;
    expect(await jobs[0]?.getState()).toBe("waiting");
    await within.start();
    await jobs[0]?.result;
    expect(ran.items).toEqual([
      "without: plain in undefined (email.send)",
      "within: lane in secondary (email.send/secondary)",
    ]);
    const { items } = await within.workers.list();
    expect(items.flatMap(({ tasks }) => tasks.map(({ task }) => task)).sort()).toEqual([
      ...["email.send", "email.send", "email.send/secondary"],
    ]);
  });

  it("is added to a worker at run time, under a name that was not known before", async () => {
    const worker = app();
    const email = worker.implement(send, () => undefined);
    await worker.start();
    const job = await app().register(send).dispatch({ to: "a" }, { lane: "tenant-7" });
    expect(email.lanes.add("tenant-7")).toEqual({ status: "applied" });
    expect(email.lanes.add({ name: "tenant-7" })).toEqual({ status: "unchanged" });
    await job.result;
    await worker.close();
    await worker.start();
    await email.lane("tenant-7").dispatch({ to: "b" }).result;
  });

  it("has a concurrency of its own, or shares a pool", async () => {
    const worker = app({ pools: { mail: 3 } });
    const end = gate();
    const started = new Collected<string | undefined>();
    const email = worker.implement(send, {
      handler: async (_data, ctx) => {
        started.push(ctx.lane);
        await end.opened;
      },
      concurrency: 4,
      lanes: ["wide", { name: "narrow", concurrency: 1 }, { name: "pooled", pool: "mail" }],
    });
    for (const lane of [undefined, "wide", "narrow", "pooled"]) {
      await email.dispatchMany(
        Array.from({ length: 6 }, () => ({ to: "a" })),
        { lane },
      );
    }
    await worker.start();
    await started.reach(12);
    const count = (lane?: string) => started.items.filter((each) => each === lane).length;
    expect([count(), count("wide"), count("narrow"), count("pooled")]).toEqual([4, 4, 1, 3]);
    end.open();
  });

  it("is the only one a process works on when it is started so", async () => {
    const worker = app();
    const email = worker.implement(send, { handler: () => undefined, lanes: ["a", "b"] });
    await worker.start({ tasks: ["email.send/*"] });
    const plain = await email.dispatch({ to: "x" });
    await Promise.all(["a", "b"].map((lane) => email.dispatch({ to: "x" }, { lane }).result));
    expect(await plain.getState()).toBe("waiting");
  });

  it("keeps versions, retries and events of the task", async () => {
    const old = defineTask({ name: "order.place", input: z.object({ a: z.number() }) });
    const now = defineTask({
      name: "order.place",
      version: 2,
      input: z.object({ b: z.number() }),
      retry: { attempts: 2, delay: 1 },
      migrate: { 1: (before: unknown) => ({ b: (before as { a: number }).a }) },
    });
    const worker = app();
    const seen: unknown[] = [];
    const order = worker.implement(now, {
      handler: (data, ctx) => {
        seen.push([data, ctx.attempt]);
        if (ctx.attempt === 1) throw new Error("once");
      },
      lanes: ["vip"],
    });
    const completed = new Promise<{ task: string }>((resolve) => order.lane("vip").on("completed", resolve));
    await worker.start();
    await app().register(old).dispatch({ a: 5 }, { lane: "vip" }).result;
    expect(seen).toEqual([
      [{ b: 5 }, 1],
      [{ b: 5 }, 2],
    ]);
    expect(await completed).toMatchObject({ task: "order.place/vip" });
  });

  it("is refused where it cannot be", async () => {
    const email = app().register(send);
    for (const lane of ["", "a/b", "a b", "-a", "x".repeat(101), null as never]) {
      expect(await rejection(email.dispatch({ to: "a" }, { lane }))).toMatchObject({
        message: expect.stringMatching(/expected lane to be the name of a lane, such as "secondary"/),
      });
    }
    expect(() => email.lane("a/b")).toThrow(/got "a\/b"/);
    expect(() => email.lanes.add("secondary")).toThrow(expect.objectContaining({ code: "HANDLER_MISSING" }));
    const jobs = app().jobs;
    expect(await rejection(jobs.count({ task: "email.send/none" }))).toMatchObject({
      code: "TASK_NOT_FOUND",
    });
    expect(await rejection(jobs.count({ lane: "secondary" }))).toMatchObject({
      message: 'expected task beside lane "secondary", got none',
    });
  });
});
