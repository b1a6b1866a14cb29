import { describe, expect, it } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";
import * as z3 from "zod/v3";
import { toJsonSchema } from "../../codegen/emit/json-schema.js";
import { irFromZod, type SchemaProblem } from "../../codegen/from-zod.js";
import { compileIr } from "../../src/schema/interpreter.js";
import { irOf, zooNames } from "./from-zod-support.js";
import { zoo } from "./zoo.js";

function problemsOf(schema: unknown, side: "input" | "output" = "input"): readonly SchemaProblem[] {
  const result = irFromZod(schema, { side, taskName: "test.task" });
  return "schema" in result ? [] : result.issues;
}

function only(schema: unknown, side: "input" | "output" = "input"): SchemaProblem {
  const problems = problemsOf(schema, side);
  expect(problems).toHaveLength(1);
  return problems[0] as SchemaProblem;
}

describe("irFromZod", () => {
  it.each(zooNames)("gives plain JSON, the same on every walk: %s", (name) => {
    const ir = irOf(zoo[name]);
    expect(JSON.parse(JSON.stringify(ir))).toEqual(ir);
    expect(irOf(zoo[name])).toEqual(ir);
  });

  it("keeps properties in source order and puts formats first among the checks", () => {
    expect(irOf(z.object({ b: z.email().max(9), a: z.number().int() })).root).toMatchObject({
      mode: "strip",
      properties: [
        {
          key: "b",
          node: {
            kind: "string",
            checks: [
              { check: "format", format: "email" },
              { check: "max_length", value: 9 },
            ],
          },
        },
        { key: "a", node: { kind: "number", checks: [{ check: "number_format", format: "safeint" }] } },
      ],
    });
  });

  it("names only what is recursive", () => {
    const shared = z.object({ a: z.string() });
    expect(irOf(z.object({ one: shared, two: shared })).definitions).toEqual({});
    expect(Object.keys(irOf(zoo.recursiveMutual).definitions)).toEqual(["d1"]);
  });

  it("reads schemas of zod/mini", () => {
    const schema = mini.object({ a: mini.string().check(mini.maxLength(3), mini.trim()) });
    expect(irOf(schema)).toEqual(irOf(z.object({ a: z.string().max(3).trim() })));
  });

  it("carries the contract's own words for a failed check", () => {
    const schema = irOf(
      z.object({ name: z.string().min(1, "Say something"), to: z.email({ error: "No address" }) }),
    );
    expect(compileIr(schema)({ name: "", to: "x" }).issues).toEqual([
      { path: ["name"], message: "Say something", kind: "too_small" },
      { path: ["to"], message: "No address", kind: "invalid_format" },
    ]);
  });

  it("keeps what must not be shown to everybody, and says it in JSON Schema", () => {
    const schema = irOf(
      z.object({ to: z.string().meta({ sensitive: true }), open: z.string().meta({ sensitive: "no" }) }),
    );
    expect(schema.root).toMatchObject({
      properties: [{ node: { meta: { sensitive: true } } }, { node: { kind: "string" } }],
    });
    expect(toJsonSchema(schema, "writer")).toMatchObject({
      properties: { to: { type: "string", "x-taskora-sensitive": true }, open: { type: "string" } },
    });
    expect(JSON.stringify(toJsonSchema(schema, "reader")).match(/sensitive/g)).toHaveLength(1);
  });

  it("keeps what documentation says apart from what validation does", () => {
    const schema = z
      .string()
      .meta({ description: "who", deprecated: "use name" as never, examples: ["Ada"], id: "User" });
    expect(irOf(schema).root).toEqual({
      kind: "string",
      meta: { description: "who", deprecated: "use name", examples: ["Ada"], id: "User" },
    });
  });
});

describe("defaults", () => {
  it("are written down when they are constant, also when a function makes them", () => {
    expect(irOf(z.string().default(() => "en")).root).toMatchObject({ value: "en" });
  });

  it("are opaque when they depend on the clock or on chance", () => {
    const clock = irOf(z.string().default(() => new Date().toISOString())).root;
    const chance = irOf(z.number().default(() => Math.random())).root;
    for (const node of [clock, chance]) {
      expect(node).toMatchObject({ kind: "default", hash: expect.stringMatching(/^[0-9a-f]{12}$/) });
      expect(node).not.toHaveProperty("value");
    }
  });

  it("are late when the schema would not take them as input", () => {
    const length = z.string().transform((text) => text.length);
    expect(irOf(length.default(0)).root).toMatchObject({ value: 0, late: true });
    expect(irOf(z.string().min(5).default("x")).root).toMatchObject({ late: true });
    expect(irOf(z.string().default("x")).root).not.toHaveProperty("late");
  });

  it("report a function that throws", () => {
    const schema = z.string().default(() => {
      throw new Error("no database");
    });
    expect(only(schema)).toMatchObject({
      code: "SCHEMA_FAILED",
      message: expect.stringContaining("no database"),
    });
  });
});

describe("a discriminated union", () => {
  const b = z.object({ k: z.literal("b") });

  it("is refused when an option has no tag, since zod throws then", () => {
    const untagged = z.object({ k: z.never().optional(), a: z.string() });
    expect(only(z.discriminatedUnion("k", [untagged, b]))).toMatchObject({
      code: "UNION_TAGS",
      message: expect.stringContaining('Option 1 of this union has no value of "k"'),
    });
  });

  it("is refused when two options have one tag", () => {
    const twin = z.object({ k: z.enum(["a", "b"]) });
    expect(only(z.object({ u: z.discriminatedUnion("k", [b, twin]) }))).toMatchObject({
      code: "UNION_TAGS",
      path: ["u"],
      message: expect.stringContaining('Options 1 and 2 of this union both have "b" as "k"'),
    });
  });
});

describe("a tuple on its way", () => {
  const run = compileIr(irOf(z.tuple([z.string(), z.string().optional()]).rest(z.string())));

  it("keeps each item in its place, and refuses a gap that JSON would fill", () => {
    expect(run(["a", "b", "c"])).toEqual({ value: ["a", "b", "c"] });
    expect(run(["a", undefined])).toEqual({ value: ["a"] });
    expect(run(["a", undefined, "c"])).toMatchObject({
      issues: [{ path: [1], message: expect.stringContaining("JSON turns into null") }],
    });
  });
});

describe("opaque parts", () => {
  it("change their hash with their source, and not with its layout", () => {
    const hash = (schema: z.ZodType) => JSON.stringify(irOf(schema).root);
    const base = hash(z.string().refine((text) => text !== "a"));
    expect(hash(z.string().refine((text) => text !== "a"))).toBe(base);
    expect(hash(z.string().refine((text) => text !== "b"))).not.toBe(base);
  });

  it("are seen through the functions that zod wraps around them", () => {
    const hash = (schema: z.ZodType) => JSON.stringify(irOf(schema).root);
    const refined = (word: string) =>
      word === "a"
        ? z.string().superRefine((text, context) => void (text === "a" && context.addIssue("no")))
        : z.string().superRefine((text, context) => void (text === "b" && context.addIssue("no")));
    expect(hash(refined("a"))).toBe(hash(refined("a")));
    expect(hash(refined("a"))).not.toBe(hash(refined("b")));
    const now = hash(z.number().default(() => Date.now()));
    const later = hash(z.number().default(() => Date.now() + 1));
    expect(hash(z.number().default(() => Date.now()))).toBe(now);
    expect(later).not.toBe(now);
  });
});

describe("what cannot travel", () => {
  it.each([
    ["date", z.date(), "z.iso.datetime()"],
    ["coerced date", z.coerce.date(), "z.iso.datetime()"],
    ["bigint", z.bigint(), "BigInt"],
    ["map", z.map(z.string(), z.number()), "z.record"],
    ["set", z.set(z.string()), "z.array"],
    ["symbol", z.symbol(), "z.enum"],
    ["NaN", z.nan(), "z.null()"],
    ["file", z.file(), "z.url()"],
    ["promise", z.promise(z.string()), "Await"],
    ["class", z.instanceof(Date), "z.object"],
  ])("is refused with the way out: %s", (_name, schema, wayOut) => {
    for (const side of ["input", "output"] as const) {
      const problem = only(z.object({ deep: z.array(schema) }), side);
      expect(problem).toMatchObject({ code: "TYPE_NOT_JSON", path: ["deep", "[]"] });
      expect(problem.hint).toContain(wayOut);
    }
  });

  it("may stand behind a codec", () => {
    expect(problemsOf(zoo.codec, "output")).toEqual([]);
    expect(problemsOf(zoo.codecMap)).toEqual([]);
  });

  it("includes a bigint literal, an endless bound and a symbol key", () => {
    expect(only(z.literal(1n))).toMatchObject({ code: "VALUE_NOT_JSON" });
    expect(only(z.number().min(Number.POSITIVE_INFINITY))).toMatchObject({ code: "VALUE_NOT_JSON" });
    expect(problemsOf(z.number().max(Number.POSITIVE_INFINITY))).toEqual([]);
    expect(only(z.object({ [Symbol("s")]: z.string() } as never))).toMatchObject({ code: "TYPE_NOT_JSON" });
  });

  it("includes undefined where JSON turns it into null or drops its key", () => {
    expect(only(z.array(z.string().optional()))).toMatchObject({ code: "UNDEFINED_IN_LIST", path: ["[]"] });
    expect(only(z.tuple([z.string().optional(), z.string()]))).toMatchObject({
      code: "UNDEFINED_IN_LIST",
      path: [0],
    });
    expect(only(z.object({ a: z.undefined() }))).toMatchObject({ code: "UNDEFINED_REQUIRED", path: ["a"] });
    expect(problemsOf(z.tuple([z.string(), z.string().optional()]))).toEqual([]);
    expect(problemsOf(z.void(), "output")).toEqual([]);
  });

  it("is reported once per place, though several options of a union have it there", () => {
    const variant = (kind: string) =>
      z.object({ kind: z.literal(kind), at: z.date(), list: z.array(z.date()) });
    const problems = problemsOf(z.union([variant("a"), variant("b"), variant("c")]));
    expect(problems.map(({ path }) => path)).toEqual([["at"], ["list", "[]"]]);
  });

  it("includes a one-way transform in an output, and not in an input", () => {
    const schema = z.object({ n: z.string().transform(Number) });
    expect(only(schema, "output")).toMatchObject({ code: "TRANSFORM_IN_OUTPUT", path: ["n"] });
    expect(problemsOf(schema)).toEqual([]);
    expect(only(z.preprocess(Number, z.number()), "output")).toMatchObject({ code: "TRANSFORM_IN_OUTPUT" });
  });

  it("is reported all at once", () => {
    expect(problemsOf(z.object({ a: z.date(), b: z.bigint() })).map((problem) => problem.path)).toEqual([
      ["a"],
      ["b"],
    ]);
  });
});

describe("schemas the walker does not know", () => {
  it("are refused by the name of the kind", () => {
    const schema = z.string();
    const strange = { ...schema, _zod: { ...schema._zod, def: { type: "quaternion" } } };
    expect(only(strange).message).toContain('"quaternion"');
  });

  it("are refused by the name of the key, since it may change what is accepted", () => {
    const schema = z.string({ fuzzy: true } as never);
    expect(only(schema)).toMatchObject({
      code: "SCHEMA_UNKNOWN",
      message: expect.stringContaining('"fuzzy"'),
    });
  });

  it("are refused when zod 3 or another library made them", () => {
    expect(only(z3.object({ a: z3.string() }))).toMatchObject({
      code: "SCHEMA_NOT_ZOD",
      message: expect.stringContaining("zod 3"),
    });
    const foreign = { "~standard": { version: 1, vendor: "valibot", validate: () => ({ value: 1 }) } };
    expect(only(foreign).message).toContain("valibot");
    expect(only(z.object({ a: z.string() }).shape)).toMatchObject({ code: "SCHEMA_NOT_ZOD" });
  });

  it("are refused when two versions of zod are mixed", () => {
    const other = z.string();
    Object.defineProperty(other._zod, "version", { value: { major: 4, minor: 1, patch: 0 } });
    expect(only(z.object({ a: z.number(), b: other }))).toMatchObject({
      code: "ZOD_VERSIONS",
      message: expect.stringContaining("4.1.0"),
    });
  });

  it("are refused when they never end", () => {
    const grow = (): z.ZodType =>
      z.object({
        get child() {
          return grow();
        },
      });
    expect(only(grow())).toMatchObject({ code: "SCHEMA_ENDLESS" });
    const self: z.ZodType = z.lazy(() => self);
    expect(only(self)).toMatchObject({ code: "SCHEMA_ENDLESS" });
  });

  it("are refused when they double until nothing can hold them", () => {
    let schema: z.ZodType = z.string();
    for (let level = 0; level < 40; level++) schema = z.object({ a: schema, b: schema });
    expect(only(schema)).toMatchObject({ code: "SCHEMA_TOO_LARGE" });
  });

  it("are refused when a getter throws", () => {
    const broken = z.lazy((): z.ZodType => {
      throw new Error("not loaded yet");
    });
    expect(only(z.object({ a: broken }))).toMatchObject({ code: "SCHEMA_FAILED", path: ["a"] });
    const shape = z.object({
      get a(): z.ZodString {
        throw new Error("not loaded yet");
      },
    });
    expect(only(z.array(shape)).message).toContain("not loaded yet");
  });
});
