import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { irFromZod } from "../../codegen/from-zod.js";
import { type CompiledSchema, compileIr } from "../../src/schema/interpreter.js";
import { type IrSchema, someNode } from "../../src/schema/ir.js";
import { certaintyOf } from "../../src/schema/ir-certainty.js";
import { printedValidator } from "./validators/run-printed.js";

/** Words and numbers so few that random payloads often fit random schemas. */
const WORDS = ["a", "b", "ab", " a", "A", "abc", ""] as const;
const KEYS = ["a", "b", "k"] as const;

const word = fc.constantFrom(...WORDS);

const leaf: fc.Arbitrary<z.ZodType> = fc.oneof(
  fc.constantFrom<z.ZodType>(
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.any(),
    z.unknown(),
    z.never(),
    z.int(),
    z.coerce.number(),
    z.coerce.string(),
    z.string().trim(),
    z.string().min(2).trim(),
    z.string().toUpperCase().max(2),
    z.string().min(2, { abort: true }).regex(/^a/),
    z.number().gt(0).max(2),
    z.enum(["a", "b"]),
    z.stringbool(),
    z.string().transform((text) => text.length),
    z.string().refine((text) => text !== "ab"),
    z.string().catch("c"),
    z.number().overwrite((value) => value + 1),
    z.preprocess((value) => (value === 1 ? "a" : value), z.string()),
    z.string().pipe(z.coerce.number()),
    z.codec(z.string().min(1), z.number(), { decode: (text) => text.length, encode: (n) => "x".repeat(n) }),
  ),
  fc.uniqueArray(word, { minLength: 1, maxLength: 2 }).map((words) => z.literal(words)),
);

const { schema: anySchema } = fc.letrec<{ schema: z.ZodType }>((tie) => {
  const inner = tie("schema");
  const shape = fc.dictionary(fc.constantFrom(...KEYS), inner, { maxKeys: 3 });
  const tagged = (tag: string) => shape.map((rest) => z.object({ ...rest, k: z.literal(tag) }));
  return {
    schema: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      shape.map((fields) => z.object(fields)),
      shape.map((fields) => z.strictObject(fields)),
      shape.map((fields) => z.looseObject(fields)),
      fc.tuple(shape, inner).map(([fields, rest]) => z.object(fields).catchall(rest)),
      inner.map((item) => z.array(item).max(2)),
      fc.tuple(inner, inner).map(([first, second]) => z.tuple([first, second])),
      fc.tuple(inner, inner).map(([first, rest]) => z.tuple([first], rest)),
      fc.tuple(inner, inner).map(([first, second]) => z.tuple([first, second.optional()])),
      fc.array(inner, { minLength: 1, maxLength: 3 }).map((options) => z.union(options)),
      fc.tuple(inner, inner).map((options) => z.xor(options)),
      fc.tuple(tagged("a"), tagged("b")).map((options) => z.discriminatedUnion("k", options)),
      fc.tuple(inner, inner).map(([left, right]) => z.intersection(left, right)),
      inner.map((value) => z.record(z.string(), value)),
      inner.map((value) => z.record(z.enum(["a", "b"]), value)),
      inner.map((value) => z.partialRecord(z.enum(["a", "b"]), value)),
      inner.map((value) => z.looseRecord(z.string().regex(/^a/), value)),
      inner.map((value) => value.optional()),
      inner.map((value) => value.exactOptional()),
      inner.map((value) => value.nullable()),
      inner.map((value) => value.nonoptional()),
      inner.map((value) => value.readonly()),
      fc.tuple(inner, word).map(([value, text]) => value.default(text)),
      fc.tuple(inner, word).map(([value, text]) => value.prefault(text)),
      fc.tuple(inner, word).map(([value, text]) => value.catch(text)),
      fc.tuple(inner, inner).map(([from, to]) => from.pipe(to)),
      inner.map((value) => z.lazy(() => value)),
      inner.map((value) => value.refine((given) => given !== "b")),
    ),
  };
});

const { payload: anyPayload } = fc.letrec<{ payload: unknown }>((tie) => ({
  payload: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<unknown>(...WORDS, 0, 1, 2.5, true, null, "yes", "1", [], {}),
    fc.dictionary(fc.constantFrom(...KEYS, "x"), tie("payload"), { maxKeys: 3 }),
    fc.array(tie("payload"), { maxLength: 3 }),
  ),
}));

type Verdict = { readonly value: unknown } | { readonly path: string; readonly kind: string | undefined };

/** Sides of an intersection that cannot be merged, and functions given what they do not expect, make zod throw. */
function askZod(schema: z.ZodType, value: unknown): Verdict | "threw" {
  try {
    const result = schema.safeParse(value);
    return result.success ? { value: result.data } : firstIssue(result.error.issues, "code");
  } catch (error) {
    if (error instanceof Error) return "threw";
    throw error;
  }
}

/** Where and of what kind the first issue is; zod calls the kind `code`. */
function firstIssue<Key extends "code" | "kind">(
  issues: readonly ({ readonly path: readonly PropertyKey[] } & { readonly [key in Key]?: string })[],
  key: Key,
): { readonly path: string; readonly kind: string | undefined } {
  const [first] = issues;
  return { path: JSON.stringify(first?.path), kind: first?.[key] };
}

/** As JSON carries it: absent and `undefined` are one. */
function toJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}

/** An item that is `undefined` has no form of its own in JSON. */
function hasHole(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => item === undefined || hasHole(item));
  return typeof value === "object" && value !== null && Object.values(value).some(hasHole);
}

interface Subject {
  readonly schema: z.ZodType;
  readonly ir: IrSchema;
  readonly run: CompiledSchema;
  readonly certain: boolean;
  /** What is sent is what zod gives. Unions and intersections may decide otherwise from value to value. */
  readonly exact: boolean;
}

function subjectOf(schema: z.ZodType): Subject | undefined {
  const made = irFromZod(schema, { side: "input", taskName: "random" });
  if (!("schema" in made)) return undefined;
  const { root } = made.schema;
  const { isCertain, isPlain } = certaintyOf(made.schema);
  const chooses = someNode(made.schema, (node) => node.kind === "union" || node.kind === "intersection");
  return {
    schema,
    ir: made.schema,
    run: compileIr(made.schema),
    certain: isCertain(root),
    exact: isPlain(root) && !chooses,
  };
}

function compare(subject: Subject, payload: unknown): void {
  const context = `${JSON.stringify(subject.ir.root)} given ${JSON.stringify(payload)}`;
  const expected = askZod(subject.schema, structuredClone(payload));
  if (expected === "threw") return;
  const sent = subject.run(structuredClone(payload));
  if (sent.issues !== undefined) {
    expect(expected, context).not.toHaveProperty("value");
    if (subject.certain) expect(firstIssue(sent.issues, "kind"), context).toEqual(expected);
    return;
  }
  if (subject.certain) expect(expected, context).toHaveProperty("value");
  const received = askZod(subject.schema, toJson(sent.value));
  expect(outcome(received), `${context} sent as ${JSON.stringify(sent.value)}`).toEqual(outcome(expected));
  if (subject.exact && "value" in expected && !hasHole(expected.value)) {
    expect(toJson(sent.value), context).toEqual(toJson(expected.value));
  }
}

function outcome(verdict: Verdict | "threw"): unknown {
  if (verdict === "threw") return verdict;
  return "value" in verdict ? { value: toJson(verdict.value) } : "refused";
}

const RUNS = Number(process.env.TASKORA_PARITY_RUNS ?? 1500);
const SEED = Number(process.env.TASKORA_PARITY_SEED ?? 7);

describe("the interpreter on random schemas", () => {
  it("refuses nothing zod accepts, and sends what zod reads the same way", () => {
    const payloads = fc.array(anyPayload, { minLength: 4, maxLength: 8 });
    const property = fc.property(anySchema, payloads, (schema, values) => {
      const subject = subjectOf(schema);
      if (subject === undefined) return;
      for (const value of values) compare(subject, value);
    });
    fc.assert(property, { numRuns: RUNS, seed: SEED });
  });
});

/** The printed forms of a schema without code of the user: what zod gives, and what a producer sends. */
function printedOf(schema: z.ZodType) {
  const made = irFromZod(schema, { side: "input", taskName: "random" });
  if (!("schema" in made)) return undefined;
  const received = printedValidator(made.schema, "output");
  const sent = printedValidator(made.schema, "wire");
  if (received === undefined || sent === undefined) return undefined;
  return { ir: made.schema, received, sent, interpret: compileIr(made.schema) };
}

/** Each schema is printed and transpiled twice, which takes longer than all its payloads. */
const PRINTED_RUNS = Math.ceil(RUNS / 4);

describe("printed validators of random schemas", () => {
  it("answer as zod does, and send what the interpreter sends", () => {
    const payloads = fc.array(anyPayload, { minLength: 4, maxLength: 8 });
    let compared = 0;
    const property = fc.property(anySchema, payloads, (schema, values) => {
      const printed = printedOf(schema);
      if (printed === undefined) return;
      for (const value of values) {
        const context = `${JSON.stringify(printed.ir.root)} given ${JSON.stringify(value)}`;
        expect(printed.sent(structuredClone(value)), context).toEqual(
          printed.interpret(structuredClone(value)),
        );
        const expected = askZod(schema, structuredClone(value));
        if (expected === "threw") continue;
        const { issues, ...result } = printed.received(structuredClone(value));
        const found = issues === undefined ? result : firstIssue(issues, "kind");
        expect(found, context).toEqual(expected);
        compared += 1;
      }
    });
    fc.assert(property, { numRuns: PRINTED_RUNS, seed: SEED });
    expect(compared).toBeGreaterThan(PRINTED_RUNS);
  });
});
