import type { JobHandle } from "taskora";
import { defineTask } from "taskora/contract";
import { chain } from "taskora/workflow";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate, rejection, untilAborted } from "../../support/signals.js";

const send = defineTask({ name: "email.send", input: z.object({ to: z.string() }) });
const pass = defineTask({ name: "mail.pass", input: send.input, output: z.object({ to: z.string() }) });

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
      { name: "email.send", contract: "email.send", totals: { in: 1, out: { completed: 0 } } },
      {
        name: "email.send/secondary",
        contract: "email.send",
        lane: "secondary",
        pausedAt: expect.any(Number),
        totals: { in: 2, out: { completed: 0 } },
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

  it("is worked on no more when it is removed: what runs goes on, what waits stays for others", async () => {
    const worker = app();
    const [started, end] = [gate(), gate()];
    const email = worker.implement(send, {
      handler: async ({ to }) => {
        started.open();
        if (to === "held") await end.opened;
        return to;
      },
      lanes: [{ name: "tenant-7", concurrency: 1 }],
    });
    await worker.start();
    const held = await email.dispatch({ to: "held" }, { lane: "tenant-7" });
    await started.opened;
    const left = await email.dispatch({ to: "left" }, { lane: "tenant-7" });
    expect(email.lanes.remove("tenant-7")).toEqual({ status: "applied" });
    expect(email.lanes.remove("tenant-7")).toEqual({ status: "missing" });
    expect(email.lanes.remove("never")).toEqual({ status: "missing" });
    await expect
      .poll(async () =>
        (await worker.workers.list()).items.flatMap(({ tasks }) => tasks.map(({ task }) => task)),
      )
      .toEqual(["email.send"]);
    end.open();
    expect(await held.result).toBe("held");
    await email.dispatch({ to: "plain" }).result;
    expect(await left.getState()).toBe("waiting");
    expect(email.lanes.add({ name: "tenant-7", concurrency: 2 })).toEqual({ status: "applied" });
    expect(await left.result).toBe("left");
  });

  it("is worked on again before its jobs have ended, with another number at once", async () => {
    const worker = app();
    const end = gate();
    const started = new Collected<string>();
    const email = worker.implement(send, {
      handler: async ({ to }) => {
        started.push(to);
        await end.opened;
      },
      lanes: [{ name: "a", concurrency: 1 }],
    });
    await worker.start();
    const jobs = await email.dispatchMany([{ to: "1" }, { to: "2" }, { to: "3" }], { lane: "a" });
    await started.reach(1);
    email.lanes.remove("a");
    email.lanes.add({ name: "a", concurrency: 2 });
    await started.reach(2);
    await email.dispatchMany([{ to: "x" }]);
    await started.reach(3);
    expect(started.items.toSorted()).toEqual(["1", "2", "x"]);
    end.open();
    await Promise.all(jobs.map((job) => job.result));
  });

  it("is what was asked for last, however fast it is added and removed", async () => {
    const worker = app();
    const email = worker.implement(send, { handler: ({ to }) => to });
    await worker.start();
    const lanes = () => worker.workers.list().then(({ items }) => items.flatMap(({ tasks }) => tasks.length));
    email.lanes.add("quick");
    email.lanes.remove("quick");
    await expect.poll(lanes).toEqual([1]);
    const job = await email.dispatch({ to: "a" }, { lane: "quick" });
    await email.dispatch({ to: "plain" }).result;
    expect(await job.getState()).toBe("waiting");
    for (const change of ["add", "remove", "add"] as const) email.lanes[change]("quick");
    expect(await job.result).toBe("a");
    await expect.poll(lanes).toEqual([2]);
  });

  it("hears a cancel of what it still runs after it was removed", async () => {
    const worker = app();
    const started = gate();
    const email = worker.implement(send, {
      handler: async (_, { signal }) => {
        started.open();
        await untilAborted(signal);
      },
      lanes: ["a"],
    });
    await worker.start();
    const job = await email.dispatch({ to: "1" }, { lane: "a" });
    await started.opened;
    email.lanes.remove("a");
    await job.cancel({ reason: "enough" });
    expect(await rejection(job.result)).toMatchObject({ code: "JOB_CANCELLED" });
  });

  it("has its messages, which others listen to", async () => {
    const worker = app();
    const talks = defineTask({ name: "talk", input: z.string(), emits: z.object({ word: z.string() }) });
    const talk = worker.implement(talks, {
      handler: (said, ctx) => {
        for (const word of said.split(" ")) ctx.emit({ word: `${ctx.lane}: ${word}` });
      },
      lanes: ["quick"],
    });
    await worker.start();
    const job = await talk.dispatch("to whom", { lane: "quick" });
    const heard: string[] = [];
    for await (const { value } of app().register(talks).lane("quick").job(job.id).messages())
      heard.push(value.word);
    expect(heard).toEqual(["quick: to", "quick: whom"]);
  });

  it("takes steps of workflows and jobs of schedules", async () => {
    const worker = app();
    const ran: unknown[] = [];
    const email = worker.implement(pass, {
      handler: ({ to }, ctx) => {
        ran.push(`${to} in ${ctx.lane}`);
        return { to: `${to}!` };
      },
      lanes: ["slow"],
    });
    const next = worker.task("mail.next", {
      input: z.object({ to: z.string() }),
      handler: ({ to }, ctx) => void ran.push(`${to} in ${ctx.lane}`),
      lanes: ["slow"],
    });
    expect(() => email.step({ to: "a" }, { lane: "no lane" })).not.toThrow();
    expect(await rejection(worker.workflow(email.step({ to: "a" }, { lane: "no lane" })))).toMatchObject({
      code: "NAME_INVALID",
    });
    const flow = worker.workflow(
      chain(email.step({ to: "a" }, { lane: "slow" }), next.nextStep({ lane: "slow" })),
    );
    worker.schedule("hourly", { task: email, lane: "slow", data: { to: "b" }, every: "1h" });
    await worker.schedules.upsert("daily", {
      task: "mail.pass",
      lane: "slow",
      data: { to: "c" },
      every: "1d",
    });
    await worker.start();
    await flow.result;
    for (const name of ["hourly", "daily"]) {
      expect(await worker.schedules.get(name)).toMatchObject({ task: "mail.pass/slow" });
      const { job } = (await worker.schedules.trigger(name)) as { readonly job: JobHandle };
      await job.result;
    }
    expect(ran).toEqual(["a in slow", "a! in slow", "b in slow", "c in slow"]);
    await expect(
      worker.schedules.upsert("bad", { task: email, lane: "slow", data: { to: 1 as never }, every: "1d" }),
    ).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
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
