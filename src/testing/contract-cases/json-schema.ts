/** JSON Schema as far as payloads are derived from it; what is not named here is left to the schema itself. */

/** A schema of draft 2020-12. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  /** Of several parts that all must hold: every `pattern` among them. */
  readonly patterns?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly prefixItems?: readonly JsonSchema[];
  readonly items?: JsonSchema | boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
}

/** A schema without references at its top and with one type, and how to go on below it. */
export type View =
  | { readonly kind: "choice"; readonly options: readonly JsonSchema[] }
  | { readonly kind: "values"; readonly values: readonly unknown[] }
  | { readonly kind: "never" }
  | {
      readonly kind: "any" | "string" | "number" | "integer" | "boolean" | "null" | "array" | "object";
      readonly node: JsonSchema;
    };

type TypedKind = Exclude<View["kind"], "choice" | "values" | "never" | "any">;

const TYPES: readonly string[] = [
  "string",
  "number",
  "integer",
  "boolean",
  "null",
  "array",
  "object",
] satisfies readonly TypedKind[];

/** Looks at a schema: follows references, joins `allOf`, and says what kind of value it asks for. */
export function viewOf(schema: JsonSchema, root: JsonSchema): View {
  const node = joined(resolved(schema, root), root);
  if (node.not !== undefined && Object.keys(node.not).length === 0) return { kind: "never" };
  if ("const" in node) return { kind: "values", values: [node.const] };
  if (node.enum !== undefined) return { kind: "values", values: node.enum };
  const options = node.anyOf ?? node.oneOf;
  if (options !== undefined) return { kind: "choice", options };
  const { type } = node;
  if (Array.isArray(type)) {
    return { kind: "choice", options: type.map((one: string) => ({ ...node, type: one })) };
  }
  if (typeof type === "string" && isTyped(type)) return { kind: type, node };
  return { kind: "any", node };
}

function isTyped(type: string): type is TypedKind {
  return TYPES.includes(type);
}

function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let node = schema;
  for (let hops = 0; node.$ref !== undefined && hops < 100; hops++) {
    const { $ref, ...beside } = node;
    const name = /^#\/\$defs\/(.+)$/.exec($ref)?.[1];
    const target = $ref === "#" ? root : root.$defs?.[decodePointer(name ?? "")];
    if (target === undefined) return beside;
    node = { ...target, ...beside };
  }
  return node;
}

function decodePointer(part: string): string {
  return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Parts that all must hold, as one: properties and required keys together, of anything else the last. */
function joined(node: JsonSchema, root: JsonSchema): JsonSchema {
  if (node.allOf === undefined) return node;
  const { allOf, ...own } = node;
  let whole: JsonSchema = own;
  for (const part of allOf) {
    const right = joined(resolved(part, root), root);
    whole = { ...whole, ...right, ...joinedKeys(whole, right) };
  }
  return whole;
}

/** Every pattern that a text must match. */
export function patternsOf({ pattern, patterns }: JsonSchema): readonly string[] {
  return patterns ?? (pattern === undefined ? [] : [pattern]);
}

function joinedKeys(left: JsonSchema, right: JsonSchema): JsonSchema {
  const properties = { ...left.properties, ...right.properties };
  const required = [...(left.required ?? []), ...(right.required ?? [])];
  const patterns = [...patternsOf(left), ...patternsOf(right)];
  return {
    ...(patterns.length === 0 ? {} : { patterns }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
  };
}
