import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileIr } from "../../src/schema/interpreter.js";
import { certaintyOf } from "../../src/schema/ir-certainty.js";
import { irOf, zooNames } from "./from-zod-support.js";
import { mutatedPayload, toJson } from "./mutated-payload.js";
import { issueText, issueTexts } from "./zod-issues.js";
import { samples, type ZooName, zoo } from "./zoo.js";

type Verdict =
  | { readonly accepts: true; readonly value: unknown }
  | { readonly accepts: false; readonly issues: readonly string[] | "threw" };

/** What zod says; a throw (sides of an intersection that cannot be merged) refuses without a path. */
function askZod(name: ZooName, value: unknown): Verdict {
  try {
    const result = zoo[name].safeParse(value);
    if (result.success) return { accepts: true, value: result.data };
    return { accepts: false, issues: issueTexts(result.error.issues) };
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Unmergable"))
      return { accepts: false, issues: "threw" };
    throw error;
  }
}

function compare(name: ZooName): (value: unknown) => void {
  const schema = irOf(zoo[name]);
  const run = compileIr(schema);
  const { isCertain, isPlain } = certaintyOf(schema);
  const certain = isCertain(schema.root);
  const plain = isPlain(schema.root);
  return (value) => {
    const expected = askZod(name, structuredClone(value));
    const sent = run(structuredClone(value));
    const context = `${name} with ${JSON.stringify(value)}`;
    if (certain) expect(sent.issues === undefined, context).toBe(expected.accepts);
    if (sent.issues !== undefined) {
      expect(expected.accepts, context).toBe(false);
      if (certain && !expected.accepts && expected.issues !== "threw") {
        const issues = sent.issues.map(({ path, kind }) => issueText(kind, path));
        expect({ accepts: false, issues }, context).toEqual(expected);
      }
      return;
    }
    if (plain && expected.accepts && !UNSTABLE.has(name))
      expect(toJson(sent.value), context).toEqual(toJson(expected.value));
    const received = askZod(name, toJson(sent.value));
    expect(received, `${context} after the wire`).toEqual(expected);
  };
}

/** Here an earlier option accepts what a later one makes of a value, so the value is sent as it was. */
const UNSTABLE: ReadonlySet<ZooName> = new Set(["unionStrictFirst"]);

const RUNS = Number(process.env.TASKORA_PARITY_RUNS ?? 60);

describe("the interpreter", () => {
  it.each(zooNames)("answers as zod does: %s", (name) => {
    const check = compare(name);
    for (const sample of samples[name] ?? []) check(sample);
    fc.assert(fc.property(mutatedPayload(name), check), { numRuns: RUNS, seed: 20_261_123 });
  });
});
