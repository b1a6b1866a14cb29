import fc from "fast-check";
import { samples, type ZooName } from "./zoo.js";

/** As JSON carries it. */
export function toJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** A payload of the zoo, changed here and there. */
export function mutatedPayload(name: ZooName): fc.Arbitrary<unknown> {
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
