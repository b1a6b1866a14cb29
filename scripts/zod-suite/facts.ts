import { type IrSchema, withoutMeta } from "../../src/schema/ir.js";

/** A schema without the words of whoever wrote it: no descriptions, no messages. */
export function factsOf(schema: IrSchema): IrSchema {
  return withoutMessages(withoutMeta(schema)) as IrSchema;
}

function withoutMessages(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMessages);
  if (typeof value !== "object" || value === null) return value;
  const isCheck = "check" in value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !(isCheck && key === "message"))
      .map(([key, child]) => [key, withoutMessages(child)]),
  );
}
