import type { IrNode, JsonValue } from "../../src/schema/ir.js";
import { closureSource } from "./closure-source.js";
import { readDefault, tryValue } from "./json-value.js";
import { hashFunction, hashText } from "./opaque-source.js";
import { innerPresence } from "./presence.js";
import { decoded, refuse, visitChild, type WalkContext } from "./walk-context.js";
import { isZodSchema, type ZodDef, type ZodSchema } from "./zod-internals.js";

/** Kinds that hold one other schema, and the conversions. */
export function wrapperNode(schema: ZodSchema, context: WalkContext): IrNode | undefined {
  const { def } = schema._zod;
  switch (def.type) {
    case "optional":
      return optionalNode(schema, context);
    case "nullable":
    case "nonoptional":
    case "readonly":
      return { kind: def.type, inner: visitChild(context, def.innerType) };
    case "default":
      return defaultNode(def, context);
    case "prefault":
      return {
        kind: "prefault",
        inner: visitChild(context, def.innerType),
        ...givenValue(readGiven(def, context), () => defaultHash(def, context)),
      };
    case "catch":
      return catchNode(def, context);
    case "pipe":
      return pipeNode(schema, context);
    case "transform":
      return transformNode(def, context);
    default:
      return undefined;
  }
}

function optionalNode(schema: ZodSchema, context: WalkContext): IrNode {
  const { innerType } = schema._zod.def;
  const innerIn = innerPresence(innerType);
  return {
    kind: "optional",
    inner: visitChild(context, innerType),
    ...(schema._zod.traits?.has("$ZodExactOptional") === true && { exact: true }),
    ...(innerIn !== undefined && { innerIn }),
  };
}

type Given = { readonly value: JsonValue } | "changes" | "not-json";

function readGiven(def: ZodDef, context: WalkContext): Given {
  try {
    return readDefault(() => def.defaultValue);
  } catch (error) {
    refuse(context, {
      code: "SCHEMA_FAILED",
      message: `The default could not be read: its function threw "${error instanceof Error ? error.message : error}".`,
      hint: "Give a default that needs nothing but itself.",
    });
    return "changes";
  }
}

function givenValue(given: Given, hash: () => string): { value: JsonValue } | { hash: string } {
  return typeof given === "object" ? { value: given.value } : { hash: hash() };
}

/** A computed default is known by its function, which zod keeps behind a getter. */
function defaultHash(def: ZodDef, context: WalkContext): string {
  const getter = Object.getOwnPropertyDescriptor(def, "defaultValue")?.get;
  const source = getter === undefined ? undefined : closureSource(getter, "defaultValue");
  return source === undefined ? hashText(context.sourceText) : hashFunction(source);
}

function defaultNode(def: ZodDef, context: WalkContext): IrNode {
  const inner = visitChild(context, def.innerType);
  const given = readGiven(def, context);
  const base = { kind: "default", inner, ...givenValue(given, () => defaultHash(def, context)) } as const;
  if (typeof given !== "object" || !isZodSchema(def.innerType)) return base;
  return tryValue(def.innerType, given.value) === "kept" ? base : { ...base, late: true };
}

function catchNode(def: ZodDef, context: WalkContext): IrNode {
  const inner = visitChild(context, def.innerType);
  const { catchValue: read } = def;
  const isConstant = typeof read === "function" && Reflect.get(read, "~constantCatch") === true;
  if (!isConstant) return { kind: "catch", inner, hash: hashFunction(read) };
  const given = readDefault(read as () => unknown);
  const base = { kind: "catch", inner, ...givenValue(given, () => hashFunction(read)) } as const;
  if (typeof given !== "object" || !isZodSchema(def.innerType)) return base;
  return tryValue(def.innerType, given.value) === "changed" ? { ...base, late: true } : base;
}

function pipeNode(schema: ZodSchema, context: WalkContext): IrNode {
  const { def } = schema._zod;
  if (def.transform === undefined) {
    return { kind: "pipe", in: visitChild(context, def.in), out: visitChild(decoded(context), def.out) };
  }
  const truthy = schema._zod.bag?.truthy;
  if (Array.isArray(truthy)) return stringBoolNode(schema);
  return {
    kind: "codec",
    in: visitChild(context, def.in),
    out: visitChild(decoded(context), def.out),
    hash: hashFunction(`${String(def.transform)} / ${String(def.reverseTransform)}`),
    ...(writesIso(def) && { writes: "iso" as const }),
  };
}

const SOME_DATES = [0, 951_782_400_123, 1_767_225_600_000, -1].map((ms) => new Date(ms));

/** Whether a codec turns dates into what `toISOString` makes of them, as far as some of them can tell. */
function writesIso({ out, reverseTransform }: ZodDef): boolean {
  if (!isZodSchema(out) || out._zod.def.type !== "date" || typeof reverseTransform !== "function")
    return false;
  try {
    return SOME_DATES.every(
      (date) => reverseTransform(new Date(date), { value: date, issues: [] }) === date.toISOString(),
    );
  } catch {
    return false;
  }
}

function stringBoolNode(schema: ZodSchema): IrNode {
  const bag = schema._zod.bag ?? {};
  return {
    kind: "stringbool",
    truthy: bag.truthy as readonly string[],
    falsy: bag.falsy as readonly string[],
    ...(bag.case === "sensitive" && { caseSensitive: true }),
  };
}

function transformNode(def: ZodDef, context: WalkContext): IrNode {
  if (context.side !== "input") {
    const isResult = context.side === "output";
    return refuse(context, {
      code: "TRANSFORM_IN_OUTPUT",
      message: `A one-way transform in ${isResult ? "an output" : "an emits"} schema cannot be undone by whoever reads the ${isResult ? "result" : "message"}.`,
      hint: `${isResult ? "Return" : "Emit"} the transformed value ${isResult ? "from" : "in"} the handler and declare its type, or use z.codec(…).`,
    });
  }
  return { kind: "opaque", what: "transform", hash: hashFunction(def.transform) };
}
