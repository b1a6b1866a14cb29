import type { IrNode, IrSchema } from "../../../src/schema/ir.js";
import { childNodes } from "../../../src/schema/ir.js";

/** Says which part of a schema is code of the contract, for the note about a missing validator. */
export function whyOpaque(schema: IrSchema): string {
  const seen = new Set<string>();
  const search = (node: IrNode, path: readonly string[]): string | undefined => {
    const what = opaquePart(node);
    if (what !== undefined) return `${path.length === 0 ? "the schema" : path.join(".")} has ${what}`;
    if (node.kind === "ref") {
      const target = schema.definitions[node.name];
      if (seen.has(node.name) || target === undefined) return undefined;
      seen.add(node.name);
      return search(target, path);
    }
    for (const [child, step] of stepsInto(node)) {
      const found = search(child, step === undefined ? path : [...path, step]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search(schema.root, []) ?? "the schema holds code of the contract";
}

function stepsInto(node: IrNode): readonly (readonly [IrNode, string | undefined])[] {
  switch (node.kind) {
    case "object": {
      const keys = node.properties.map((property) => [property.node, property.key] as const);
      return node.catchall === undefined ? keys : [...keys, [node.catchall, "*"]];
    }
    case "array":
      return [[node.element, "[]"]];
    default:
      return childNodes(node).map((child) => [child, undefined] as const);
  }
}

function opaquePart(node: IrNode): string | undefined {
  if (node.checks?.some((check) => check.check === "opaque") === true) return "a refinement";
  switch (node.kind) {
    case "opaque":
      return node.what === "custom" ? "a z.custom()" : "a transform";
    case "codec":
      return "a codec";
    case "native":
      return `a ${node.type}`;
    case "default":
    case "prefault":
      return node.hash === undefined ? undefined : "a default that is computed";
    case "catch":
      return node.hash === undefined ? undefined : "a z.catch() that is computed";
    default:
      return undefined;
  }
}
