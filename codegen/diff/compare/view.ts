import {
  hasOpaqueParts,
  type IrCatch,
  type IrCheck,
  type IrLiteral,
  type IrNode,
  type IrSchema,
  type IrUnion,
  type JsonValue,
} from "../../../src/schema/ir.js";
import { canonicalJson } from "../../canonical-json.js";
import { isEmptyRange, rangeOf } from "./bounds.js";

/** A node with everything that stands around it taken apart, so that two of them can be compared. */
export interface View {
  /** The node that says what is on the wire: no wrapper, no reference. */
  readonly core: IrNode;
  readonly nullable: boolean;
  /** Checks of the core and of what stands around it. */
  readonly checks: readonly IrCheck[];
  /** Values that stand in for an absent one, or hashes of the functions that make them. */
  readonly defaults: readonly (JsonValue | undefined)[];
  readonly caught: IrCatch | undefined;
  /** What a pipe or codec does with the value afterwards. */
  readonly after: readonly IrNode[];
  /** Hashes of conversions written as code. */
  readonly conversions: readonly string[];
}

/** Follows references to the node they mean. */
export function resolveNode(node: IrNode, schema: IrSchema): IrNode {
  let current = node;
  for (let step = 0; current.kind === "ref" && step < 100; step++) {
    const target = schema.definitions[current.name];
    if (target === undefined) return { kind: "unknown" };
    current = target;
  }
  return current;
}

const EMPTY: Omit<View, "core"> = {
  nullable: false,
  checks: [],
  defaults: [],
  caught: undefined,
  after: [],
  conversions: [],
};

/** Takes wrappers, references and pipes apart. */
export function viewOf(node: IrNode, schema: IrSchema): View {
  const seen = new Set<IrNode>();
  let view: Omit<View, "core"> = EMPTY;
  let current = resolveNode(node, schema);
  for (;;) {
    const inner = innerOf(current);
    if (inner === undefined || seen.has(current)) return finish(current, view, schema);
    seen.add(current);
    view = addLayer(view, current);
    current = resolveNode(inner, schema);
  }
}

function innerOf(node: IrNode): IrNode | undefined {
  switch (node.kind) {
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
    case "refined":
    case "default":
    case "prefault":
    case "catch":
      return node.inner;
    case "pipe":
    case "codec":
      return node.in;
    default:
      return undefined;
  }
}

function addLayer(view: Omit<View, "core">, node: IrNode): Omit<View, "core"> {
  const isPipe = node.kind === "pipe" || node.kind === "codec";
  const checks = isPipe ? view.checks : [...(node.checks ?? []), ...view.checks];
  const after = isPipe ? [withChecksOf(node.out, node), ...view.after] : view.after;
  return {
    nullable: view.nullable || node.kind === "nullable",
    checks,
    defaults:
      node.kind === "default" || node.kind === "prefault"
        ? [...view.defaults, node.value ?? (node.hash === undefined ? undefined : { code: node.hash })]
        : view.defaults,
    caught: view.caught ?? (node.kind === "catch" ? node : undefined),
    after,
    conversions: node.kind === "codec" ? [...view.conversions, node.hash] : view.conversions,
  };
}

function withChecksOf(out: IrNode, pipe: IrNode): IrNode {
  if (pipe.checks === undefined) return out;
  return { kind: "refined", inner: out, checks: pipe.checks };
}

function finish(core: IrNode, layers: Omit<View, "core">, schema: IrSchema): View {
  const view = { ...layers, checks: [...(core.checks ?? []), ...layers.checks] };
  if (core.kind === "null") return { ...view, core: { kind: "never" }, nullable: true };
  if (core.kind === "literal" && core.values.includes(null)) {
    return { ...view, core: withoutNull(core), nullable: true };
  }
  if (core.kind !== "union" || !isPlainUnion(core)) return { ...view, core };
  const hasNull = flatOptions(core, schema).some(takesNull);
  return { ...view, core: simplifyUnion(core, schema), nullable: view.nullable || hasNull };
}

/** The same node each time, since nodes are known by what they are. */
const simplified = new WeakMap<IrNode, IrNode>();

function withoutNull(core: IrLiteral): IrNode {
  const known = simplified.get(core);
  if (known !== undefined) return known;
  const values = core.values.filter((value) => value !== null);
  const made: IrNode = values.length === 0 ? { kind: "never" } : { ...core, values };
  simplified.set(core, made);
  return made;
}

function isPlainUnion(core: IrNode & { readonly kind: "union" }): boolean {
  return core.exclusive !== true && core.discriminator === undefined;
}

function takesNull(node: IrNode): boolean {
  return node.kind === "null" || (node.kind === "literal" && node.values.includes(null));
}

/** The options of a union and of the plain ones inside it; what JSON leaves out is none. */
function flatOptions(core: IrUnion, schema: IrSchema, depth = 0): readonly IrNode[] {
  return core.options.flatMap((option): readonly IrNode[] => {
    const node = resolveNode(option, schema);
    if (node.kind === "undefined" || node.kind === "void" || node.kind === "never") return [];
    const isNested = node.kind === "union" && isPlainUnion(node) && node.checks === undefined && depth < 8;
    return isNested ? flatOptions(node, schema, depth + 1) : [node];
  });
}

/** A union of single values is an enum, one with `null` is nullable, and one option twice is one. */
function simplifyUnion(core: IrUnion, schema: IrSchema): IrNode {
  const known = simplified.get(core) ?? simplerUnion(core, schema);
  simplified.set(core, known);
  return known;
}

function simplerUnion(core: IrUnion, schema: IrSchema): IrNode {
  const all = flatOptions(core, schema).flatMap((option): readonly IrNode[] => {
    if (!takesNull(option)) return [option];
    return option.kind === "literal" && option.values.length > 1 ? [withoutNull(option)] : [];
  });
  const options = [...new Map(all.map((option) => [shapeText(option), option])).values()];
  const [only] = options;
  if (only === undefined) return { kind: "never" };
  const lists = options.map((option) => (option.checks === undefined ? finiteValues(option) : undefined));
  if (lists.every((list) => list !== undefined)) return { kind: "literal", values: lists.flat() };
  const isBare = options.length === 1 && innerOf(only) === undefined && only.checks === undefined;
  return isBare ? only : { ...core, options };
}

const BOTH = [true, false] as const;

/** The values of a type that has a few. */
export function finiteValues(node: IrNode): readonly (string | number | boolean | null)[] | undefined {
  if (node.kind === "literal" || node.kind === "enum") return node.values;
  return node.kind === "boolean" && node.coerce !== true ? BOTH : undefined;
}

const WORDS: ReadonlySet<string> = new Set(["meta", "message", "abort"]);

/** The text of a node without what is only said about it: equal for nodes that accept the same. */
export function shapeText(node: unknown): string {
  return canonicalJson(stripWords(node));
}

function stripWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripWords);
  if (typeof value !== "object" || value === null) return value;
  const isData = !("kind" in value) && !("check" in value) && !("node" in value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => isData || !WORDS.has(key))
      .map(([key, item]) => [key, key === "value" ? item : stripWords(item)]),
  );
}

export type JsonType = "string" | "number" | "boolean" | "null" | "object" | "array";

const ALL_TYPES: readonly JsonType[] = ["string", "number", "boolean", "null", "object", "array"];

/** What a node may look like on the wire. */
export function jsonTypes(node: IrNode, schema: IrSchema, depth = 0): ReadonlySet<JsonType> {
  const view = viewOf(node, schema);
  const types = depth > 8 ? new Set(ALL_TYPES) : coreTypes(view.core, schema, depth);
  return view.nullable || view.caught !== undefined
    ? new Set([...types, ...(view.caught === undefined ? (["null"] as const) : ALL_TYPES)])
    : types;
}

function coreTypes(core: IrNode, schema: IrSchema, depth: number): ReadonlySet<JsonType> {
  switch (core.kind) {
    case "string":
    case "number":
    case "boolean":
      return core.coerce === true ? new Set(ALL_TYPES) : new Set([core.kind]);
    case "template":
    case "stringbool":
      return new Set(["string"]);
    case "null":
      return new Set(["null"]);
    case "never":
    case "undefined":
    case "void":
      return new Set();
    case "literal":
    case "enum":
      return new Set(core.values.map((value) => (value === null ? "null" : (typeof value as JsonType))));
    case "object":
    case "record":
      return new Set(["object"]);
    case "array":
    case "tuple":
      return new Set(["array"]);
    case "union":
      return new Set(core.options.flatMap((option) => [...jsonTypes(option, schema, depth + 1)]));
    default:
      return new Set(ALL_TYPES);
  }
}

/** Whether code decides over the value as a whole, rather than over a part of it. */
export function runsCode(view: View): boolean {
  const { checks, conversions, after, core } = view;
  if (checks.some((check) => check.check === "opaque")) return true;
  return core.kind === "opaque" || conversions.length > 0 || after.some(holdsCode);
}

function holdsCode(node: IrNode): boolean {
  return hasOpaqueParts({ root: node, definitions: {} });
}

/** Whether nothing at all fits; false where that is not plain to see. */
export function isNothing(view: View, schema: IrSchema, depth = 0): boolean {
  const { core } = view;
  if (view.nullable || view.caught !== undefined || depth > 8) return false;
  const isEmpty = (node: IrNode): boolean => isNothing(viewOf(node, schema), schema, depth + 1);
  switch (core.kind) {
    case "never":
      return true;
    case "object":
      return core.properties.some((property) => property.in === undefined && isEmpty(property.node));
    case "tuple":
      return core.items.some((item) => item.in === undefined && isEmpty(item.node));
    case "number":
    case "string":
    case "array":
      return isEmptyRange(rangeOf(view.checks, { skipsSafe: false }));
    default:
      return false;
  }
}
