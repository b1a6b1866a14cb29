import { describe, expect, it } from "vitest";
import * as z from "zod";
import { bothWays, compareLive } from "./compare-live.js";

const s = z.string();
const n = z.number();
const small = z.object({ a: s });
const large = z.object({ a: s, b: n });
const field = (a: z.ZodType) => z.object({ a });

function choices(old: z.ZodType, next: z.ZodType) {
  return compareLive(old, next).filter(({ change }) => change.rule === "UNION_CHOICE_CHANGED");
}

describe("what a payload becomes in a union", () => {
  it("is a finding when variants that overlap change places", () => {
    const [finding] = choices(field(z.union([large, small])), field(z.union([small, large])));
    expect(finding?.verdicts.oldToNew).toMatchObject({
      verdict: "break",
      proof: { reads: "differently", wire: { a: { a: expect.any(String), b: expect.any(Number) } } },
    });
    expect(finding?.verdicts.oldToNew.proof?.issues[0]).toMatchObject({
      path: ["a"],
      message: expect.stringMatching(
        /^becomes \{"a":"[^"]*"\} \(variant 1\), and was \{.*"b":.*\} \(variant 1\)$/,
      ),
    });
    expect(finding?.verdicts.newToOld.verdict).toBe("ok");
  });

  it.each<[string, z.ZodType, z.ZodType, readonly string[]]>([
    [
      "a variant in front is widened",
      z.union([z.object({ a: s, b: z.literal(1) }), z.object({ a: s, b: n, c: n })]),
      z.union([z.object({ a: s, b: n }), z.object({ a: s, b: n, c: n })]),
      ["break", "ok"],
    ],
    ["a variant is put in front", large, z.union([small, large]), ["break", "ok"]],
    ["a conversion is put in front", z.union([s, n]), z.union([z.stringbool(), s, n]), ["break", "break"]],
    [
      "code makes something else of it",
      z.union([z.literal("x").transform(() => 1), s.transform((text) => text.length)]),
      z.union([s.transform((text) => text.length), z.literal("x").transform(() => 1)]),
      ["break", "break"],
    ],
    [
      "the variants stand in a list",
      z.array(z.union([large, small])),
      z.array(z.union([small, large])),
      ["break", "ok"],
    ],
  ])("differs when %s", (_title, old, next, expected) => {
    const found = choices(field(old), field(next));
    expect(bothWays(found)).toEqual(expected);
  });

  it.each<[string, z.ZodType, z.ZodType]>([
    ["variants do not overlap", z.union([s, n]), z.union([n, s])],
    ["they overlap and come to the same", z.union([s.max(5), s]), z.union([s, s.max(5)])],
    [
      "a check is code that changes nothing",
      z.union([s.refine((text) => text !== ""), s]),
      z.union([s, s.refine((text) => text !== "")]),
    ],
    [
      "a tag decides",
      z.discriminatedUnion("k", [z.object({ k: z.literal("a"), x: s }), z.object({ k: z.literal("b") })]),
      z.discriminatedUnion("k", [z.object({ k: z.literal("b") }), z.object({ k: z.literal("a"), x: s })]),
    ],
    ["nothing was changed", z.union([large, small]), z.union([large, small])],
  ])("is no finding when %s", (_title, old, next) => {
    expect(choices(field(old), field(next))).toEqual([]);
  });

  it("is asked of the live schema, which may refuse such a payload", () => {
    const never = (union: z.ZodType) =>
      field(union).refine((value) => !JSON.stringify(value).includes('"b"'));
    const found = choices(never(z.union([small, large])), never(z.union([large, small])));
    expect(found).toEqual([]);
  });
});
