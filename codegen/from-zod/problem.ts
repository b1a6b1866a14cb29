/** Why a schema cannot become a contract; the generator adds file, line and code frame. */
export type SchemaProblemCode =
  | "TYPE_NOT_JSON"
  | "VALUE_NOT_JSON"
  | "UNDEFINED_IN_LIST"
  | "UNDEFINED_REQUIRED"
  | "TRANSFORM_IN_OUTPUT"
  | "UNION_TAGS"
  | "SCHEMA_UNKNOWN"
  | "SCHEMA_ENDLESS"
  | "SCHEMA_TOO_LARGE"
  | "SCHEMA_NOT_ZOD"
  | "ZOD_VERSIONS"
  | "SCHEMA_FAILED";

export interface SchemaProblem {
  readonly code: SchemaProblemCode;
  /** Where in the value: property names, tuple positions, `"[]"` for elements, `"{}"` for record values. */
  readonly path: readonly (string | number)[];
  /** What is wrong, and why. */
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
}
