/**
 * Derives payloads from a JSON Schema. One ordinary payload is made, and every other differs from it in one place, so
 * their number grows with the size of the schema and not with its combinations.
 */
import { fitting, isRecord } from "./fitting.js";
import { type JsonSchema, type View, viewOf } from "./json-schema.js";
import { sampleAny, sampleNumber, sampleText, sampleValues } from "./leaves.js";
import { leaf, namedValues, type Sample, type Samples } from "./sample.js";

/** Recursive schemas end here: further down optional parts are left out and lists are empty. */
const MAX_DEPTH = 5;
/** Longer lists are not made. */
const MAX_ITEMS = 1000;
/** Ordinary values of a place that are tried in turn. */
const MAX_ORDINARY = 6;

interface Walk {
  readonly root: JsonSchema;
  readonly depth: number;
  /** What the caller gave for this place. */
  readonly given: readonly unknown[];
}

/**
 * What can be tried as a payload of a schema.
 *
 * @param given a payload to start from, or none
 */
export function deriveSamples(schema: JsonSchema, given: readonly unknown[]): Samples {
  return samplesOf(schema, { root: schema, depth: 0, given });
}

function samplesOf(schema: JsonSchema, walk: Walk): Samples {
  const view = viewOf(schema, walk.root);
  const samples = kindSamples(view, { ...walk, depth: walk.depth + 1 });
  return { ...samples, ordinary: [...walk.given, ...namedValues(schema), ...samples.ordinary] };
}

/** The way to a place inside. */
function into(walk: Walk, key: string | number): Walk {
  const given = walk.given.flatMap((whole) => {
    const isWhole = typeof whole === "object" && whole !== null && Object.hasOwn(whole, key);
    return isWhole ? [(whole as Readonly<Record<string | number, unknown>>)[key]] : [];
  });
  return { ...walk, given };
}

function kindSamples(view: View, walk: Walk): Samples {
  switch (view.kind) {
    case "never":
      return leaf([], [], []);
    case "values":
      return sampleValues(view.values);
    case "choice":
      return choiceSamples(view.options, walk);
    case "any":
      return sampleAny(view.node);
    case "string":
      return sampleText(view.node);
    case "number":
    case "integer":
      return sampleNumber(view.node, view.kind);
    case "boolean":
      return leaf(
        [...namedValues(view.node), true, false],
        [["false", false]],
        [
          ["a text", "true"],
          ["null", null],
        ],
      );
    case "null":
      return leaf([null], [], [["a text", "null"]]);
    case "array":
      return listSamples(view.node, walk);
    case "object":
      return objectSamples(view.node, walk);
  }
}

function choiceSamples(options: readonly JsonSchema[], walk: Walk): Samples {
  const all = options
    .map((option) => samplesOf(option, { ...walk, given: walk.given.filter(fitting(option, walk.root)) }))
    .filter(({ ordinary }) => ordinary.length > 0);
  const others = all.slice(1).map(({ ordinary: [value] }, index): Sample => {
    return { path: [], what: `its form ${index + 2} of ${all.length}`, value };
  });
  return {
    ordinary: all.flatMap(({ ordinary }) => ordinary.slice(0, 2)),
    edges: [...others, ...all.flatMap(({ edges }) => edges)],
    wrong: all.flatMap(({ wrong }) => wrong),
  };
}

/** A sample of one place inside, put into the whole it belongs to. */
function inside(key: string | number, sample: Sample, put: (value: unknown) => unknown): Sample {
  return { path: [key, ...sample.path], what: sample.what, value: put(sample.value) };
}

function listSamples(node: JsonSchema, walk: Walk): Samples {
  const slots = (node.prefixItems ?? []).map((slot, index) => samplesOf(slot, into(walk, index)));
  const items = itemsOf(node, walk);
  const least = Math.max(node.minItems ?? 0, slots.length);
  const usual = walk.depth > MAX_DEPTH || items === undefined ? least : Math.max(least, slots.length + 1);
  const count = Math.min(usual, node.maxItems ?? usual);
  const itemAt = (index: number): unknown => {
    const { ordinary } = slots[index] ?? items ?? leaf([], [], []);
    return index < slots.length
      ? ordinary[0]
      : ordinary[(index - slots.length) % Math.max(1, ordinary.length)];
  };
  const ofSize = (size: number): unknown[] => Array.from({ length: size }, (_, index) => itemAt(index));
  const given = walk.given.find(Array.isArray) as unknown[] | undefined;
  const usualList = given ?? ofSize(count);
  const places = [
    ...slots.entries(),
    ...(items !== undefined && usualList.length > slots.length ? [[slots.length, items] as const] : []),
  ];
  const within = (pick: "edges" | "wrong"): Sample[] =>
    places.flatMap(([index, samples]) =>
      samples[pick].map((sample) => inside(index, sample, (value) => usualList.with(index, value))),
    );
  return {
    ordinary: [...namedValues(node), usualList, ofSize(least)],
    edges: [...sizes(node, { least, ofSize }).edges, ...within("edges")],
    wrong: [...sizes(node, { least, ofSize }).wrong, ...within("wrong")],
  };
}

function itemsOf({ items }: JsonSchema, walk: Walk): Samples | undefined {
  if (items === undefined || items === true) return walk.depth > MAX_DEPTH ? undefined : sampleAny({});
  if (items === false || walk.depth > MAX_DEPTH) return undefined;
  const samples = samplesOf(items, into(walk, 0));
  return samples.ordinary.length === 0 ? undefined : samples;
}

function sizes(
  node: JsonSchema,
  { least, ofSize }: { readonly least: number; readonly ofSize: (size: number) => unknown[] },
): Pick<Samples, "edges" | "wrong"> {
  const { maxItems } = node;
  const most = maxItems !== undefined && maxItems < MAX_ITEMS ? maxItems : undefined;
  return leaf(
    [],
    [
      least === 0 ? ["empty", []] : [`at its shortest (${least})`, ofSize(least)],
      ...(most === undefined ? [] : ([[`at its longest (${most})`, ofSize(most)]] as const)),
    ],
    [
      ...(least > 0 ? ([[`too short (${least - 1})`, ofSize(least - 1)]] as const) : []),
      ...(most === undefined ? [] : ([[`too long (${most + 1})`, ofSize(most + 1)]] as const)),
      ["an object", {}],
      ["a text", "text"],
    ],
  );
}

function objectSamples(node: JsonSchema, walk: Walk): Samples {
  const required = new Set(node.required);
  const isDeep = walk.depth > MAX_DEPTH;
  const known = [...knownKeys(node)].filter(([key]) => !isDeep || required.has(key));
  const places = known.map(([key, schema]) => [key, samplesOf(schema, into(walk, key))] as const);
  const possible = places.filter(([key, { ordinary }]) => ordinary.length > 0 || required.has(key));
  const usual = objectOf(possible.map(([key, { ordinary }]) => [key, ordinary[0]]));
  const whole = walk.given.find(isRecord) ?? usual;
  const bare = objectOf(
    possible.filter(([key]) => required.has(key)).map(([key, { ordinary }]) => [key, ordinary[0]]),
  );
  const putting = (key: string) => (value: unknown) => ({ ...whole, ...objectOf([[key, value]]) });
  const within = (pick: "edges" | "wrong"): Sample[] =>
    possible.flatMap(([key, samples]) => samples[pick].map((sample) => inside(key, sample, putting(key))));
  const missing = [...required].map(
    (key): Sample => ({ path: [key], what: "left out", value: without(whole, key) }),
  );
  const optional = possible
    .filter(([key]) => !required.has(key))
    .map(([key]): Sample => ({ path: [key], what: "left out", value: without(whole, key) }));
  const others = otherOrdinary(possible, putting);
  return {
    ordinary: [...namedValues(node), whole, bare, ...others],
    edges: [
      ...(optional.length > 1 ? [{ path: [], what: "with required keys alone", value: bare }] : []),
      ...optional,
      ...within("edges"),
    ],
    wrong: [
      ...missing,
      { path: [], what: "with an unknown key", value: { ...whole, "unknown-key": 1 } },
      { path: [], what: "a list", value: [] },
      { path: [], what: "null", value: null },
      ...within("wrong"),
    ],
  };
}

/** The same object with another ordinary value in one place, for schemas whose code refuses the first. */
function otherOrdinary(
  places: readonly (readonly [string, Samples])[],
  putting: (key: string) => (value: unknown) => unknown,
): readonly unknown[] {
  return places.flatMap(([key, { ordinary }]) => ordinary.slice(1, MAX_ORDINARY).map(putting(key)));
}

/** Keys with a name of their own; a record gets one of those its keys may have. */
function knownKeys(node: JsonSchema): ReadonlyMap<string, JsonSchema> {
  const known = new Map(Object.entries(node.properties ?? {}));
  const rest = node.additionalProperties;
  if (typeof rest !== "object" || node.properties !== undefined) return known;
  const named =
    node.propertyNames === undefined
      ? ["key"]
      : samplesOf(node.propertyNames, { root: node, depth: 0, given: [] }).ordinary;
  const names = node.propertyNames?.enum ?? named.slice(0, 1);
  for (const name of names) known.set(String(name), rest);
  return known;
}

/** A key called `__proto__` stays a key. */
function objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

function without(whole: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  return objectOf(Object.entries(whole).filter(([name]) => name !== key));
}
