import { describe, expect, it } from "vitest";
import * as z from "zod";
import { compareSchemas } from "../../../codegen/diff/judge/settle.js";
import { irOf } from "../from-zod-support.js";
import { bothWays } from "./compare-live.js";

const s = z.string();
const n = z.number();

/** Two spellings of one set of values. */
const EQUAL: readonly [string, z.ZodType, z.ZodType][] = [
  ["positive whole numbers", n.int().positive(), n.int().min(1)],
  ["whole numbers below 11", n.int().max(10), n.int().lt(11)],
  ["whole numbers above 0.5", z.int().gt(0.5), z.int().gte(1)],
  ["negative whole numbers", z.int().negative(), z.int().max(-1)],
  ["no negative numbers", n.nonnegative(), n.min(0)],
  ["two spellings of int", z.int(), n.int()],
  ["32 bits", z.int32(), z.int().min(-2_147_483_648).max(2_147_483_647)],
  ["32 bits without a sign", z.uint32(), z.int().nonnegative().lte(4_294_967_295)],
  ["float64", z.float64(), n],
  ["steps", n.multipleOf(4), n.multipleOf(4).multipleOf(2)],
  ["a step of whole numbers", z.int().multipleOf(1), z.int()],
  ["half steps of whole numbers", z.int().multipleOf(0.5), z.int()],
  ["a step and its first value", z.int().multipleOf(5).min(1), z.int().multipleOf(5).min(5)],
  ["two bounds", n.max(5).max(7), n.max(5)],
  ["a length", s.length(3), s.min(3).max(3)],
  ["a text with something in it", s.nonempty(), s.min(1)],
  ["a text that may be empty", s.min(0), s],
  ["a list with something in it", z.array(s).nonempty(), z.array(s).min(1)],
  ["a list of one length", z.array(s).length(2), z.array(s).min(2).max(2)],
  ["an email", s.email(), z.email()],
  ["order of checks", z.email().min(5), s.min(5).email()],
  ["order of patterns", s.regex(/a/).regex(/b/), s.regex(/b/).regex(/a/)],
  ["a pattern with g", s.regex(/^a+$/), s.regex(/^a+$/g)],
  ["a pattern and the format that is made of it", s.regex(z.regexes.ulid), z.ulid()],
  ["order of an enum", z.enum(["a", "b"]), z.enum(["b", "a"])],
  ["an enum of one value", z.literal("a"), z.enum(["a"])],
  ["an enum as a union", z.enum(["a", "b"]), z.union([z.literal("b"), z.literal("a")])],
  ["the two booleans", z.boolean(), z.literal([false, true])],
  ["null and a literal null", z.null(), z.literal(null)],
  ["null beside literals", z.literal(["a", null]), z.literal("a").nullable()],
  ["nullable as a union", s.nullable(), z.union([s, z.null()])],
  ["nullish", s.nullish(), s.optional().nullable()],
  ["a union inside a union", z.union([s, z.union([n, z.boolean()])]), z.union([s, n, z.boolean()])],
  ["a variant twice", z.union([s, n, s]), z.union([s, n])],
  ["a value that a text holds already", z.union([s, z.literal("a")]), s],
  ["order of a union that does not overlap", z.union([s, n, z.array(s)]), z.union([z.array(s), n, s])],
  ["an exclusive union that does not overlap", z.xor([s, n]), z.union([s, n])],
  ["order of keys", z.object({ a: s, b: n }), z.object({ b: n, a: s })],
  ["loose", z.looseObject({ a: s }), z.object({ a: s }).catchall(z.unknown())],
  ["strict", z.strictObject({ a: s }), z.object({ a: s }).catchall(z.never())],
  ["a template", z.templateLiteral(["a", "b", n]), z.templateLiteral(["ab", n])],
  [
    "words for booleans",
    z.stringbool({ truthy: ["y", "t"], falsy: ["n"] }),
    z.stringbool({ truthy: ["t", "y"], falsy: ["n"] }),
  ],
  ["a type without a name", s.brand("Id"), s],
  ["readonly", z.array(s).readonly(), z.array(s)],
];

/** Sets that are nearly the same, and what the difference does. */
const NEAR: readonly [string, z.ZodType, z.ZodType, readonly string[]][] = [
  ["numbers above 0 and from 1", n.positive(), n.min(1), ["break", "ok"]],
  ["whole numbers above 0 and from 2", z.int().positive(), z.int().min(2), ["break", "ok"]],
  ["whole numbers to 10 and below 10", z.int().max(10), z.int().lt(10), ["break", "ok"]],
  ["steps of 2 and of 4", n.multipleOf(2), n.multipleOf(4), ["break", "ok"]],
  ["steps of 4 and of 6", n.multipleOf(4), n.multipleOf(6), ["break", "break"]],
  [
    "steps of 5 from 5 and from 6",
    z.int().multipleOf(5).min(5),
    z.int().multipleOf(5).min(6),
    ["break", "ok"],
  ],
  ["whole numbers and 32 bits", z.int(), z.int32(), ["break", "ok"]],
  ["32 bits with and without a sign", z.int32(), z.uint32(), ["break", "break"]],
  ["a boolean and true", z.boolean(), z.literal(true), ["break", "ok"]],
  ["a boolean and a text", z.boolean(), z.union([z.boolean(), s]), ["ok", "break"]],
  ["null and a text", z.literal(["a", null]), z.literal("a"), ["break", "ok"]],
  ["a text and one more value", z.union([s, z.literal(1)]), s, ["break", "ok"]],
];

describe("schemas that are spelled differently", () => {
  it.each(EQUAL)("break nothing when they accept the same: %s", (_title, old, next) => {
    for (const [a, b] of [
      [old, next],
      [next, old],
    ] as const) {
      const found = compareSchemas(irOf(z.object({ a })), irOf(z.object({ a: b })));
      expect(bothWays(found)).toEqual(["ok", "ok"]);
    }
  });

  it.each(NEAR)("are told apart when they do not: %s", (_title, old, next, [forward, backward]) => {
    const between = (a: z.ZodType, b: z.ZodType) =>
      bothWays(compareSchemas(irOf(z.object({ a })), irOf(z.object({ a: b }))));
    expect(between(old, next)).toEqual([forward, backward]);
    expect(between(next, old)).toEqual([backward, forward]);
  });

  it("say nothing about a place that nothing can be written to", () => {
    const empty = (a: z.ZodType) =>
      z.object({ a: z.object({ no: z.never(), a }).optional(), list: z.array(a).max(0) });
    expect(bothWays(compareSchemas(irOf(empty(s)), irOf(empty(n))))).toEqual(["ok", "ok"]);
  });
});
