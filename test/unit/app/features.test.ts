import { createTaskora, type Taskora } from "taskora";
import type { Adapter, AdapterFeature, InsertOptions, NewJob } from "taskora/adapter";
import { memoryAdapter } from "taskora/memory";
import { chain } from "taskora/workflow";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";

/** A store that declines everything that can be declined. */
function plainAdapter(features: readonly AdapterFeature[] = []): Adapter {
  const inner = memoryAdapter();
  const lacking = {
    name: "plain",
    features,
    workflows: undefined,
    schedules: undefined,
    contracts: undefined,
  };
  return new Proxy(inner, {
    get(target, name) {
      if (name in lacking) return lacking[name as keyof typeof lacking];
      const member = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

const apps: Taskora[] = [];

function plainApp(features?: readonly AdapterFeature[]): Taskora {
  const app = createTaskora({ adapter: plainAdapter(features) });
  apps.push(app);
  return app;
}

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

describe("an app over an adapter that declines", () => {
  it("does not pause tasks where the store cannot, and says so", async () => {
    const app = plainApp();
    await app.task("mail", () => undefined).dispatch({});
    const mail = app.tasks.handle("mail");
    for (const act of ["pause", "resume", "drain"] as const)
      await expect(mail[act]()).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
  });

  it.each([
    ["limits", { concurrency: "a" }],
    ["groups", { group: "a" }],
    ["unique", { deduplicate: "a" }],
    ["idempotency", { idempotency: "a" }],
    ["throttle", { throttle: { key: "a", limit: 1, window: "1s" } }],
    ["debounce", { debounce: { key: "a", delay: "1s" } }],
    ["transactions", { within: {} }],
  ] as const)("refuses a dispatch that needs %s, and stores what needs nothing", async (feature, options) => {
    const task = plainApp().task("mail", () => undefined);
    await expect(task.dispatch({}, options)).rejects.toMatchObject({
      code: "NOT_SUPPORTED",
      message: expect.stringMatching(/^The plain adapter .* mail needs\. .* or use an adapter that can/),
    });
    await expect(task.dispatch({})).resolves.toMatchObject({ isDuplicate: false });
    if (feature === "transactions") return;
    await expect(
      plainApp([feature])
        .task("mail", () => undefined)
        .dispatch({}, options),
    ).resolves.toBeDefined();
  });

  it.each([
    ["limits", { globalConcurrency: 1 }],
    ["rates", { rateLimit: { limit: 1, window: "1s" } }],
    ["collect", { collect: { delay: "1s" } }],
    ["groups", { group: { by: "id" } }],
    ["unique", { deduplicate: { by: "id" } }],
    ["messages", { emits: z.string() }],
  ] as const)("refuses a contract that needs %s", (feature, options) => {
    const declare = (app: Taskora) => app.task("mail", { ...options, handler: () => undefined });
    expect(() => declare(plainApp())).toThrow(expect.objectContaining({ code: "NOT_SUPPORTED" }));
    expect(() => declare(plainApp([feature]))).not.toThrow();
  });

  it("refuses listeners of events, but for the app's own", () => {
    const app = plainApp();
    expect(() => app.on("completed", () => undefined)).toThrow(
      'The plain adapter tells no events, which on("completed") needs.',
    );
    expect(() => app.on("error", () => undefined)).not.toThrow();
  });

  it("refuses to read messages of a job", () => {
    const job = plainApp().jobs.handle({ task: "mail", id: "1" });
    expect(() => job.messages()).toThrow(
      "The plain adapter keeps no messages of running jobs, which messages() of a job of mail needs.",
    );
  });

  it("refuses workflows, schedules, versions and a look at what is collected", async () => {
    const app = plainApp();
    const task = app.task("mail", () => undefined);
    const refused = expect.objectContaining({ code: "NOT_SUPPORTED" });
    await expect(app.workflow(chain(task.step({})))).rejects.toEqual(refused);
    expect(() => app.schedule("nightly", { task, every: "1h" })).toThrow(refused);
    await expect(app.schedules.list()).rejects.toEqual(refused);
    await expect(app.workers.list()).rejects.toEqual(refused);
    await expect(task.getCollected()).rejects.toEqual(refused);
  });

  it("works plain jobs all the same", async () => {
    const app = plainApp();
    const task = app.task("double", (value: number) => value * 2);
    await app.start();
    await expect(task.dispatch(21).result).resolves.toBe(42);
  });
});

describe("a dispatch within a transaction", () => {
  /** Notes what is inserted in which transaction; one of `broken` fails. */
  function transactionalApp(broken?: object) {
    const calls: { readonly ids: number; readonly within: object | undefined }[] = [];
    const adapter = plainAdapter(["transactions"]);
    const insert = async (jobs: readonly NewJob[], options?: InsertOptions) => {
      calls.push({ ids: jobs.length, within: options?.within });
      if (broken !== undefined && options?.within === broken) throw new Error("the transaction was aborted");
      return jobs.map(() => ({ status: "inserted" }) as const);
    };
    const app = createTaskora({
      adapter: new Proxy(adapter, {
        get: (target, name) => (name === "insert" ? insert : Reflect.get(target, name)),
      }),
    });
    apps.push(app);
    return { calls, task: app.task("mail", () => undefined) };
  }

  it("hands the transaction to the adapter, one call per caller, beside the jobs of others", async () => {
    const { calls, task } = transactionalApp();
    const [first, second] = [{ client: 1 }, { client: 2 }];
    await Promise.all([
      task.dispatch(1),
      task.dispatch(2, { within: first }),
      task.dispatch(3, { within: second }),
      task.dispatch(4, { within: first }),
      task.dispatchMany([5, 6], { within: second }),
    ]);
    const of = (within: object | undefined) => calls.filter((call) => call.within === within);
    expect(of(undefined)).toEqual([{ ids: 1, within: undefined }]);
    expect(of(first)).toEqual([{ ids: 2, within: first }]);
    expect(of(second)).toEqual([{ ids: 3, within: second }]);
  });

  it("fails with what the adapter says, once", async () => {
    const broken = {};
    const { calls, task } = transactionalApp(broken);
    await expect(task.dispatch(1, { within: broken })).rejects.toThrow("the transaction was aborted");
    expect(calls).toHaveLength(1);
  });

  it("starts a workflow with the commit: its steps are kept before, its job is stored within", async () => {
    const memory = memoryAdapter();
    const calls: { readonly task: string | undefined; readonly within: object | undefined }[] = [];
    const app = createTaskora({
      adapter: new Proxy(memory, {
        get(target, name) {
          if (name === "features") return [...target.features, "transactions"];
          const member: unknown = Reflect.get(target, name);
          if (name !== "insert") return typeof member === "function" ? member.bind(target) : member;
          return (jobs: readonly NewJob[], options?: InsertOptions) => {
            calls.push({ task: jobs[0]?.task, within: options?.within });
            return target.insert(jobs);
          };
        },
      }),
    });
    apps.push(app);
    const double = app.task("double", (value: number) => value * 2);
    await app.start();
    const transaction = { client: 1 };
    const started = app.workflow(double.step(4), { within: transaction });
    await expect(started.result).resolves.toBe(8);
    expect(calls).toEqual([{ task: "$workflow", within: transaction }]);
  });

  it("is refused for a workflow too where the store has no transactions", async () => {
    const app = createTaskora({ adapter: memoryAdapter() });
    apps.push(app);
    const double = app.task("double", (value: number) => value * 2);
    await expect(app.workflow(double.step(4), { within: {} })).rejects.toMatchObject({
      code: "NOT_SUPPORTED",
    });
  });

  it("wants an object", async () => {
    const { task } = transactionalApp();
    await expect(task.dispatch(1, { within: "tx" as unknown as object })).rejects.toThrow(
      "expected within to be an object",
    );
  });
});
