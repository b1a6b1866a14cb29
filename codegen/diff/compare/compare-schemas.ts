/**
 * Compares two schemas place by place and says what was changed, without running anything. A claim is what the
 * structure suggests; `settle.ts` looks for payloads that prove it.
 */
import type { IrNode, IrSchema } from "../../../src/schema/ir.js";
import { canonicalJson } from "../../canonical-json.js";
import {
  type Change,
  type Comparison,
  type Echo,
  type NodePair,
  note,
  type Place,
  ROOT,
  type Step,
  type Surroundings,
  type ViewPair,
} from "../change.js";
import { describeNode } from "../report/describe-node.js";
import { rangeOf } from "./bounds.js";
import { compareChecks, compareCode } from "./compare-checks.js";
import { compareArrays, compareRecords, compareTuples } from "./compare-containers.js";
import { compareKinds } from "./compare-kinds.js";
import { compareObjects } from "./compare-objects.js";
import { compareUnions } from "./compare-unions.js";
import { compareValueSets } from "./compare-values.js";
import { finiteValues, isNothing, jsonTypes, runsCode, shapeText, type View, viewOf } from "./view.js";

/** What the comparison of two schemas found. */
export interface FoundChanges {
  readonly changes: readonly Change[];
  readonly echoes: readonly Echo[];
}

/** Finds every difference between two schemas, in source order of the new one. */
export function findChanges(old: IrSchema, next: IrSchema): FoundChanges {
  const comparison: Comparison = {
    old,
    new: next,
    changes: [],
    echoes: [],
    seen: new Map(),
    recursive: new Set(Object.values(old.definitions).map((node) => viewOf(node, old).core)),
    compareNodes: (place, pair) => compareNodes(comparison, place, pair),
  };
  compareNodes(comparison, ROOT, { old: old.root, new: next.root });
  if (comparison.changes.length === 0 && wordsDiffer(old, next)) {
    note(comparison, ROOT, { rule: "META_CHANGED", claims: ["ok", "ok"], note: "" });
  }
  return comparison;
}

function wordsDiffer(old: IrSchema, next: IrSchema): boolean {
  return canonicalJson(old) !== canonicalJson(next) && shapeText(old) === shapeText(next);
}

/** Compares two nodes and all below them. */
function compareNodes(comparison: Comparison, place: Place, pair: NodePair): void {
  compareViews(comparison, place, {
    old: viewOf(pair.old, comparison.old),
    new: viewOf(pair.new, comparison.new),
  });
}

/**
 * A recursive pair met again further down says nothing new: what differs was noted at the first place. A way round
 * both schemas leads through a recursive node of the old one, so that only those are remembered.
 */
function wasSeen(comparison: Comparison, place: Place, pair: NodePair): boolean {
  if (!comparison.recursive.has(pair.old)) return false;
  const partners = comparison.seen.get(pair.old) ?? new Map<IrNode, readonly Step[]>();
  const first = partners.get(pair.new);
  if (first !== undefined) {
    comparison.echoes.push({ at: place.path, is: first });
    return true;
  }
  comparison.seen.set(pair.old, partners.set(pair.new, place.path));
  return false;
}

function compareViews(comparison: Comparison, place: Place, pair: ViewPair): void {
  const before = comparison.changes.length;
  compareCatch(comparison, place, pair);
  const within: Place = {
    ...place,
    old: surroundings(place, pair.old, { before: place.old, schema: comparison.old }),
    new: surroundings(place, pair.new, { before: place.new, schema: comparison.new }),
  };
  compareNull(comparison, within, pair);
  compareCores(comparison, within, pair);
  compareDefaults(comparison, within, pair);
  compareAfter(comparison, within, pair);
  pinChanges(comparison, { before, place, pair });
}

function surroundings(
  place: Place,
  view: View,
  { before, schema }: { readonly before: Surroundings; readonly schema: IrSchema },
): Surroundings {
  return {
    forgives: before.forgives || view.caught !== undefined,
    narrows: before.narrows || view.after.length > 0,
    isEmpty: before.isEmpty || isNothing(view, schema),
    code: runsCode(view) ? place.path : before.code,
  };
}

/** An approval holds for exactly this change: what code was there, and what stands around it. */
function pinChanges(
  comparison: Comparison,
  at: { readonly before: number; readonly place: Place; readonly pair: ViewPair },
): void {
  for (let index = at.before; index < comparison.changes.length; index++) {
    const change = comparison.changes[index];
    if (change === undefined || change.path.length !== at.place.path.length || "pin" in change) continue;
    comparison.changes[index] = { ...change, pin: [pinOf(at.pair.old), pinOf(at.pair.new)] };
  }
}

function pinOf({ core: _core, ...around }: View): unknown {
  return around;
}

function compareNull(comparison: Comparison, place: Place, pair: ViewPair): void {
  if (pair.old.nullable === pair.new.nullable) return;
  const isAdded = pair.new.nullable;
  const [strictCore, schema] = isAdded ? [pair.old.core, comparison.old] : [pair.new.core, comparison.new];
  if (acceptsNull(strictCore)) return;
  const text = describeNode(strictCore);
  const refused = jsonTypes(strictCore, schema).has("null") ? "suspect" : "break";
  note(comparison, place, {
    rule: isAdded ? "NULLABLE_ADDED" : "NULLABLE_REMOVED",
    claims: isAdded ? ["ok", refused] : [refused, "ok"],
    note: isAdded ? `${text} → ${text} or null` : `${text} or null → ${text}`,
  });
}

function acceptsNull(core: IrNode): boolean {
  return core.kind === "any" || core.kind === "unknown";
}

function compareCores(comparison: Comparison, place: Place, pair: ViewPair): void {
  const { old, new: next } = pair;
  if (wasSeen(comparison, place, { old: old.core, new: next.core })) return;
  if (old.core.kind === "union" || next.core.kind === "union") compareUnions(comparison, place, pair);
  else if (finiteValues(old.core) !== undefined && finiteValues(next.core) !== undefined) {
    compareValueSets(comparison, place, pair);
    compareCode(comparison, place, pair);
  } else if (old.core.kind === next.core.kind) compareSameKind(comparison, place, pair);
  else {
    compareKinds(comparison, place, pair);
    compareCode(comparison, place, pair);
  }
}

function compareSameKind(comparison: Comparison, place: Place, pair: ViewPair): void {
  const { core: a } = pair.old;
  const { core: b } = pair.new;
  if (a.kind === "object" && b.kind === "object") compareObjects(comparison, place, { old: a, new: b });
  else if (a.kind === "array" && b.kind === "array") {
    compareArrays(comparison, belowList(place, pair), { old: a, new: b });
  } else if (a.kind === "tuple" && b.kind === "tuple") compareTuples(comparison, place, { old: a, new: b });
  else if (a.kind === "record" && b.kind === "record") compareRecords(comparison, place, { old: a, new: b });
  else if (a.kind === "intersection" && b.kind === "intersection") {
    for (const side of ["left", "right"] as const) {
      const within: Place = { ...place, isShared: true, path: [...place.path, { kind: "side", side }] };
      compareNodes(comparison, within, { old: a[side], new: b[side] });
    }
  } else compareLeaves(comparison, place, { old: a, new: b });
  compareChecks(comparison, place, pair);
}

/** A list that must be empty has no elements to write. */
function belowList(place: Place, pair: ViewPair): Place {
  const isEmpty = (view: View): boolean => rangeOf(view.checks, { skipsSafe: false }).upper.value < 1;
  return {
    ...place,
    old: { ...place.old, isEmpty: place.old.isEmpty || isEmpty(pair.old) },
    new: { ...place.new, isEmpty: place.new.isEmpty || isEmpty(pair.new) },
  };
}

/** Templates, texts for booleans, code and coercion: what the kind itself says beside its checks. */
function compareLeaves(comparison: Comparison, place: Place, pair: NodePair): void {
  if (bareText(pair.old) === bareText(pair.new)) return;
  const isCode = pair.old.kind === "opaque";
  const isCoerced = "coerce" in pair.old || "coerce" in pair.new;
  note(comparison, place, {
    rule: isCode ? "REFINE_CHANGED" : "TYPE_COMPARED",
    claims: isCode ? ["unknown", "unknown"] : isCoerced ? ["likely", "likely"] : ["suspect", "suspect"],
    note: isCoerced ? "coercion was added or removed" : `the ${pair.old.kind} was changed`,
    ...pair,
  });
}

/** The words of a text for a boolean have no order, and a template is the pattern it comes to. */
function bareText(node: IrNode): string {
  if (node.kind === "template") return node.pattern;
  const sorted =
    node.kind === "stringbool" ? { truthy: [...node.truthy].sort(), falsy: [...node.falsy].sort() } : {};
  return shapeText({ ...node, ...sorted, checks: undefined });
}

function compareCatch(comparison: Comparison, place: Place, pair: ViewPair): void {
  const text = (view: View): string =>
    shapeText(view.caught === undefined ? null : { value: view.caught.value, hash: view.caught.hash });
  if (text(pair.old) === text(pair.new)) return;
  note(comparison, place, {
    rule: "CATCH_CHANGED",
    claims: ["likely", "likely"],
    note: "",
  });
}

function compareDefaults(comparison: Comparison, place: Place, { old, new: next }: ViewPair): void {
  if (old.defaults.length === 0 || next.defaults.length === 0) return;
  if (shapeText(old.defaults) === shapeText(next.defaults)) return;
  note(comparison, place, {
    rule: "DEFAULT_VALUE_CHANGED",
    claims: ["ok", "ok"],
    note: `${JSON.stringify(old.defaults[0])} → ${JSON.stringify(next.defaults[0])}`,
  });
}

/** The second half of a pipe, and what a conversion makes of the value. */
function compareAfter(comparison: Comparison, place: Place, { old, new: next }: ViewPair): void {
  if (shapeText([old.after, old.conversions]) === shapeText([next.after, next.conversions])) return;
  const isCode = [...old.after, ...next.after].some((node) => JSON.stringify(node).includes('"hash"'));
  if (!isCode && old.conversions.length === 0 && next.conversions.length === 0) {
    note(comparison, place, {
      rule: "PIPE_CHANGED",
      claims: ["suspect", "suspect"],
      note: "",
    });
    return;
  }
  const wasAdded = old.after.length === 0;
  const wasRemoved = next.after.length === 0;
  note(comparison, place, {
    rule: wasAdded ? "REFINE_ADDED" : wasRemoved ? "REFINE_REMOVED" : "REFINE_CHANGED",
    claims: [wasRemoved ? "ok" : "unknown", wasAdded ? "ok" : "unknown"],
    note: "a transform or codec",
  });
}
