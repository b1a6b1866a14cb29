import { compileIr } from "../../../src/schema/interpreter.js";
import type { IrNode, IrPresence, IrSchema } from "../../../src/schema/ir.js";

/** Whether a value is on the wire: always, or only when it was given. */
export type Sent = "always" | "maybe";

/** What a writer of this schema sends when nothing is given for a key or slot; defaults are filled in. */
export function sentAs(part: IrPresence & { readonly node: IrNode }, schema: IrSchema): Sent {
  if (part.in === undefined) return "always";
  if (part.in === "optional" && part.out === "optional") return "maybe";
  const result = compileIr({ root: part.node, definitions: schema.definitions })(undefined);
  return result.issues === undefined && result.value !== undefined ? "always" : "maybe";
}

/** Whether a reader of this schema takes a value that is not there. */
export function takesAbsent(part: IrPresence): boolean {
  return part.in !== undefined;
}
