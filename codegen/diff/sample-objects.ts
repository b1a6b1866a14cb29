import type { IrNode, IrObject, IrProperty, IrRecord } from "../../src/core/ir.js";
import type { Step } from "./change.js";
import { type Ask, askPart, MAX_DEPTH, type Sampler } from "./sample-parts.js";

/** Values of one object, and of one of its keys when there are many. */
const MAX_OBJECTS = 1600;
const MIN_PER_KEY = 4;
/** Below this many levels, what may be left out is. */
const FULL_DEPTH = 2;
/** Unknown keys get a few values only. */
const MAX_STRAY = 20;

/** Objects with everything, with the least, and with one key varied at a time. */
export function sampleObject(
  sampler: Sampler,
  ask: Ask,
  pair: { readonly node: IrObject; readonly other: IrObject | undefined },
): readonly unknown[] {
  const others = new Map(pair.other?.properties.map((property) => [property.key, property.node]));
  const parts = pair.node.properties.map((property) => {
    const matches = (step: Step): boolean => step.kind === "key" && step.key === property.key;
    const part = { node: property.node, other: others.get(property.key), matches };
    return { property, values: sampler.sample(askPart(ask, part)) };
  });
  if (parts.some(({ property, values }) => values.length === 0 && property.in === undefined)) return [];
  const base = objectOf(parts.map(({ property, values }) => [property.key, values[0]]));
  const minimal = objectOf(
    parts.flatMap(({ property, values }) => (property.in === undefined ? [[property.key, values[0]]] : [])),
  );
  if (ask.amount === "one") return [ask.depth > FULL_DEPTH ? minimal : base, minimal, base];
  // A wide object is varied less at each key: what matters is looked at with a focus.
  const perKey = Math.max(MIN_PER_KEY, Math.floor(MAX_OBJECTS / parts.length));
  const varied = parts.flatMap(({ property, values }) => vary(base, property, values.slice(0, perKey)));
  return [base, minimal, ...varied, ...strayKeys(sampler, pair, base)].slice(0, MAX_OBJECTS);
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
  pair: { readonly node: IrObject; readonly other: IrObject | undefined },
  base: Readonly<Record<string, unknown>>,
): readonly unknown[] {
  const { mode, catchall, properties } = pair.node;
  if (mode === "strip" || mode === "strict") return [];
  const known = new Set(properties.map((property) => property.key));
  const names = (pair.other?.properties ?? [])
    .map((property) => property.key)
    .filter((key) => !known.has(key));
  const node: IrNode = catchall ?? { kind: "unknown" };
  const values = sampler.sample({
    node,
    other: pair.other?.catchall,
    amount: "many",
    focus: undefined,
    depth: MAX_DEPTH,
  });
  return ["extra", ...names].flatMap((key) =>
    values.slice(0, MAX_STRAY).map((value) => ({ ...base, [key]: value })),
  );
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
