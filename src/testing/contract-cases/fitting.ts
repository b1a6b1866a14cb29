import { type JsonSchema, viewOf } from "./json-schema.js";

/** Deeper down a value is taken to fit. */
const MAX_DEPTH = 5;

/** Whether a value is of a variant, as far as its kind, its keys and the values they name tell. */
export function fitting(schema: JsonSchema, root: JsonSchema): (value: unknown) => boolean {
  return (value) => mayFit(schema, { value, root, depth: 0 });
}

/** An object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Fitting {
  readonly value: unknown;
  readonly root: JsonSchema;
  readonly depth: number;
}

function mayFit(schema: JsonSchema, { value, root, depth }: Fitting): boolean {
  const view = viewOf(schema, root);
  const again = (part: JsonSchema, inner: unknown) => mayFit(part, { value: inner, root, depth: depth + 1 });
  switch (view.kind) {
    case "never":
      return false;
    case "any":
      return true;
    case "values":
      return view.values.includes(value);
    case "choice":
      return depth > MAX_DEPTH || view.options.some((option) => again(option, value));
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "object": {
      if (!isRecord(value)) return false;
      const { required = [], properties = {} } = view.node;
      const hasAll = required.every((key) => Object.hasOwn(value, key));
      if (!hasAll || depth > MAX_DEPTH) return hasAll;
      return Object.entries(properties).every(
        ([key, part]) => !Object.hasOwn(value, key) || again(part, value[key]),
      );
    }
    default:
      return typeof value === view.kind;
  }
}
