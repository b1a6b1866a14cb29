/**
 * Every key of a def that the walker understands. A key outside this table changes what a schema accepts in
 * a way nobody looked at (`coerce` hides behind `type: "number"`), so it is refused by name.
 */
const COMMON = ["type", "error", "checks", "description"];

const STRING_KEYS = [
  "coerce",
  "check",
  "format",
  "pattern",
  "abort",
  "version",
  "hostname",
  "protocol",
  "normalize",
  "precision",
  "offset",
  "local",
  "delimiter",
  "alg",
  "enc",
  "length",
  "fn",
];

const KEYS: Readonly<Record<string, readonly string[]>> = {
  string: STRING_KEYS,
  number: ["coerce", "check", "format", "abort"],
  int: ["coerce", "check", "format", "abort"],
  boolean: ["coerce"],
  bigint: ["coerce", "check", "format", "abort"],
  date: ["coerce"],
  symbol: [],
  null: [],
  undefined: [],
  void: [],
  never: [],
  any: [],
  unknown: [],
  nan: [],
  file: [],
  object: ["shape", "catchall"],
  record: ["keyType", "valueType", "mode", "partial"],
  array: ["element"],
  tuple: ["items", "rest"],
  union: ["options", "inclusive", "discriminator", "unionFallback"],
  intersection: ["left", "right"],
  map: ["keyType", "valueType"],
  set: ["valueType"],
  enum: ["entries"],
  literal: ["values"],
  nullable: ["innerType"],
  optional: ["innerType"],
  nonoptional: ["innerType"],
  success: ["innerType"],
  readonly: ["innerType"],
  promise: ["innerType"],
  default: ["innerType", "defaultValue"],
  prefault: ["innerType", "defaultValue"],
  catch: ["innerType", "catchValue"],
  transform: ["transform"],
  pipe: ["in", "out", "transform", "reverseTransform"],
  template_literal: ["parts", "format"],
  lazy: ["getter", "_cachedInner"],
  function: ["input", "output"],
  custom: ["check", "fn", "path", "params", "abort", "when"],
};

const CHECK_KEYS: Readonly<Record<string, readonly string[]>> = {
  less_than: ["value", "inclusive"],
  greater_than: ["value", "inclusive"],
  multiple_of: ["value"],
  number_format: ["format", "type", "coerce", "checks"],
  bigint_format: ["format", "type", "coerce", "checks"],
  min_length: ["minimum"],
  max_length: ["maximum"],
  length_equals: ["length"],
  min_size: ["minimum"],
  max_size: ["maximum"],
  size_equals: ["size"],
  string_format: [...STRING_KEYS, "type", "checks", "includes", "position", "prefix", "suffix"],
  property: ["property", "schema"],
  properties: ["shape"],
  mime_type: ["mime"],
  overwrite: ["tx"],
  custom: ["type", "fn", "path", "params", "checks"],
  describe: [],
  meta: [],
};

const CHECK_COMMON = ["check", "error", "abort", "when", "description"];

/** The keys of a def that nobody taught the walker, or `undefined` for an unknown kind. */
export function unknownDefKeys(def: { readonly type: string }): readonly string[] | undefined {
  const known = Object.hasOwn(KEYS, def.type) ? KEYS[def.type] : undefined;
  if (known === undefined) return undefined;
  return Object.keys(def).filter((key) => !COMMON.includes(key) && !known.includes(key));
}

/** The keys of a check that nobody taught the walker, or `undefined` for an unknown check. */
export function unknownCheckKeys(def: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const name = String(def.check);
  const known = Object.hasOwn(CHECK_KEYS, name) ? CHECK_KEYS[name] : undefined;
  if (known === undefined) return undefined;
  return Object.keys(def).filter((key) => !CHECK_COMMON.includes(key) && !known.includes(key));
}
