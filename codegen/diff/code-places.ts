import type { IrNode, IrSchema } from "../../src/schema/ir.js";
import { relate, type Step } from "./change.js";
import { resolveNode, runsCode, viewOf } from "./compare/view.js";

/** Where in a schema code decides over a value; a recursive schema is walked once. */
export function codePlaces(schema: IrSchema): readonly (readonly Step[])[] {
  const places: (readonly Step[])[] = [];
  const underway = new Set<IrNode>();
  const visit = (given: IrNode, path: readonly Step[]): void => {
    const node = resolveNode(given, schema);
    if (underway.has(node)) return;
    underway.add(node);
    const view = viewOf(node, schema);
    if (runsCode(view)) places.push(path);
    for (const [step, part] of partsOf(view.core)) visit(part, [...path, step]);
    underway.delete(node);
  };
  visit(schema.root, []);
  return places;
}

function partsOf(core: IrNode): readonly (readonly [Step, IrNode])[] {
  switch (core.kind) {
    case "object": {
      const keys = core.properties.map(({ key, node }) => [{ kind: "key", key }, node] as const);
      return core.catchall === undefined ? keys : [...keys, [{ kind: "catchall" }, core.catchall]];
    }
    case "array":
      return [[{ kind: "element" }, core.element]];
    case "tuple": {
      const slots = core.items.map(({ node }, index) => [{ kind: "slot", index }, node] as const);
      return core.rest === undefined ? slots : [...slots, [{ kind: "rest" }, core.rest]];
    }
    case "record":
      return [
        [{ kind: "recordKey" }, core.keys],
        [{ kind: "value" }, core.values],
      ];
    case "union":
      return core.options.map((node, index) => [
        { kind: "option", old: index, new: index, name: `variant ${index + 1}` },
        node,
      ]);
    case "intersection":
      return [
        [{ kind: "side", side: "left" }, core.left],
        [{ kind: "side", side: "right" }, core.right],
      ];
    default:
      return [];
  }
}

/**
 * Whether an issue comes from code that stands beside or below a place, so that it says nothing about it: no sampled
 * value may please that code, and what a change breaks it breaks all the same.
 */
export function isBesides(
  issue: readonly (string | number)[],
  place: readonly Step[],
  places: readonly (readonly Step[])[],
): boolean {
  const own = keysOf(place);
  return places.some((code) => {
    const keys = keysOf(code);
    const isAbove = keys.length <= own.length && keys.every((key, index) => key === own[index]);
    return !isAbove && relate(code, issue) === "at";
  });
}

function keysOf(path: readonly Step[]): readonly string[] {
  return path.flatMap((step) => {
    if (step.kind === "option" || step.kind === "side") return [];
    return [
      step.kind === "key" ? `key ${step.key}` : step.kind === "slot" ? `slot ${step.index}` : step.kind,
    ];
  });
}
