/**
 * Makes payloads that one schema accepts and that look closely at where another one differs: values around the
 * bounds of both, absent and present keys, each variant. Bounded: a place gives at most a few dozen values,
 * what is not looked at gives one, and recursive schemas end where a value may be left out.
 */
import { type CompiledSchema, compileIr } from "../../src/core/interpreter.js";
import type {
  IrArray,
  IrNode,
  IrObject,
  IrProperty,
  IrRecord,
  IrSchema,
  IrTuple,
} from "../../src/core/ir.js";
import type { Step } from "./change.js";
import { ASSORTED, hintsFrom, lengthsOf, sampleLeaf } from "./sample-leaves.js";
import { finiteValues, jsonTypes, resolveNode, type View, viewOf } from "./view.js";

/** Whose values are made, and against whom. */
export interface SampleOptions {
  readonly from: IrSchema;
  readonly to: IrSchema;
  /** Which of the two is the old one, for the positions in a path. */
  readonly fromSide: "old" | "new";
}

/** Values of one place. */
const MAX_LEAF = 60;
/** Values of one list, tuple or union. */
const MAX_COMPOSED = 400;
/** Values of one object, and of one of its keys when there are many. */
const MAX_OBJECTS = 1600;
const MIN_PER_KEY = 4;
/** Below this many levels only one value is made. */
const MAX_DEPTH = 6;

interface Sampler {
  readonly options: SampleOptions;
  readonly known: Map<IrNode, unknown>;
  readonly underway: Set<IrNode>;
  /** How often a node is being varied inside itself. */
  readonly varied: Map<IrNode, number>;
  readonly compiled: Map<IrNode, CompiledSchema>;
}

/** What is asked for at one place. */
interface Ask {
  readonly node: IrNode;
  /** The same place on the other side, where there is one. */
  readonly other: IrNode | undefined;
  readonly amount: "one" | "many";
  readonly focus: readonly Step[] | undefined;
  readonly depth: number;
}

/** Payloads that the `from` schema accepts, the most ordinary one first. */
export function samplePayloads(options: SampleOptions): readonly unknown[] {
  return createSampler(options)();
}

/**
 * Makes payloads again and again for one pair of schemas.
 *
 * @returns payloads in which only what lies on a path is varied; everything, when no path is given
 */
export function createSampler(options: SampleOptions): (focus?: readonly Step[]) => readonly unknown[] {
  const sampler: Sampler = {
    options,
    known: new Map(),
    underway: new Set(),
    varied: new Map(),
    compiled: new Map(),
  };
  const { from, to } = options;
  return (focus) => sample(sampler, { node: from.root, other: to.root, amount: "many", focus, depth: 0 });
}

/** A recursive schema is varied once more inside itself; further down it gives one value. */
const MAX_NESTING = 2;

function sample(sampler: Sampler, asked: Ask): readonly unknown[] {
  const node = resolveNode(asked.node, sampler.options.from);
  const other = asked.other === undefined ? undefined : resolveNode(asked.other, sampler.options.to);
  const ask: Ask = { ...asked, node, other };
  const isOnPath = ask.focus !== undefined && ask.focus.length > 0;
  const nesting = sampler.varied.get(node) ?? 0;
  const isDeep = ask.depth > MAX_DEPTH || nesting >= MAX_NESTING;
  if (ask.amount === "one" || (isDeep && !isOnPath)) return sampleOne(sampler, ask);
  sampler.varied.set(node, nesting + 1);
  const values = compose(sampler, ask);
  sampler.varied.set(node, nesting);
  // On the way to a place nothing is sorted out: whether a whole payload fits is seen when it is tried.
  if (isOnPath) return values;
  return ask.focus === undefined
    ? inOrder(accepted(sampler, ask, values))
    : telling(accepted(sampler, ask, values));
}

/** What both sides accept, and what only the writing side does. */
interface Accepted {
  readonly both: readonly unknown[];
  readonly only: readonly unknown[];
}

function inOrder({ both, only }: Accepted): readonly unknown[] {
  return [...both, ...only];
}

const MAX_TELLING = 16;

/** At the place that is looked at, values that tell the two sides apart come first, and few are enough. */
function telling({ both, only }: Accepted): readonly unknown[] {
  return only.length === 0 ? both : [...only.slice(0, MAX_TELLING), ...both.slice(0, MAX_TELLING / 2)];
}

/** One value per node, made once. A node met again inside itself has none, so a way out is taken. */
function sampleOne(sampler: Sampler, ask: Ask): readonly unknown[] {
  const known = sampler.known.get(ask.node);
  if (known !== undefined) return [known];
  if (sampler.underway.has(ask.node)) return [];
  sampler.underway.add(ask.node);
  const values = compose(sampler, { ...ask, amount: "one", focus: undefined });
  const [first] = inOrder(accepted(sampler, ask, values));
  sampler.underway.delete(ask.node);
  if (first === undefined) return [];
  sampler.known.set(ask.node, first);
  return [first];
}

/** Keeps what the writing side accepts, by whether the reading side accepts it as well. */
function accepted(sampler: Sampler, ask: Ask, values: readonly unknown[]): Accepted {
  const { from, to } = sampler.options;
  const accepts = compiledFor(sampler, ask.node, from);
  const fitting = values.filter((value) => accepts(value).issues === undefined);
  if (ask.other === undefined) return { both: fitting, only: [] };
  const fitsOther = compiledFor(sampler, ask.other, to);
  const both: unknown[] = [];
  const only: unknown[] = [];
  for (const value of fitting) (fitsOther(value).issues === undefined ? both : only).push(value);
  return { both, only };
}

function compiledFor(sampler: Sampler, node: IrNode, schema: IrSchema): CompiledSchema {
  const known = sampler.compiled.get(node);
  if (known !== undefined) return known;
  const compiled = compileIr({ root: node, definitions: schema.definitions });
  sampler.compiled.set(node, compiled);
  return compiled;
}

function compose(sampler: Sampler, ask: Ask): readonly unknown[] {
  const view = viewOf(ask.node, sampler.options.from);
  const other = ask.other === undefined ? undefined : viewOf(ask.other, sampler.options.to);
  const values = [...examplesOf(ask.node, view), ...composeCore(sampler, ask, { view, other })];
  if (view.nullable) values.push(null);
  if (view.caught !== undefined && ask.amount === "many") values.push(...ASSORTED);
  return values;
}

function examplesOf(node: IrNode, view: View): readonly unknown[] {
  const isLeaf = view.core.kind !== "object" && view.core.kind !== "union";
  return isLeaf ? [...(node.meta?.examples ?? []), ...(view.core.meta?.examples ?? [])] : [];
}

interface Views {
  readonly view: View;
  readonly other: View | undefined;
}

function composeCore(sampler: Sampler, ask: Ask, views: Views): readonly unknown[] {
  const { core } = views.view;
  switch (core.kind) {
    case "object":
      return sampleObject(sampler, ask, { node: core, other: sameKind(views, "object") });
    case "array":
      return sampleArray(sampler, ask, { node: core, views });
    case "tuple":
      return sampleTuple(sampler, ask, { node: core, other: sameKind(views, "tuple") });
    case "record":
      return sampleRecord(sampler, ask, { node: core, other: sameKind(views, "record") });
    case "union":
      return sampleUnion(sampler, ask, views);
    case "intersection":
      return sampleIntersection(sampler, ask, { left: core.left, right: core.right });
    default:
      return leafValues(ask, views);
  }
}

function sameKind<Kind extends IrNode["kind"]>(
  views: Views,
  kind: Kind,
): (IrNode & { readonly kind: Kind }) | undefined {
  const core = views.other?.core;
  return core?.kind === kind ? (core as IrNode & { readonly kind: Kind }) : undefined;
}

function leafValues(ask: Ask, { view, other }: Views): readonly unknown[] {
  const checks = [...view.checks, ...(other?.core.kind === view.core.kind ? other.checks : [])];
  const own = sampleLeaf(view.core, checks);
  if (ask.amount === "one") return [...own, ...hintsFrom(other)];
  const limit = finiteValues(view.core) === undefined ? MAX_LEAF : MAX_COMPOSED;
  return [...new Set([...own.slice(0, limit), ...hintsFrom(other)])];
}

/** What to ask of a part: everything on the path, one value beside it. */
function askPart(
  ask: Ask,
  part: {
    readonly node: IrNode;
    readonly other: IrNode | undefined;
    readonly matches: (step: Step) => boolean;
  },
): Ask {
  const base = { node: part.node, other: part.other, depth: ask.depth + 1 };
  if (ask.amount === "one") return { ...base, amount: "one", focus: undefined };
  const [step, ...rest] = ask.focus ?? [];
  if (step === undefined) return { ...base, amount: "many", focus: ask.focus };
  return part.matches(step)
    ? { ...base, amount: "many", focus: rest, depth: 0 }
    : { ...base, amount: "one", focus: undefined };
}

function sampleObject(
  sampler: Sampler,
  ask: Ask,
  pair: { readonly node: IrObject; readonly other: IrObject | undefined },
): readonly unknown[] {
  const others = new Map(pair.other?.properties.map((property) => [property.key, property.node]));
  const parts = pair.node.properties.map((property) => {
    const matches = (step: Step): boolean => step.kind === "key" && step.key === property.key;
    const part = { node: property.node, other: others.get(property.key), matches };
    return { property, values: sample(sampler, askPart(ask, part)) };
  });
  if (parts.some(({ property, values }) => values.length === 0 && property.in === undefined)) return [];
  const base = objectOf(parts.map(({ property, values }) => [property.key, values[0]]));
  const minimal = objectOf(
    parts.flatMap(({ property, values }) => (property.in === undefined ? [[property.key, values[0]]] : [])),
  );
  if (ask.amount === "one") return [ask.depth > 2 ? minimal : base, minimal, base];
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
  const values = sample(sampler, {
    node,
    other: pair.other?.catchall,
    amount: "many",
    focus: undefined,
    depth: MAX_DEPTH,
  });
  return ["extra", ...names].flatMap((key) =>
    values.slice(0, 20).map((value) => ({ ...base, [key]: value })),
  );
}

function sampleArray(
  sampler: Sampler,
  ask: Ask,
  { node, views }: { readonly node: IrArray; readonly views: Views },
): readonly unknown[] {
  const other = views.other?.core.kind === "array" ? views.other.core.element : undefined;
  const part = { node: node.element, other, matches: (step: Step) => step.kind === "element" };
  const elements = sample(sampler, askPart(ask, part));
  const lengths = lengthsOf([...views.view.checks, ...(views.other?.checks ?? [])]);
  const [first] = elements;
  if (elements.length === 0) return [[]];
  const sized = lengths.filter((length) => length <= 2000).map((length) => Array(length).fill(first));
  if (ask.amount === "one") return ask.depth > 2 ? [[], [first], ...sized] : [[first], [], ...sized];
  const longest = sized.find((list) => list.length > 0) ?? [];
  const singles = elements.map((element) => [element]);
  const inSized = elements.slice(1).map((element) => [element, ...longest.slice(1)]);
  return [...singles, [], ...sized, ...inSized].slice(0, MAX_COMPOSED);
}

function sampleTuple(
  sampler: Sampler,
  ask: Ask,
  pair: { readonly node: IrTuple; readonly other: IrTuple | undefined },
): readonly unknown[] {
  const slots = pair.node.items.map((item, index) => {
    const matches = (step: Step): boolean => step.kind === "slot" && step.index === index;
    return sample(sampler, askPart(ask, { node: item.node, other: pair.other?.items[index]?.node, matches }));
  });
  const base = slots.map((values) => values[0]);
  const required = pair.node.items.filter((item) => item.in === undefined).length;
  const varied = slots.flatMap((values, index) => values.slice(1).map((value) => base.with(index, value)));
  const shorter = base.map((_, index) => base.slice(0, index)).filter((list) => list.length >= required);
  return [base, ...shorter, ...varied, ...sampleRest(sampler, ask, { pair, base })].slice(0, MAX_COMPOSED);
}

function sampleRest(
  sampler: Sampler,
  ask: Ask,
  {
    pair,
    base,
  }: {
    readonly pair: { readonly node: IrTuple; readonly other: IrTuple | undefined };
    readonly base: readonly unknown[];
  },
): readonly unknown[] {
  const { rest } = pair.node;
  if (rest === undefined) return [];
  const matches = (step: Step): boolean => step.kind === "rest";
  const values = sample(sampler, askPart(ask, { node: rest, other: pair.other?.rest, matches }));
  return values.map((value) => [...base, value]);
}

function sampleRecord(
  sampler: Sampler,
  ask: Ask,
  pair: { readonly node: IrRecord; readonly other: IrRecord | undefined },
): readonly unknown[] {
  const { node, other } = pair;
  const isValue = (step: Step): boolean => step.kind === "value";
  const values = sample(sampler, askPart(ask, { node: node.values, other: other?.values, matches: isValue }));
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
  const keys = sample(sampler, {
    node: node.keys,
    other: other?.keys,
    amount,
    focus: undefined,
    depth: ask.depth + 1,
  });
  return [...new Set(keys.map(String))].filter((key) => key.length < 200 && key !== "__proto__");
}

function sampleUnion(sampler: Sampler, ask: Ask, views: Views): readonly unknown[] {
  const { core } = views.view;
  if (core.kind !== "union") return [];
  const [step, ...rest] = ask.focus ?? [];
  if (ask.amount === "many" && step?.kind === "option") {
    const index = step[sampler.options.fromSide];
    const node = core.options[index] ?? core;
    const other = optionAt(views.other, step[sampler.options.fromSide === "old" ? "new" : "old"]);
    return sample(sampler, { ...ask, node, other, focus: rest, depth: 0 });
  }
  const lists = core.options.map((node) => {
    const other = partnerOf(node, views.other, sampler);
    const focus = ask.amount === "one" ? undefined : ask.focus;
    return sample(sampler, { ...ask, node, other, focus, depth: ask.depth + 1 });
  });
  return interleave(lists).slice(0, MAX_COMPOSED);
}

function optionAt(view: View | undefined, index: number): IrNode | undefined {
  if (view === undefined) return undefined;
  return view.core.kind === "union" ? view.core.options[index] : view.core;
}

/** A variant of the other union that may look the same on the wire. */
function partnerOf(node: IrNode, other: View | undefined, sampler: Sampler): IrNode | undefined {
  if (other === undefined) return undefined;
  if (other.core.kind !== "union") return other.core;
  const types = jsonTypes(node, sampler.options.from);
  return other.core.options.find((option) =>
    [...jsonTypes(option, sampler.options.to)].some((type) => types.has(type)),
  );
}

/** Takes from each list in turn, so that a cut leaves something of every one. */
function interleave(lists: readonly (readonly unknown[])[]): readonly unknown[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) =>
    lists.flatMap((list) => (index < list.length ? [list[index]] : [])),
  ).flat();
}

function sampleIntersection(
  sampler: Sampler,
  ask: Ask,
  sides: { readonly left: IrNode; readonly right: IrNode },
): readonly unknown[] {
  const of = (side: "left" | "right"): readonly unknown[] => {
    const matches = (step: Step): boolean => step.kind === "side" && step.side === side;
    return sample(sampler, askPart(ask, { node: sides[side], other: undefined, matches }));
  };
  const [left, right] = [of("left"), of("right")];
  const merged = [
    ...left.map((value) => merge(value, right[0])),
    ...right.map((value) => merge(left[0], value)),
  ];
  return [...merged, ...left, ...right].slice(0, MAX_COMPOSED);
}

function merge(a: unknown, b: unknown): unknown {
  const isObject = (value: unknown): value is object =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject(a) && isObject(b) ? { ...a, ...b } : a;
}
