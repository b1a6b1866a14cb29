import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileIr } from "../../src/core/interpreter.js";
import { certaintyOf } from "../../src/core/ir-certainty.js";
import { irOf, zooNames } from "./from-zod-support.js";
import { samples, type ZooName, zoo } from "./zoo.js";

type Verdict =
  | { readonly accepts: true; readonly value: unknown }
  | { readonly accepts: false; readonly path: string };

/** What zod says; a throw (sides of an intersection that cannot be merged) refuses without a path. */
function askZod(name: ZooName, value: unknown): Verdict {
  try {
    const result = zoo[name].safeParse(value);
    if (result.success) return { accepts: true, value: result.data };
    return { accepts: false, path: JSON.stringify(result.error.issues[0]?.path) };
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Unmergable"))
      return { accepts: false, path: "?" };
    throw error;
  }
}

function toJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** A payload of the zoo, changed here and there. */
function mutated(name: ZooName): fc.Arbitrary<unknown> {
  const seeds = samples[name] ?? [];
  const noise = fc.oneof(fc.constantFrom(...NOISE), fc.jsonValue({ maxDepth: 2 }));
  const seed = seeds.length > 0 ? fc.constantFrom(...seeds) : noise;
  const change = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("replace", "remove", "add", "copy"),
    noise,
  });
  const changed = fc.tuple(seed, fc.array(change, { minLength: 1, maxLength: 2 }));
  return fc.oneof(
    { weight: 1, arbitrary: noise },
    {
      weight: 6,
      arbitrary: changed.map(([value, changes]) =>
        changes.reduce((current, step) => applyChange(current, step), toJson(value)),
      ),
    },
  );
}

const NOISE = [
  null,
  "",
  " ",
  "a",
  "  ab ",
  0,
  1,
  -1,
  1.5,
  true,
  false,
  [],
  {},
  "__proto__",
  [null],
  { a: "x" },
];

interface Change {
  readonly at: number;
  readonly kind: string;
  readonly noise: unknown;
}

interface Place {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}

function applyChange(root: unknown, change: Change): unknown {
  const box = { root };
  const places = [{ holder: box as Record<string, unknown>, key: "root" }, ...placesIn(root)];
  const place = places[change.at % places.length];
  if (place === undefined) return root;
  const { holder, key } = place as { holder: Record<string, unknown>; key: string };
  const target = holder[key];
  if (change.kind === "remove" && holder !== (box as unknown) && !Array.isArray(holder)) delete holder[key];
  else if (change.kind === "add" && Array.isArray(target)) target.push(change.noise);
  else if (change.kind === "add" && typeof target === "object" && target !== null)
    addKey(target, change.noise);
  else if (change.kind === "copy") holder[key] = toJson(places[(change.at + 1) % places.length]?.holder);
  else holder[key] = change.noise;
  return toJson(box.root);
}

function addKey(target: object, noise: unknown): void {
  const key = typeof noise === "string" ? noise : "extra";
  Object.defineProperty(target, key, { value: noise, enumerable: true, configurable: true, writable: true });
}

function compare(name: ZooName): (value: unknown) => void {
  const schema = irOf(zoo[name]);
  const run = compileIr(schema);
  const { isCertain, isPlain } = certaintyOf(schema);
  const certain = isCertain(schema.root);
  const plain = isPlain(schema.root);
  return (value) => {
    const expected = askZod(name, structuredClone(value));
    const sent = run(structuredClone(value));
    const context = `${name} with ${JSON.stringify(value)}`;
    if (certain) expect(sent.issues === undefined, context).toBe(expected.accepts);
    if (sent.issues !== undefined) {
      expect(expected.accepts, context).toBe(false);
      const path = JSON.stringify(sent.issues[0]?.path);
      if (certain && !expected.accepts && expected.path !== "?") expect(path, context).toBe(expected.path);
      return;
    }
    if (plain && expected.accepts && !UNSTABLE.has(name))
      expect(toJson(sent.value), context).toEqual(toJson(expected.value));
    const received = askZod(name, toJson(sent.value));
    expect(received, `${context} after the wire`).toEqual(expected);
  };
}

/** Here an earlier option accepts what a later one makes of a value, so the value is sent as it was. */
const UNSTABLE: ReadonlySet<ZooName> = new Set(["unionStrictFirst"]);

const RUNS = Number(process.env.TASKORA_PARITY_RUNS ?? 60);

describe("the interpreter", () => {
  it.each(zooNames)("answers as zod does: %s", (name) => {
    const check = compare(name);
    for (const sample of samples[name] ?? []) check(sample);
    fc.assert(fc.property(mutated(name), check), { numRuns: RUNS, seed: 20_261_123 });
  });
});
