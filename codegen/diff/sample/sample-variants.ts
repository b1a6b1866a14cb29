import type { IrNode } from "../../../src/schema/ir.js";
import type { Step } from "../change.js";
import { jsonTypes, type View } from "../compare/view.js";
import { type Ask, askPart, MAX_COMPOSED, type Sampler, type Views } from "./sample-parts.js";

/** Values of every variant, or of the one that is looked at. */
export function sampleUnion(sampler: Sampler, ask: Ask, views: Views): readonly unknown[] {
  const { core } = views.view;
  if (core.kind !== "union") return [];
  const [step, ...rest] = ask.focus ?? [];
  if (ask.amount === "many" && step?.kind === "option") {
    const index = step[sampler.options.fromSide];
    const node = core.options[index] ?? core;
    const other = optionAt(views.other, step[sampler.options.fromSide === "old" ? "new" : "old"]);
    return sampler.sample({ ...ask, node, other, focus: rest, depth: 0 });
  }
  const lists = core.options.map((node) => {
    const other = partnerOf(node, views.other, sampler);
    const focus = ask.amount === "one" ? undefined : ask.focus;
    return sampler.sample({ ...ask, node, other, focus, depth: ask.depth + 1 });
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

/** Values of one side with what the other side needs. */
export function sampleIntersection(
  sampler: Sampler,
  ask: Ask,
  sides: { readonly left: IrNode; readonly right: IrNode },
): readonly unknown[] {
  const of = (side: "left" | "right"): readonly unknown[] => {
    const matches = (step: Step): boolean => step.kind === "side" && step.side === side;
    return sampler.sample(askPart(ask, { node: sides[side], other: undefined, matches }));
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
