import { compileIr } from "../../src/schema/interpreter.js";
import type { IrSchema, JsonValue } from "../../src/schema/ir.js";
import { samplePayloads } from "../diff/sample/sample.js";

/** A payload as it travels: the schema's own example where it has one that fits, or one made up. */
export function exampleOf(schema: IrSchema): JsonValue | undefined {
  const validate = compileIr(schema);
  const given = schema.root.meta?.examples ?? [];
  for (const candidate of [...given, ...samplePayloads({ from: schema, to: schema, fromSide: "new" })]) {
    const result = validate(candidate);
    if (result.issues !== undefined) continue;
    const text = JSON.stringify(result.value);
    if (text !== undefined) return JSON.parse(text) as JsonValue;
  }
  return undefined;
}
