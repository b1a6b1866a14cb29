/**
 * A codec stands between what travels and what a handler works with: text and a `Date`, entries and a `Map`. Whoever sends
 * may give either. A value that JSON has no form for, in the place of a codec, is encoded before anything is checked; so
 * what is validated and stored is the form that travels, whichever was given.
 */
import { type IrNode, type IrSchema, someNode } from "./ir.js";
import type { StandardSchema } from "./standard-schema.js";

/** Puts what travels in the place of decoded values; gives the value itself where there are none. */
export type Encoder = (value: unknown) => unknown;

/** Takes what a JSON value is not: a `Date`, a `Map`, a bigint, an object of a class. */
function isNative(value: unknown): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null;
}

const encoders = new WeakMap<object, Encoder | undefined>();

/**
 * What encodes values for a schema; undefined when it has no codec. A zod 4 schema encodes with the code of its codecs,
 * schemas of other libraries are opaque.
 */
export function encoderOf(schema: StandardSchema | undefined): Encoder | undefined {
  if (schema === undefined || !("_zod" in schema)) return undefined;
  if (encoders.has(schema)) return encoders.get(schema);
  const encode = holdsCodec(schema, new Set()) ? (value: unknown) => encodeZod(schema, value) : undefined;
  encoders.set(schema, encode);
  return encode;
}

type ZodDef = Readonly<Record<string, unknown>>;

function defOf(schema: unknown): ZodDef | undefined {
  if (typeof schema !== "object" || schema === null || !("_zod" in schema)) return undefined;
  return (schema as { readonly _zod: { readonly def: ZodDef } })._zod.def;
}

function isCodec(def: ZodDef): boolean {
  return def.type === "pipe" && typeof def.reverseTransform === "function";
}

function holdsCodec(value: unknown, seen: Set<unknown>): boolean {
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  const def = defOf(value);
  if (def === undefined) return Object.values(value).some((part) => holdsCodec(part, seen));
  if (isCodec(def)) return true;
  const parts = def.type === "lazy" ? [(def.getter as () => unknown)()] : Object.values(def);
  return parts.some((part) => holdsCodec(part, seen));
}

function encodeZod(schema: unknown, value: unknown): unknown {
  const def = defOf(schema);
  if (def === undefined || (typeof value !== "object" && typeof value !== "bigint") || value === null)
    return value;
  switch (def.type) {
    case "pipe":
      return encodeZod(def.in, isCodec(def) && isNative(value) ? reversed(def, value) : value);
    case "object": {
      const shape = def.shape as Readonly<Record<string, unknown>>;
      return mapFields(value, (key, field) =>
        encodeZod(Object.hasOwn(shape, key) ? shape[key] : def.catchall, field),
      );
    }
    case "record":
      return mapFields(value, (_key, field) => encodeZod(def.valueType, field));
    case "array":
      return mapItems(value, (_index, item) => encodeZod(def.element, item));
    case "tuple": {
      const items = def.items as readonly unknown[];
      return mapItems(value, (index, item) => encodeZod(items[index] ?? def.rest, item));
    }
    case "union":
      return firstThatFits(def.options as readonly unknown[], value);
    case "intersection":
      return encodeZod(def.right, encodeZod(def.left, value));
    case "lazy":
      return encodeZod((def.getter as () => unknown)(), value);
    default:
      return encodeZod(def.innerType, value);
  }
}

/** What the codec makes of a decoded value; the value itself, which the schema then refuses, where it cannot. */
function reversed(def: ZodDef, value: unknown): unknown {
  try {
    const reverse = def.reverseTransform as (value: unknown, payload: object) => unknown;
    const encoded = reverse(value, { value, issues: [] });
    return encoded instanceof Promise ? value : encoded;
  } catch {
    return value;
  }
}

/** Of the options of a union that hold a codec for the value, the first that then takes it. */
function firstThatFits(options: readonly unknown[], value: unknown): unknown {
  for (const option of options) {
    const encoded = encodeZod(option, value);
    if (encoded === value) continue;
    const result = (option as StandardSchema)["~standard"].validate(encoded);
    if (result instanceof Promise || result.issues === undefined) return encoded;
  }
  return value;
}

/** The object with other fields; itself where none changes. */
function mapFields(value: unknown, change: (key: string, field: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isNative(value)) return value;
  let changed: Record<string, unknown> | undefined;
  for (const [key, field] of Object.entries(value)) {
    const encoded = change(key, field);
    if (encoded === field) continue;
    changed ??= { ...value };
    Object.defineProperty(changed, key, {
      value: encoded,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return changed ?? value;
}

function mapItems(value: unknown, change: (index: number, item: unknown) => unknown): unknown {
  if (!Array.isArray(value)) return value;
  let changed: unknown[] | undefined;
  for (const [index, item] of value.entries()) {
    const encoded = change(index, item);
    if (encoded === item) continue;
    changed ??= [...value];
    changed[index] = encoded;
  }
  return changed ?? value;
}

/**
 * The same for the intermediate representation, which has no code: where a codec is known to write a `Date` as its ISO
 * text, a `Date` may be given. Undefined when there is no such codec.
 */
export function encoderOfIr(schema: IrSchema): Encoder | undefined {
  const isKnown = someNode(schema, (node) => node.kind === "codec" && node.writes === "iso");
  return isKnown ? (value) => encodeIr(schema.root, value, schema) : undefined;
}

function encodeIr(node: IrNode | undefined, value: unknown, schema: IrSchema): unknown {
  if (node === undefined || typeof value !== "object" || value === null) return value;
  const inside = (child: IrNode | undefined, part: unknown) => encodeIr(child, part, schema);
  switch (node.kind) {
    case "codec":
      return node.writes === "iso" && isDate(value) ? value.toISOString() : inside(node.in, value);
    case "pipe":
      return inside(node.in, value);
    case "object": {
      const fields = new Map(node.properties.map(({ key, node: child }) => [key, child]));
      return mapFields(value, (key, field) => inside(fields.get(key) ?? node.catchall, field));
    }
    case "record":
      return mapFields(value, (_key, field) => inside(node.values, field));
    case "array":
      return mapItems(value, (_index, item) => inside(node.element, item));
    case "tuple":
      return mapItems(value, (index, item) => inside(node.items[index]?.node ?? node.rest, item));
    case "union":
      return (
        node.options.map((option) => inside(option, value)).find((encoded) => encoded !== value) ?? value
      );
    case "intersection":
      return inside(node.right, inside(node.left, value));
    case "ref":
      return inside(schema.definitions[node.name], value);
    default:
      return "inner" in node ? inside(node.inner, value) : value;
  }
}

function isDate(value: object): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

/** Types that a codec makes of JSON. */
type Native = Date | bigint | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | URL | Uint8Array;

/**
 * What may be sent where `Given` is what a schema takes and `Made` what it makes of it: in the place of a codec either of the
 * two. Elsewhere what it takes.
 */
export type EitherSide<Given, Made> = [Made] extends [Given]
  ? Given
  : unknown extends Given
    ? Given
    : NativeOf<Made> extends never
      ? Given extends readonly (infer Item)[]
        ? NonNullable<Made> extends readonly (infer MadeItem)[]
          ? number extends Given["length"]
            ? EitherSide<Item, MadeItem>[]
            : Given
          : Given
        : Given extends object
          ? NonNullable<Made> extends object
            ? {
                [Key in keyof Given]: EitherSide<
                  Given[Key],
                  Key extends keyof NonNullable<Made> ? NonNullable<Made>[Key] : never
                >;
              }
            : Given
          : Given
      : Given | NativeOf<Made>;

type NativeOf<Made> = Extract<Made, Native>;

/** What travels, and is read, of what a worker produced by a schema: with a codec what was given to it, else what it made. */
export type Travelling<Given, Made> = [EitherSide<Given, Made>] extends [Given] ? Made : Given;
