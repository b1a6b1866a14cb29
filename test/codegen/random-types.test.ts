import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { irFromZod } from "../../codegen/from-zod.js";
import { printType } from "../../codegen/type-text.js";
import { COMPARE_TYPES, diagnose } from "./type-check.js";

const LEAVES = [
  "z.string()",
  "z.number()",
  "z.boolean()",
  "z.null()",
  "z.unknown()",
  "z.coerce.number()",
  "z.literal(['a', 1])",
  "z.enum(['a', 'b'])",
  "z.stringbool()",
  "z.templateLiteral(['v', z.number()])",
  "z.string().pipe(z.coerce.number())",
  "z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toUTCString() })",
];

/** Source text of random schemas: it is both run and type-checked. */
const { schema } = fc.letrec<{ schema: string }>((tie) => {
  const inner = tie("schema");
  const shape = fc.dictionary(fc.constantFrom("a", "b", "c-d"), inner, { maxKeys: 3 }).map(
    (fields) =>
      `{ ${Object.entries(fields)
        .map(([key, value]) => `${JSON.stringify(key)}: ${value}`)
        .join(", ")} }`,
  );
  const tagged = fc
    .tuple(shape, shape)
    .map(
      ([a, b]) =>
        `z.discriminatedUnion("k", [z.object(${a}).extend({ k: z.literal("a") }), z.object(${b}).extend({ k: z.literal("b") })])`,
    );
  return {
    schema: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(...LEAVES),
      shape.map((fields) => `z.object(${fields})`),
      shape.map((fields) => `z.looseObject(${fields})`),
      fc.tuple(shape, inner).map(([fields, rest]) => `z.object(${fields}).catchall(${rest})`),
      tagged,
      inner.map((item) => `z.array(${item})`),
      fc.tuple(inner, inner).map(([a, b]) => `z.tuple([${a}, ${b}.optional()])`),
      fc.tuple(inner, inner).map(([a, b]) => `z.tuple([${a}], ${b})`),
      fc.tuple(inner, inner).map(([a, b]) => `z.union([${a}, ${b}])`),
      fc.tuple(shape, shape).map(([a, b]) => `z.intersection(z.object(${a}), z.object(${b}))`),
      inner.map((value) => `z.record(z.string(), ${value})`),
      inner.map((value) => `z.record(z.enum(["a", "b"]), ${value})`),
      inner.map((value) => `z.partialRecord(z.enum(["a", "b"]), ${value})`),
      inner.map((value) => `${value}.optional()`),
      inner.map((value) => `${value}.exactOptional()`),
      inner.map((value) => `${value}.nullable()`),
      inner.map((value) => `${value}.nonoptional()`),
      // zod's typing of a readonly that may be unknown, null and the like at once is an accident of its own.
      inner.map((value) => (/unknown|coerce/.test(value) ? value : `${value}.readonly()`)),
      inner.map((value) => `${value}.default("x" as never)`),
      inner.map((value) => `${value}.prefault("x" as never)`),
      inner.map((value) => `${value}.catch("x" as never)`),
      inner.map((value) => `z.lazy(() => ${value})`),
    ),
  };
});

const COUNT = Number(process.env.TASKORA_TYPE_RUNS ?? 120);
const SEED = Number(process.env.TASKORA_PARITY_SEED ?? 7);

function build(source: string): z.ZodType {
  const plain = source.replaceAll(" as never", "");
  return new Function("z", `return ${plain}`)(z) as z.ZodType;
}

function comparison(source: string, index: number): string {
  const made = irFromZod(build(source), { side: "input", taskName: "random" });
  if (!("schema" in made)) return "";
  const name = `S${index}`;
  const views = [
    { view: "input", inferred: `z.input<typeof ${name}>` },
    { view: "payload", inferred: `z.output<typeof ${name}>` },
  ] as const;
  const types = views.map(({ view, inferred }) => {
    const type = `${name}_${view}`;
    const text = printType(made.schema, { view, name: type });
    return `${text}export const is_${type}: Equal<${inferred}, ${type}> = true; /* ${source} ${text.replaceAll("\n", " ").replaceAll("*/", "")} */\n`;
  });
  return `const ${name} = ${source};\n${types.join("")}`;
}

describe("printed types of random schemas", () => {
  it("equal what zod infers", () => {
    const sources = fc.sample(schema, { numRuns: COUNT, seed: SEED });
    const text = [...new Set(sources)].map(comparison).join("\n");
    expect(diagnose(`import * as z from "zod";\n${COMPARE_TYPES}${text}`)).toEqual([]);
  }, 120_000);
});
