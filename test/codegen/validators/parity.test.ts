import fc from "fast-check";
import { describe, expect, it } from "vitest";
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

interface Subject {
  readonly name: ZooName;
  readonly check: (value: unknown) => void;
}

/** Compares zod, the interpreter and both printed forms on one payload. */
function subjectOf(name: ZooName): Subject | undefined {
  const schema = irOf(zoo[name]);
  const received = printedValidator(schema, "output");
  const sent = printedValidator(schema, "wire");
  if (received === undefined || sent === undefined) return undefined;
  const interpret = compileIr(schema);
  const check = (value: unknown): void => {
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
  return { name, check };
}

const subjects = zooNames.flatMap((name) => subjectOf(name) ?? []);
const TOTAL = 20_000;
const RUNS = Number(process.env.TASKORA_PARITY_RUNS ?? Math.ceil(TOTAL / subjects.length));

describe("printed validators", () => {
  it("cover at least 40 schemas of the zoo", () => {
    expect(subjects.length).toBeGreaterThanOrEqual(40);
  });

  it.each(corpus)("answer as zod does what once was answered otherwise: $name $value", ({ name, value }) => {
    subjects.find((subject) => subject.name === name)?.check(value);
  });

  it.each(subjects)("answer as zod does: $name", ({ name, check }) => {
    for (const sample of samples[name] ?? []) check(sample);
    fc.assert(fc.property(mutatedPayload(name), check), { numRuns: RUNS, seed: 20_261_124 });
  });
});
