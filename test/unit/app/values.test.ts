import { Readable } from "node:stream";
import type { Serializer } from "taskora";
import { defineTask } from "taskora/contract";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { rejection } from "../../support/signals.js";

class Money {
  readonly amount = 5;
}

describeBehaviour("values that JSON cannot carry", ({ app }) => {
  it.each([
    ["a Map", { tags: new Map([["a", 1]]) }, "tags is a Map"],
    ["a Set", new Set([1]), "it is a Set"],
    ["NaN", { lines: [{ price: Number.NaN }] }, "lines[0].price is NaN"],
    ["Infinity", [Number.POSITIVE_INFINITY], "[0] is Infinity"],
    ["an object of a class", { total: new Money() }, "total is a Money"],
    ["a BigInt", { id: 1n }, "id is a BigInt"],
    ["a function", { after: { run: () => 1 } }, "after.run is a function"],
    ["bytes", { file: Buffer.from("x") }, "file is a Buffer"],
    ["undefined in a list", { ids: ["a", undefined] }, "ids[1] is undefined in a list"],
  ])("are refused with the path at dispatch: %s", async (_, data, said) => {
    const tasks = app();
    const task = tasks.task("any", (given: unknown) => given);
    const job = task.dispatch(data);
    const error = await rejection(job);
    expect(error).toMatchObject({ code: "PAYLOAD_UNSERIALIZABLE" });
    expect(error.message).toContain(`The payload of any cannot be encoded as json: ${said}.`);
    expect(await rejection(job.result)).toBe(error);
    expect((await tasks.jobs.count({ task: "any" })).total).toBe(0);
  });

  it.each([
    ["a Map", () => new Map([["a", 1]]), "it is a Map"],
    ["NaN", () => ({ mean: Number.NaN }), "mean is NaN"],
    ["a stream", () => Readable.from(["a"]), "it is a Readable"],
    ["a web stream", () => new Response("x").body, "it is a ReadableStream"],
    ["a generator", () => [1].values(), "it is an Array Iterator"],
    ["an error", () => ({ problem: new Error("x") }), "problem is an Error"],
    ["an async generator", () => (async function* () {})(), "it is an AsyncGenerator"],
  ])("fail the job that returns them, and are not tried again: %s", async (_, make, said) => {
    const tasks = app();
    let runs = 0;
    const task = tasks.task("result", {
      retry: { attempts: 3, delay: 1 },
      handler: async (): Promise<unknown> => {
        runs += 1;
        return make();
      },
    });
    await tasks.start();
    const { cause } = await rejection(task.dispatch(1).result);
    expect(cause).toMatchObject({ code: "PAYLOAD_UNSERIALIZABLE" });
    expect((cause as Error).message).toContain(`The result of result cannot be encoded as json: ${said}.`);
    expect(runs).toBe(1);
  });

  it("are refused as progress, in a workflow's step and in a schedule", async () => {
    const tasks = app();
    const task = tasks.task("t", (_: unknown, ctx) => ctx.progress({ done: Number.NaN }));
    await tasks.start();
    const { cause } = await rejection(task.dispatch(1).result);
    expect((cause as Error).message).toContain("The progress of t cannot be encoded as json: done is NaN.");
    const workflow = await rejection(tasks.workflow(task.step({ at: new Set() })));
    expect(workflow).toMatchObject({ code: "PAYLOAD_UNSERIALIZABLE" });
    expect(() => tasks.schedule("s", { task, every: "1h", data: { at: new Map() } })).toThrow(
      expect.objectContaining({ code: "PAYLOAD_UNSERIALIZABLE" }),
    );
  });

  it("leave those that it can carry as they were", async () => {
    const tasks = app();
    const task = tasks.task("echo", (given: unknown) => given);
    await tasks.start();
    const data = JSON.parse('{"__proto__":{"a":[1.5,null,"ü"]},"constructor":1,"in":{"b":false}}') as unknown;
    expect(await task.dispatch(data).result).toEqual(data);
    expect(await task.dispatch({ at: new Date(0), gone: undefined, zero: -0 }).result).toEqual({
      at: "1970-01-01T00:00:00.000Z",
      zero: 0,
    });
  });

  it("are another serializer's to take", async () => {
    const tagged: Serializer = {
      name: "tagged",
      encode: (value) => JSON.stringify(value instanceof Set ? { set: [...value] } : { value }),
      decode: (data) => {
        const { set, value } = JSON.parse(String(data)) as { set?: unknown[]; value?: unknown };
        return set === undefined ? value : new Set(set);
      },
    };
    const tasks = app({ serializer: tagged });
    const task = tasks.task("t", { input: z.set(z.number()), handler: (given) => given.size });
    await tasks.start();
    expect(await task.dispatch(new Set([1, 2])).result).toBe(2);
  });
});

describeBehaviour("headers", ({ app }) => {
  it("are checked also when dispatch middleware has set them", async () => {
    const tasks = app();
    const task = tasks.task("t", () => undefined);
    tasks.use({
      dispatch: (ctx, next) => {
        ctx.headers.attempt = 1 as never;
        return next();
      },
    });
    expect(await rejection(task.dispatch(1))).toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringContaining('header "attempt"'),
    });
  });

  it.each(["name", "value"])("are bounded by the length of each %s", async (part) => {
    const tasks = app();
    const task = tasks.task("t", (_, ctx) => Object.keys(ctx.headers).length);
    await tasks.start();
    const long = "x".repeat(9000);
    const headers = part === "name" ? { [`${long}1`]: "", [`${long}2`]: "" } : { a: long, b: long };
    expect(await rejection(task.dispatch(1, { headers }))).toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringContaining("16384 characters"),
    });
    expect(await task.dispatch(1, { headers: part === "name" ? { [long]: "" } : { a: long } }).result).toBe(
      1,
    );
  });
});

describeBehaviour("a declaration", ({ app }) => {
  it.each([
    ["a set", z.object({ ids: z.set(z.string()) }), "ids is z.set()"],
    ["a map", z.map(z.string(), z.number()), "it is z.map()"],
    ["a date", z.object({ when: z.object({ at: z.date().optional() }) }), "when.at is z.date()"],
    ["a bigint", z.array(z.bigint().nullable()), '["*"] is z.bigint()'],
    ["a literal bigint", z.tuple([z.string(), z.literal(1n)]), "[1] is z.literal(1n)"],
    ["a symbol", z.union([z.string(), z.symbol()]), "it is z.symbol()"],
    ["a class", z.object({ money: z.instanceof(Money) }), "money is z.instanceof(Money)"],
    ["a lazy one", z.object({ a: z.lazy(() => z.set(z.string())) }), "a is z.set()"],
    ["one before a transform", z.set(z.string()).transform((set) => [...set]), "it is z.set()"],
    ["a default", z.object({ a: z.set(z.string()).default(() => new Set<string>()) }), "a is z.set()"],
    ["a record of them", z.record(z.string(), z.map(z.string(), z.string())), '["*"] is z.map()'],
  ])("is refused when a schema asks for what JSON cannot carry: %s", (_, schema, said) => {
    const tasks = app();
    for (const side of ["input", "output"] as const) {
      const refusal = expect.objectContaining({
        code: "CONTRACT_INVALID",
        message: expect.stringMatching(
          new RegExp(`^The ${side} schema of t asks for what JSON cannot carry`),
        ),
      });
      const handler = () => undefined as never;
      expect(() => tasks.task("t", { [side]: schema, handler } as never)).toThrow(refusal);
      const contract = defineTask({ name: "t", [side]: schema } as never);
      expect(() => tasks.register(contract)).toThrow(refusal);
      expect(() => tasks.implement(contract, handler)).toThrow(refusal);
      expect(() => tasks.register(contract)).toThrow(said);
    }
    expect(tasks.jobs).toBeDefined();
  });

  it.each([
    [
      "a codec",
      z.codec(z.iso.datetime(), z.date(), { decode: (t) => new Date(t), encode: (d) => d.toISOString() }),
    ],
    ["a transform", z.array(z.string()).transform((list) => new Set(list))],
    ["a preprocess", z.preprocess((list) => new Set(list as string[]), z.set(z.string()))],
    ["a coerced date", z.coerce.date()],
    ["anything", z.any()],
    ["a template", z.templateLiteral([z.bigint(), "x"])],
  ])("takes %s, behind which the worker has what it likes", async (_, schema) => {
    const tasks = app();
    expect(() => tasks.task("t", { input: schema as z.ZodType, handler: () => 1 })).not.toThrow();
  });

  it("is refused when a function's body would not run", () => {
    const tasks = app();
    async function* handler() {
      yield 1;
    }
    function* layer() {
      yield 1;
    }
    const refused = expect.objectContaining({
      code: "OPTION_INVALID",
      message: expect.stringContaining("generator function"),
    });
    expect(() => tasks.task("t", handler)).toThrow(refused);
    expect(() => tasks.task("t", { handler })).toThrow(refused);
    expect(() => tasks.implement(defineTask({ name: "t" }), handler)).toThrow(refused);
    expect(() => tasks.task("t", { handler: () => 1, middleware: [layer as never] })).toThrow(refused);
    expect(() => tasks.task("t", { handler: () => 1, onCancel: handler as never })).toThrow(refused);
    expect(() => tasks.task("t", { handler: () => 1, retry: { retryOn: [layer as never] } })).toThrow(
      refused,
    );
    expect(() => tasks.use(layer as never)).toThrow(refused);
    expect(() => tasks.on("completed", handler as never)).toThrow(refused);
  });
});
