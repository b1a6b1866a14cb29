import type { IrNode } from "../../../src/core/ir.js";

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
      return true;
    case "literal":
      return node.acceptsUndefined !== true;
    case "nullable":
    case "readonly":
    case "refined":
      return refusesUndefined(node.inner);
    case "union":
      return node.exclusive !== true && node.options.every(refusesUndefined);
    default:
      return false;
  }
}
