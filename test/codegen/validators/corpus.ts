import type { ZooName } from "../zoo.js";

/** Payloads that a validator once answered otherwise than zod, and edges that are easily lost. */
export const corpus: readonly { readonly name: ZooName; readonly value: unknown }[] = [
  { name: "stringBounds", value: "👍👍👍👍👍" },
  { name: "optional", value: { a: null } },
  { name: "objectOddKeys", value: { "a-b": "x", "1x": 1, 'quote"': true } },
  { name: "objectStrict", value: JSON.parse('{"id":"a","__proto__":1}') },
  { name: "defaults", value: {} },
];
