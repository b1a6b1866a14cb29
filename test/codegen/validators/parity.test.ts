import fc from "fast-check";
import { describe, expect, it } from "vitest";
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
const printed = zooNames.filter(isPrinted);
const TOTAL = 20_000;
const RUNS = Number(process.env.TASKORA_PARITY_RUNS ?? Math.ceil(TOTAL / printed.length));

describe("printed validators", () => {
  it("cover at least 40 schemas of the zoo", () => {
    expect(printed.length).toBeGreaterThanOrEqual(40);
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
