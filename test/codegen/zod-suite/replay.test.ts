/**
 * Replays what zod said in its own tests: schemas as their intermediate representation, values and verdicts, recorded by
 * scripts/zod-suite/record.ts. Nobody of this project chose them, which is their worth.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileIr } from "../../../src/schema/interpreter.js";
import type { IrSchema } from "../../../src/schema/ir.js";
import { certaintyOf } from "../../../src/schema/ir-certainty.js";
import { printedValidator } from "../validators/run-printed.js";
import { issueText, issueTexts } from "../zod-issues.js";

interface Case {
  readonly payload: unknown;
  readonly accepts: boolean;
  /** Absent where zod gave what JSON cannot carry. */
  readonly value?: unknown;
  readonly issues?: readonly (readonly [code: string, ...path: (string | number)[]])[];
}

interface Recorded {
  readonly schema: IrSchema;
  readonly cases: readonly Case[];
}

/** The first line says which zod it was, each other one is a schema. */
const [, ...lines] = readFileSync(new URL("./recorded.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");
const schemas = lines.map((line) => JSON.parse(line) as Recorded);

function zodIssues({ issues = [] }: Case): readonly string[] {
  return issueTexts(issues.map(([code, ...path]) => ({ code, path })));
}

type Result = ReturnType<ReturnType<typeof compileIr>>;

function ownIssues(result: Result): readonly string[] {
  return (result.issues ?? []).map(({ kind, path }) => issueText(kind, path));
}

/** Asks everything made from one schema about the values that zod was asked about. */
function replay(schema: IrSchema, cases: readonly Case[]): void {
  const interpret = compileIr(schema);
  const isCertain = certaintyOf(schema).isCertain(schema.root);
  const send = isCertain ? printedValidator(schema, "wire") : undefined;
  const receive = isCertain ? printedValidator(schema, "output") : undefined;
  expect([send === undefined, receive === undefined]).toEqual([!isCertain, !isCertain]);
  for (const each of cases) {
    const context = `${JSON.stringify(schema.root)} with ${JSON.stringify(each.payload)}`;
    const sent = interpret(structuredClone(each.payload));
    // Code of the contract has the last word; what is refused without it must be refused with it.
    if (!isCertain && sent.issues !== undefined) expect(each.accepts, context).toBe(false);
    if (send === undefined || receive === undefined) continue;
    const received = receive(structuredClone(each.payload));
    expect(ownIssues(sent), context).toEqual(zodIssues(each));
    expect(ownIssues(received), context).toEqual(zodIssues(each));
    expect(send(structuredClone(each.payload)), context).toEqual(sent);
    if (received.issues === undefined && "value" in each) expect(received.value, context).toEqual(each.value);
  }
}

const kinds = [...new Set(schemas.map(({ schema }) => schema.root.kind))].sort();

describe("zod's own tests, replayed", () => {
  it("are many", () => {
    expect(schemas.length).toBeGreaterThan(500);
    expect(schemas.flatMap(({ cases }) => cases).length).toBeGreaterThan(1_000);
  });

  it.each(kinds)("get zod's answers: %s", (kind) => {
    for (const { schema, cases } of schemas) if (schema.root.kind === kind) replay(schema, cases);
  });
});
