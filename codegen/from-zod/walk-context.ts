import { isDeepStrictEqual } from "node:util";
import type { IrNode } from "../../src/schema/ir.js";
import type { SchemaSide } from "../../src/schema/wire-types.js";
import type { SchemaProblem } from "./problem.js";
import type { ZodSchema } from "./zod-internals.js";

/** The state of one walk; `path` and `position` differ per step, everything else is shared. */
export interface WalkContext {
  readonly side: SchemaSide;
  readonly taskName: string;
  /** Printed source of the contract, hashed in place of functions that zod hides. */
  readonly sourceText: string;
  readonly problems: SchemaProblem[];
  readonly path: readonly (string | number)[];
  /** `wire`: the value travels as JSON. `decoded`: it exists in the worker only, behind a conversion. */
  readonly position: "wire" | "decoded";
  /** Walks a schema one step further in. */
  readonly visit: (schema: unknown, context: WalkContext) => IrNode;
}

/** A node that stands where a problem was reported, so that the walk can go on and report more. */
export const REFUSED: IrNode = { kind: "never" };

/** Reports a problem at the current path: once, though several options of a union may have it there. */
export function refuse(context: WalkContext, problem: Omit<SchemaProblem, "path">): IrNode {
  const found = { ...problem, path: context.path };
  if (!context.problems.some((known) => isDeepStrictEqual(known, found))) context.problems.push(found);
  return REFUSED;
}

/** The context one property, slot or element further in. */
export function at(context: WalkContext, key: string | number): WalkContext {
  return { ...context, path: [...context.path, key] };
}

/** The context behind a conversion, where types that JSON cannot carry are fine. */
export function decoded(context: WalkContext): WalkContext {
  return context.position === "decoded" ? context : { ...context, position: "decoded" };
}

/** Walks a child in the same place of the value. */
export function visitChild(context: WalkContext, child: unknown): IrNode {
  return context.visit(child, context);
}

/** Names a schema for messages: `z.date()`. */
export function describeSchema(schema: ZodSchema): string {
  return `z.${schema._zod.def.type}()`;
}
