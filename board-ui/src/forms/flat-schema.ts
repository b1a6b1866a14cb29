/** A JSON Schema with its references followed and its parts put together, as far as a form needs to see it. */
import {
  isObject,
  isSame,
  listOf,
  oneOrMany,
  referenced,
  type Schema,
} from "../../../src/board/json-schema.js";

/** References that lead nowhere within so many steps are a ring. */
const MOST_STEPS = 32;

/** Words that a form cannot show: a schema that has one is shown as JSON text. */
const BEYOND_FORMS = [
  ...["if", "dependentSchemas", "dependentRequired", "patternProperties", "contains"],
  ...["unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef"],
];

/** The schema without references and `allOf` on top; `undefined`: it is not one that a form can show. */
export function flatSchema(schema: unknown, root: unknown): Schema | undefined {
  return flatten(schema, { root, steps: MOST_STEPS });
}

interface Walk {
  readonly root: unknown;
  readonly steps: number;
}

function flatten(schema: unknown, walk: Walk): Schema | undefined {
  if (schema === true || schema === undefined) return {};
  if (!isObject(schema) || walk.steps <= 0) return undefined;
  if (BEYOND_FORMS.some((word) => Object.hasOwn(schema, word))) return undefined;
  const next = { ...walk, steps: walk.steps - 1 };
  const { $ref, allOf, $defs, definitions, ...own } = schema;
  let flat: Schema | undefined = own;
  if ($ref !== undefined) flat = bothOf(flatten(referenced($ref, walk.root) ?? false, next), flat);
  for (const part of listOf(allOf)) {
    if (isCheckAlone(part)) continue;
    flat = bothOf(flat, flatten(part, next));
  }
  return flat;
}

/** A pattern beside another says nothing of the field; the check looks at it. */
function isCheckAlone(part: unknown): boolean {
  return isObject(part) && Object.keys(part).every((key) => key === "pattern" || key === "format");
}

/** What fits both; `undefined`: a form cannot show it as one. */
export function bothOf(a: Schema | undefined, b: Schema | undefined): Schema | undefined {
  if (a === undefined || b === undefined) return undefined;
  const merged: Record<string, unknown> = { ...a };
  for (const [word, value] of Object.entries(b)) {
    const known = Object.hasOwn(merged, word) ? merged[word] : undefined;
    if (known === undefined || isSame(known, value)) merged[word] = value;
    else if (Object.hasOwn(MERGES, word)) {
      const both = (MERGES[word] as Merge)(known, value);
      if (both === undefined) return undefined;
      merged[word] = both;
    } else return undefined;
  }
  return merged;
}

/** Two values of one word as one; `undefined`: there is none. */
type Merge = (a: unknown, b: unknown) => unknown;

const laterSays: Merge = (_, b) => b;
const larger: Merge = (a, b) => Math.max(Number(a), Number(b));
const smaller: Merge = (a, b) => Math.min(Number(a), Number(b));

const MERGES: Readonly<Record<string, Merge>> = {
  ...{ title: laterSays, description: laterSays, default: laterSays, examples: laterSays },
  ...{ $comment: laterSays, $id: laterSays, $schema: laterSays, $anchor: laterSays },
  ...{ pattern: laterSays, format: laterSays },
  ...{ minimum: larger, exclusiveMinimum: larger, minLength: larger, minItems: larger },
  ...{ maximum: smaller, exclusiveMaximum: smaller, maxLength: smaller, maxItems: smaller },
  required: (a, b) => [...new Set([...listOf(a), ...listOf(b)])],
  type: (a, b) => {
    const types = oneOrMany(a).filter((type) => oneOrMany(b).includes(type));
    if (oneOrMany(a).includes("integer") && oneOrMany(b).includes("number")) return "integer";
    if (oneOrMany(a).includes("number") && oneOrMany(b).includes("integer")) return "integer";
    return types.length === 0 ? undefined : types.length === 1 ? types[0] : types;
  },
  enum: (a, b) => listOf(a).filter((value) => listOf(b).some((other) => isSame(value, other))),
  properties: (a, b) => {
    if (!isObject(a) || !isObject(b)) return undefined;
    const shared = Object.keys(b).filter((key) => Object.hasOwn(a, key));
    const both = shared.map((key) => [key, { allOf: [a[key], b[key]] }] as const);
    return { ...a, ...b, ...Object.fromEntries(both) };
  },
  additionalProperties: (a, b) =>
    a === true ? b : b === true ? a : a === false || b === false ? false : undefined,
};
