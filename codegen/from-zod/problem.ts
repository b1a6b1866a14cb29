/** Why a schema cannot become a contract; the generator adds file, line and code frame. */
export type SchemaProblemCode =
  | "TYPE_NOT_JSON"
  | "VALUE_NOT_JSON"
  | "UNDEFINED_IN_LIST"
  | "UNDEFINED_REQUIRED"
  | "TRANSFORM_IN_OUTPUT"
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

/** What to write for each type that JSON cannot carry. */
export const NATIVE_HINTS: Readonly<Record<string, string>> = {
  date: "Use z.iso.datetime(), or z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() }).",
  bigint:
    "Use z.string().regex(/^-?\\d+$/), or z.codec(z.string().regex(/^-?\\d+$/), z.bigint(), { decode: (text) => BigInt(text), encode: (value) => value.toString() }).",
  map: "Use z.record(keys, values), or z.codec(z.array(z.tuple([key, value])), z.map(key, value), { decode: (entries) => new Map(entries), encode: (map) => [...map] }).",
  set: "Use z.array(item), or z.codec(z.array(item), z.set(item), { decode: (items) => new Set(items), encode: (set) => [...set] }).",
  file: "Store the file elsewhere and send its address, such as z.url(), or send its bytes as z.base64().",
  symbol: "Use z.enum([…]) or z.string().",
  nan: "Use z.null() for a missing number.",
  promise: "Await the value before dispatching, and declare what it resolves to.",
  function: "Send data that says what to do, and keep the function in the worker.",
  success: "Declare the value itself; the worker validates it anyway.",
  class: "Declare its fields with z.object({ … }), or use z.codec(…) between the two.",
};
