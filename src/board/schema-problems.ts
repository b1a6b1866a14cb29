/**
 * Checks a value by the JSON Schema that a worker told the store. A word that is not known here says nothing, as the standard has
 * it: the worker checks again, with its own code.
 *
 * @see JSON Schema 2020-12, https://json-schema.org/draft/2020-12
 */
import { isObject, isSame, listOf, oneOrMany, referenced, type Schema } from "./json-schema.js";

/** One thing that does not fit. */
export interface SchemaProblem {
  /** `order.items[2].price`; `""`: the value as a whole. */
  readonly path: string;
  readonly message: string;
}

/** Where a check stands, and what references lead to. */
interface Place {
  readonly root: Schema;
  readonly path: string;
  /** References that were followed to get here without a step into the value: a ring of them is no schema. */
  readonly depth: number;
  /** Steps that are left: what is made of parts of parts takes as many as all of them together. */
  readonly budget: { left: number };
}

/** More of them tell nobody anything. */
const MOST_PROBLEMS = 10;
const MOST_REFERENCES = 100;
/** What is beyond is left to the worker, which checks again. */
const MOST_STEPS = 200_000;

/** What does not fit, at most 10 things; none: the value fits. `root`: what references lead into, of a part of a schema. */
export function problemsOf(value: unknown, schema: unknown, root?: Schema): readonly SchemaProblem[] {
  const place: Place = {
    root: root ?? (isObject(schema) ? schema : {}),
    path: "",
    depth: 0,
    budget: { left: MOST_STEPS },
  };
  return check(value, schema, place).slice(0, MOST_PROBLEMS);
}

function check(value: unknown, schema: unknown, place: Place): readonly SchemaProblem[] {
  if (schema === false) return [problem(place, "must not be there")];
  place.budget.left -= 1;
  if (!isObject(schema) || place.budget.left < 0) return [];
  return [
    ...checkReference(value, schema, place),
    ...checkType(value, schema, place),
    ...checkChoices(value, schema, place),
    ...(typeof value === "number" ? checkNumber(value, schema, place) : []),
    ...(typeof value === "string" ? checkText(value, schema, place) : []),
    ...(Array.isArray(value) ? checkList(value, schema, place) : []),
    ...(isObject(value) ? checkObject(value, schema, place) : []),
  ];
}

function checkReference(value: unknown, { $ref }: Schema, place: Place): readonly SchemaProblem[] {
  if ($ref === undefined || place.depth > MOST_REFERENCES) return [];
  return check(value, referenced($ref, place.root), { ...place, depth: place.depth + 1 });
}

function checkType(value: unknown, schema: Schema, place: Place): readonly SchemaProblem[] {
  const { type, const: only, enum: among } = schema;
  const types = oneOrMany(type);
  if (types.length > 0 && !types.some((each) => isOfType(value, each))) {
    return [problem(place, `has to be ${types.join(" or ")}, and is ${typeOf(value)}`)];
  }
  if ("const" in schema && !isSame(value, only)) return [problem(place, `has to be ${JSON.stringify(only)}`)];
  if (Array.isArray(among) && !among.some((each) => isSame(value, each))) {
    return [problem(place, `has to be one of ${among.map((each) => JSON.stringify(each)).join(", ")}`)];
  }
  return [];
}

function checkChoices(value: unknown, schema: Schema, place: Place): readonly SchemaProblem[] {
  const { allOf, anyOf, oneOf, not } = schema;
  const all = listOf(allOf).flatMap((each) => check(value, each, place));
  const any = listOf(anyOf).map((each) => check(value, each, place));
  const one = listOf(oneOf).map((each) => check(value, each, place));
  const fitting = one.filter((problems) => problems.length === 0).length;
  return [
    ...all,
    ...(any.length > 0 && any.every((problems) => problems.length > 0) ? nearest(any) : []),
    ...(one.length > 0 && fitting === 0 ? nearest(one) : []),
    ...(fitting > 1 ? [problem(place, "fits more than one of the forms it may have")] : []),
    ...(not !== undefined && check(value, not, place).length === 0
      ? [problem(place, "has a form it must not have")]
      : []),
  ];
}

/** Of several forms that do not fit: what is wrong with the one that is nearest. */
function nearest(forms: readonly (readonly SchemaProblem[])[]): readonly SchemaProblem[] {
  return forms.reduce((best, each) => (each.length < best.length ? each : best));
}

function checkNumber(value: number, schema: Schema, place: Place): readonly SchemaProblem[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const found: SchemaProblem[] = [];
  const refuse = (bound: unknown, isWrong: (bound: number) => boolean, words: string) => {
    if (typeof bound === "number" && isWrong(bound))
      found.push(problem(place, `has to be ${words} ${bound}`));
  };
  refuse(minimum, (bound) => value < bound, "at least");
  refuse(maximum, (bound) => value > bound, "at most");
  refuse(exclusiveMinimum, (bound) => value <= bound, "above");
  refuse(exclusiveMaximum, (bound) => value >= bound, "below");
  refuse(multipleOf, (bound) => bound > 0 && !isMultiple(value, bound), "a multiple of");
  return found;
}

/** Of fractions rounding may leave a little. */
function isMultiple(value: number, of: number): boolean {
  const times = value / of;
  return Math.abs(times - Math.round(times)) <= Math.abs(times) * 4 * Number.EPSILON;
}

function checkText(
  value: string,
  { minLength, maxLength, pattern }: Schema,
  place: Place,
): readonly SchemaProblem[] {
  const { length } = [...value];
  if (typeof minLength === "number" && length < minLength) {
    return [problem(place, `has to have at least ${minLength} characters`)];
  }
  if (typeof maxLength === "number" && length > maxLength) {
    return [problem(place, `has to have at most ${maxLength} characters`)];
  }
  if (typeof pattern !== "string" || fits(value, pattern)) return [];
  return [problem(place, `has to fit ${pattern}`)];
}

/** A pattern that cannot be read here says nothing. */
function fits(value: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

function checkList(value: readonly unknown[], schema: Schema, place: Place): readonly SchemaProblem[] {
  const { minItems, maxItems, items, uniqueItems } = schema;
  const prefix = listOf(schema.prefixItems);
  const found: SchemaProblem[] = [];
  if (typeof minItems === "number" && value.length < minItems)
    found.push(problem(place, `has to have at least ${minItems} items`));
  if (typeof maxItems === "number" && value.length > maxItems)
    found.push(problem(place, `has to have at most ${maxItems} items`));
  if (
    uniqueItems === true &&
    value.some((item, at) => value.slice(0, at).some((other) => isSame(item, other)))
  ) {
    found.push(problem(place, "must not have an item twice"));
  }
  const each = value.flatMap((item, at) =>
    check(item, at < prefix.length ? prefix[at] : items, {
      ...place,
      path: `${place.path}[${at}]`,
      depth: 0,
    }),
  );
  return [...found, ...each];
}

function checkObject(value: Schema, schema: Schema, place: Place): readonly SchemaProblem[] {
  const { required, additionalProperties, propertyNames } = schema;
  const known = isObject(schema.properties) ? schema.properties : {};
  const patterns = Object.entries(isObject(schema.patternProperties) ? schema.patternProperties : {});
  const at = (key: string): Place => ({
    ...place,
    path: place.path === "" ? key : `${place.path}.${key}`,
    depth: 0,
  });
  const missing = listOf(required)
    .filter((key): key is string => typeof key === "string" && !Object.hasOwn(value, key))
    .map((key) => problem(at(key), "is missing"));
  const each = Object.entries(value).flatMap(([key, item]) => {
    const own = Object.hasOwn(known, key) ? [known[key]] : [];
    const alike = patterns.filter(([pattern]) => fits(key, pattern)).map(([, part]) => part);
    const schemas = own.length + alike.length > 0 ? [...own, ...alike] : [additionalProperties];
    return [
      ...schemas.flatMap((part) =>
        part === false ? [problem(at(key), "is not known")] : check(item, part, at(key)),
      ),
      ...check(key, propertyNames, at(key)),
    ];
  });
  return [...missing, ...each];
}

function problem({ path }: Place, message: string): SchemaProblem {
  return { path, message };
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return value === null ? "null" : "missing";
  return Array.isArray(value) ? "array" : typeof value;
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === "integer") return typeof value === "number" && Number.isInteger(value);
  return typeof type !== "string" || typeOf(value) === type;
}
