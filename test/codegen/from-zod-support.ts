import { irFromZod } from "../../codegen/from-zod.js";
import type { IrSchema } from "../../src/schema/ir.js";
import { type ZooName, zoo } from "./zoo.js";

/** The IR of a schema that is known to travel. */
export function irOf(schema: unknown, side: "input" | "output" = "input"): IrSchema {
  const result = irFromZod(schema, { side, taskName: "test.task" });
  if ("schema" in result) return result.schema;
  throw new Error(result.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("\n"));
}

export const zooNames = Object.keys(zoo) as readonly ZooName[];
