import type { IrNode, IrSchema } from "./ir.js";
import { childNodes } from "./ir.js";
import { areRepeatable } from "./ir-checks.js";

/** What can be said about a node without the code of the user. */
export interface Certainty {
  /** The output of zod can be computed here, so a verdict is final and a pipe can go on with it. */
  readonly isCertain: (node: IrNode) => boolean;
  /** What is sent and what zod makes of the value are the same. */
  readonly isPlain: (node: IrNode) => boolean;
}

/** Answers are remembered per node; a recursive schema is as certain as all that it can reach. */
export function certaintyOf(schema: IrSchema): Certainty {
  return {
    isCertain: reaches(schema, isUncertain),
    isPlain: reaches(schema, isBent),
  };
}

function reaches(schema: IrSchema, breaks: (node: IrNode) => boolean): (node: IrNode) => boolean {
  const answers = new Map<IrNode, boolean>();
  const holds = (node: IrNode): boolean => {
    const known = answers.get(node);
    if (known !== undefined) return known;
    // While a node is being looked at, a way back to it adds nothing that breaks.
    answers.set(node, true);
    const answer = !breaks(node) && next(node).every(holds);
    answers.set(node, answer);
    return answer;
  };
  const next = (node: IrNode): readonly IrNode[] => {
    if (node.kind !== "ref") return childNodes(node);
    const target = schema.definitions[node.name];
    return target === undefined ? [] : [target];
  };
  // Inside a cycle an early answer may be too hopeful, so each question starts afresh.
  return (node) => {
    answers.clear();
    return holds(node);
  };
}

function isUncertain(node: IrNode): boolean {
  if (node.checks?.some((check) => check.check === "opaque") === true) return true;
  switch (node.kind) {
    case "opaque":
    case "codec":
    case "native":
      return true;
    case "default":
    case "prefault":
    case "catch":
      return node.hash !== undefined;
    default:
      return false;
  }
}

function isBent(node: IrNode): boolean {
  if (isUncertain(node) || !areRepeatable(node.checks ?? [])) return true;
  switch (node.kind) {
    case "pipe":
    case "stringbool":
      return true;
    case "default":
    case "catch":
      return node.late === true;
    default:
      return false;
  }
}
