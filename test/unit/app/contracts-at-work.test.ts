import { expect, it } from "vitest";
import * as z from "zod";
import { internalsOf } from "../../../src/app/app-internals.js";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate } from "../../support/signals.js";

const v1 = { name: "user.greet", version: 1, input: z.object({ name: z.string() }) } as const;
const v3 = { ...v1, version: 3, since: 2 } as const;

describeBehaviour("the inspector of contracts", ({ app, world }) => {
  it("counts what is in flight per version and fingerprint, oldest first", async () => {
    const old = app();
    await old.register(v1).dispatch({ name: "Ada" });
    await old.register({ ...v1, name: "other" }).dispatch({ name: "Ada" });
    const producer = app();
    const generated = internalsOf(producer).registerGenerated({
      ...v1,
      version: 2,
      fingerprint: "f2",
      output: undefined,
    });
    await generated.dispatch({ name: "Grace" });
    await generated.dispatch({ name: "Grace" }, { delay: "1h" });
    const none = { waiting: 0, delayed: 0, retrying: 0, active: 0 };
    expect(await producer.tasks.handle("user.greet").versions()).toEqual([
      { ...none, version: 1, fingerprint: "", waiting: 1, total: 1 },
      { ...none, version: 2, fingerprint: "f2", waiting: 1, delayed: 1, total: 2 },
    ]);
  });

  it("counts nothing of a task without open jobs", async () => {
    const worker = app();
    const greet = worker.implement(v1, () => "hello");
    await worker.start();
    await greet.dispatch({ name: "Ada" }).result;
    expect(await worker.tasks.handle("user.greet").versions()).toEqual([]);
  });

  it("counts an active and a retrying job", async () => {
    const worker = app();
    const { opened, open } = gate();
    const greet = worker.implement(v1, {
      retry: { attempts: 2, delay: "1h" },
      handler: async (data) => {
        if (data.name === "stay") await opened;
        throw new Error("again");
      },
    });
    await worker.start();
    await Promise.all([greet.dispatch({ name: "stay" }), greet.dispatch({ name: "go" })]);
    await expect
      .poll(async () => await worker.tasks.handle("user.greet").versions())
      .toMatchObject([{ active: 1, retrying: 1, total: 2 }]);
    open();
  });

  it("takes over jobs under names that only another library allows", async () => {
    const former = ["userGreet", "user_greet", "user:greet", "user/greet"];
    const adapter = world().adapter();
    await adapter.connect();
    await adapter.insert(
      former.map((task) => ({
        ...{ task, id: task, payload: '{"name":"Ada"}', version: 1, fingerprint: "", priority: 0 },
      })),
    );
    const worker = app();
    const lanes = new Set<string | undefined>();
    worker.implement({ ...v1, aliases: former }, ({ name }, ctx) => {
      lanes.add(ctx.lane);
      return `hello ${name}`;
    });
    await worker.start();
    for (const task of former) {
      expect(await worker.jobs.handle({ task, id: task }).waitFor("10s")).toBe("hello Ada");
      expect((await worker.jobs.count({ task })).completed).toBe(1);
    }
    expect([...lanes]).toEqual([undefined]);
    await adapter.close();
  });

  it("lists who works on what, from any process", async () => {
    const worker = app();
    worker.implement({ ...v3, aliases: ["user.hello"] }, () => "hello");
    const generated = { ...v1, name: "mail", fingerprint: "abc", output: undefined };
    internalsOf(worker).implementGenerated(generated, () => "sent");
    const onlooker = app();
    expect(await onlooker.workers.list()).toEqual({ items: [] });
    await worker.start();
    const { items } = await onlooker.workers.list();
    const [found, ...others] = items;
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      pid: process.pid,
      host: expect.any(String),
      startedAt: expect.any(Number),
    });
    expect(found?.tasks.toSorted((a, b) => (a.task < b.task ? -1 : 1))).toMatchObject([
      { task: "mail", version: 1, since: 1, fingerprint: "abc" },
      { task: "user.greet", version: 3, since: 2, fingerprint: "" },
      { task: "user.hello", version: 3, since: 2, fingerprint: "" },
    ]);
    expect(await onlooker.workers.list({ task: "mail" })).toMatchObject({
      items: [{ tasks: [{ task: "mail" }] }],
    });
    await expect(onlooker.workers.list({ task: "nobody" })).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
  });

  it("lists what is added to a running worker, and nothing of one that is closed", async () => {
    const worker = app();
    worker.implement(v1, () => "hello");
    await worker.start();
    worker.implement({ ...v1, name: "late" }, () => "late");
    const onlooker = app();
    await expect.poll(async () => (await onlooker.workers.list({ task: "late" })).items.length).toBe(1);
    await worker.close();
    expect(await onlooker.workers.list()).toEqual({ items: [] });
    await worker.start();
    expect((await onlooker.workers.list({ task: "late" })).items).toHaveLength(1);
  });

  it("lists a producer not at all", async () => {
    const producer = app();
    await producer.register(v1).dispatch({ name: "Ada" });
    expect(await producer.workers.list()).toEqual({ items: [] });
  });
});
