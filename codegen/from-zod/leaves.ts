import type { IrNode, IrPrimitive, IrTemplateText } from "../../src/schema/ir.js";
import { NATIVE_HINTS } from "../../src/schema/wire-types.js";
import { hashFunction } from "./opaque-source.js";
import { describeSchema, refuse, visitChild, type WalkContext } from "./walk-context.js";
import { isZodSchema, type ZodSchema } from "./zod-internals.js";

/** Kinds without children, except those that JSON cannot carry. */
export function leafNode(schema: ZodSchema, context: WalkContext): IrNode | undefined {
  const { def } = schema._zod;
  const coerce = def.coerce === true ? ({ coerce: true } as const) : {};
  switch (def.type) {
    case "string":
    case "number":
    case "boolean":
      return { kind: def.type, ...coerce };
    case "int":
      return { kind: "number", ...coerce };
    case "null":
    case "undefined":
    case "void":
    case "any":
    case "unknown":
    case "never":
      return { kind: def.type };
    case "literal":
      return literalNode(def.values as readonly unknown[], context);
    case "enum":
      return { kind: "enum", values: enumValues(def.entries as Record<string, string | number>) };
    case "template_literal":
      return templateNode(schema, context);
    case "custom":
      return customNode(schema, context);
    default:
      return undefined;
  }
}

function literalNode(values: readonly unknown[], context: WalkContext): IrNode {
  const carried = values.filter((value) => value !== undefined);
  const bad = carried.find((value) => !isPrimitive(value));
  if (bad !== undefined && context.position === "wire") {
    return refuse(context, {
      code: "VALUE_NOT_JSON",
      message: `The literal ${String(bad)} is a ${typeof bad}, which JSON cannot carry.`,
      hint: "Use a string, a finite number, a boolean or null.",
    });
  }
  return {
    kind: "literal",
    values: carried.filter(isPrimitive),
    ...(carried.length < values.length && { acceptsUndefined: true }),
  };
}

function isPrimitive(value: unknown): value is IrPrimitive {
  if (typeof value === "number") return Number.isFinite(value);
  return value === null || typeof value === "string" || typeof value === "boolean";
}

/** A numeric TypeScript enum also maps its numbers back to names; those entries are no values. */
function enumValues(entries: Readonly<Record<string, string | number>>): readonly (string | number)[] {
  const numbers = new Set(Object.values(entries).filter((value) => typeof value === "number"));
  return Object.entries(entries)
    .filter(([key]) => !numbers.has(Number(key)))
    .map(([, value]) => value);
}

function templateNode(schema: ZodSchema, context: WalkContext): IrNode {
  const parts = schema._zod.def.parts as readonly unknown[];
  return {
    kind: "template",
    parts: parts.map((part) => (isZodSchema(part) ? visitChild(context, part) : templateText(part))),
    pattern: schema._zod.pattern?.source ?? "",
  };
}

function templateText(part: unknown): IrTemplateText {
  return { kind: "text", text: String(part) };
}

function customNode(schema: ZodSchema, context: WalkContext): IrNode {
  const cls = schema._zod.bag?.Class;
  if (typeof cls === "function" && context.position === "wire") {
    return refuse(context, {
      code: "TYPE_NOT_JSON",
      message: `z.instanceof(${cls.name}) asks for an object of a class, and JSON carries plain data only.`,
      hint: NATIVE_HINTS.class ?? "",
    });
  }
  return { kind: "opaque", what: "custom", hash: hashFunction(schema._zod.def.fn) };
}

const NATIVE_TYPES = ["date", "bigint", "symbol", "nan", "file", "map", "set"] as const;

/** Types that JSON cannot carry: refused on the wire, kept for their printed type behind a conversion. */
export function nativeNode(schema: ZodSchema, context: WalkContext): IrNode | undefined {
  const { def } = schema._zod;
  const type = NATIVE_TYPES.find((candidate) => candidate === def.type);
  if (type === undefined) return undefined;
  if (context.position === "wire") return refuseNative(schema, context);
  const children = [def.keyType, def.valueType].filter(isZodSchema);
  if (children.length === 0) return { kind: "native", type };
  return { kind: "native", type, args: children.map((child) => visitChild(context, child)) };
}

/** Reports a type that JSON cannot carry, with what to write instead. */
export function refuseNative(schema: ZodSchema, context: WalkContext): IrNode {
  return refuse(context, {
    code: "TYPE_NOT_JSON",
    message: `${describeSchema(schema)} cannot travel: a job is JSON, which has no such type.`,
    hint: NATIVE_HINTS[schema._zod.def.type] ?? "Use a type that JSON has.",
  });
}
