import { describe, expect, it } from "vitest";
import * as z from "zod";
import { describeNode } from "../../../codegen/diff/report/describe-node.js";
import { irOf } from "../from-zod-support.js";

const s = z.string();
const n = z.number();
const tree: z.ZodType = z.lazy(() => z.array(tree));

/** How a report calls what stands on one side of a change. */
const WORDS: readonly (readonly [string, z.ZodType])[] = [
  ["string", s],
  ["string (at least 2 long, at most 5 long)", s.min(2).max(5)],
  ["string (3 long)", s.length(3)],
  ["string (/^a$/i)", s.regex(/^a$/i)],
  ["string (email)", s.check(z.email())],
  ['string (includes "a", starts with "b", ends with "c")', s.includes("a").startsWith("b").endsWith("c")],
  ["string (trim)", s.trim()],
  ["string (code)", s.refine(() => true)],
  ["number (integer)", z.int()],
  ["number (int32)", z.int32()],
  ["number (above 1, below 5)", n.gt(1).lt(5)],
  ["number (at least 1, at most 5)", n.gte(1).lte(5)],
  ["number (multiple of 3)", n.multipleOf(3)],
  ['"a" | 1 | null', z.literal(["a", 1, null])],
  ['"a" | "b" | "c" | "d" | "e" | "f"', z.enum(["a", "b", "c", "d", "e", "f"])],
  ['"a" | "b" | "c" | "d" | "e" | "f" | …', z.enum(["a", "b", "c", "d", "e", "f", "g"])],
  ["list of number", z.array(n)],
  ["record of boolean", z.record(s, z.boolean())],
  ["string | number", z.union([s, n])],
  ["optional string", s.optional()],
  ["string or null", s.nullable()],
  ["string with a default", s.default("a")],
  ["object", z.object({ a: s })],
  ["list of string", z.array(s).readonly()],
  ["string", s.catch("a")],
  ["string", s.pipe(z.any())],
  ["list of recursive type", z.array(tree)],
  ["code (custom)", z.custom((value) => value !== 1)],
];

describe("a node in words", () => {
  it.each(WORDS)("is %s", (words, schema) => {
    const { root } = irOf(z.object({ k: schema }));
    const node = root.kind === "object" ? root.properties[0]?.node : undefined;
    expect(describeNode(node)).toBe(words);
  });

  it("is nothing where there is none", () => {
    expect(describeNode(undefined)).toBe("nothing");
  });
});
