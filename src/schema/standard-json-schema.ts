/**
 * Schemas as JSON Schema, asked of their library: Standard JSON Schema, which zod 4.2 and others have.
 *
 * @see https://standardschema.dev/json-schema
 */
import type { StandardSchema } from "./standard-schema.js";

/** A JSON Schema as plain data. */
export type JsonSchemaObject = Readonly<Record<string, unknown>>;

/** `input`: what is given to the schema; `output`: what it makes of that. */
export type StandardSide = "input" | "output";

type Converter = (options: {
  readonly target: string;
  readonly libraryOptions?: Readonly<Record<string, unknown>>;
}) => unknown;

/** Marks a part that must not be shown to everybody. */
export const SENSITIVE_KEY = "x-taskora-sensitive";

/** What zod does with what JSON Schema cannot say: anything is accepted there, so that nothing valid is refused. */
const LIBRARY_OPTIONS = { unrepresentable: "any" };

/**
 * A schema in JSON Schema 2020-12; undefined: its library has none, or cannot say this one. `sensitive: true` among what is
 * said of a part (zod: `.meta({ sensitive: true })`) becomes {@link SENSITIVE_KEY}.
 */
export function standardJsonSchema(
  schema: StandardSchema | undefined,
  side: StandardSide,
): JsonSchemaObject | undefined {
  const converters = (schema?.["~standard"] as { readonly jsonSchema?: Record<StandardSide, Converter> })
    ?.jsonSchema;
  const convert = converters?.[side];
  if (typeof convert !== "function") return undefined;
  let said: unknown;
  try {
    said = convert({ target: "draft-2020-12", libraryOptions: LIBRARY_OPTIONS });
  } catch {
    // The standard lets a library throw for what it cannot say.
    return undefined;
  }
  return isObject(said) ? marked(said) : undefined;
}

/** Keywords that hold schemas by name. */
const NAMED = new Set([...["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]]);
/** Keywords that hold a schema, or a list of them. */
const NESTED = new Set([
  ...[
    "items",
    "prefixItems",
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contains",
  ],
  ...["propertyNames", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"],
]);

/** The schema with our mark in place of `sensitive`; data such as defaults and examples stays as it is. */
function marked(schema: JsonSchemaObject): JsonSchemaObject {
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === "sensitive") return [SENSITIVE_KEY, value];
    if (NAMED.has(key) && isObject(value)) {
      return [key, Object.fromEntries(Object.entries(value).map(([name, part]) => [name, partOf(part)]))];
    }
    return [key, NESTED.has(key) ? partOf(value) : value];
  });
  return Object.fromEntries(entries.filter(([key, value]) => key !== SENSITIVE_KEY || value === true));
}

function partOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(partOf);
  return isObject(value) ? marked(value) : value;
}

function isObject(value: unknown): value is JsonSchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
