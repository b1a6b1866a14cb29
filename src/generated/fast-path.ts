import type { StandardSchema } from "../schema/standard-schema.js";
import type { Validator } from "./validation.js";

/** A schema that is a printed validator and nothing else. */
export function schemaOf(validator: Validator): StandardSchema {
  return { "~standard": { version: 1, vendor: "taskora", validate: validator } };
}

/**
 * The contract's own schema, asked only when the printed validator refuses: what it accepts, the schema accepts
 * with the same outcome, and about what is wrong the schema has the say.
 */
export function checkFirst(
  schema: StandardSchema | undefined,
  validator: Validator | undefined,
): StandardSchema | undefined {
  if (schema === undefined || validator === undefined) return schema;
  const own = schema["~standard"];
  const standard: StandardSchema["~standard"] = {
    ...own,
    validate: (value) => {
      const result = validator(value);
      return result.issues === undefined ? result : own.validate(value);
    },
  };
  // The rest of the schema stays in view, since what may be sent is decided by looking through it.
  return Object.create(schema, { "~standard": { value: standard, enumerable: true } }) as StandardSchema;
}
