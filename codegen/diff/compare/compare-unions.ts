import {
  hasOpaqueParts,
  type IrDiscriminator,
  type IrNode,
  type IrSchema,
  type IrUnion,
} from "../../../src/schema/ir.js";
import {
  type Claim,
  type Comparison,
  inside,
  note,
  type Place,
  type VariantList,
  type ViewPair,
} from "../change.js";
import { describeNode } from "../report/describe-node.js";
import { compareChecks } from "./compare-checks.js";
import { countAccepted } from "./compare-kinds.js";
import { finiteValues, isNothing, jsonTypes, shapeText, type View, viewOf } from "./view.js";

/** Compares two unions, or a union with a single schema, variant by variant. */
export function compareUnions(comparison: Comparison, place: Place, pair: ViewPair): void {
  const old = variantsOf(pair.old);
  const next = variantsOf(pair.new);
  if (isAnything(pair.old.core) || isAnything(pair.new.core)) {
    noteAnything(comparison, place, pair);
    return;
  }
  if (compareDiscriminators(comparison, place, pair) === "unrelated") return;
  const matches = matchVariants(comparison, { old, new: next });
  const isExact = bothDiscriminated(pair);
  for (const match of matches.pairs) {
    const name = variantName(next, match.new);
    const step = { kind: "option", old: match.old, new: match.new, name } as const;
    const at = inside({ ...place, isShared: place.isShared || !isExact }, step);
    const oldNode = old.nodes[match.old];
    const newNode = next.nodes[match.new];
    if (oldNode !== undefined && newNode !== undefined) {
      comparison.compareNodes(at, { old: oldNode, new: newNode });
    }
  }
  noteVariants(comparison, place, { pair, old, new: next, matches, isExact });
  if (!isExact) noteChoice(comparison, place, { old, new: next, matches });
  compareChecks(comparison, { ...place, isShared: true }, pair);
}

interface Variants {
  readonly nodes: readonly IrNode[];
  readonly discriminator: IrDiscriminator | undefined;
  readonly isExclusive: boolean;
}

/** Where variants overlap, their order and what each accepts decide what a payload becomes; payloads show it. */
function noteChoice(
  comparison: Comparison,
  place: Place,
  { old, new: next, matches }: { readonly old: Variants; readonly new: Variants; readonly matches: Matches },
): void {
  if (shapeText(old.nodes) === shapeText(next.nodes)) return;
  const list = (variants: Variants): VariantList => ({
    nodes: variants.nodes,
    names: variants.nodes.map((_, index) => variantName(variants, index)),
    discriminator: variants.discriminator,
  });
  const moved = new Map(matches.pairs.map((pair) => [pair.old, pair.new]));
  note(comparison, place, {
    rule: "UNION_CHOICE_CHANGED",
    claims: ["likely", "likely"],
    note: "variants overlap",
    choice: { old: list(old), new: list(next), moved },
  });
}

function variantsOf(view: View): Variants {
  const { core } = view;
  if (core.kind !== "union") return { nodes: [core], discriminator: undefined, isExclusive: false };
  return { nodes: core.options, discriminator: core.discriminator, isExclusive: core.exclusive === true };
}

function isAnything(node: IrNode): boolean {
  return node.kind === "any" || node.kind === "unknown" || node.kind === "opaque";
}

function noteAnything(comparison: Comparison, place: Place, pair: ViewPair): void {
  const text = `${describeNode(pair.old.core)} → ${describeNode(pair.new.core)}`;
  const isCode = pair.old.core.kind === "opaque" || pair.new.core.kind === "opaque";
  const widens = isAnything(pair.new.core);
  note(comparison, place, {
    rule: isCode ? "REFINE_CHANGED" : widens ? "TYPE_WIDENED" : "TYPE_NARROWED",
    claims: isCode ? ["unknown", "unknown"] : widens ? ["ok", "suspect"] : ["suspect", "ok"],
    note: text,
    old: pair.old.core,
    new: pair.new.core,
  });
}

function bothDiscriminated(pair: ViewPair): boolean {
  const [old, next] = [discriminatorOf(pair.old.core), discriminatorOf(pair.new.core)];
  return old !== undefined && old.key === next?.key && old.fallback !== true && next.fallback !== true;
}

function discriminatorOf(node: IrNode): IrDiscriminator | undefined {
  return node.kind === "union" ? node.discriminator : undefined;
}

/** Another key to tell variants apart leaves nothing to compare; another way to choose is tried with payloads. */
function compareDiscriminators(
  comparison: Comparison,
  place: Place,
  pair: ViewPair,
): "related" | "unrelated" {
  const { core: old } = pair.old;
  const { core: next } = pair.new;
  if (old.kind !== "union" || next.kind !== "union") return "related";
  const [oldKey, newKey] = [old.discriminator?.key, next.discriminator?.key];
  if (oldKey !== undefined && newKey !== undefined && oldKey !== newKey) {
    note(comparison, place, {
      rule: "DISCRIMINATOR_CHANGED",
      claims: ["suspect", "suspect"],
      note: `${oldKey} → ${newKey}`,
    });
    return "unrelated";
  }
  if (oldKey !== newKey || chooses(old) !== chooses(next)) {
    note(comparison, place, {
      rule: "UNION_RULE_CHANGED",
      claims: [riskOf(next, comparison.new), riskOf(old, comparison.old)],
      note: `${chooses(old)} → ${chooses(next)}`,
    });
  }
  return "related";
}

function chooses(union: IrUnion): string {
  if (union.exclusive === true) return "exactly one variant fits";
  if (union.discriminator === undefined) return "the first variant that fits";
  const fallback = union.discriminator.fallback === true ? ", else the first that fits" : "";
  return `${union.discriminator.key} names the variant${fallback}`;
}

/** Where no value fits two variants, exactly one fits as soon as the first does. */
function riskOf(reader: IrUnion, schema: IrSchema): Claim {
  if (reader.exclusive !== true) return "likely";
  const types = reader.options.flatMap((option) => [...jsonTypes(option, schema)]);
  return new Set(types).size === types.length ? "ok" : "suspect";
}

interface Matches {
  readonly pairs: readonly { readonly old: number; readonly new: number }[];
  readonly removed: readonly number[];
  readonly added: readonly number[];
}

/** Pairs equal variants first, then those with the same tag, then those most alike. */
function matchVariants(
  comparison: Comparison,
  { old, new: next }: { readonly old: Variants; readonly new: Variants },
): Matches {
  const freeOld = new Set(old.nodes.keys());
  const freeNew = new Set(next.nodes.keys());
  const pairs: { old: number; new: number }[] = [];
  const take = (a: number, b: number): void => {
    freeOld.delete(a);
    freeNew.delete(b);
    pairs.push({ old: a, new: b });
  };
  const scores = scoreVariants(comparison, { old, new: next });
  for (const { a, b } of scores) if (freeOld.has(a) && freeNew.has(b)) take(a, b);
  return { pairs, removed: [...freeOld], added: [...freeNew] };
}

function scoreVariants(
  comparison: Comparison,
  { old, new: next }: { readonly old: Variants; readonly new: Variants },
): readonly { readonly a: number; readonly b: number }[] {
  const oldViews = old.nodes.map((node) => ({ view: viewOf(node, comparison.old), text: shapeText(node) }));
  const newViews = next.nodes.map((node) => ({ view: viewOf(node, comparison.new), text: shapeText(node) }));
  const sameKey = old.discriminator?.key === next.discriminator?.key && old.discriminator !== undefined;
  return oldViews
    .flatMap(({ view, text }, a) =>
      newViews.map((candidate, b) => {
        const tagged = sameKey ? tagScore(old, next, { a, b }) : undefined;
        const alike = text === candidate.text ? 1000 : likeness(view, candidate.view);
        return { a, b, score: tagged ?? alike };
      }),
    )
    .filter(({ score }) => score > 0)
    .sort((x, y) => y.score - x.score);
}

function tagScore(old: Variants, next: Variants, at: { readonly a: number; readonly b: number }): number {
  const tags = new Set(old.discriminator?.tags[at.a]);
  return (next.discriminator?.tags[at.b] ?? []).some((tag) => tags.has(tag)) ? 1 : 0;
}

/** Objects are alike by the keys they share, everything else by its kind. */
function likeness(old: View, next: View): number {
  if (old.core.kind !== next.core.kind) return 0;
  if (old.core.kind !== "object" || next.core.kind !== "object") return 1;
  const keys = new Set(old.core.properties.map((property) => property.key));
  const shared = next.core.properties.filter((property) => keys.has(property.key)).length;
  return shared === 0 && keys.size > 0 ? 0 : 1 + shared;
}

function variantName(variants: Variants, index: number): string {
  const tag = variants.discriminator?.tags[index]?.[0];
  return tag === undefined ? `variant ${index + 1}` : String(tag);
}

function noteVariants(
  comparison: Comparison,
  place: Place,
  found: {
    readonly pair: ViewPair;
    readonly old: Variants;
    readonly new: Variants;
    readonly matches: Matches;
    readonly isExact: boolean;
  },
): void {
  const { pair, old, new: next, matches, isExact } = found;
  const lost = (
    node: IrNode | undefined,
    sides: { readonly from: IrSchema; readonly to: IrSchema },
  ): Claim => {
    const reader = sides.to === comparison.new ? pair.new : pair.old;
    return isExact || node === undefined ? "break" : lostClaim(node, reader, sides);
  };
  const [forward, backward] = [
    { from: comparison.old, to: comparison.new },
    { from: comparison.new, to: comparison.old },
  ];
  for (const index of matches.removed) {
    note(comparison, place, {
      rule: "UNION_VARIANT_REMOVED",
      claims: [lost(old.nodes[index], forward), old.isExclusive ? "suspect" : "ok"],
      note: `without ${variantText(old, index)}`,
      ...optionalNode("old", old.nodes[index]),
    });
  }
  for (const index of matches.added) {
    note(comparison, place, {
      rule: "UNION_VARIANT_ADDED",
      claims: [next.isExclusive ? "suspect" : "ok", lost(next.nodes[index], backward)],
      note: `with ${variantText(next, index)}`,
      ...optionalNode("new", next.nodes[index]),
    });
  }
}

/** A reader may take the values of a variant that it does not have as another one. */
function lostClaim(
  node: IrNode,
  reader: View,
  { from, to }: { readonly from: IrSchema; readonly to: IrSchema },
): Claim {
  const view = viewOf(node, from);
  if (isNothing(view, from)) return "ok";
  const values = finiteValues(view.core);
  if (values !== undefined && !view.nullable) {
    const fitting = countAccepted(values, reader, to);
    const isCode = hasOpaqueParts({ root: reader.core, definitions: to.definitions });
    if (fitting === values.length) return isCode ? "suspect" : "ok";
    return view.checks.length === 0 ? "break" : "suspect";
  }
  const taken = jsonTypes(reader.core, to);
  const isApart = [...jsonTypes(node, from)].every((type) => !taken.has(type));
  return isApart && view.checks.length === 0 && view.after.length === 0 ? "break" : "suspect";
}

function optionalNode(side: "old" | "new", node: IrNode | undefined): { old?: IrNode; new?: IrNode } {
  return node === undefined ? {} : { [side]: node };
}

function variantText(variants: Variants, index: number): string {
  const tag = variants.discriminator?.tags[index]?.[0];
  return tag === undefined ? describeNode(variants.nodes[index]) : JSON.stringify(tag);
}
