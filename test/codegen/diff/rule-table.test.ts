import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { DIRECTIONS, type Direction } from "../../../codegen/diff/change.js";
import { compareSchemas, type SchemaFinding } from "../../../codegen/diff/judge/settle.js";
import { RULES, type RuleId } from "../../../codegen/diff/rules/rules.js";
import { samplePayloads } from "../../../codegen/diff/sample/sample.js";
import { irOf } from "../from-zod-support.js";
import { type Expected, PAIRS, type SchemaPair } from "./pairs.js";

/** The verdict of a direction as a whole: the worst of its changes. */
function overall(findings: readonly SchemaFinding[], direction: Direction): Expected {
  const verdicts = findings.map((finding) => finding.verdicts[direction].verdict);
  if (verdicts.includes("break")) return "break";
  return verdicts.includes("unknown") ? "unknown" : "ok";
}

/** What zod itself says about payloads that travel from one schema to the other. */
function sampledTruth(from: z.ZodType, to: z.ZodType): "ok" | "break" {
  const options = { from: irOf(from), to: irOf(to), fromSide: "old" } as const;
  const swapped = { from: irOf(to), to: irOf(from), fromSide: "new" } as const;
  const own = [...samplePayloads(options), ...samplePayloads(swapped)];
  const mutated = fc.sample(
    fc.tuple(fc.constantFrom(...own), fc.constantFrom("a", "b", "extra", "x"), fc.jsonValue()).map(mutate),
    { seed: 7, numRuns: 400 },
  );
  return [...own, ...mutated].some((payload) => fails(payload, from, to)) ? "break" : "ok";
}

function mutate([payload, key, value]: readonly [unknown, string, unknown]): unknown {
  if (Array.isArray(payload)) return [...payload, value];
  if (typeof payload !== "object" || payload === null) return value;
  return { ...payload, [key]: value };
}

function fails(payload: unknown, from: z.ZodType, to: z.ZodType): boolean {
  const sent = from.safeParse(payload);
  if (!sent.success) return false;
  const wire: unknown = sendsAsGiven(from) ? payload : sent.data;
  return !to.safeParse(JSON.parse(JSON.stringify(wire))).success;
}

/** What another schema makes of a text for a boolean does not travel. */
function sendsAsGiven(schema: z.ZodType): boolean {
  return JSON.stringify(irOf(schema)).includes('"stringbool"');
}

describe("the rules of the change checker", () => {
  it("are tried on at least 80 pairs", () => {
    expect(PAIRS.length).toBeGreaterThanOrEqual(80);
  });

  it.each(PAIRS.map((pair) => [pair.title, pair.rule, pair] as const))("%s: %s", (_title, rule, pair) => {
    const findings = compareSchemas(irOf(pair.old), irOf(pair.new));
    expect(findings.map((finding) => finding.change.rule)).toContain(rule);
    expect(findings.filter(isCheckerBug)).toEqual([]);
    expect({
      oldToNew: overall(findings, "oldToNew"),
      newToOld: overall(findings, "newToOld"),
    }).toEqual({ oldToNew: pair.oldToNew, newToOld: pair.newToOld });
    expectTruth(pair);
  });

  it.each(schemaRules())("%s says what its example shows", (id, rule) => {
    const old = schemaFrom(rule.example.old);
    const next = schemaFrom(rule.example.new);
    const findings = compareSchemas(irOf(old), irOf(next));
    const found = findings.find((finding) => finding.change.rule === id);
    expect(findings.map((finding) => finding.change.rule)).toContain(id);
    for (const direction of DIRECTIONS) {
      if (rule[direction] === "depends") continue;
      expect(found?.verdicts[direction].verdict).toBe(rule[direction]);
    }
  });
});

function expectTruth(pair: SchemaPair): void {
  const forward = sampledTruth(pair.old, pair.new);
  const backward = sampledTruth(pair.new, pair.old);
  if (pair.oldToNew !== "unknown") expect(`old to new: ${forward}`).toBe(`old to new: ${pair.oldToNew}`);
  if (pair.newToOld !== "unknown") expect(`new to old: ${backward}`).toBe(`new to old: ${pair.newToOld}`);
}

function isCheckerBug(finding: SchemaFinding): boolean {
  return DIRECTIONS.some((direction) => finding.verdicts[direction].isCheckerBug === true);
}

function schemaRules() {
  return (Object.keys(RULES) as RuleId[])
    .filter((id) => RULES[id].about === "schema" && id !== "SAMPLE_FAILS")
    .map((id) => [id, RULES[id]] as const);
}

function schemaFrom(text: string): z.ZodType {
  return new Function("z", `return ${text};`)(z) as z.ZodType;
}
