import { formatPath, TaskoraError } from "../core/errors.js";
import type { StandardSchema } from "./standard-schema.js";

/** What to write for each type that JSON cannot carry. */
export const NATIVE_HINTS: Readonly<Record<string, string>> = {
  date: "Use z.iso.datetime(), or z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() }).",
  bigint:
    "Use z.string().regex(/^-?\\d+$/), or z.codec(z.string().regex(/^-?\\d+$/), z.bigint(), { decode: (text) => BigInt(text), encode: (value) => value.toString() }).",
  map: "Use z.record(keys, values), or z.codec(z.array(z.tuple([key, value])), z.map(key, value), { decode: (entries) => new Map(entries), encode: (map) => [...map] }).",
  set: "Use z.array(item), or z.codec(z.array(item), z.set(item), { decode: (items) => new Set(items), encode: (set) => [...set] }).",
  file: "Store the file elsewhere and send its address, such as z.url(), or send its bytes as z.base64().",
  symbol: "Use z.enum([…]) or z.string().",
  nan: "Use z.null() for a missing number.",
  promise: "Await the value before dispatching, and declare what it resolves to.",
  function: "Send data that says what to do, and keep the function in the worker.",
  success: "Declare the value itself; the worker validates it anyway.",
  class: "Declare its fields with z.object({ … }), or use z.codec(…) between the two.",
};

/** A part of a schema that asks for a type JSON cannot carry. */
interface NativePart {
  readonly path: readonly (string | number)[];
  /** As it is written, such as `z.set()`. */
  readonly text: string;
  readonly hint: string | undefined;
}

/** Which schema of a contract. */
export type SchemaSide = "input" | "output" | "emits";

interface Walk {
  readonly side: SchemaSide;
  readonly seen: Set<unknown>;
}

/**
 * Refuses a zod 4 schema that asks for what JSON cannot carry: no job could ever be stored, or none would be accepted when
 * it comes back as text. The generator has the same rule for contracts. Schemas of other libraries are opaque.
 *
 * @throws {TaskoraError} `CONTRACT_INVALID`
 */
export function requireWireTypes(
  schema: StandardSchema | undefined,
  { task, side }: { readonly task: string; readonly side: SchemaSide },
): void {
  const found = nativePart(schema, [], { side, seen: new Set() });
  if (found === undefined) return;
  const place = formatPath(found.path);
  throw new TaskoraError(
    "CONTRACT_INVALID",
    `The ${side} schema of ${task} asks for what JSON cannot carry: ${place === "" ? "it" : place} is ` +
      `${found.text}. ${found.hint} Or give the app a serializer that carries it.`,
  );
}

function nativePart(schema: unknown, path: NativePart["path"], walk: Walk): NativePart | undefined {
  const def = defOf(schema);
  if (def === undefined || walk.seen.has(schema)) return undefined;
  walk.seen.add(schema);
  const type = String(def.type);
  const native = nativeType(schema as ZodSchema, walk.side);
  if (native !== undefined) return { path, ...native };
  for (const [key, part] of partsOf(type, def)) {
    const found = nativePart(part, key === undefined ? path : [...path, key], walk);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface ZodSchema {
  readonly _zod: {
    readonly def: Readonly<Record<string, unknown>>;
    readonly bag?: { readonly Class?: unknown };
  };
}

function defOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof schema !== "object" || schema === null || !("_zod" in schema)) return undefined;
  return (schema as ZodSchema)._zod.def;
}

function nativeType(
  { _zod: { def, bag } }: ZodSchema,
  side: Walk["side"],
): Omit<NativePart, "path"> | undefined {
  const type = String(def.type);
  // A date that is made of text again arrives as one.
  if (type === "date" && def.coerce === true && side === "input") return undefined;
  if (Object.hasOwn(NATIVE_HINTS, type)) return { text: `z.${type}()`, hint: NATIVE_HINTS[type] };
  if (typeof bag?.Class === "function") {
    return { text: `z.instanceof(${bag.Class.name})`, hint: NATIVE_HINTS.class };
  }
  const literals = type === "literal" ? (def.values as readonly unknown[]) : [];
  const big = literals.find((value) => typeof value === "bigint");
  return big === undefined ? undefined : { text: `z.literal(${big}n)`, hint: NATIVE_HINTS.bigint };
}

type Part = readonly [key: string | number | undefined, schema: unknown];

/** The schemas within one that say what travels: behind a pipe, a codec or a transform nothing does. */
function partsOf(type: string, def: Readonly<Record<string, unknown>>): readonly Part[] {
  switch (type) {
    case "object":
      return [...Object.entries(def.shape as object), ["*", def.catchall]];
    case "array":
      return [["*", def.element]];
    case "tuple":
      return [...(def.items as readonly unknown[]).entries(), ["*", def.rest]];
    case "record":
      return [["*", def.valueType]];
    case "union":
      return (def.options as readonly unknown[]).map((option) => [undefined, option] as const);
    case "intersection":
      return [
        [undefined, def.left],
        [undefined, def.right],
      ];
    case "pipe":
      return [[undefined, def.in]];
    case "lazy":
      return [[undefined, (def.getter as () => unknown)()]];
    default:
      return [[undefined, def.innerType]];
  }
}
