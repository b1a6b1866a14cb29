import {
  hasOpaqueParts,
  type IrNode,
  type IrObject,
  type IrProperty,
  type IrRecord,
} from "../../../src/schema/ir.js";
import type { Step } from "../change.js";
import { type Ask, askPart, MAX_DEPTH, type Sampler } from "./sample-parts.js";

/** Values of one object, and of one of its keys when there are many. */
const MAX_OBJECTS = 1600;
const MIN_PER_KEY = 4;
/** Keys of all values of one object together: the wider it is, the fewer values it gets. */
const MAX_KEYS = 160_000;
/** Below this many levels, what may be left out is. */
const FULL_DEPTH = 2;
/** Unknown keys get a few values only. */
const MAX_STRAY = 20;

interface ObjectPair {
  readonly node: IrObject;
  readonly other: IrObject | undefined;
}

/** Objects with everything, with the least, and with one key varied at a time. */
export function sampleObject(sampler: Sampler, ask: Ask, pair: ObjectPair): readonly unknown[] {
  const [step] = ask.amount === "many" ? (ask.focus ?? []) : [];
  if (step !== undefined) return sampleFocused(sampler, ask, { pair, step });
  const others = othersOf(sampler, pair.other);
  const parts = pair.node.properties.map((property) => {
    const part = { node: property.node, other: others.get(property.key), matches: () => false };
    return { property, values: sampler.sample(askPart(ask, part)) };
  });
  const bases = basesOf(parts);
  if (bases === undefined) return [];
  const { base, minimal } = bases;
  if (ask.amount === "one") return [ask.depth > FULL_DEPTH ? minimal : base, minimal, base];
  // A wide object is varied less at each key: what matters is looked at with a focus.
  const most = Math.min(MAX_OBJECTS, Math.ceil(MAX_KEYS / Math.max(1, parts.length)));
  const perKey = Math.max(MIN_PER_KEY, Math.floor(MAX_OBJECTS / parts.length));
  const varied: unknown[] = bundles(sampler, ask, { pair, base });
  for (const { property, values } of parts) {
    if (varied.length >= most) break;
    varied.push(...vary(base, property, values.slice(0, perKey)));
  }
  return [base, minimal, ...varied, ...strayKeys(sampler, pair, { base, most })].slice(0, most);
}

/** From this many keys on, several are varied at a time as well. */
const WIDE = 60;
const MAX_BUNDLE = 32;
const BUNDLE_ROUNDS = 2;

/**
 * Objects in which many keys at once have a value that tells the two sides apart: where a wide contract was changed
 * throughout, a few of them prove everything. A key at which code decides keeps its ordinary value.
 */
function bundles(
  sampler: Sampler,
  ask: Ask,
  { pair, base }: { readonly pair: ObjectPair; readonly base: Readonly<Record<string, unknown>> },
): unknown[] {
  const { properties } = pair.node;
  if (properties.length < WIDE) return [];
  const others = othersOf(sampler, pair.other);
  const telling = properties.map(({ key, node }) => {
    const isOpaque = hasOpaqueParts({ root: node, definitions: sampler.options.from.definitions });
    const place = { node, other: others.get(key), amount: "many", focus: [] } as const;
    return { key, values: isOpaque ? [] : sampler.sample({ ...place, depth: ask.depth + 1 }) };
  });
  const made: unknown[] = [];
  for (let round = 0; round < BUNDLE_ROUNDS; round++) {
    for (let from = 0; from < telling.length; from += MAX_BUNDLE) {
      const some = telling.slice(from, from + MAX_BUNDLE).filter(({ values }) => round < values.length);
      made.push({ ...base, ...Object.fromEntries(some.map(({ key, values }) => [key, values[round]])) });
    }
  }
  return made;
}

/** Objects in which one key is varied, and nothing else. */
function sampleFocused(
  sampler: Sampler,
  ask: Ask,
  { pair, step }: { readonly pair: ObjectPair; readonly step: Step },
): readonly unknown[] {
  const bases = knownBases(sampler, ask, pair.node);
  const key = step.kind === "key" ? step.key : undefined;
  const property = pair.node.properties.find((candidate) => candidate.key === key);
  if (property === undefined) {
    if (bases === undefined) return [];
    return [bases.base, bases.minimal, ...strayKeys(sampler, pair, { base: bases.base, key })];
  }
  const other = othersOf(sampler, pair.other).get(property.key);
  const values = sampler.sample(askPart(ask, { node: property.node, other, matches: () => true }));
  const [first] = values;
  if (bases === undefined || (values.length === 0 && property.in === undefined)) return [];
  const base = first === undefined ? bases.base : { ...bases.base, [property.key]: first };
  const minimal =
    first === undefined || property.in !== undefined
      ? bases.minimal
      : { ...bases.minimal, [property.key]: first };
  return [base, minimal, ...vary(base, property, values), ...strayKeys(sampler, pair, { base, key })];
}

/** An object with one value of each key, and one with the keys it must have. */
interface Bases {
  readonly base: Readonly<Record<string, unknown>>;
  readonly minimal: Readonly<Record<string, unknown>>;
}

function basesOf(
  parts: readonly { readonly property: IrProperty; readonly values: readonly unknown[] }[],
): Bases | undefined {
  if (parts.some(({ property, values }) => values.length === 0 && property.in === undefined))
    return undefined;
  return {
    base: objectOf(parts.map(({ property, values }) => [property.key, values[0]])),
    minimal: objectOf(
      parts.flatMap(({ property, values }) => (property.in === undefined ? [[property.key, values[0]]] : [])),
    ),
  };
}

/** Made once, since a wide object is looked at once per changed key. */
function knownBases(sampler: Sampler, ask: Ask, node: IrObject): Bases | undefined {
  const known = sampler.bases.get(node);
  if (known !== undefined) return known;
  const parts = node.properties.map((property) => {
    const part = { node: property.node, other: undefined, amount: "one", focus: undefined } as const;
    return { property, values: sampler.sample({ ...part, depth: ask.depth + 1 }) };
  });
  const bases = basesOf(parts);
  if (bases !== undefined && parts.every(({ values }) => values.length > 0)) sampler.bases.set(node, bases);
  return bases;
}

function othersOf(sampler: Sampler, other: IrObject | undefined): ReadonlyMap<string, IrNode> {
  if (other === undefined) return new Map();
  const known = sampler.nodesByKey.get(other);
  if (known !== undefined) return known;
  const made = new Map(other.properties.map((property) => [property.key, property.node]));
  sampler.nodesByKey.set(other, made);
  return made;
}

type Entry = readonly [string, unknown];

function objectOf(entries: readonly (readonly unknown[])[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries((entries as readonly Entry[]).filter(([, value]) => value !== undefined));
}

function vary(
  base: Readonly<Record<string, unknown>>,
  property: IrProperty,
  values: readonly unknown[],
): readonly unknown[] {
  const variants = values.slice(1).map((value) => ({ ...base, [property.key]: value }));
  if (property.in === undefined) return variants;
  const { [property.key]: _value, ...without } = base;
  return [without, ...variants];
}

/** Keys that a schema keeps though it does not know them, with the names that only the other side knows. */
function strayKeys(
  sampler: Sampler,
  pair: ObjectPair,
  given: {
    readonly base: Readonly<Record<string, unknown>>;
    /** The only name wanted beside one that nobody knows. */
    readonly key?: string | undefined;
    readonly most?: number;
  },
): readonly unknown[] {
  const { mode, catchall, properties } = pair.node;
  if (mode === "strip" || mode === "strict") return [];
  const known = new Set(properties.map((property) => property.key));
  const all = given.key === undefined ? (pair.other?.properties ?? []).map(({ key }) => key) : [given.key];
  const names = all.filter((key) => !known.has(key)).slice(0, given.most ?? MAX_OBJECTS);
  const node: IrNode = catchall ?? { kind: "unknown" };
  const values = sampler.sample({
    node,
    other: pair.other?.catchall,
    amount: "many",
    focus: undefined,
    depth: MAX_DEPTH,
  });
  const few = values.slice(0, names.length > MAX_STRAY ? 2 : MAX_STRAY);
  return ["extra", ...names].flatMap((key) => few.map((value) => ({ ...given.base, [key]: value })));
}

/** Records with each key and each value. */
export function sampleRecord(
  sampler: Sampler,
  ask: Ask,
  pair: { readonly node: IrRecord; readonly other: IrRecord | undefined },
): readonly unknown[] {
  const { node, other } = pair;
  const isValue = (step: Step): boolean => step.kind === "value";
  const values = sampler.sample(askPart(ask, { node: node.values, other: other?.values, matches: isValue }));
  const [first] = values;
  if (node.known !== undefined && node.partial !== true) {
    const full = Object.fromEntries(node.known.map((key) => [key, first]));
    const [key] = node.known;
    return [full, ...(key === undefined ? [] : values.slice(1).map((value) => ({ ...full, [key]: value })))];
  }
  const keys = recordKeys(sampler, ask, pair);
  const [key] = keys;
  if (key === undefined || first === undefined) return [{}];
  const withKeys = keys.map((name) => ({ [name]: first }));
  if (ask.amount === "one") return [...withKeys, {}];
  return [...withKeys, {}, ...values.slice(1).map((value) => ({ [key]: value }))];
}

function recordKeys(
  sampler: Sampler,
  ask: Ask,
  { node, other }: { readonly node: IrRecord; readonly other: IrRecord | undefined },
): readonly string[] {
  const amount = ask.amount;
  const keys = sampler.sample({
    node: node.keys,
    other: other?.keys,
    amount,
    focus: undefined,
    depth: ask.depth + 1,
  });
  return [...new Set(keys.map(String))].filter((key) => key.length < 200 && key !== "__proto__");
}
