import {
  CancelledError,
  createTaskora,
  ExpiredError,
  type Serializer,
  ValidationError,
  WorkflowFailedError,
} from "taskora";
import { memoryAdapter } from "taskora/memory";
import { createTestApp, type TestApp } from "taskora/testing";
import { chain, chord, chunk, group, map } from "taskora/workflow";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";

let test: TestApp;

/** A test app with a few tasks; `fails` says how often `flaky` still throws. */
function start(serializer?: Serializer) {
  test = createTestApp(serializer === undefined ? {} : { serializer });
  const { app } = test;
  const state = { fails: 0, runs: [] as string[] };
  const double = app.task("double", {
    input: z.number(),
    output: z.number(),
    handler: (n) => {
      state.runs.push(`double ${n}`);
      return n * 2;
    },
  });
  const sum = app.task("sum", {
    input: z.array(z.number()),
    output: z.number(),
    handler: (list) => list.reduce((total, each) => total + each, 0),
  });
  const flaky = app.task("flaky", {
    input: z.number(),
    output: z.number(),
    handler: (n) => {
      state.runs.push(`flaky ${n}`);
      if (state.fails > 0) {
        state.fails -= 1;
        throw new RangeError(`no ${n}`);
      }
      return n;
    },
  });
  const show = app.task("show", { handler: (value: unknown) => JSON.stringify(value) });
  return { app, state, double, sum, flaky, show };
}

/** Runs a workflow to its end. */
async function outcome<Result>(workflow: PromiseLike<{ readonly result: Promise<Result> }>): Promise<Result> {
  const { result } = await workflow;
  result.catch(() => undefined);
  await test.runUntilIdle();
  return result;
}

afterEach(() => test.close());

describe("a workflow", () => {
  it("passes results along a chain", async () => {
    const { app, double } = start();
    expect(await outcome(app.workflow(chain(double.step(1), double, double.nextStep())))).toBe(8);
  });

  it("gives a group's results in order", async () => {
    const { app, double, show } = start();
    expect(await outcome(app.workflow(group([double.step(1), show.step({ a: 1 }), double.step(3)])))).toEqual(
      [2, '{"a":1}', 6],
    );
  });

  it.each([0, 1, 2, 30])("maps %i items in order", async (count) => {
    const { app, double } = start();
    const items = Array.from({ length: count }, (_, index) => index);
    expect(await outcome(app.workflow(map(double, items)))).toEqual(items.map((item) => item * 2));
  });

  it.each([
    [0, []],
    [4, [6]],
    [3, [3, 3]],
  ])("chunks items by %i", async (size, sums) => {
    const { app, sum } = start();
    const items = size === 0 ? [] : [0, 1, 2, 3];
    expect(await outcome(app.workflow(chunk(sum, items, Math.max(size, 1))))).toEqual(sums);
  });

  it("runs the callback of a chord once, with the list", async () => {
    const { app, double, sum } = start();
    const numbers = z.array(z.number());
    const total = app.task("total", { input: numbers, output: z.number(), handler: (list) => list.length });
    expect(await outcome(app.workflow(chord([double.step(1), double.step(2)], sum)))).toBe(6);
    expect(await outcome(app.workflow(chord([], total)))).toBe(0);
  });

  it("nests", async () => {
    const { app, double, sum } = start();
    const inner = chain(map(double, [1, 2]), sum);
    expect(await outcome(app.workflow(chain(group([inner, chain(inner, double)]), sum, double)))).toBe(36);
  });

  it("works with any serializer, whatever its bytes look like", async () => {
    const bytes: Serializer = {
      name: "bytes",
      encode: (value) => Buffer.from(`\xc1taskoral${JSON.stringify(value)}`, "latin1"),
      decode: (data) =>
        JSON.parse(
          Buffer.from(data as Uint8Array)
            .toString("latin1")
            .slice(9),
        ),
    };
    const { app, double, sum, show } = start(bytes);
    expect(await outcome(app.workflow(chain(map(double, [1, 2]), sum)))).toBe(6);
    expect(await outcome(app.workflow(group([show.step("a"), group([double.step(1)])])))).toEqual([
      '"a"',
      [2],
    ]);
  });

  it("checks what is given when it is started, and what is passed on when a step runs", async () => {
    const { app, double, show } = start();
    await expect(app.workflow(chain(double.step("x" as never), show))).rejects.toThrow(ValidationError);
    const wrong = chain(show.step(1), double as never);
    await expect(outcome(app.workflow(wrong as never))).rejects.toThrow(/does not fit the input schema/);
  });

  it("runs dispatch middleware for each step", async () => {
    const { app, double } = start();
    const seen: unknown[] = [];
    app.use({
      dispatch: async (ctx, next) => {
        seen.push([ctx.task, ctx.data]);
        ctx.headers.trace = ctx.jobId;
        await next();
      },
    });
    const workflow = await app.workflow(chain(double.step(1), double));
    await test.runUntilIdle();
    expect(seen).toEqual([
      ["double", 1],
      ["double", undefined],
    ]);
    const steps = await workflow.getSteps();
    expect((await app.jobs.get({ id: steps[1]?.jobId ?? "" }))?.headers).toEqual({
      trace: `${workflow.id}.1`,
    });
  });

  it("tells dispatch middleware of a step when the workflow is stored", async () => {
    const { app, double } = start();
    const told: unknown[] = [];
    app.use({
      dispatch: async ({ jobId, options }, next) => {
        const { id } = await next();
        told.push([id === jobId, options.priority]);
      },
    });
    await app.workflow(chain(double.step(1, { priority: 3 }), double));
    await test.runUntilIdle();
    expect(told).toEqual([
      [true, 3],
      [true, undefined],
    ]);
  });

  it("checks what a step is given as its options say", async () => {
    const { app, double } = start();
    const wrong = (validateOnDispatch: boolean) => double.step("x" as never, { validateOnDispatch });
    await expect(app.workflow(chain(wrong(true), double))).rejects.toThrow(ValidationError);
    await expect(app.workflow(chain(wrong(false), double))).resolves.toBeDefined();
  });

  it("keeps to the limits of its steps", async () => {
    const { app } = start();
    let running = 0;
    let most = 0;
    const slow = app.task("slow", async (n: number) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return n;
    });
    const steps = [1, 2, 3].map((n) => slow.step(n, { concurrency: "k", group: `g${n}` }));
    expect(await outcome(app.workflow(group(steps)))).toEqual([1, 2, 3]);
    expect(most).toBe(1);
  });

  it("starts after its delay when a test runs until idle", async () => {
    const { app, double } = start();
    expect(await outcome(app.workflow(double.step(1), { delay: "1h" }))).toBe(2);
  });

  it("waits for its delay, and a step for its own", async () => {
    const { app, state, double } = start();
    const workflow = await app.workflow(chain(double.step(1), double.nextStep({ delay: "2h" })), {
      delay: "1h",
    });
    expect(await workflow.getState()).toBe("delayed");
    await test.advanceTime("59m");
    expect(state.runs).toEqual([]);
    await test.advanceTime("2m");
    expect(state.runs).toEqual(["double 1"]);
    expect(await workflow.getState()).toBe("running");
    await test.advanceTime("2h");
    expect(await workflow.result).toBe(4);
  });
});

describe("a workflow made with the clients of one app", () => {
  it("is started by a test app that has the tasks", async () => {
    const { app, double } = start();
    const part = chain(double.step(1), double.nextStep({ delay: "1h" }));
    const copy = createTestApp({ from: app });
    const workflow = await copy.app.workflow(part);
    await copy.runUntilIdle();
    expect(await workflow.result).toBe(4);
    await copy.close();
  });
});

describe("a workflow that does not complete", () => {
  it("fails with the step that failed", async () => {
    const { app, state, flaky, double } = start();
    state.fails = 9;
    const workflow = app.workflow(chain(flaky.step(1), double));
    const error = await outcome(workflow).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error).toMatchObject({
      code: "WORKFLOW_FAILED",
      workflowId: workflow.id,
      step: { task: "flaky", id: `${workflow.id}.0` },
      cause: { name: "RangeError", message: "no 1" },
    });
    expect(state.runs).toEqual(["flaky 1"]);
  });

  it("goes on past failures where a group says so", async () => {
    const { app, state, flaky, show } = start();
    state.fails = 1;
    const settled = await outcome(
      app.workflow(chain(group([flaky.step(1), flaky.step(2)], { onFailure: "continue" }), show)),
    );
    expect(JSON.parse(settled as string)).toMatchObject([
      { status: "failed", error: { name: "RangeError", message: "no 1" } },
      { status: "completed", value: 2 },
    ]);
  });

  it("is resumed, and keeps what had completed", async () => {
    const { app, state, flaky, double } = start();
    state.fails = 1;
    const workflow = await app.workflow(chain(double.step(1), flaky, double));
    await expect(outcome(Promise.resolve(workflow))).rejects.toThrow(WorkflowFailedError);
    const resumed = await workflow.resume();
    if (resumed.status !== "applied") throw new Error(resumed.status);
    await test.runUntilIdle();
    expect(await resumed.workflow.result).toBe(4);
    expect(state.runs).toEqual(["double 1", "flaky 2", "flaky 2", "double 2"]);
    expect(await resumed.workflow.resume()).toEqual({ status: "refused", state: "completed" });
  });

  it("is cancelled as a whole", async () => {
    const { app, state, double } = start();
    const workflow = await app.workflow(chain(double.step(1, { delay: "1h" }), double));
    expect(await workflow.cancel({ reason: "sold out" })).toEqual({ status: "applied" });
    await expect(workflow.result).rejects.toThrow(new CancelledError(workflow.id, "sold out"));
    await test.advanceTime("2h");
    expect(state.runs).toEqual([]);
    expect((await workflow.getSteps()).map((step) => step.state)).toEqual(["cancelled", "cancelled"]);
    expect(await workflow.cancel()).toEqual({ status: "refused", state: "cancelled" });
  });

  it("tells the handler of a step that runs", async () => {
    const { app } = start();
    const reasons: unknown[] = [];
    const slow = app.task("slow", {
      handler: (_: unknown, ctx) =>
        new Promise((_resolve, reject) => {
          ctx.signal.addEventListener("abort", () => {
            reasons.push((ctx.signal.reason as Error).message);
            reject(ctx.signal.reason);
          });
        }),
    });
    const workflow = await app.workflow(slow.step(1));
    await test.advanceTime("1s");
    await workflow.cancel({ reason: "enough" });
    await test.advanceTime("1s");
    expect(reasons).toEqual([expect.stringContaining("enough")]);
  });

  it("expires with all its steps", async () => {
    const { app, state, double } = start();
    const workflow = await app.workflow(chain(double.step(1), double.nextStep({ delay: "2h" })), {
      ttl: "1h",
    });
    const { result } = workflow;
    result.catch(() => undefined);
    await test.advanceTime("3h");
    await expect(result).rejects.toThrow(ExpiredError);
    await expect(result).rejects.toThrow(/Workflow .* did not end within its ttl/);
    expect(state.runs).toEqual(["double 1"]);
    expect((await workflow.getSteps()).map((step) => step.state)).toEqual(["completed", "cancelled"]);
  });
});

describe("building workflows", () => {
  it("refuses groups without end", async () => {
    const { double } = start();
    function* forever(): Generator<number> {
      for (let n = 0; ; n++) yield n;
    }
    expect(() => map(double, forever())).toThrow(/at most 10000 steps/);
    expect(() =>
      group(
        (function* () {
          for (;;) yield double.step(1);
        })() as never,
      ),
    ).toThrow(/at most 10000/);
  });

  it("refuses what grows beyond every bound by being used twice", () => {
    const { show } = start();
    let part: ReturnType<typeof show.nextStep> = group([show.step(1)]) as never;
    expect(() => {
      for (let doublings = 0; doublings < 40; doublings++) part = group([part, part]) as never;
    }).toThrow(/at most 10000 steps/);
  });

  it("refuses what is nested too deep", () => {
    const { show } = start();
    let part = show.nextStep();
    expect(() => {
      for (let depth = 0; depth < 1000; depth++) part = group([part]) as never;
    }).toThrow(/nested at most 100 deep/);
  });

  it("chains thousands of steps one by one", async () => {
    const { app, double, show } = start();
    let part = chain(show.step(0), show);
    for (let index = 0; index < 2000; index++) part = chain(part, show);
    const workflow = await app.workflow(part);
    expect(await workflow.getSteps()).toHaveLength(2002);
    expect(() => chain(...Array.from({ length: 10_002 }, () => double.nextStep()))).toThrow(
      /at most 10000 steps/,
    );
  });

  it("stores 10 000 steps", async () => {
    const { app, double } = start();
    const items = Array.from({ length: 10_000 }, (_, index) => index);
    const workflow = await app.workflow(map(double, items));
    expect(await workflow.getSteps()).toHaveLength(10_000);
    await workflow.cancel();
  });

  it.each([
    ["nothing to chain", () => chain(...([] as never[])), /at least one step/],
    ["what is no step", () => chain(1 as never, 2 as never), /expected chain\(\) to be given tasks/],
    ["what is not iterable", () => group(5 as never), /something iterable/],
    ["an unknown policy", () => group([], { onFailure: "stop" } as never), /"fail-fast" or "continue"/],
    ["an unknown option", () => group([], { onFailur: "continue" } as never), /did you mean "onFailure"/i],
    ["lists of nothing", () => chunk(start().sum, [1], 0), /size of chunk/],
  ])("refuses %s", (_, build, message) => {
    start();
    expect(build).toThrow(message);
  });

  it("refuses a step whose contract needs a payload that comes later", async () => {
    const { app, show } = start();
    const keyed = app.task("keyed", {
      input: z.object({ to: z.string() }),
      rateLimit: { limit: 5, window: "1s", by: "to" },
      handler: () => undefined,
    });
    await expect(app.workflow(chain(show.step(1), keyed as never))).rejects.toThrow(
      /takes a key from the payload/,
    );
    expect(await outcome(app.workflow(keyed.step({ to: "a" })))).toBeUndefined();
  });

  it("refuses unknown options and steps of another app", async () => {
    const { app, double } = start();
    await expect(app.workflow(double.step(1), { tll: "1h" } as never)).rejects.toThrow(/did you mean "ttl"/i);
    await expect(app.workflow(double.step(1, { debounce: {} } as never))).rejects.toThrow(/unknown option/);
    const other = createTaskora({ adapter: memoryAdapter() });
    await expect(other.workflow(double.step(1))).rejects.toThrow(/knows no double/);
    await other.close();
  });

  it("reports a workflow that nobody awaits and that cannot be stored", async () => {
    const { app, double } = start();
    const heard = new Promise((resolve) => app.on("error", resolve));
    void app.workflow(double.step("x" as never));
    expect(await heard).toMatchObject({ code: "VALIDATION_FAILED" });
  });
});
