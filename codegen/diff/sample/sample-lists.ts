import type { IrArray, IrTuple } from "../../../src/schema/ir.js";
import type { Step } from "../change.js";
import { lengthsOf } from "./sample-leaves.js";
import { type Ask, askPart, MAX_COMPOSED, type Sampler, type Views } from "./sample-parts.js";

/** Longer lists are not made. */
export const MAX_ELEMENTS = 2000;

/** Lists of each element, and of each length that matters. */
export function sampleArray(
  sampler: Sampler,
  ask: Ask,
  { node, views }: { readonly node: IrArray; readonly views: Views },
): readonly unknown[] {
  const other = views.other?.core.kind === "array" ? views.other.core.element : undefined;
  const part = { node: node.element, other, matches: (step: Step) => step.kind === "element" };
  const elements = sampler.sample(askPart(ask, part));
  const lengths = lengthsOf([...views.view.checks, ...(views.other?.checks ?? [])]);
  const [first] = elements;
  if (elements.length === 0) return [[]];
  const sized = lengths.filter((length) => length <= MAX_ELEMENTS).map((length) => Array(length).fill(first));
  if (ask.amount === "one") return ask.depth > 2 ? [[], [first], ...sized] : [[first], [], ...sized];
  const longest = sized.find((list) => list.length > 0) ?? [];
  const singles = elements.map((element) => [element]);
  const inSized = elements.slice(1).map((element) => [element, ...longest.slice(1)]);
  return [...singles, [], ...sized, ...inSized].slice(0, MAX_COMPOSED);
}

/** Tuples with one slot varied at a time, shorter ones and longer ones. */
export function sampleTuple(
  sampler: Sampler,
  ask: Ask,
  pair: { readonly node: IrTuple; readonly other: IrTuple | undefined },
): readonly unknown[] {
  const slots = pair.node.items.map((item, index) => {
    const matches = (step: Step): boolean => step.kind === "slot" && step.index === index;
    return sampler.sample(askPart(ask, { node: item.node, other: pair.other?.items[index]?.node, matches }));
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
  const values = sampler.sample(askPart(ask, { node: rest, other: pair.other?.rest, matches }));
  return values.map((value) => [...base, value]);
}
