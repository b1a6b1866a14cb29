import { createTaskora, type JobHandle, type TaskContract, type TaskoraOptions } from "taskora";
import { defineTask } from "taskora/contract";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { createTestApp } from "taskora/testing";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { internalsOf } from "../../../src/app/app-internals.js";
import { resolveDispatch } from "../../../src/app/dispatch/dispatch-options.js";
import { resolveOptions } from "../../../src/app/options.js";
import { producerTask, type RegisteredContract, runnableTask } from "../../../src/app/registry.js";
import type { RunnableTask } from "../../../src/worker/runnable-task.js";

/** From the weakest to the strongest. */
const LEVELS = ["app", "contract", "handler", "dispatch"] as const;
type Level = (typeof LEVELS)[number];

type Values<Value> = { readonly [Where in Level]?: Value };

/** Every set of levels at which an option may be given, none of them included. */
function subsets(levels: readonly Level[]): readonly (readonly Level[])[] {
  return Array.from({ length: 2 ** levels.length }, (_, bits) =>
    levels.filter((_level, index) => (bits & (1 << index)) !== 0),
  );
}

interface Settings {
  readonly app?: Partial<TaskoraOptions>;
  readonly contract?: object;
  readonly handler?: object;
}

function contractOf(options: object = {}): RegisteredContract {
  const contract: TaskContract = defineTask({ name: "one", version: 2, ...options });
  return { ...contract, fingerprint: "", input: contract.input, output: contract.output };
}

/** What a worker makes of settings. */
function worked({ app = {}, contract, handler }: Settings): RunnableTask {
  const settings = resolveOptions({ adapter: memoryAdapter(), ...app });
  return runnableTask(contractOf(contract), { handler: () => 1, ...handler }, { settings, middleware: [] });
}

/** One option that several levels may give, how each is written, and how what holds is read. */
interface Row {
  readonly option: string;
  readonly values: Values<unknown>;
  readonly otherwise: unknown;
  readonly settings: (level: Level, value: unknown) => Settings;
  readonly read: (task: RunnableTask) => unknown;
}

const inDefaults =
  (write: (value: unknown) => object) =>
  (level: Level, value: unknown): Settings =>
    level === "app" ? { app: { defaults: write(value) } } : { [level]: write(value) };

const retryRow = (
  field: string,
  values: Values<unknown>,
  [otherwise, read]: readonly [unknown, (policy: RunnableTask["retry"]) => unknown],
): Row => ({
  option: `retry.${field}`,
  values,
  otherwise,
  settings: inDefaults((value) => ({ retry: { [field]: value } })),
  read: (task) => read(task.retry),
});

const step = () => 1;
const layer = (_: string) => async (_ctx: unknown, next: () => Promise<void>) => next();
const ROWS: readonly Row[] = [
  retryRow("attempts", { app: 2, contract: 3, handler: 4 }, [1, ({ attempts }) => attempts]),
  retryRow("backoff", { app: "fixed", contract: "linear", handler: "exponential" }, [
    "exponential",
    ({ backoff }) => backoff,
  ]),
  retryRow("delay", { app: 2, contract: 3, handler: 4 }, [1000, ({ delayMs }) => delayMs]),
  retryRow("maxDelay", { app: 2, contract: 3, handler: 4 }, [3_600_000, ({ maxDelayMs }) => maxDelayMs]),
  retryRow("jitter", { app: 0.2, contract: 0.3, handler: 0.4 }, [0, ({ jitter }) => jitter]),
  retryRow("retryOn", { app: ["A"], contract: ["C"], handler: ["H"] }, [undefined, ({ retryOn }) => retryOn]),
  retryRow("noRetryOn", { app: ["A"], contract: ["C"], handler: ["H"] }, [[], ({ noRetryOn }) => noRetryOn]),
  {
    option: "timeout",
    values: { app: 20, contract: 30, handler: 40 },
    otherwise: undefined,
    settings: inDefaults((value) => ({ timeout: value })),
    read: ({ timeoutMs }) => timeoutMs,
  },
  {
    option: "concurrency",
    values: { app: 2, handler: 4 },
    // Its pools decide, and where it is in none it is 10.
    otherwise: undefined,
    settings: inDefaults((value) => ({ concurrency: value })),
    read: ({ concurrency }) => concurrency,
  },
  {
    option: "lease",
    values: { app: 2000, handler: 4000 },
    otherwise: 7000,
    settings: inDefaults((value) => ({ lease: value })),
    read: ({ leaseMs }) => leaseMs,
  },
  {
    option: "grace",
    values: { app: 20, handler: 40 },
    otherwise: 5000,
    settings: inDefaults((value) => ({ grace: value })),
    read: ({ graceMs }) => graceMs,
  },
  {
    option: "stallLimit",
    values: { app: 2, handler: 0 },
    otherwise: 3,
    settings: inDefaults((value) => ({ stallLimit: value })),
    read: ({ stallLimit }) => stallLimit,
  },
  {
    option: "middleware",
    values: { app: [layer("app")], handler: [layer("handler")] },
    otherwise: [],
    settings: inDefaults((value) => ({ middleware: value })),
    read: ({ middleware }) => middleware,
  },
  ...(["completed", "failed", "cancelled", "expired"] as const).flatMap((state): Row[] => [
    {
      option: `retention.${state}.age`,
      values: { app: 2, handler: 4 },
      otherwise: { completed: 3_600_000, failed: 604_800_000, cancelled: 86_400_000, expired: 86_400_000 }[
        state
      ],
      settings: inDefaults((value) => ({ retention: { [state]: { age: value } } })),
      read: ({ retention }) => retention[state].ageMs,
    },
    {
      option: `retention.${state}.count`,
      values: { app: 2, handler: 4 },
      otherwise: state === "failed" ? 10_000 : 1000,
      settings: inDefaults((value) => ({ retention: { [state]: { count: value } } })),
      read: ({ retention }) => retention[state].count,
    },
  ]),
  {
    option: "migrate",
    values: { contract: { 1: step }, handler: { 1: () => 2 } },
    otherwise: {},
    settings: (level, value) => ({ [level]: { migrate: value } }),
    read: ({ migrate }) => migrate,
  },
];

const merge = (all: readonly Settings[]): Settings => Object.assign({}, ...all);

describe.each(ROWS)("$option of a worker", ({ values, otherwise, settings, read }) => {
  const levels = LEVELS.filter((level) => level in values);

  it.each(subsets(levels).map((given) => ({ given })))("given by $given is that of the last", ({ given }) => {
    const task = worked(merge(given.map((level) => settings(level, values[level]))));
    const strongest = given.at(-1);
    expect(read(task)).toEqual(strongest === undefined ? otherwise : values[strongest]);
  });
});

/** Options that the defaults and a contract give its jobs, and a dispatch may give otherwise. */
const JOB_ROWS = [
  { option: "priority", app: 2, contract: 3, dispatch: 4, otherwise: 0, field: "priority" },
  { option: "delay", app: 20, contract: 30, dispatch: 40, otherwise: undefined, field: "delayMs" },
  { option: "ttl", app: 20, contract: 30, dispatch: 40, otherwise: undefined, field: "ttlMs" },
  {
    option: "onExpire",
    app: "discard",
    contract: "fail",
    dispatch: "discard",
    otherwise: "fail",
    field: "onExpire",
  },
] as const;

describe("the delay of a contract", () => {
  const { defaults } = producerTask(contractOf({ delay: "30s" }), {});

  it.each([
    ["nothing is said", {}, 30_000],
    ["the dispatch says none", { delay: 0 }, 0],
    ["a debounce says when", { debounce: { key: "k", delay: "5s" } }, undefined],
    ["a time is given", { runAt: 1_000 }, undefined],
  ] as const)("is as it is when %s", (_, options, delayMs) => {
    expect(resolveDispatch(options, defaults).delayMs).toBe(delayMs);
  });
});

describe.each(JOB_ROWS)("$option of a job", ({ option, field, otherwise, ...values }) => {
  const ttl = option === "onExpire" ? { ttl: 10 } : {};
  const levels = ["app", "contract", "dispatch"] as const;

  it.each(subsets(levels).map((given) => ({ given })))("given by $given is that of the last", ({ given }) => {
    const said = (level: (typeof levels)[number]) =>
      given.includes(level) ? { [option]: values[level] } : {};
    const { defaults } = producerTask(contractOf({ ...ttl, ...said("contract") }), said("app"));
    const timing = resolveDispatch(said("dispatch"), defaults);
    const strongest = given.at(-1) as (typeof levels)[number] | undefined;
    expect(timing[field]).toBe(strongest === undefined ? otherwise : values[strongest]);
  });
});

describe("defaults of an app", () => {
  const contract = defineTask({ name: "one" });

  it("are those of the app that dispatches for a job, and of the app that works for its run", async () => {
    const store = createMemoryStore();
    const layers: string[] = [];
    const noted = (name: string) => async (_: unknown, next: () => Promise<void>) => {
      layers.push(name);
      await next();
    };
    const made = (defaults: TaskoraOptions["defaults"]) =>
      createTaskora({ adapter: memoryAdapter({ store }), logger: false, defaults });
    await using producer = made({ priority: 7, retry: { attempts: 9 }, middleware: [noted("producer")] });
    await using worker = made({ priority: 1, retry: { attempts: 2 }, middleware: [noted("worker")] });
    worker.implement(contract, (_, { maxAttempts }) => maxAttempts);
    const job = await producer.register(contract).dispatch();
    expect((await job.get())?.priority).toBe(7);
    await worker.start();
    expect(await job.result).toBe(2);
    expect(layers).toEqual(["worker"]);
  });

  it("hold for jobs of a schedule", async () => {
    await using test = createTestApp({ defaults: { priority: 7, ttl: "1h" } });
    test.app.task("one", () => undefined);
    test.app.schedule("hourly", { task: "one", every: "1h" });
    const { job } = (await test.app.schedules.trigger("hourly")) as { readonly job: JobHandle };
    expect(await job.get()).toMatchObject({ priority: 7 });
  });

  it.each([
    [{ grace: -1 }, "defaults.grace"],
    [{ stallLimit: 201 }, "defaults.stallLimit"],
    [{ middleware: [1] }, "defaults.middleware[0]"],
    [{ priority: 1001 }, "defaults.priority"],
    [{ delay: "x" }, "defaults.delay"],
    [{ ttl: null }, "defaults.ttl"],
    [{ onExpire: "drop" }, "defaults.onExpire"],
  ])("are refused where they are no setting: %j", (defaults, option) => {
    const make = () =>
      createTaskora({ adapter: memoryAdapter(), logger: false, defaults: defaults as never });
    expect(make).toThrow(expect.objectContaining({ option }));
  });
});

describe("attempts of a job", () => {
  const values = { app: 2, contract: 3, handler: 4, dispatch: 5 };

  it.each(subsets(LEVELS).map((given) => ({ given })))(
    "given by $given is what its handler sees",
    async ({ given }) => {
      const has = (level: Level) => given.includes(level);
      const retry = (level: Level) => (has(level) ? { retry: { attempts: values[level] } } : {});
      await using test = createTestApp({ defaults: retry("app") });
      const task = test.app.implement(defineTask({ name: "one", ...retry("contract") }), {
        handler: (_, { maxAttempts }) => maxAttempts,
        ...retry("handler"),
      });
      const options = has("dispatch") ? { attempts: values.dispatch } : {};
      const strongest = given.at(-1);
      expect(await test.runJob(task, null, options)).toBe(strongest === undefined ? 1 : values[strongest]);
    },
  );
});

describe("retention of a handler", () => {
  it("wins over that of the app's defaults, state by state and field by field", () => {
    const { retention } = worked({
      app: { defaults: { retention: { completed: { age: 1, count: 1 }, failed: { count: 2 } } } },
      handler: { retention: { completed: { count: 3 }, failed: { age: 4 } } },
    });
    expect(retention.completed).toEqual({ ageMs: 1, count: 3 });
    expect(retention.failed).toEqual({ ageMs: 4, count: 2 });
  });
});

describe("validation of a payload at dispatch", () => {
  it.each([
    { app: undefined, dispatch: undefined, refused: true },
    { app: true, dispatch: undefined, refused: true },
    { app: false, dispatch: undefined, refused: false },
    { app: undefined, dispatch: false, refused: false },
    { app: true, dispatch: false, refused: false },
    { app: true, dispatch: true, refused: true },
    { app: false, dispatch: true, refused: true },
  ])("of the app $app, of the dispatch $dispatch", async ({ app, dispatch, refused }) => {
    const validate = app === undefined ? {} : { validateOnDispatch: app };
    const tasks = createTaskora({ adapter: memoryAdapter(), logger: false, ...validate });
    const client = tasks.register(defineTask({ name: "one", input: z.number() }));
    const job = client.dispatch("x" as never, dispatch === undefined ? {} : { validateOnDispatch: dispatch });
    const code = await job.then(
      () => "stored",
      (error: { readonly code: string }) => error.code,
    );
    expect(code).toBe(refused ? "VALIDATION_FAILED" : "stored");
    await tasks.close();
  });
});

describe("middleware", () => {
  it("of the app goes around that of the handler, which goes around the handler", async () => {
    const order: string[] = [];
    const layer = (name: string) => async (_: unknown, next: () => Promise<void>) => {
      order.push(`${name} in`);
      await next();
      order.push(`${name} out`);
    };
    await using test = createTestApp();
    test.app.use(layer("app 1")).use(layer("app 2"));
    const task = test.app.task("one", {
      handler: () => {
        order.push("handler");
      },
      middleware: [layer("task 1"), layer("task 2")],
    });
    await test.runJob(task, undefined);
    expect(order).toEqual([
      ...["app 1 in", "app 2 in", "task 1 in", "task 2 in", "handler"],
      ...["task 2 out", "task 1 out", "app 2 out", "app 1 out"],
    ]);
  });
});

describe("one name in an app", () => {
  const input = z.object({ a: z.string() });
  const output = z.string();
  const base = { name: "one", version: 2, input, output };
  const known = { fingerprint: "abc" };

  it.each([
    ["the same", {}, {}, true],
    ["another version", {}, { version: 1 }, false],
    ["another input", {}, { input: z.object({ b: z.string() }) }, false],
    ["another output", {}, { output: z.number() }, false],
    ["no output", {}, { output: undefined }, false],
    ["no input", {}, { input: undefined }, false],
    ["the same fingerprint with other schemas", known, { ...known, input: z.any(), output: z.any() }, true],
    ["another fingerprint", known, { fingerprint: "abd" }, false],
    ["a generated one, whose schemas are copies", {}, { ...known, input: z.any() }, true],
    ["a generated one of another version", {}, { ...known, version: 1 }, false],
  ] as const)("may mean %s contract: %j %j", (_, first, second, isSame) => {
    const app = createTaskora({ adapter: memoryAdapter(), logger: false });
    const made = (changed: object): RegisteredContract => ({ ...base, fingerprint: "", ...changed });
    internalsOf(app).registerGenerated(made(first));
    const again = () => internalsOf(app).registerGenerated(made(second));
    if (isSame) expect(again).not.toThrow();
    else expect(again).toThrow(expect.objectContaining({ code: "CONTRACT_CONFLICT" }));
  });
});
