/** Where values are in what a contract takes, for filters, columns and titles. */

import { flatSchema } from "./flat-schema.js";
import { constOf, fieldOf } from "./schema-form.js";

/** One place that a contract names. */
export interface PayloadPath {
  /** Keys from the payload down; items of a list have the path of the list. */
  readonly path: readonly string[];
  readonly kind: "text" | "number" | "boolean" | "list" | "object" | "other";
  readonly title?: string;
  readonly description?: string;
  readonly isSensitive: boolean;
  /** All values that it may have, where there are only some. */
  readonly values: readonly unknown[];
}

const MOST_PATHS = 200;
const DEEPEST = 6;

/** Every place that a contract names, from the top down. */
export function payloadPaths(schema: unknown): readonly PayloadPath[] {
  const found = new Map<string, PayloadPath>();
  collect(schema, { root: schema, path: [], found, nesting: 0 });
  return [...found.values()].sort((a, b) => a.path.length - b.path.length);
}

interface Walk {
  readonly root: unknown;
  readonly path: readonly string[];
  readonly found: Map<string, PayloadPath>;
  /** Forms of the same value that are around. */
  readonly nesting: number;
}

function collect(schema: unknown, walk: Walk): void {
  const { root, path, found, nesting } = walk;
  if (path.length > DEEPEST || found.size >= MOST_PATHS) return;
  const field = fieldOf(schema, root, nesting);
  if (path.length > 0 && !found.has(path.join("\0"))) found.set(path.join("\0"), noted(field, path));
  switch (field.kind) {
    case "object":
      for (const { name, schema: part } of field.properties)
        if (name !== "") collect(part, { ...walk, path: [...path, name], nesting: 0 });
      return;
    case "variants":
      for (const variant of field.variants) collect(variant.schema, { ...walk, nesting: nesting + 1 });
      addDiscriminator(field, walk);
      return;
    case "list": {
      if (path.length === 0 || field.rest === false) return;
      const inner = fieldOf(field.rest, root);
      if (inner.kind === "object" || inner.kind === "variants")
        collect(field.rest, { ...walk, nesting: nesting + 1 });
      return;
    }
    default:
      return;
  }
}

/** The property that tells forms apart has the values of all of them. */
function addDiscriminator(
  field: Extract<ReturnType<typeof fieldOf>, { readonly kind: "variants" }>,
  { root, path, found }: Walk,
): void {
  const { discriminator, variants } = field;
  if (discriminator === undefined) return;
  const whole = [...path, discriminator];
  const known = found.get(whole.join("\0"));
  if (known === undefined) return;
  const values = variants.map(({ schema }) => constOf(flatSchema(schema, root) ?? {}, discriminator));
  found.set(whole.join("\0"), { ...known, values });
}

const KINDS: Readonly<Record<string, PayloadPath["kind"]>> = {
  ...{ text: "text", number: "number", boolean: "boolean", list: "list", object: "object" },
};

function noted(field: ReturnType<typeof fieldOf>, path: readonly string[]): PayloadPath {
  const { title, description, isSensitive } = field;
  return {
    path,
    kind: KINDS[field.kind] ?? (field.kind === "choice" ? "text" : "other"),
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    isSensitive,
    values:
      field.kind === "choice"
        ? field.values
        : field.kind === "const"
          ? [field.value]
          : field.kind === "boolean"
            ? [true, false]
            : [],
  };
}
