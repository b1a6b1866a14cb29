/**
 * Hides what a contract says must not be shown to everybody: parts of payloads and results with `"x-taskora-sensitive": true`
 * in its JSON Schema. Where several forms of a value are possible, what any of them hides is hidden.
 */
import type { ContractSchema, ContractSchemas } from "./contract-schemas.js";

const MARK = "x-taskora-sensitive";
/** Stands before what is said in place of a hidden value. */
export const HIDDEN_SIGN = "▪";
/** A shorter text may stand in an error by chance. */
const SHORTEST_SECRET = 4;
/** Each is looked for in every text: with more of them texts are hidden as a whole. */
const MOST_SECRETS = 2000;

/** A value without what is hidden, and the texts that were. */
export interface Hidden {
  readonly value: unknown;
  readonly secrets: ReadonlySet<string>;
}

/** Hides in a value what any of these schemas says. */
export function hideSensitive(value: unknown, schemas: readonly ContractSchema[]): Hidden {
  const secrets = new Set<string>();
  const hidden = schemas.reduce<unknown>(
    (shown, schema) => new Hiding(schema, secrets).visit(shown, schema),
    value,
  );
  return { value: hidden, secrets };
}

/** Replaces secrets in every text of a value, as in an error that quotes what it refused. */
export function scrub<Value>(value: Value, secrets: ReadonlySet<string>): Value {
  if (secrets.size === 0) return value;
  // A secret may have another within.
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  const visit = (part: unknown): unknown => {
    if (typeof part === "string" && secrets.size > MOST_SECRETS) return `${HIDDEN_SIGN} ${kindOf(part)}`;
    if (typeof part === "string")
      return longestFirst.reduce((text, secret) => text.replaceAll(secret, HIDDEN_SIGN), part);
    if (Array.isArray(part)) return part.map(visit);
    return isPlain(part) ? mapValues(part, visit) : part;
  };
  return visit(value) as Value;
}

/** What is said in place of a value; its texts are added to `secrets`. */
export function hideValue(value: unknown, secrets: Set<string>): string {
  remember(value, secrets);
  return `${HIDDEN_SIGN} ${kindOf(value)}`;
}

/** Whether a schema hides what a path of keys leads to, or something on the way there. */
export function isSensitiveAt(root: ContractSchema, path: readonly string[]): boolean {
  return new Hiding(root, new Set()).hides(path, root);
}

/** Whether anything in these schemas is to be hidden. */
export function hasSensitive({ input, output }: ContractSchemas): boolean {
  return JSON.stringify([input, output]).includes(`"${MARK}":true`);
}

class Hiding {
  readonly #root: ContractSchema;
  readonly #secrets: Set<string>;

  constructor(root: ContractSchema, secrets: Set<string>) {
    this.#root = root;
    this.#secrets = secrets;
  }

  /** @param seen schemas that were looked at for this very value: references may go round in circles */
  visit(value: unknown, schema: unknown, seen: ReadonlySet<unknown> = new Set()): unknown {
    if (value === undefined || !isPlain(schema) || seen.has(schema)) return value;
    if (schema[MARK] === true) return this.#hide(value);
    const met = new Set([...seen, schema]);
    let shown: unknown = value;
    for (const form of formsOf(schema)) shown = this.visit(shown, form, met);
    if (typeof schema.$ref === "string") shown = this.visit(shown, this.#named(schema.$ref), met);
    if (Array.isArray(shown)) return this.#items(shown, schema);
    return isPlain(shown) ? this.#properties(shown, schema) : shown;
  }

  #items(value: readonly unknown[], { prefixItems, items }: ContractSchema): unknown {
    const first = Array.isArray(prefixItems) ? prefixItems : [];
    return value.map((item, at) => this.visit(item, first[at] ?? items));
  }

  #properties(value: ContractSchema, schema: ContractSchema): unknown {
    const { properties, patternProperties, additionalProperties } = schema;
    const named = isPlain(properties) ? properties : {};
    const patterns = isPlain(patternProperties) ? Object.entries(patternProperties) : [];
    return mapValues(value, (part, key) => {
      if (Object.hasOwn(named, key)) return this.visit(part, named[key]);
      const fitting = patterns.filter(([pattern]) => new RegExp(pattern, "u").test(key));
      if (fitting.length === 0) return this.visit(part, additionalProperties);
      return fitting.reduce((shown, [, form]) => this.visit(shown, form), part);
    });
  }

  /** `#/$defs/address`; others are not written by this library. */
  #named(reference: string): unknown {
    if (!reference.startsWith("#")) return undefined;
    const keys = reference.slice(1).split("/").slice(1);
    return keys
      .map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>(
        (at, key) => (isPlain(at) && Object.hasOwn(at, key) ? at[key] : undefined),
        this.#root,
      );
  }

  /** @param seen as of {@link visit} */
  hides(path: readonly string[], schema: unknown, seen: ReadonlySet<unknown> = new Set()): boolean {
    if (!isPlain(schema) || seen.has(schema)) return false;
    if (schema[MARK] === true) return true;
    const met = new Set([...seen, schema]);
    const forms = [
      ...formsOf(schema),
      typeof schema.$ref === "string" ? this.#named(schema.$ref) : undefined,
    ];
    if (forms.some((form) => this.hides(path, form, met))) return true;
    const [key, ...rest] = path;
    const items = [schema.items, ...(Array.isArray(schema.prefixItems) ? schema.prefixItems : [])];
    // What is compared with a list is compared with each of its items.
    if (key === undefined) return items.some((form) => this.hides([], form));
    return [...items, ...keyForms(schema, key)].some((form) => this.hides(rest, form));
  }

  #hide(value: unknown): string {
    return hideValue(value, this.#secrets);
  }
}

/** What a schema says of the property of a key. */
function keyForms({ properties, patternProperties, additionalProperties }: ContractSchema, key: string) {
  const named = isPlain(properties) && Object.hasOwn(properties, key) ? [properties[key]] : [];
  const patterns = isPlain(patternProperties) ? Object.entries(patternProperties) : [];
  const fitting = patterns.flatMap(([pattern, form]) => (new RegExp(pattern, "u").test(key) ? [form] : []));
  return [...named, ...fitting, additionalProperties];
}

function remember(value: unknown, secrets: Set<string>): void {
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") {
    const text = String(value);
    if (text.length >= SHORTEST_SECRET) secrets.add(text);
  } else if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) remember(part, secrets);
  }
}

function formsOf(schema: ContractSchema): readonly unknown[] {
  const several = [schema.allOf, schema.anyOf, schema.oneOf].filter(Array.isArray);
  return [...several.flat(), schema.then, schema.else];
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return `text of ${value.length}`;
  if (Array.isArray(value)) return `list of ${value.length}`;
  return typeof value;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function mapValues(
  value: Readonly<Record<string, unknown>>,
  change: (part: unknown, key: string) => unknown,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, change(part, key)]));
}
