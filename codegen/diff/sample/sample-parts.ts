import type { CompiledSchema } from "../../../src/schema/interpreter.js";
import type { IrNode, IrObject, IrSchema } from "../../../src/schema/ir.js";
import type { Step } from "../change.js";
import type { View } from "../compare/view.js";

/** Whose values are made, and against whom. */
export interface SampleOptions {
  readonly from: IrSchema;
  readonly to: IrSchema;
  /** Which of the two is the old one, for the positions in a path. */
  readonly fromSide: "old" | "new";
  /** Values that tell the two sides apart, at a place that is looked at. Default 16. */
  readonly telling?: number;
}

/** Values of one list, tuple or union. */
export const MAX_COMPOSED = 400;
/** Below this many levels only one value is made. */
export const MAX_DEPTH = 6;

/** What is known while payloads of one pair of schemas are made. */
export interface Sampler {
  /** Values of one place. */
  readonly sample: (ask: Ask) => readonly unknown[];
  readonly options: SampleOptions;
  /** The one value of a node. */
  readonly known: Map<IrNode, unknown>;
  readonly underway: Set<IrNode>;
  /** How often a node is being varied inside itself. */
  readonly varied: Map<IrNode, number>;
  readonly compiled: Map<IrNode, CompiledSchema>;
  /** The values of a leaf against its partner. */
  readonly leaves: Map<IrNode, Map<IrNode | undefined, readonly unknown[]>>;
  /** One object of a node with everything, and one with the least. */
  readonly bases: Map<
    IrObject,
    { readonly base: Readonly<Record<string, unknown>>; readonly minimal: Readonly<Record<string, unknown>> }
  >;
  readonly nodesByKey: Map<IrObject, ReadonlyMap<string, IrNode>>;
}

/** What is asked for at one place. */
export interface Ask {
  readonly node: IrNode;
  /** The same place on the other side, where there is one. */
  readonly other: IrNode | undefined;
  readonly amount: "one" | "many";
  readonly focus: readonly Step[] | undefined;
  readonly depth: number;
}

/** A place as both sides see it. */
export interface Views {
  readonly view: View;
  readonly other: View | undefined;
}

/** What to ask of a part: everything on the path, one value beside it. */
export function askPart(
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
