/** What a form holds: the JSON value itself, and how its fields read and write it. */
import { isObject, isSame, type Schema } from "../../../src/board/json-schema.js";
import { problemsOf, type SchemaProblem } from "../../../src/board/schema-problems.js";
import { flatSchema } from "./flat-schema.js";
import { type Place, placeText } from "./json-place.js";
import { constOf, type Field, fieldOf, type Variant } from "./schema-form.js";

/** Deeper than this nothing is filled in: the schema leads to itself. */
const DEEPEST = 12;

/** Which values a form begins with: those that must be there, or an example of all. */
export type Filling = "required" | "example";

/** A value to begin with. It need not fit: what nobody can guess is left empty. */
export function startValue(schema: unknown, root: unknown, filling: Filling = "required"): unknown {
  return fill(schema, { root, filling, depth: 0 });
}

interface Walk {
  readonly root: unknown;
  readonly filling: Filling;
  readonly depth: number;
}

function fill(schema: unknown, walk: Walk): unknown {
  const field = fieldOf(schema, walk.root);
  if (field.default !== undefined) return field.default;
  const [example] = field.examples;
  if (example !== undefined) return example;
  if (field.isNullable && walk.filling === "required") return null;
  return walk.depth > DEEPEST ? undefined : fillKind(field, { ...walk, depth: walk.depth + 1 });
}

function fillKind(field: Field, walk: Walk): unknown {
  switch (field.kind) {
    case "text":
      return walk.filling === "example" ? exampleText(field) : "";
    case "number":
      return numberWithin(field);
    case "boolean":
      return false;
    case "null":
    case "json":
      return null;
    case "const":
      return field.value;
    case "choice":
      return field.values[0];
    case "list":
      return fillList(field, walk);
    case "object":
      return fillObject(field, walk);
    case "variants":
      return fill(field.variants[0]?.schema, walk);
  }
}

function fillList(field: Extract<Field, { readonly kind: "list" }>, walk: Walk): unknown {
  const least = walk.filling === "example" ? Math.max(field.minItems, 1) : field.minItems;
  const length = Math.min(Math.max(field.first.length > 0 ? field.minItems : least, 0), 100);
  return Array.from({ length }, (_, at) => fill(itemSchema(field, at), walk) ?? null);
}

function fillObject(field: Extract<Field, { readonly kind: "object" }>, walk: Walk): unknown {
  const shown = field.properties.filter(
    ({ isRequired }) => isRequired || (walk.filling === "example" && walk.depth < 4),
  );
  const entries = shown.map(({ name, schema }) => [name, fill(schema, walk)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

const EXAMPLES: Readonly<Record<string, string>> = {
  ...{ email: "ada@example.com", uri: "https://example.com/", hostname: "example.com" },
  ...{ "date-time": "2026-12-01T12:00:00Z", date: "2026-12-01", time: "12:00:00Z", duration: "PT5M" },
  ...{ uuid: "0198c0de-0000-7000-8000-000000000001", ipv4: "192.0.2.1", ipv6: "2001:db8::1" },
};

function exampleText({
  format = "",
  minLength = 0,
  maxLength = 100,
}: Extract<Field, { readonly kind: "text" }>): string {
  const known = Object.hasOwn(EXAMPLES, format) ? EXAMPLES[format] : undefined;
  return known ?? "text".padEnd(Math.min(minLength, 10_000), " text").slice(0, maxLength);
}

function numberWithin({
  minimum = Number.NEGATIVE_INFINITY,
  maximum = Number.POSITIVE_INFINITY,
  step,
}: Extract<Field, { readonly kind: "number" }>): number {
  const nearest = Math.min(Math.max(0, minimum), maximum);
  return step === undefined || nearest === 0 ? nearest : Math.ceil(nearest / step) * step;
}

/** The schema of an item of a list. */
export function itemSchema(field: Extract<Field, { readonly kind: "list" }>, at: number): unknown {
  return at < field.first.length ? field.first[at] : field.rest;
}

/** The form among several that a value has: the one it fits, else the one it looks most like. */
export function variantOf(
  field: Extract<Field, { readonly kind: "variants" }>,
  value: unknown,
  root: unknown,
): number {
  const fitting = field.variants.findIndex(({ schema }) => fits(value, schema, root));
  if (fitting !== -1) return fitting;
  const named = field.variants.findIndex(({ schema }) =>
    hasItsName(value, field.discriminator, flatSchema(schema, root)),
  );
  if (named !== -1) return named;
  const alike = field.variants.findIndex((variant) => isAlike(value, variant, root));
  return Math.max(alike, 0);
}

function hasItsName(value: unknown, discriminator: string | undefined, flat: Schema | undefined): boolean {
  if (discriminator === undefined || flat === undefined || !isObject(value)) return false;
  return isSame(value[discriminator], constOf(flat, discriminator));
}

function isAlike(value: unknown, { schema }: Variant, root: unknown): boolean {
  switch (fieldOf(schema, root).kind) {
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "list":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    default:
      return false;
  }
}

/** Whether a value fits a part of a schema. */
function fits(value: unknown, schema: unknown, root: unknown): boolean {
  return problemsOf(value, schema, isObject(root) ? root : {}).length === 0;
}

/** The text of a field for a value. */
export function fieldText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The value of a text that was typed into a field. What is no number stays text, and the check says so. */
export function typedValue(field: Pick<Field, "kind">, text: string): unknown {
  if (field.kind !== "number") return text;
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : text;
}

/** A value as JSON for people, and the value of such a text. */
export function jsonText(value: unknown): string {
  return value === undefined ? "" : JSON.stringify(value, undefined, 2);
}

/** What a text says. */
export type ReadJson = { readonly value: unknown } | { readonly why: string };

/** Reads JSON; an empty text is no value. */
export function readJson(text: string): ReadJson {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { why: `This is no JSON: ${(error as Error).message}` };
  }
}

/** Messages by the place that they are about, as {@link placeText} names it. */
export type Problems = ReadonlyMap<string, readonly string[]>;

/** Whether it stands for a value that the board keeps back, as `▪ text of 24`. */
export function isHidden(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("▪ ");
}

function hiddenPlaces(value: unknown, place: Place): readonly string[] {
  if (isHidden(value)) return [placeText(place)];
  if (Array.isArray(value)) return value.flatMap((item, at) => hiddenPlaces(item, [...place, at]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => hiddenPlaces(item, [...place, key]));
}

/** What does not fit. A value that is kept back is one that fits: it is that of the job which is copied. */
export function findProblems(value: unknown, schema: Schema): Problems {
  const found = new Map<string, string[]>();
  const hidden = new Set(hiddenPlaces(value, []));
  for (const { path, message } of problemsOf(value, schema)) {
    if (hidden.has(path)) continue;
    const messages = found.get(path) ?? [];
    if (!messages.includes(message)) messages.push(message);
    found.set(path, messages);
  }
  return found;
}

/** What is wrong at a place itself. */
export function problemsAt(problems: Problems, place: Place): readonly string[] {
  return problems.get(placeText(place)) ?? [];
}

export type { SchemaProblem };
