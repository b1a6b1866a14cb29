import type { IrDiscriminator, IrNode, IrPrimitive, IrProperty } from "../../src/schema/ir.js";
import { keyPresence, slotPresence } from "./presence.js";
import { at, REFUSED, refuse, visitChild, type WalkContext } from "./walk-context.js";
import { isZodSchema, type ZodSchema } from "./zod-internals.js";

/** Kinds that hold other schemas side by side. */
export function containerNode(schema: ZodSchema, context: WalkContext): IrNode | undefined {
  const { def } = schema._zod;
  switch (def.type) {
    case "object":
      return objectNode(schema, context);
    case "array":
      return { kind: "array", element: listItem(def.element, at(context, "[]")) };
    case "tuple":
      return tupleNode(schema, context);
    case "record":
      return recordNode(schema, context);
    case "union":
      return unionNode(schema, context);
    case "intersection":
      return {
        kind: "intersection",
        left: visitChild(context, def.left),
        right: visitChild(context, def.right),
      };
    default:
      return undefined;
  }
}

function objectNode(schema: ZodSchema, context: WalkContext): IrNode {
  const { def } = schema._zod;
  const shape = def.shape as Readonly<Record<string, unknown>>;
  const symbol = Object.getOwnPropertySymbols(shape)[0];
  if (symbol !== undefined) return refuseSymbolKey(symbol, context);
  const properties = Object.keys(shape).map((key) => propertyOf(key, shape[key], context));
  return { kind: "object", ...unknownKeys(def.catchall, context), properties };
}

function propertyOf(key: string, value: unknown, context: WalkContext): IrProperty {
  const inside = at(context, key);
  const node = context.visit(value, inside);
  // A schema that was refused may be one that throws as soon as it is asked for anything.
  if (node === REFUSED) return { key, node };
  const presence = keyPresence(value);
  if (context.position === "wire" && presence.in === undefined && acceptsUndefined(value)) {
    refuse(inside, {
      code: "UNDEFINED_REQUIRED",
      message: "This key must be there and may be undefined, and JSON leaves such a key out.",
      hint: "Use .optional(), which lets the key be absent.",
    });
  }
  return { key, node, ...presence };
}

function refuseSymbolKey(symbol: symbol, context: WalkContext): IrNode {
  return refuse(context, {
    code: "TYPE_NOT_JSON",
    message: `The key ${String(symbol)} is a symbol, and JSON has string keys only.`,
    hint: "Use a string as key.",
  });
}

function unknownKeys(catchall: unknown, context: WalkContext) {
  if (!isZodSchema(catchall)) return { mode: "strip" } as const;
  const { def } = catchall._zod;
  if (def.type === "never" && (def.checks ?? []).length === 0) return { mode: "strict" } as const;
  if (def.type === "unknown" && (def.checks ?? []).length === 0) return { mode: "loose" } as const;
  return { mode: "catchall", catchall: context.visit(catchall, at(context, "{}")) } as const;
}

function tupleNode(schema: ZodSchema, context: WalkContext): IrNode {
  const { def } = schema._zod;
  const items = def.items as readonly unknown[];
  const firstOptional = firstOmittable(items);
  return {
    kind: "tuple",
    items: items.map((item, index) => ({
      node:
        index < firstOptional ? listItem(item, at(context, index)) : context.visit(item, at(context, index)),
      ...slotPresence(item),
    })),
    ...(isZodSchema(def.rest) && { rest: listItem(def.rest, at(context, "[]")) }),
  };
}

function firstOmittable(items: readonly unknown[]): number {
  const required = items.findLastIndex((item) => slotPresence(item).in === undefined);
  return required + 1;
}

/** An item that may be `undefined` in the middle of a list would come back as `null`. */
function listItem(schema: unknown, context: WalkContext): IrNode {
  if (context.position === "wire" && acceptsUndefined(schema)) {
    return refuse(context, {
      code: "UNDEFINED_IN_LIST",
      message: "An item of a list may be undefined here, and JSON turns that into null.",
      hint: "Use .nullable() in place of .optional(), or leave such items out.",
    });
  }
  return context.visit(schema, context);
}

function acceptsUndefined(schema: unknown): boolean {
  if (!isZodSchema(schema)) return false;
  const { def } = schema._zod;
  switch (def.type) {
    case "undefined":
    case "void":
      return true;
    case "optional":
      return !schema._zod.traits?.has("$ZodExactOptional");
    case "nullable":
    case "readonly":
      return acceptsUndefined(def.innerType);
    case "union":
      return (def.options as readonly unknown[]).some(acceptsUndefined);
    case "literal":
      return (def.values as readonly unknown[]).includes(undefined);
    default:
      return false;
  }
}

function recordNode(schema: ZodSchema, context: WalkContext): IrNode {
  const { def } = schema._zod;
  const known = isZodSchema(def.keyType) ? def.keyType._zod.values : undefined;
  const keys = [...(known ?? [])].filter((key) => typeof key === "string" || typeof key === "number");
  return {
    kind: "record",
    keys: visitChild(context, def.keyType),
    values: context.visit(def.valueType, at(context, "{}")),
    ...(known !== undefined && { known: keys }),
    ...(def.partial === true && { partial: true }),
    ...(def.mode === "loose" && { loose: true }),
  };
}

function unionNode(schema: ZodSchema, context: WalkContext): IrNode {
  const { def } = schema._zod;
  const options = def.options as readonly ZodSchema[];
  const nodes = options.map((option) => visitChild(context, option));
  if (def.discriminator !== undefined) {
    const wrong = wrongTags(String(def.discriminator), options);
    if (wrong !== undefined) return refuse(context, { code: "UNION_TAGS", ...wrong });
    return { kind: "union", options: nodes, discriminator: discriminatorOf(def, options) };
  }
  return { kind: "union", options: nodes, ...(def.inclusive === false && { exclusive: true }) };
}

/** What zod finds out with the first value it parses, and then throws. */
function wrongTags(
  key: string,
  options: readonly ZodSchema[],
): { readonly message: string; readonly hint: string } | undefined {
  const taken = new Map<unknown, number>();
  for (const [index, option] of options.entries()) {
    const values = option._zod.propValues?.[key];
    if (values === undefined || values.size === 0) {
      return {
        message: `Option ${index + 1} of this union has no value of "${key}" to be told by, so zod throws at every value.`,
        hint: `Give it ${key}: z.literal("…"), or write z.union([…]).`,
      };
    }
    for (const value of values) {
      const other = taken.get(value);
      if (other !== undefined && value !== undefined) {
        return {
          message: `Options ${other + 1} and ${index + 1} of this union both have ${JSON.stringify(value)} as "${key}", so zod throws at every value.`,
          hint: `Give each option a value of "${key}" of its own, or write z.union([…]).`,
        };
      }
      taken.set(value, index);
    }
  }
  return undefined;
}

function discriminatorOf(def: ZodSchema["_zod"]["def"], options: readonly ZodSchema[]): IrDiscriminator {
  const key = String(def.discriminator);
  const values = options.map((option) => [...(option._zod.propValues?.[key] ?? [])]);
  const absent = values.flatMap((list, index) => (list.includes(undefined) ? [index] : []));
  return {
    key,
    tags: values.map((list) => list.filter((value) => value !== undefined) as IrPrimitive[]),
    // Two options that an absent key selects are ambiguous, and zod then picks neither.
    ...(absent.length === 1 && absent[0] !== undefined && { absent: absent[0] }),
    ...(def.unionFallback === true && { fallback: true }),
  };
}
