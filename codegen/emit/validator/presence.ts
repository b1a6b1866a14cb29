import type { IrDefault, IrNode } from "../../../src/schema/ir.js";
import type { ValidatorMode } from "./printer.js";

/** Whether a printed node is certain to refuse `undefined`, so that an absent key needs no look of its own. */
export function refusesUndefined(node: IrNode): boolean {
  switch (node.kind) {
    case "string":
    case "number":
    case "boolean":
      return node.coerce !== true;
    case "null":
    case "enum":
    case "template":
    case "object":
    case "array":
    case "record":
    case "tuple":
    case "stringbool":
    case "never":
      return true;
    case "literal":
      return node.acceptsUndefined !== true;
    case "nullable":
    case "readonly":
    case "refined":
      return refusesUndefined(node.inner);
    case "pipe":
    case "codec":
      return refusesUndefined(node.in);
    case "intersection":
      return refusesUndefined(node.left) || refusesUndefined(node.right);
    case "union":
      return node.options.every(refusesUndefined);
    default:
      return false;
  }
}

/** Whether what is sent goes without a default, since only what the worker's schema makes of it fits. */
export function isLeftToWorker(node: IrDefault, mode: ValidatorMode): boolean {
  return node.late === true && mode === "wire";
}
