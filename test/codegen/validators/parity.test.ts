import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { printValidator } from "../../../codegen/emit/validator/print-validator.js";
import { compileIr } from "../../../src/schema/interpreter.js";
import { irOf, zooNames } from "../from-zod-support.js";
import { mutatedPayload } from "../mutated-payload.js";
import { issueText, issueTexts } from "../zod-issues.js";
import { samples, type ZooName, zoo } from "../zoo.js";
import { corpus } from "./corpus.js";
import { printedValidator } from "./run-printed.js";

type Verdict = { readonly value: unknown } | { readonly issues: readonly string[] } | "threw";

function askZod(name: ZooName, value: unknown): Verdict {
  try {
    const result = zoo[name].safeParse(value);
    if (result.success) return { value: result.data };
    return { issues: issueTexts(result.error.issues) };
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Unmergable")) return "threw";
    throw error;
  }
}

/** Compares zod, the interpreter and both printed forms on one payload. */
function comparison(name: ZooName): (value: unknown) => void {
  const schema = irOf(zoo[name]);
  const received = printedValidator(schema, "output");
  const sent = printedValidator(schema, "wire");
  if (received === undefined || sent === undefined) throw new Error(`there is no validator for ${name}`);
  const interpret = compileIr(schema);
  return (value) => {
    const context = `${name} with ${JSON.stringify(value)}`;
    const expected = askZod(name, structuredClone(value));
    const result = received(structuredClone(value));
    if (expected === "threw") expect(result, context).toHaveProperty("issues");
    else if (result.issues === undefined) expect({ value: result.value }, context).toEqual(expected);
    else {
      const issues = result.issues.map(({ path, kind }) => issueText(kind, path));
      expect({ issues }, context).toEqual(expected);
    }
    expect(sent(structuredClone(value)), context).toEqual(interpret(structuredClone(value)));
  };
}

const isPrinted = (name: ZooName) =>
  (["output", "wire"] as const).every(
    (mode) => printValidator(irOf(zoo[name]), { name: "validate", mode }).reason === undefined,
  );
/** What only the code of a user decides. */
const OF_CODE: readonly ZooName[] = [
  ...(["codec", "codecMap", "transform", "transformPiped", "preprocess", "refined", "superRefined"] as const),
  ...(["checked", "overwritten", "refinedUnion", "transformUnion", "catchRefined"] as const),
  ...(["defaultTransform", "intersectionTransform", "custom"] as const),
];
const printed = zooNames.filter(isPrinted);
/** Keys that a short form may not take for ones that refuse to be left out, nor the other way round. */
const ABSENT: Readonly<Record<string, z.ZodType>> = {
  "a union": z.union([z.string(), z.number()]),
  "a union of one": z.union([z.string()]),
  "a union with anything": z.union([z.string(), z.any()]),
  "an intersection": z.intersection(z.string(), z.any()),
  "an intersection of anything": z.intersection(z.any(), z.unknown()),
  "an exclusive union": z.xor([z.string(), z.number()]),
  "a default": z.string().default("b"),
  "a default of what takes undefined": z.string().optional().default("b"),
  "a default that may be left out": z.string().default("b").optional(),
  "a default that its schema would refuse": z.string().min(5).default("b"),
  "a default that is checked after": z.string().default("b").check(z.minLength(1)),
};
const TOTAL = 20_000;
const RUNS = Number(process.env.TASKORA_PARITY_RUNS ?? Math.ceil(TOTAL / printed.length));

describe("printed validators", () => {
  it("are there for every schema of the zoo but these", () => {
    expect(zooNames.filter((name) => !isPrinted(name))).toEqual(OF_CODE);
  });

  it.each(Object.entries(ABSENT))("say of a key that is not there what zod says: %s", (_, inner) => {
    const schema = z.object({ k: inner });
    const ir = irOf(schema);
    const validate = printedValidator(ir, "output");
    const send = printedValidator(ir, "wire");
    for (const value of [{}, { k: undefined }, { k: null }, { k: "a" }]) {
      const asked = schema.safeParse(value);
      const said = validate?.(value);
      const context = JSON.stringify(value);
      const issues = said?.issues?.map(({ path, kind }) => issueText(kind, path));
      expect(issues, context).toEqual(asked.success ? undefined : issueTexts(asked.error.issues));
      if (said?.issues === undefined && asked.success) expect(said?.value, context).toStrictEqual(asked.data);
      expect(send?.(value), context).toStrictEqual(compileIr(ir)(value));
    }
  });

  it.each(corpus)("answer as zod does what once was answered otherwise: $name $value", ({ name, value }) => {
    if (printed.includes(name)) comparison(name)(value);
  });

  it.each(printed)("answer as zod does: %s", (name) => {
    const check = comparison(name);
    for (const sample of samples[name] ?? []) check(sample);
    fc.assert(fc.property(mutatedPayload(name), check), { numRuns: RUNS, seed: 20_261_124 });
  });
});
