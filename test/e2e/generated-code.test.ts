import { createTaskora, NotImplementedError, ValidationError } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { afterEach, describe, expect, it } from "vitest";
import {
  createClient,
  dispatchItem,
  dispatchItems,
  type TaskItem,
} from "../../examples/shop/producer/tasks.gen/index.js";
import { implementTasks, type TaskHandlers } from "../../examples/shop/worker/tasks.gen/index.js";
import { internalsOf } from "../../src/app/app-internals.js";

const apps: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function anApp() {
  const app = createTaskora({ adapter: memoryAdapter() });
  apps.push(app);
  return app;
}

const handlers: TaskHandlers = {
  emailSend: async (input) => ({ messageId: `${input.locale}:${input.subject}`, accepted: [input.to] }),
  imageThumbnail: async () => {
    throw new NotImplementedError("image.thumbnail");
  },
  webhookDeliver: async (input) => ({ status: input.event.type.length, durationMs: 0 }),
};

describe("generated code", () => {
  it("carries a typed payload to the handler and a typed result back", async () => {
    const app = anApp();
    implementTasks(app, handlers);
    await app.start();
    const tasks = createClient(app);
    const job = await tasks.emailSend.dispatch({ to: "a@b.co", subject: "  Hello ", text: "" });
    expect(await job.result).toEqual({ messageId: "en:Hello", accepted: ["a@b.co"] });
  });

  it("refuses a wrong payload at the producer", async () => {
    const tasks = createClient(anApp());
    const wrong = { to: "nobody", subject: "", text: "" };
    await expect(tasks.emailSend.dispatch(wrong)).rejects.toBeInstanceOf(ValidationError);
  });

  it("dispatches items to the tasks that they name, in their order", async () => {
    const app = anApp();
    const tasks = createClient(app);
    const mail = (to: string): TaskItem => ({ name: "email.send", data: { to, subject: "Hello", text: "" } });
    const image: TaskItem = {
      name: "image.thumbnail",
      data: { source: "https://example.com/a.png", fit: "cover", width: 64, height: 64 } as never,
      options: { priority: 5, validateOnDispatch: false },
    };
    const jobs = await dispatchItems(tasks, [mail("a@b.co"), image, mail("nobody"), mail("c@d.co")]);
    expect(jobs.map(({ task }) => task)).toEqual([
      "email.send",
      "image.thumbnail",
      "email.send",
      "email.send",
    ]);
    const stored = await Promise.allSettled(jobs);
    expect(stored.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect((await jobs[1]?.get())?.priority).toBe(5);
    const { items } = await app.jobs.list({ task: tasks.emailSend });
    expect(items.map(({ id }) => id)).toEqual([jobs[0]?.id, jobs[3]?.id]);
    const one = await dispatchItem(tasks, mail("e@f.co"));
    expect((await app.jobs.get(one))?.data).toMatchObject({ to: "e@f.co" });
  });

  it("refuses an item that names no task, and dispatches none of its batch", async () => {
    const app = anApp();
    const tasks = createClient(app);
    const wrong = { name: "email.sent", data: {} } as unknown as TaskItem;
    const fine: TaskItem = { name: "email.send", data: { to: "a@b.co", subject: "Hello", text: "" } };
    expect(() => dispatchItem(tasks, wrong)).toThrow(/no task "email.sent".*Did you mean "email.send"/);
    await expect(dispatchItems(tasks, [fine, wrong])).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
    await expect(dispatchItems(tasks, [null as never])).rejects.toThrow(/items\[0\]/);
    expect((await app.jobs.count()).total).toBe(0);
  });

  it("refuses to start with a missing or an unknown handler", () => {
    const { emailSend: _left, ...rest } = handlers;
    expect(() => implementTasks(anApp(), rest as TaskHandlers)).toThrow(
      /got no handler for emailSend \(email.send\)/,
    );
    const extra = { ...handlers, emailSent: handlers.emailSend };
    expect(() => implementTasks(anApp(), extra)).toThrow(/Did you mean "emailSend"\?/);
  });

  it("implements the tasks of a pattern alone, with all handlers at hand", async () => {
    const app = anApp();
    implementTasks(app, handlers, { only: ["email.*", "webhook.deliver"] });
    expect(internalsOf(app).workedTasks()).toEqual(["email.send", "webhook.deliver"]);
    expect(() => implementTasks(anApp(), handlers, { only: ["emial.*"] })).toThrow(
      /expected only\[0\] to choose a task, got "emial\.\*", which chooses none\. Did you mean "email\.\*"\?/,
    );
  });
});
