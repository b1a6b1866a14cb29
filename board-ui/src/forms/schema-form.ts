/**
 * JSON Schema 2020-12, as workers tell it of their contracts, as fields of a form. A field is looked at when it is shown, so that a
 * schema that leads to itself is no trouble; what a form cannot show is JSON text, for that part alone.
 */
import { isObject, isSame, listOf, oneOrMany, type Schema } from "../../../src/board/json-schema.js";
import { bothOf, flatSchema } from "./flat-schema.js";

/** What is said of every field. */
export interface FieldNotes {
  readonly title?: string;
  readonly description?: string;
  readonly isDeprecated: boolean;
  readonly isSensitive: boolean;
  /** Whether `null` may stand in place of it. */
  readonly isNullable: boolean;
  readonly examples: readonly unknown[];
  /** What the contract takes where it is left out. */
  readonly default?: unknown;
}

/** One way in which a value may look. */
export interface Variant {
  readonly label: string;
  readonly schema: unknown;
}

/** A property of an object. */
export interface Property {
  readonly name: string;
  readonly schema: unknown;
  readonly isRequired: boolean;
}

/** What is shown in place of a value. */
export type FieldKind =
  | {
      readonly kind: "text";
      readonly format?: string;
      readonly minLength?: number;
      readonly maxLength?: number;
      /** Whether it may have lines. */
      readonly isLong: boolean;
    }
  | {
      readonly kind: "number";
      readonly isInteger: boolean;
      readonly minimum?: number;
      readonly maximum?: number;
      readonly step?: number;
    }
  | { readonly kind: "boolean" }
  | { readonly kind: "null" }
  | { readonly kind: "const"; readonly value: unknown }
  | { readonly kind: "choice"; readonly values: readonly unknown[]; readonly as: "radios" | "select" }
  | {
      readonly kind: "list";
      /** Of the first items, one each. */
      readonly first: readonly unknown[];
      /** Of the others; `false`: there are no others. */
      readonly rest: unknown;
      readonly minItems: number;
      readonly maxItems: number;
    }
  | {
      readonly kind: "object";
      readonly properties: readonly Property[];
      /** Of keys that are not among the properties; `false`: there are no others. */
      readonly others: unknown;
      /** Whether such keys are what it is made for. */
      readonly isRecord: boolean;
    }
  | { readonly kind: "variants"; readonly variants: readonly Variant[]; readonly discriminator?: string }
  | { readonly kind: "json" };

/** One field of a form. */
export type Field = FieldNotes & FieldKind;

/** Text that is longer than this has a field with lines. */
const LONG_TEXT = 200;
/** More choices than these are a list to select from. */
const MOST_RADIOS = 7;

/** Forms within forms of one value, beyond which it is JSON text. */
const MOST_NESTED = 4;

/**
 * The field for a part of a schema; `root` is the whole that references lead into, `nesting` in how many forms of the same value it
 * is.
 */
export function fieldOf(schema: unknown, root: unknown, nesting = 0): Field {
  const field = fieldWithin(schema, { root, steps: MOST_BRANCHES });
  if (field.kind !== "variants" || nesting < MOST_NESTED) return field;
  const { variants, discriminator, ...notes } = field;
  return { ...notes, kind: "json" };
}

/** What references lead into, and how many forms of one form may still be looked at: a ring of them is no schema. */
interface Walk {
  readonly root: unknown;
  readonly steps: number;
}

const MOST_BRANCHES = 32;

function fieldWithin(schema: unknown, walk: Walk): Field {
  const flat = walk.steps > 0 ? flatSchema(schema, walk.root) : undefined;
  if (flat === undefined) return { ...notesOf(isObject(schema) ? schema : {}), kind: "json" };
  const branches = branchesOf(flat);
  if (branches === undefined) return plainField(flat);
  return fieldOfBranches(flat, branches, { ...walk, steps: walk.steps - 1 });
}

function notesOf(schema: Schema): FieldNotes {
  const { title, description, examples } = schema;
  return {
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof description === "string" ? { description } : {}),
    ...("default" in schema ? { default: schema.default } : {}),
    isDeprecated: schema.deprecated === true,
    isSensitive: schema["x-taskora-sensitive"] === true,
    isNullable: false,
    examples: listOf(examples),
  };
}

/** The forms a value may have, where the schema names several. */
function branchesOf({ anyOf, oneOf, type, ...rest }: Schema): readonly unknown[] | undefined {
  const types = oneOrMany(type);
  if (listOf(anyOf).length > 0 && listOf(oneOf).length > 0) return undefined;
  const listed = listOf(anyOf).length > 0 ? listOf(anyOf) : listOf(oneOf);
  if (listed.length > 0) return listed;
  if (types.length < 2 || "enum" in rest || "const" in rest) return undefined;
  return types.map((each) => ({ type: each }));
}

function fieldOfBranches(flat: Schema, branches: readonly unknown[], walk: Walk): Field {
  const { root } = walk;
  const { anyOf, oneOf, type, ...outer } = flat;
  const types = oneOrMany(type);
  const whole = types.length === 1 ? { ...outer, type } : outer;
  const isNull = (branch: unknown) => isObject(branch) && (branch.type === "null" || branch.const === null);
  const others = branches.filter((branch) => !isNull(branch));
  const isNullable = others.length < branches.length;
  const notes = { ...notesOf(flat), isNullable };
  const [only] = others;
  if (only === undefined) return { ...notesOf(flat), kind: "null" };
  if (others.length === 1) {
    const both = bothOf(flatSchema(only, root), whole);
    if (both === undefined) return { ...notes, kind: "json" };
    const inner = fieldWithin(both, walk);
    return { ...inner, isNullable: isNullable || inner.isNullable };
  }
  const values = others.flatMap((branch) => fixedValues(branch, root) ?? [undefined]);
  if (!values.includes(undefined)) return { ...notes, ...choiceOf(values) };
  return { ...notes, ...variantsOf(others, { outer: whole, root }) };
}

/** The values of a branch that has only some. */
function fixedValues(branch: unknown, root: unknown): readonly unknown[] | undefined {
  const flat = flatSchema(branch, root);
  if (flat === undefined) return undefined;
  if ("const" in flat) return [flat.const];
  return Array.isArray(flat.enum) ? flat.enum : undefined;
}

function choiceOf(values: readonly unknown[]): FieldKind {
  return { kind: "choice", values, as: values.length <= MOST_RADIOS ? "radios" : "select" };
}

function variantsOf(
  branches: readonly unknown[],
  { outer, root }: { readonly outer: Schema; readonly root: unknown },
): FieldKind {
  const { title, description, default: _, examples, ...rest } = outer;
  const isBare = Object.keys(rest).every((key) => key.startsWith("$") || key.startsWith("x-"));
  const schemas = branches.map((branch) => (isBare ? branch : { allOf: [branch, rest] }));
  const flats = schemas.map((each) => flatSchema(each, root) ?? {});
  const discriminator = discriminatorOf(flats);
  const labels = flats.map((flat) => variantLabel(flat, discriminator));
  const variants = schemas.map((schema, at) => {
    const label = labels[at] ?? "";
    const isTaken = labels.indexOf(label) !== labels.lastIndexOf(label);
    return { label: isTaken ? `${label} ${at + 1}` : label, schema };
  });
  return { kind: "variants", variants, ...(discriminator === undefined ? {} : { discriminator }) };
}

/** The property that has a fixed value of its own in every form. */
function discriminatorOf(flats: readonly Schema[]): string | undefined {
  const [first] = flats;
  const names = isObject(first?.properties) ? Object.keys(first.properties) : [];
  return names.find((name) => {
    const values = flats.map((flat) => constOf(flat, name));
    return values.every(
      (value, at) => value !== undefined && values.findIndex((other) => isSame(other, value)) === at,
    );
  });
}

/** The fixed value of a property; `undefined`: it has none. */
export function constOf(flat: Schema, name: string): unknown {
  const { properties } = flat;
  const property = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (!isObject(property)) return undefined;
  if ("const" in property) return property.const;
  return listOf(property.enum).length === 1 ? listOf(property.enum)[0] : undefined;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  ...{ string: "text", number: "number", integer: "number", boolean: "yes or no" },
  ...{ array: "list", object: "object", null: "null" },
};

function variantLabel(flat: Schema, discriminator: string | undefined): string {
  if (typeof flat.title === "string") return flat.title;
  const named = discriminator === undefined ? undefined : constOf(flat, discriminator);
  if (named !== undefined) return shown(named);
  if ("const" in flat) return shown(flat.const);
  return TYPE_WORDS[String(typeOf(flat))] ?? "value";
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The type that a schema names, or is about. */
function typeOf(schema: Schema): unknown {
  const types = oneOrMany(schema.type);
  if (types.length > 0) return types.length === 1 ? types[0] : undefined;
  const has = (...words: readonly string[]) => words.some((word) => Object.hasOwn(schema, word));
  if (has("properties", "required", "propertyNames")) return "object";
  if (has("items", "prefixItems", "minItems", "maxItems")) return "array";
  if (has("minLength", "maxLength", "pattern", "format")) return "string";
  if (has("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) return "number";
  return undefined;
}

function plainField(schema: Schema): Field {
  const notes = notesOf(schema);
  if ("const" in schema) return { ...notes, kind: "const", value: schema.const };
  if (Array.isArray(schema.enum)) {
    const isNullable = schema.enum.includes(null) && schema.enum.length > 1;
    const values = isNullable ? schema.enum.filter((value) => value !== null) : schema.enum;
    if (values.length === 0) return { ...notes, kind: "json" };
    return { ...notes, isNullable, ...choiceOf(values) };
  }
  switch (typeOf(schema)) {
    case "string":
      return { ...notes, ...textKind(schema) };
    case "number":
    case "integer":
      return { ...notes, ...numberKind(schema) };
    case "boolean":
      return { ...notes, kind: "boolean" };
    case "null":
      return { ...notes, kind: "null" };
    case "array":
      return { ...notes, ...listKind(schema) };
    case "object":
      return { ...notes, ...objectKind(schema) };
    default:
      return { ...notes, kind: "json" };
  }
}

function textKind(schema: Schema): FieldKind {
  const { format, minLength, maxLength } = schema;
  const isLong = format === undefined && typeof maxLength === "number" && maxLength > LONG_TEXT;
  return {
    kind: "text",
    isLong,
    ...(typeof format === "string" ? { format } : {}),
    ...(typeof minLength === "number" ? { minLength } : {}),
    ...(typeof maxLength === "number" ? { maxLength } : {}),
  };
}

function numberKind(schema: Schema): FieldKind {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, type } = schema;
  const least = [minimum, exclusiveMinimum].filter((bound) => typeof bound === "number");
  const most = [maximum, exclusiveMaximum].filter((bound) => typeof bound === "number");
  return {
    kind: "number",
    isInteger: oneOrMany(type).includes("integer"),
    ...(least.length > 0 ? { minimum: Math.max(...least) } : {}),
    ...(most.length > 0 ? { maximum: Math.min(...most) } : {}),
    ...(typeof multipleOf === "number" && multipleOf > 0 ? { step: multipleOf } : {}),
  };
}

function listKind(schema: Schema): FieldKind {
  const { prefixItems, items = true, minItems, maxItems } = schema;
  return {
    kind: "list",
    first: listOf(prefixItems),
    rest: items,
    minItems: typeof minItems === "number" ? minItems : 0,
    maxItems: typeof maxItems === "number" ? maxItems : Number.POSITIVE_INFINITY,
  };
}

function objectKind(schema: Schema): FieldKind {
  const { properties, additionalProperties = true } = schema;
  const required = listOf(schema.required);
  const known = isObject(properties) ? Object.entries(properties) : [];
  const missing = required.filter(
    (name): name is string => typeof name === "string" && !known.some(([key]) => key === name),
  );
  if (known.length + missing.length === 0 && additionalProperties === true) {
    return "propertyNames" in schema
      ? { kind: "object", properties: [], others: true, isRecord: true }
      : { kind: "json" };
  }
  return {
    kind: "object",
    properties: [...known, ...missing.map((name) => [name, additionalProperties] as const)].map(
      ([name, part]) => ({ name, schema: part, isRequired: required.includes(name) }),
    ),
    others: additionalProperties,
    isRecord: isObject(additionalProperties),
  };
}
