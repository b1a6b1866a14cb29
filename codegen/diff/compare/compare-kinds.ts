import { compileIr } from "../../../src/schema/interpreter.js";
import type { IrNode, IrSchema } from "../../../src/schema/ir.js";
import { type Change, type Claim, type Comparison, note, type Place, type ViewPair } from "../change.js";
import { describeNode } from "../report/describe-node.js";
import type { RuleId } from "../rules/rules.js";
import { finiteValues, jsonTypes, shapeText, type View } from "./view.js";

type Answer = Pick<Change, "rule"> & { readonly claims: readonly [Claim, Claim] };

/** Two nodes of different kinds: one may hold the other, they may overlap, or have nothing in common. */
export function compareKinds(comparison: Comparison, place: Place, pair: ViewPair): void {
  const answer = relateKinds(comparison, pair);
  if (answer === undefined) return;
  const old = pair.old.core;
  const next = pair.new.core;
  const rule = renameAt(place, answer.rule, { old, new: next });
  const text = `${describeNode(old)} → ${describeNode(next)}`;
  note(comparison, place, { rule, claims: answer.claims, note: text, old, new: next });
}

function relateKinds(comparison: Comparison, pair: ViewPair): Answer | undefined {
  const { old, new: next } = pair;
  if (old.core.kind === "opaque" || next.core.kind === "opaque") {
    return { rule: "REFINE_CHANGED", claims: ["unknown", "unknown"] };
  }
  if (isAnything(old) && isAnything(next)) return undefined;
  if (isAnything(next)) return { rule: "TYPE_WIDENED", claims: ["ok", strict(old)] };
  if (isAnything(old)) return { rule: "TYPE_NARROWED", claims: [strict(next), "ok"] };
  if (old.core.kind === "never") return { rule: "TYPE_WIDENED", claims: ["ok", strict(next)] };
  if (next.core.kind === "never") return { rule: "TYPE_NARROWED", claims: [strict(old), "ok"] };
  const isList = isListOf(old.core, next, comparison.old) || isListOf(next.core, old, comparison.new);
  if (!overlap(comparison, pair)) {
    const claims = [everyClaim(old), everyClaim(next)] as const;
    return { rule: isList ? "SCALAR_TO_ARRAY" : "TYPE_CHANGED", claims };
  }
  return (
    relateFinite(comparison, pair) ??
    relateTexts(pair) ?? { rule: "TYPE_COMPARED", claims: ["suspect", "suspect"] }
  );
}

/** Nothing that a writer sends fits, but null where both sides take it. */
function everyClaim(writer: View): Claim {
  return writer.nullable ? "break" : "always";
}

function isAnything(view: View): boolean {
  return (view.core.kind === "any" || view.core.kind === "unknown") && view.checks.length === 0;
}

/** What refuses something of everything, unless it takes all by coercion or code. */
function strict(view: View): Claim {
  const takesMuch = "coerce" in view.core || view.checks.some((check) => check.check === "opaque");
  return takesMuch ? "suspect" : "break";
}

/** A few values against a type: each of them can be tried. */
function relateFinite(comparison: Comparison, { old, new: next }: ViewPair): Answer | undefined {
  const oldValues = finiteValues(old.core);
  const newValues = finiteValues(next.core);
  if (oldValues !== undefined) {
    const fitting = countAccepted(oldValues, next, comparison.new);
    if (fitting === 0) return { rule: "TYPE_CHANGED", claims: [everyClaim(old), back(next)] };
    return { rule: "TYPE_WIDENED", claims: [fitting === oldValues.length ? "ok" : "break", back(next)] };
  }
  if (newValues !== undefined) {
    const fitting = countAccepted(newValues, old, comparison.old);
    if (fitting === 0) return { rule: "TYPE_CHANGED", claims: [back(old), everyClaim(next)] };
    return { rule: "TYPE_NARROWED", claims: [back(old), fitting === newValues.length ? "ok" : "break"] };
  }
  return undefined;
}

/** Of a type without end some value is none of a few; a template may have no more than those. */
function back(view: View): Claim {
  const isEndless = view.core.kind !== "template" && view.core.kind !== "stringbool";
  return isEndless && view.checks.length === 0 ? "break" : "suspect";
}

/** How many of some values a place accepts, code aside. */
export function countAccepted(values: readonly unknown[], view: View, schema: IrSchema): number {
  const { definitions } = schema;
  const check = compileIr({ root: { ...view.core, checks: view.checks }, definitions });
  return values.filter((value) => check(value).issues === undefined).length;
}

function isListOf(node: IrNode, other: View, schema: IrSchema): boolean {
  if (node.kind !== "array") return false;
  const element = { root: node.element, definitions: schema.definitions };
  return shapeText(element.root) === shapeText(other.core) || describeNode(element.root) === other.core.kind;
}

function overlap(comparison: Comparison, { old, new: next }: ViewPair): boolean {
  const oldTypes = jsonTypes(old.core, comparison.old);
  const newTypes = jsonTypes(next.core, comparison.new);
  return [...oldTypes].some((type) => newTypes.has(type));
}

/** Templates and words for booleans are texts. */
function relateTexts({ old, new: next }: ViewPair): Answer | undefined {
  const isText = (view: View): boolean => view.core.kind === "template" || view.core.kind === "stringbool";
  if (isText(old) && next.core.kind === "string") {
    return { rule: "TYPE_WIDENED", claims: [next.checks.length === 0 ? "ok" : "suspect", back(next)] };
  }
  if (old.core.kind === "string" && isText(next)) {
    return { rule: "TYPE_NARROWED", claims: [back(old), old.checks.length === 0 ? "ok" : "suspect"] };
  }
  return undefined;
}

/** The same change has its own name at the root and inside a list or record. */
function renameAt(place: Place, rule: RuleId, nodes: { readonly old: IrNode; readonly new: IrNode }): RuleId {
  const last = place.path.at(-1);
  const isElement = last?.kind === "element" || last?.kind === "value";
  if (isElement && rule === "TYPE_WIDENED") return "ELEMENT_WIDENED";
  if (isElement && rule === "TYPE_NARROWED") return "ELEMENT_NARROWED";
  const isShape = rule === "TYPE_CHANGED" && last === undefined;
  return isShape && (nodes.old.kind === "object" || nodes.new.kind === "object")
    ? "ROOT_SHAPE_CHANGED"
    : rule;
}
