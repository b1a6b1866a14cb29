/**
 * Makes payloads that one schema accepts and that look closely at where another one differs: values around the
 * bounds of both, absent and present keys, each variant. Bounded: a place gives at most a few dozen values,
 * what is not looked at gives one, and recursive schemas end where a value may be left out.
 */
import { type CompiledSchema, compileIr } from "../../../src/schema/interpreter.js";
import type { IrNode, IrSchema } from "../../../src/schema/ir.js";
import type { Step } from "../change.js";
import { resolveNode, type View, viewOf } from "../compare/view.js";
import { ASSORTED, hintsFrom, sampleLeaf, textsBetween } from "./sample-leaves.js";
import { sampleArray, sampleTuple } from "./sample-lists.js";
import { sampleObject, sampleRecord } from "./sample-objects.js";
import { type Ask, MAX_DEPTH, type SampleOptions, type Sampler, type Views } from "./sample-parts.js";
import { sampleIntersection, sampleUnion } from "./sample-variants.js";

/** Values of one place. */
const MAX_LEAF = 60;

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
    sample: (ask) => sample(sampler, ask),
    known: new Map(),
    underway: new Set(),
    varied: new Map(),
    compiled: new Map(),
    bases: new Map(),
    leaves: new Map(),
    nodesByKey: new Map(),
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
    : telling(accepted(sampler, ask, values), sampler.options.telling ?? MAX_TELLING);
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
function telling({ both, only }: Accepted, most: number): readonly unknown[] {
  return only.length === 0 ? both : [...only.slice(0, most), ...both.slice(0, most / 2)];
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
      return leafValues(sampler, ask, views);
  }
}

function sameKind<Kind extends IrNode["kind"]>(
  views: Views,
  kind: Kind,
): (IrNode & { readonly kind: Kind }) | undefined {
  const core = views.other?.core;
  return core?.kind === kind ? (core as IrNode & { readonly kind: Kind }) : undefined;
}

/** Values of a leaf; those that tell the two sides apart stand where no limit cuts them off. */
function leafValues(sampler: Sampler, ask: Ask, views: Views): readonly unknown[] {
  if (ask.amount === "one") return makeLeafValues(sampler, ask, views);
  const known = sampler.leaves.get(ask.node) ?? new Map<IrNode | undefined, readonly unknown[]>();
  const values = known.get(ask.other) ?? makeLeafValues(sampler, ask, views);
  sampler.leaves.set(ask.node, known.set(ask.other, values));
  return values;
}

function makeLeafValues(sampler: Sampler, ask: Ask, { view, other }: Views): readonly unknown[] {
  const checks = [...view.checks, ...(other?.core.kind === view.core.kind ? other.checks : [])];
  const own = [...view.defaults.filter(isValue), ...sampleLeaf(view.core, checks)];
  if (ask.amount === "one") return [...own, ...hintsFrom(other)];
  const few = [...own.slice(0, MAX_LEAF), ...hintsFrom(other).slice(0, MAX_LEAF)];
  if (ask.other === undefined) return [...new Set(few)];
  const between =
    view.core.kind === "string" && other?.core.kind === "string"
      ? textsBetween(view.checks, other.checks)
      : [];
  if (own.length <= MAX_LEAF && between.length === 0) return [...new Set(few)];
  const { only } = accepted(sampler, ask, [...own, ...between]);
  return [...new Set([...few.slice(0, 1), ...only.slice(0, MAX_LEAF), ...few])];
}

/** A default that code makes stands as its hash. */
function isValue(value: unknown): boolean {
  return value !== undefined && !(typeof value === "object" && value !== null && "code" in value);
}
