import { describe, expect, it } from "vitest";
import * as z from "zod";
import { compareSchemas } from "../../../codegen/diff/judge/settle.js";
import { irOf } from "../from-zod-support.js";
import { bothWays, checkerBugs, compareLive, stops } from "./compare-live.js";

const words = (count: number) => Array.from({ length: count }, (_, index) => `W${index}`);
const without = (count: number, gone: number) => words(count).filter((_, index) => index !== gone);

describe("a break at a place that luck does not find", () => {
  it.each([500, 1_000, 20_000])("is shown when one of %d enum values is removed", (count) => {
    const old = z.object({ sku: z.enum(words(count)) });
    const next = z.object({ sku: z.enum(without(count, count / 2)) });
    const [removed] = compareLive(old, next);
    expect(removed?.verdicts.oldToNew).toMatchObject({
      verdict: "break",
      proof: { wire: { sku: `W${count / 2}` } },
    });
    const [added] = compareLive(next, old);
    expect(added?.verdicts.newToOld).toMatchObject({
      verdict: "break",
      proof: { wire: { sku: `W${count / 2}` } },
    });
  });

  it("is shown when the enum is a literal, or an option of a union", () => {
    const old = z.object({ a: z.union([z.literal(words(900)), z.number()]) });
    const next = z.object({ a: z.union([z.literal(without(900, 899)), z.number()]) });
    expect(bothWays(compareLive(old, next))).toEqual(["break", "ok"]);
  });

  it.each<[string, z.ZodType, z.ZodType]>([
    ["a text of 10 million characters", z.string().max(10_000_000), z.string().max(9_999_999)],
    ["a text that must be longer", z.string().min(30_000), z.string().min(30_001)],
    ["a text of an exact length", z.string().length(50_000), z.string().length(50_001)],
    ["a list of a million items", z.array(z.string()).max(1_000_000), z.array(z.string()).max(900_000)],
    [
      "a list of objects",
      z.array(z.object({ a: z.int() })).max(5_000),
      z.array(z.object({ a: z.int() })).max(4_999),
    ],
    ["a list that must be longer", z.array(z.int()).min(2_500), z.array(z.int()).min(3_000)],
  ])("is certain by its rule for %s, which is not made", (_title, old, next) => {
    const before = process.memoryUsage().heapUsed;
    const findings = compareLive(z.object({ a: old }), z.object({ a: next }));
    expect(bothWays(findings)[0]).toBe("break");
    expect(findings.flatMap(({ verdicts }) => verdicts.oldToNew.proof ?? [])).toEqual([]);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
  });

  it("counts as a break where a pattern might have the last word on texts that long", () => {
    const text = (max: number) =>
      z.object({
        a: z
          .string()
          .regex(/^[a-z]+$/)
          .max(max),
      });
    const [finding] = compareLive(text(60_000), text(50_000));
    expect(finding?.verdicts.oldToNew).toEqual({
      verdict: "unknown",
      reason: "no text longer than 20000 is made",
      countsAsBreak: true,
    });
  });

  it.each<[string, RegExp, number, number]>([
    ["repetition at the end", /^[a-z]{2}-\d+$/, 30, 20],
    ["repetition at the start", /^\w+@x$/, 300, 299],
    ["one of two alternatives", /^(?:id|[a-f]*)$/, 40, 12],
  ])("is shown for a bound beside a pattern with %s", (_title, pattern, before, after) => {
    const text = (max: number) => z.object({ a: z.string().regex(pattern).max(max) });
    expect(bothWays(compareLive(text(before), text(after)))).toEqual(["break", "ok"]);
  });

  it.each<[string, RegExp, RegExp, readonly string[]]>([
    ["a flag", /^[a-z]+$/, /^[a-z]+$/i, ["ok", "break"]],
    ["a flag taken away", /^[a-z]+$/i, /^[a-z]+$/, ["break", "ok"]],
    ["the flag s", /^a.b$/, /^a.b$/s, ["ok", "break"]],
    ["the flag m", /^ab$/, /^ab$/m, ["ok", "break"]],
    ["a flag under a negated class", /^[^a]$/, /^[^a]$/i, ["break", "unknown"]],
    ["one more character in a class", /^[a-z]+$/, /^[a-z_]+$/, ["unknown", "break"]],
    ["an end that is left open", /^[a-z]{3}$/, /^[a-z]{3}/, ["unknown", "break"]],
    ["a count", /^\d{4}$/, /^\d{4,5}$/, ["unknown", "break"]],
  ])("is shown for two patterns that differ in %s", (_title, old, next, expected) => {
    const text = (pattern: RegExp) => z.object({ a: z.string().regex(pattern) });
    expect(bothWays(compareLive(text(old), text(next)))).toEqual(expected);
  });
});

const hash = z.string().refine((text) => /^[0-9a-f]{64}$/.test(text));
const unreadable = z.string().regex(/^\p{Lu}{7}\p{Nd}$/u);

/** A change, and what it does from old to new and back. */
const CHANGES: readonly [string, z.ZodRawShape, z.ZodRawShape, readonly string[]][] = [
  ["a value added to an enum", { a: z.enum(["x"]) }, { a: z.enum(["x", "y"]) }, ["ok", "break"]],
  ["a value removed from an enum", { a: z.enum(["x", "y"]) }, { a: z.enum(["x"]) }, ["break", "ok"]],
  ["null allowed", { a: z.number() }, { a: z.number().nullable() }, ["ok", "break"]],
  ["a field removed", { a: z.number(), b: z.string() }, { b: z.string() }, ["ok", "break"]],
  ["a field added", { b: z.string() }, { a: z.number(), b: z.string() }, ["break", "ok"]],
  ["another type", { a: z.number() }, { a: z.string() }, ["break", "break"]],
  ["a field renamed", { a: z.number() }, { b: z.number() }, ["break", "break"]],
  ["a tighter bound", { a: z.string().max(9) }, { a: z.string().max(5) }, ["break", "ok"]],
  ["a required field", { a: z.string().optional() }, { a: z.string() }, ["break", "ok"]],
  ["an element", { a: z.array(z.enum(["x", "y"])) }, { a: z.array(z.enum(["x"])) }, ["break", "ok"]],
];

describe("a break beside something that no sampled value pleases", () => {
  const siblings = [
    ["a refined field", hash],
    ["a pattern that cannot be read", unreadable],
    ["a refined field in a list", z.array(z.object({ digest: hash })).min(1)],
    ["a custom schema", z.custom<string>((value) => value === "only this")],
  ] as const;
  const cases = siblings.flatMap(([name, sibling]) =>
    CHANGES.map(([title, old, next, expected]) => [title, name, { sibling, old, next, expected }] as const),
  );

  it.each(cases)("is found: %s beside %s", (_title, _name, { sibling, old, next, expected }) => {
    const findings = compareLive(
      z.object({ ...old, digest: sibling }),
      z.object({ ...next, digest: sibling }),
    );
    expect(bothWays(findings)).toEqual(expected);
    expect(checkerBugs(findings)).toEqual([]);
  });

  it("is found for a refined field that is renamed", () => {
    const even = z.string().refine((text) => text.length % 2 === 0);
    for (const refined of [even, hash]) {
      const findings = compareLive(
        z.object({ data: refined, t: z.string() }),
        z.object({ data2: refined, t: z.string() }),
      );
      expect(bothWays(findings)).toEqual(["break", "break"]);
      expect(checkerBugs(findings)).toEqual([]);
    }
  });

  it("takes values that the refined field is known to accept: examples and defaults", () => {
    const known = [hash.meta({ examples: ["0".repeat(64)] }), hash.default("f".repeat(64))];
    for (const sibling of known) {
      const side = (values: [string, ...string[]]) => z.object({ a: z.enum(values), digest: sibling });
      const [finding] = compareLive(side(["x"]), side(["x", "y"]));
      expect(side(["x", "y"]).safeParse(finding?.verdicts.newToOld.proof?.payload).success).toBe(true);
    }
  });
});

describe("a change below code that decides over the whole", () => {
  const whole = (shape: z.ZodRawShape) => z.object(shape).refine((value) => value.secret === "right");
  const side = (values: [string, ...string[]]) => whole({ a: z.enum(values), secret: z.string() });

  it("is unknown because of that code, and counts as a break", () => {
    const [finding] = compareLive(side(["x"]), side(["x", "y"]));
    expect(finding?.verdicts.newToOld).toEqual({
      verdict: "unknown",
      reason: "code decides at the whole value",
      countsAsBreak: true,
    });
  });

  it("breaks all the same where no payload could fit", () => {
    const findings = compareLive(whole({ secret: z.string() }), whole({ secret: z.string(), a: z.number() }));
    expect(stops(findings, "oldToNew")).toBe(true);
    expect(bothWays(findings)[0]).toBe("break");
  });

  it("is a break where the code lets a sampled payload through", () => {
    const loose = (values: [string, ...string[]]) =>
      z.object({ a: z.enum(values), n: z.number() }).refine((value) => value.n < 1e9);
    expect(bothWays(compareLive(loose(["x"]), loose(["x", "y"])))).toEqual(["ok", "break"]);
  });
});

describe("code that was added to values of any form", () => {
  it.each<[string, z.ZodType, z.ZodType]>([
    ["an enum", z.enum(["a", "b"]), z.enum(["a", "b"]).refine((value) => value !== "b")],
    ["a boolean", z.boolean(), z.boolean().refine((value) => value)],
    ["a literal that became a text", z.literal("a"), z.string().refine((value) => value !== "a")],
  ])("is seen on %s", (_title, old, next) => {
    expect(bothWays(compareLive(z.object({ a: old }), z.object({ a: next })))[0]).toBe("break");
    const recorded = compareSchemas(irOf(old), irOf(next));
    expect(recorded.map(({ change }) => change.rule)).toContain("REFINE_ADDED");
  });
});
