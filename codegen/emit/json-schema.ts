import type {
  IrCheck,
  IrNode,
  IrObject,
  IrProperty,
  IrRecord,
  IrSchema,
  IrUnion,
  JsonValue,
} from "../../src/schema/ir.js";
import { certaintyOf } from "../../src/schema/ir-certainty.js";
import { areRepeatable } from "../../src/schema/ir-checks.js";
import { SENSITIVE_KEY } from "../../src/schema/standard-json-schema.js";
import { refusesUndefined } from "./validator/presence.js";

/** `writer`: what may be sent. `reader`: what arrives once a producer has filled in defaults and dropped keys. */
export type SchemaView = "writer" | "reader";

/** A JSON Schema as plain data. */
export type JsonSchema = { readonly [key: string]: JsonValue };

interface Context {
  readonly view: SchemaView;
  /** Where a definition is found: `#/$defs/`. */
  readonly refBase: string;
  /** Inside an intersection no side may close the object for the other. */
  readonly closes: boolean;
  /** Whether the outcome of a node is known without code of the contract. */
  readonly isCertain: (node: IrNode) => boolean;
}

/**
 * Says in JSON Schema 2020-12 what a schema accepts on the wire. What JSON Schema cannot say (code of the contract,
 * checks after a change of the value) is left out, so that nothing valid is refused.
 *
 * @param refBase where the definitions will stand, such as `#/$defs/`
 */
export function toJsonSchema(schema: IrSchema, view: SchemaView, refBase = "#/$defs/"): JsonSchema {
  const context: Context = { view, refBase, closes: true, isCertain: certaintyOf(schema).isCertain };
  const definitions = Object.entries(schema.definitions).map(([name, node]) => [
    name,
    convert(node, context),
  ]);
  const root = convert(schema.root, context);
  return definitions.length === 0 ? root : { ...root, $defs: Object.fromEntries(definitions) };
}

function convert(node: IrNode, context: Context): JsonSchema {
  return { ...convertKind(node, context), ...metaOf(node) };
}

function metaOf({ meta }: IrNode): JsonSchema {
  if (meta === undefined) return {};
  const { title, description, deprecated, examples, sensitive } = meta;
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(deprecated !== undefined && deprecated !== false && { deprecated: true }),
    ...(examples !== undefined && { examples }),
    ...(sensitive === true && { [SENSITIVE_KEY]: true }),
  };
}

function convertKind(node: IrNode, context: Context): JsonSchema {
  const inner = (child: IrNode): JsonSchema => convert(child, context);
  switch (node.kind) {
    case "string":
      if (node.coerce === true && context.view === "writer") return {};
      return { type: "string", ...textChecks(node.checks ?? [], context) };
    case "number":
      if (node.coerce === true && context.view === "writer") return {};
      return { type: "number", ...numberChecks(node.checks ?? []) };
    case "boolean":
      return node.coerce === true && context.view === "writer" ? {} : { type: "boolean" };
    case "null":
      return { type: "null" };
    case "any":
    case "unknown":
    case "opaque":
    case "native":
      return {};
    case "undefined":
    case "void":
    case "never":
      return { not: {} };
    case "literal":
      return node.values.length === 1 ? { const: node.values[0] ?? null } : { enum: node.values };
    case "enum":
      return { enum: node.values };
    case "template":
      return { type: "string", pattern: node.pattern };
    case "stringbool":
      return node.caseSensitive === true
        ? { type: "string", enum: [...node.truthy, ...node.falsy] }
        : { type: "string" };
    case "object":
      return objectSchema(node, context);
    case "array":
      return { type: "array", items: inner(node.element), ...lengthChecks(node.checks ?? []) };
    case "tuple":
      return tupleSchema(node, context);
    case "record":
      return recordSchema(node, context);
    case "union":
      return unionSchema(node, context);
    case "intersection": {
      const open = { ...asGiven(context), closes: false };
      return { allOf: [convert(node.left, open), convert(node.right, open)] };
    }
    case "nullable":
      return { anyOf: [inner(node.inner), { type: "null" }] };
    case "optional":
    case "nonoptional":
    case "readonly":
    case "refined":
      return inner(node.inner);
    case "default":
    case "prefault":
      return { ...inner(node.inner), ...(node.value !== undefined && { default: node.value }) };
    case "catch":
      return isReplacedByProducer(node, context) ? inner(node.inner) : {};
    case "pipe":
    case "codec":
      return convert(node.in, asGiven(context));
    case "ref":
      return { $ref: `${context.refBase}${node.name}` };
  }
}

/** Only where nothing of the verdict and the replacement is left to the worker. */
function isReplacedByProducer(
  node: IrNode & { readonly kind: "catch" },
  { view, isCertain }: Context,
): boolean {
  return view === "reader" && node.late !== true && node.hash === undefined && isCertain(node.inner);
}

/** Where the worker must choose once more, a producer may send the value as it was given. */
function asGiven(context: Context): Context {
  return { ...context, view: "writer" };
}

function objectSchema(node: IrObject, context: Context): JsonSchema {
  const properties = node.properties.map(({ key, node: child }) => [key, convert(child, context)] as const);
  const required = node.properties.filter((property) => isRequired(property, context)).map(({ key }) => key);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
    ...unknownKeys(node, context),
  };
}

function isRequired({ in: presence, node }: IrProperty, context: Context): boolean {
  return presence === undefined || (presence === "defaulted" && isFilledIn(node, context));
}

/** Whether the value of a known key is there: a schema that takes `undefined` lets the key stay away. */
function isThere(node: IrNode, context: Context): boolean {
  return refusesUndefined(node) || isFilledIn(node, context);
}

/** A default that the producer fills in is there for the reader. */
function isFilledIn(node: IrNode, { view }: Context): boolean {
  return view === "reader" && node.kind === "default" && node.value !== undefined && node.late !== true;
}

function unknownKeys(node: IrObject, context: Context): JsonSchema {
  switch (node.mode) {
    case "strict":
      return context.closes ? { additionalProperties: false } : {};
    case "strip":
      return context.view === "reader" && context.closes ? { additionalProperties: false } : {};
    case "loose":
      return {};
    case "catchall":
      return node.catchall === undefined ? {} : { additionalProperties: convert(node.catchall, context) };
  }
}

function tupleSchema(node: IrNode & { readonly kind: "tuple" }, context: Context): JsonSchema {
  const required = node.items.findLastIndex((item) => item.in === undefined) + 1;
  return {
    type: "array",
    ...(node.items.length > 0 && { prefixItems: node.items.map((item) => convert(item.node, context)) }),
    items: node.rest === undefined ? false : convert(node.rest, context),
    ...(required > 0 && { minItems: required }),
  };
}

function recordSchema(node: IrRecord, context: Context): JsonSchema {
  if (node.loose === true) return { type: "object" };
  const values = convert(node.values, context);
  if (node.known === undefined) {
    const names =
      node.keys.kind === "string" || node.keys.kind === "template" ? convert(node.keys, context) : {};
    const isPlain = Object.keys(names).every((key) => key === "type");
    if (isPlain) return { type: "object", additionalProperties: values };
    // A key that does not fit may belong to the other side of an intersection.
    if (!context.closes) return { type: "object" };
    return { type: "object", propertyNames: names, additionalProperties: values };
  }
  const known = node.known.map(String);
  return {
    type: "object",
    properties: Object.fromEntries(known.map((key) => [key, values])),
    ...(node.partial !== true && isThere(node.values, context) && { required: known }),
    ...(context.closes && { additionalProperties: false }),
  };
}

function unionSchema(node: IrUnion, context: Context): JsonSchema {
  const isSettled = node.discriminator !== undefined && node.discriminator.fallback !== true;
  const inside = isSettled ? context : asGiven(context);
  const options = node.options.map((option) => convert(option, inside));
  const isExact = node.exclusive === true && node.options.every(context.isCertain);
  return isExact ? { oneOf: options } : { anyOf: options };
}

/** Formats that JSON Schema names too. */
const FORMATS: Readonly<Record<string, string>> = {
  email: "email",
  url: "uri",
  uuid: "uuid",
  guid: "uuid",
  datetime: "date-time",
  date: "date",
  duration: "duration",
  ipv4: "ipv4",
  ipv6: "ipv6",
};

/** Checks on what the value became cannot be asked of the value that is sent. */
function textChecks(checks: readonly IrCheck[], { view }: Context): JsonSchema {
  const change = checks.findIndex(isChange);
  const shown =
    change === -1 ? checks : view === "writer" || !areRepeatable(checks) ? checks.slice(0, change) : checks;
  const parts = shown.map(textCheck);
  const patterns = parts.filter((part) => part.pattern !== undefined);
  if (patterns.length < 2) return Object.assign({}, ...parts) as JsonSchema;
  const others = parts.filter((part) => part.pattern === undefined);
  return { ...(Object.assign({}, ...others) as JsonSchema), allOf: patterns };
}

function beforeChange(checks: readonly IrCheck[]): readonly IrCheck[] {
  const change = checks.findIndex(isChange);
  return change === -1 ? checks : checks.slice(0, change);
}

function isChange(check: IrCheck): boolean {
  switch (check.check) {
    case "trim":
    case "to_lower_case":
    case "to_upper_case":
    case "normalize":
    case "slugify":
      return true;
    case "opaque":
      return check.changes === true;
    default:
      return false;
  }
}

function textCheck(check: IrCheck): JsonSchema {
  switch (check.check) {
    case "format": {
      const format = FORMATS[check.format];
      const hasPattern = check.pattern !== undefined && (check.flags ?? "").replace("u", "") === "";
      return {
        ...(format !== undefined && { format }),
        ...(hasPattern && { pattern: check.pattern ?? "" }),
      };
    }
    case "min_length":
      return { minLength: check.units === true ? Math.ceil(check.value / 2) : check.value };
    case "max_length":
      return { maxLength: check.value };
    case "length":
      if (check.units === true) return { minLength: Math.ceil(check.value / 2), maxLength: check.value };
      return { minLength: check.value, maxLength: check.value };
    case "includes":
      return check.position === undefined ? { pattern: escaped(check.text) } : {};
    case "starts_with":
      return { pattern: `^${escaped(check.text)}` };
    case "ends_with":
      return { pattern: `${escaped(check.text)}$` };
    default:
      return {};
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

const INTEGERS: Readonly<Record<string, JsonSchema>> = {
  safeint: { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  int32: { type: "integer", minimum: -2_147_483_648, maximum: 2_147_483_647 },
  uint32: { type: "integer", minimum: 0, maximum: 4_294_967_295 },
};

/** The tighter one of two bounds stays. */
function numberChecks(checks: readonly IrCheck[]): JsonSchema {
  const result: Record<string, JsonValue> = {};
  for (const check of beforeChange(checks)) {
    if (check.check === "number_format") Object.assign(result, tighter(result, INTEGERS[check.format] ?? {}));
    if (check.check === "min")
      Object.assign(
        result,
        tighter(result, { [check.exclusive === true ? "exclusiveMinimum" : "minimum"]: check.value }),
      );
    if (check.check === "max")
      Object.assign(
        result,
        tighter(result, { [check.exclusive === true ? "exclusiveMaximum" : "maximum"]: check.value }),
      );
    if (check.check === "multiple_of" && Number.isInteger(check.value)) result.multipleOf = check.value;
  }
  return result;
}

function tighter(known: JsonSchema, added: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(added).map(([key, value]) => {
      const before = known[key];
      if (typeof before !== "number" || typeof value !== "number") return [key, value];
      return [key, /min/i.test(key) ? Math.max(before, value) : Math.min(before, value)];
    }),
  );
}

function lengthChecks(checks: readonly IrCheck[]): JsonSchema {
  const parts = beforeChange(checks).map((check): JsonSchema => {
    if (check.check === "min_length") return { minItems: check.value };
    if (check.check === "max_length") return { maxItems: check.value };
    return check.check === "length" ? { minItems: check.value, maxItems: check.value } : {};
  });
  return Object.assign({}, ...parts) as JsonSchema;
}
