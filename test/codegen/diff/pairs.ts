/** Pairs of schemas with the verdicts a person would give, beside the examples of the rules themselves. */
import * as z from "zod";
import type { RuleId } from "../../../codegen/diff/rules/rules.js";

export type Expected = "ok" | "break" | "unknown";

/** An old and a new schema, one rule that must be named, and the verdict of each direction as a whole. */
export interface SchemaPair {
  readonly title: string;
  readonly old: z.ZodType;
  readonly new: z.ZodType;
  readonly rule: RuleId;
  readonly oldToNew: Expected;
  readonly newToOld: Expected;
}

type Row = readonly [RuleId, z.ZodType, z.ZodType, Expected, Expected];

const rows = (title: string, list: readonly Row[]): SchemaPair[] =>
  list.map(([rule, old, next, oldToNew, newToOld], index) => ({
    title: `${title} ${index + 1}`,
    rule,
    old,
    new: next,
    oldToNew,
    newToOld,
  }));

const field = (a: z.ZodType) => z.object({ a });
const s = z.string();
const n = z.number();

const objects = rows("object", [
  ["FIELD_ADD_REQUIRED", z.object({ a: s }), z.object({ a: s, b: n }), "break", "ok"],
  ["FIELD_ADD_REQUIRED", z.strictObject({ a: s }), z.strictObject({ a: s, b: n }), "break", "break"],
  ["FIELD_ADD_OPTIONAL", z.object({ a: s }), z.object({ a: s, b: n.optional() }), "ok", "ok"],
  ["FIELD_ADD_OPTIONAL", z.looseObject({ a: s }), z.looseObject({ a: s, b: n.optional() }), "break", "ok"],
  ["FIELD_ADD_OPTIONAL", z.strictObject({ a: s }), z.strictObject({ a: s, b: n.optional() }), "ok", "break"],
  ["FIELD_ADD_DEFAULT", z.object({ a: s }), z.object({ a: s, b: n.default(1) }), "ok", "ok"],
  ["FIELD_ADD_DEFAULT", z.strictObject({ a: s }), z.strictObject({ a: s, b: n.default(1) }), "ok", "break"],
  ["FIELD_ADD_DEFAULT", z.looseObject({ a: s }), z.looseObject({ a: s, b: n.default(1) }), "break", "ok"],
  ["FIELD_REMOVE_REQUIRED", z.object({ a: s, b: n }), z.object({ a: s }), "ok", "break"],
  ["FIELD_REMOVE_REQUIRED", z.strictObject({ a: s, b: n }), z.strictObject({ a: s }), "break", "break"],
  ["FIELD_REMOVE_OPTIONAL", z.object({ a: s, b: n.optional() }), z.object({ a: s }), "ok", "ok"],
  [
    "FIELD_REMOVE_OPTIONAL",
    z.strictObject({ a: s, b: n.optional() }),
    z.strictObject({ a: s }),
    "break",
    "ok",
  ],
  ["FIELD_RENAME", z.object({ a: s, b: n }), z.object({ a: s, c: n }), "break", "break"],
  ["OPTIONAL_TO_REQUIRED", field(s.optional()), field(s), "break", "ok"],
  ["REQUIRED_TO_OPTIONAL", field(s), field(s.optional()), "ok", "break"],
  ["REQUIRED_TO_OPTIONAL", field(s), field(s.exactOptional()), "ok", "break"],
  ["REQUIRED_TO_DEFAULT", field(s), field(s.default("x")), "ok", "ok"],
  ["DEFAULT_TO_REQUIRED", field(s.default("x")), field(s), "ok", "ok"],
  ["OPTIONAL_TO_DEFAULT", field(s.optional()), field(s.default("x")), "ok", "ok"],
  ["DEFAULT_TO_OPTIONAL", field(s.default("x")), field(s.optional()), "ok", "ok"],
  ["DEFAULT_VALUE_CHANGED", field(s.default("x")), field(s.default("y")), "ok", "ok"],
  ["REQUIRED_TO_DEFAULT", field(s), field(s.prefault("x")), "ok", "ok"],
  ["NULLABLE_ADDED", field(s), field(s.nullable()), "ok", "break"],
  ["NULLABLE_REMOVED", field(s.nullable()), field(s), "break", "ok"],
  ["NULLABLE_ADDED", field(s.optional()), field(s.nullish()), "ok", "break"],
  ["OPTIONAL_TO_NULLABLE", field(s.optional()), field(s.nullable()), "break", "break"],
  ["OBJECT_STRIP_TO_STRICT", z.object({ a: s }), z.strictObject({ a: s }), "ok", "ok"],
  ["OBJECT_STRICT_TO_STRIP", z.strictObject({ a: s }), z.object({ a: s }), "ok", "ok"],
  ["OBJECT_STRIP_TO_LOOSE", z.object({ a: s }), z.looseObject({ a: s }), "ok", "ok"],
  ["OBJECT_STRICT_TO_LOOSE", z.strictObject({ a: s }), z.looseObject({ a: s }), "ok", "break"],
  ["OBJECT_LOOSE_TO_STRIP", z.looseObject({ a: s }), z.object({ a: s }), "ok", "ok"],
  ["OBJECT_LOOSE_TO_STRICT", z.looseObject({ a: s }), z.strictObject({ a: s }), "break", "ok"],
  ["CATCHALL_NARROWED", z.looseObject({ a: s }), z.object({ a: s }).catchall(n), "break", "ok"],
  ["CATCHALL_WIDENED", z.object({ a: s }).catchall(n), z.looseObject({ a: s }), "ok", "break"],
  ["CATCHALL_CHANGED", z.object({ a: s }), z.object({ a: s }).catchall(n), "ok", "ok"],
  ["CATCHALL_CHANGED", z.object({ a: s }).catchall(n), z.strictObject({ a: s }), "break", "ok"],
]);

const leaves = rows("leaf", [
  ["TYPE_CHANGED", field(s), field(n), "break", "break"],
  ["TYPE_CHANGED", field(s), field(z.boolean()), "break", "break"],
  ["TYPE_CHANGED", field(z.object({ x: s })), field(s), "break", "break"],
  ["TYPE_WIDENED", field(s), field(z.any()), "ok", "break"],
  ["TYPE_NARROWED", field(z.any()), field(z.object({ x: s })), "break", "ok"],
  ["TYPE_WIDENED", field(z.enum(["x", "y"])), field(s), "ok", "break"],
  ["TYPE_NARROWED", field(s), field(z.enum(["x", "y"])), "break", "ok"],
  ["TYPE_CHANGED", field(z.literal("x")), field(s.min(2)), "break", "break"],
  ["ENUM_VALUE_ADDED", field(z.enum(["x"])), field(z.enum(["x", "y"])), "ok", "break"],
  ["ENUM_VALUE_REMOVED", field(z.enum(["x", "y"])), field(z.enum(["x"])), "break", "ok"],
  ["ENUM_VALUE_ADDED", field(z.literal(1)), field(z.literal([1, 2])), "ok", "break"],
  [
    "ENUM_VALUE_ADDED",
    field(z.literal("x")),
    field(z.union([z.literal("x"), z.literal("y")])),
    "ok",
    "break",
  ],
  ["BOUND_TIGHTENED", field(s), field(s.max(3)), "break", "ok"],
  ["BOUND_TIGHTENED", field(s.min(1)), field(s.min(2)), "break", "ok"],
  ["BOUND_LOOSENED", field(s.max(5)), field(s.max(500)), "ok", "break"],
  ["BOUND_TIGHTENED", field(n.max(10)), field(n.lt(10)), "break", "ok"],
  ["BOUND_LOOSENED", field(n.min(3)), field(n.min(0)), "ok", "break"],
  ["BOUND_TIGHTENED", field(n.min(0).max(10)), field(n.min(20).max(30)), "break", "break"],
  ["BOUND_TIGHTENED", field(n), field(n.multipleOf(5)), "break", "ok"],
  ["BOUND_TIGHTENED", field(z.array(s)), field(z.array(s).max(2)), "break", "ok"],
  ["BOUND_TIGHTENED", field(z.array(s)), field(z.array(s).min(1)), "break", "ok"],
  ["BOUND_LOOSENED", field(s.length(3)), field(s.min(3)), "ok", "break"],
  ["BOUND_TIGHTENED", field(z.email()), field(z.email().max(20)), "break", "ok"],
  ["FORMAT_ADDED", field(s), field(z.email()), "break", "ok"],
  ["FORMAT_ADDED", field(n), field(z.int()), "break", "ok"],
  ["FORMAT_REMOVED", field(z.int()), field(n), "ok", "break"],
  ["FORMAT_REMOVED", field(z.uuid()), field(s), "ok", "break"],
  ["FORMAT_ADDED", field(s), field(s.startsWith("id_")), "break", "ok"],
  ["FORMAT_ADDED", field(s), field(s.regex(/^[a-z]{2}-\d+$/)), "break", "ok"],
  ["PATTERN_CHANGED", field(z.email()), field(z.url()), "break", "break"],
  ["PATTERN_CHANGED", field(s.regex(/^[a-z]+$/)), field(s.regex(/^[0-9]+$/)), "break", "break"],
  ["PATTERN_CHANGED", field(s.regex(/^a$/)), field(s.regex(/^[a]$/)), "unknown", "unknown"],
  ["TEXT_CHANGE_CHANGED", field(s), field(s.trim()), "ok", "ok"],
  ["TEXT_CHANGE_CHANGED", field(s.min(2)), field(s.trim().min(2)), "break", "unknown"],
  ["TYPE_COMPARED", field(n), field(z.coerce.number()), "ok", "ok"],
  ["TYPE_WIDENED", field(z.stringbool()), field(s), "ok", "break"],
  ["TYPE_WIDENED", field(z.templateLiteral(["v", z.number()])), field(s), "ok", "break"],
  ["CATCH_CHANGED", field(n), field(n.catch(1)), "ok", "ok"],
  ["CATCH_CHANGED", field(n.catch(1)), field(n), "ok", "ok"],
  ["META_CHANGED", field(s), field(s.describe("words")), "ok", "ok"],
  ["PIPE_CHANGED", field(s.pipe(s.max(5))), field(s.pipe(s.max(3))), "break", "unknown"],
]);

const shape = (extra: readonly z.ZodObject[] = []) =>
  z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("circle"), radius: n }),
    z.object({ kind: z.literal("square"), side: n }),
    ...extra,
  ]);
const roundShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), radius: n.max(10) }),
  z.object({ kind: z.literal("square"), side: n }),
]);
const line = z.object({ kind: z.literal("line"), length: n });

const unions = rows("union", [
  ["UNION_VARIANT_ADDED", field(shape()), field(shape([line])), "ok", "break"],
  ["UNION_VARIANT_REMOVED", field(shape([line])), field(shape()), "break", "ok"],
  ["UNION_VARIANT_ADDED", field(s), field(z.union([s, n])), "ok", "break"],
  ["UNION_VARIANT_REMOVED", field(z.union([s, n])), field(n), "break", "ok"],
  ["BOUND_TIGHTENED", field(shape()), field(roundShape), "break", "ok"],
  ["BOUND_TIGHTENED", z.union([s.max(9), n]), z.union([s.max(5), n]), "break", "ok"],
  ["BOUND_TIGHTENED", z.union([s.max(9), s]), z.union([s.max(5), s]), "unknown", "ok"],
  [
    "DISCRIMINATOR_CHANGED",
    z.discriminatedUnion("k", [z.object({ k: z.literal("a") })]),
    z.discriminatedUnion("t", [z.object({ t: z.literal("a") })]),
    "break",
    "break",
  ],
  [
    "FIELD_ADD_REQUIRED",
    z.union([z.object({ x: s }), z.object({ y: n })]),
    z.union([z.object({ x: s, z: n }), z.object({ y: n })]),
    "break",
    "ok",
  ],
  ["NULLABLE_ADDED", field(z.union([s, n])), field(z.union([s, n, z.null()])), "ok", "break"],
  ["UNION_VARIANT_REMOVED", field(z.union([s, z.array(s)])), field(z.array(s)), "break", "ok"],
  [
    "FIELD_ADD_REQUIRED",
    z.looseObject({}),
    z.union([z.looseObject({ a: s }), z.record(s, z.record(s, n))]),
    "break",
    "unknown",
  ],
  ["UNION_VARIANT_REMOVED", z.union([z.null(), s.trim()]), z.union([z.null(), z.null()]), "break", "ok"],
]);

const containers = rows("container", [
  ["SCALAR_TO_ARRAY", field(s), field(z.array(s)), "break", "break"],
  ["ELEMENT_WIDENED", field(z.array(s)), field(z.array(z.unknown())), "ok", "break"],
  ["ELEMENT_NARROWED", z.array(s), z.array(z.enum(["x"])), "break", "ok"],
  ["ELEMENT_NARROWED", z.record(s, z.unknown()), z.record(s, n), "break", "ok"],
  ["TYPE_CHANGED", z.record(s, s), z.record(s, n), "break", "break"],
  ["TUPLE_ITEM_ADDED", z.tuple([s]), z.tuple([s, n]), "break", "break"],
  ["TUPLE_ITEM_REMOVED", z.tuple([s, n]), z.tuple([s]), "break", "break"],
  ["TUPLE_ITEM_ADDED", z.tuple([s]), z.tuple([s, n.optional()]), "ok", "break"],
  ["TUPLE_REST_CHANGED", z.tuple([s]), z.tuple([s], n), "ok", "break"],
  ["TYPE_CHANGED", z.tuple([s, n]), z.tuple([s, s]), "break", "break"],
  ["RECORD_ENUM_KEY_ADDED", z.record(z.enum(["a"]), n), z.record(z.enum(["a", "b"]), n), "break", "break"],
  ["RECORD_ENUM_KEY_REMOVED", z.record(z.enum(["a", "b"]), n), z.record(z.enum(["a"]), n), "break", "break"],
  [
    "RECORD_ENUM_KEY_ADDED",
    z.partialRecord(z.enum(["a"]), n),
    z.partialRecord(z.enum(["a", "b"]), n),
    "ok",
    "break",
  ],
  ["RECORD_KEYS_CHANGED", z.record(s, n), z.record(s.min(2), n), "break", "ok"],
  ["ROOT_SHAPE_CHANGED", z.object({ a: s }), z.array(s), "break", "break"],
  ["TYPE_COMPARED", z.record(s, s), z.object({ a: s }), "break", "unknown"],
  ["BOUND_TIGHTENED", z.array(z.object({ x: n })), z.array(z.object({ x: n.max(3) })), "break", "ok"],
  [
    "BOUND_TIGHTENED",
    z.intersection(z.object({ x: n }), z.object({ y: s })),
    z.intersection(z.object({ x: n.max(3) }), z.object({ y: s })),
    "break",
    "ok",
  ],
]);

const tree = (value: z.ZodType): z.ZodType => {
  const node: z.ZodType = z.object({
    value,
    get children() {
      return z.array(node);
    },
  });
  return node;
};
const list = (value: z.ZodType): z.ZodType => {
  const node: z.ZodType = z.object({
    value,
    get next() {
      return node.nullable();
    },
  });
  return node;
};
const binary = (value: z.ZodType): z.ZodType => {
  const node: z.ZodType = z.object({
    value,
    get left() {
      return node.optional();
    },
    get right() {
      return node.optional();
    },
  });
  return node;
};
const deep = (inner: z.ZodType) =>
  z.object({ b: z.array(z.object({ c: z.record(s, z.object({ d: inner })) })) });

const nested = rows("nested", [
  ["TYPE_CHANGED", tree(s), tree(n), "break", "break"],
  ["ENUM_VALUE_ADDED", tree(z.enum(["x"])), tree(z.enum(["x", "y"])), "ok", "break"],
  ["BOUND_TIGHTENED", list(n), list(n.max(3)), "break", "ok"],
  ["NULLABLE_REMOVED", list(n.nullable()), list(n), "break", "ok"],
  ["FORMAT_ADDED", binary(s), binary(z.email()), "break", "ok"],
  ["TYPE_CHANGED", deep(s), deep(n), "break", "break"],
  ["OPTIONAL_TO_REQUIRED", deep(field(s.optional())), deep(field(s)), "break", "ok"],
  ["FIELD_ADD_DEFAULT", deep(field(s)), deep(z.object({ a: s, e: n.default(1) })), "ok", "ok"],
  ["UNION_VARIANT_ADDED", deep(shape()), deep(shape([line])), "ok", "break"],
  ["DEFAULT_VALUE_CHANGED", deep(field(s.default("x"))), deep(field(s.default("y"))), "ok", "ok"],
]);

/** All pairs of this table. */
export const PAIRS: readonly SchemaPair[] = [...objects, ...leaves, ...unions, ...containers, ...nested];
