import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  hasSensitive,
  hideSensitive,
  hideValue,
  isSensitiveAt,
  scrub,
} from "../../../src/core/observe/sensitive.js";

const HIDDEN = { type: "string", "x-taskora-sensitive": true };
const text = { type: "string" };

describe("what a contract calls sensitive", () => {
  it.each<readonly [string, object, unknown, unknown]>([
    [
      "a property",
      { properties: { a: HIDDEN, b: text } },
      { a: "12345", b: "x" },
      { a: "▪ text of 5", b: "x" },
    ],
    ["a property that is not there", { properties: { a: HIDDEN } }, {}, {}],
    ["everything", HIDDEN, { a: 1 }, "▪ object"],
    [
      "a number, a list, nothing",
      { properties: { a: HIDDEN, b: HIDDEN, c: HIDDEN } },
      { a: 17, b: [1, 2], c: null },
      { a: "▪ number", b: "▪ list of 2", c: "▪ null" },
    ],
    [
      "items",
      { items: { properties: { a: HIDDEN } } },
      [{ a: "1" }, { b: "2" }],
      [{ a: "▪ text of 1" }, { b: "2" }],
    ],
    [
      "items of a tuple",
      { prefixItems: [text, HIDDEN], items: text },
      ["a", "b", "c"],
      ["a", "▪ text of 1", "c"],
    ],
    [
      "values of a record",
      { additionalProperties: HIDDEN, properties: { a: text } },
      { a: "1", b: "2" },
      { a: "1", b: "▪ text of 1" },
    ],
    [
      "values by the form of their key",
      { patternProperties: { "^x-": HIDDEN } },
      { "x-a": "1", b: "2" },
      { "x-a": "▪ text of 1", b: "2" },
    ],
    [
      "what a part of a union hides",
      { anyOf: [{ properties: { a: HIDDEN } }, { properties: { b: text } }] },
      { a: "1", b: "2" },
      { a: "▪ text of 1", b: "2" },
    ],
    [
      "what is named",
      { properties: { a: { $ref: "#/$defs/a~1b" } }, $defs: { "a/b": HIDDEN } },
      { a: "1" },
      { a: "▪ text of 1" },
    ],
    [
      "what is within itself",
      {
        $ref: "#/$defs/node",
        $defs: { node: { properties: { key: HIDDEN, next: { $ref: "#/$defs/node" } } } },
      },
      { key: "1", next: { key: "2" } },
      { key: "▪ text of 1", next: { key: "▪ text of 1" } },
    ],
    [
      "nothing of a circle of names",
      { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } },
      { a: "1" },
      { a: "1" },
    ],
    ["nothing where nothing is said", { properties: { a: text } }, { a: "1" }, { a: "1" }],
  ])("is hidden: %s", (_, schema, value, shown) => {
    expect(hideSensitive(value, [schema as never]).value).toEqual(shown);
  });

  it("is hidden by any of several contracts", () => {
    const schemas = [{ properties: { a: HIDDEN } }, { properties: { b: HIDDEN } }];
    expect(hideSensitive({ a: "1", b: "2", c: "3" }, schemas).value).toEqual({
      a: "▪ text of 1",
      b: "▪ text of 1",
      c: "3",
    });
  });

  it("is taken out of texts, but for what may stand there by chance", () => {
    const { secrets } = hideSensitive({ a: "4711-0815", b: "on", c: ["deep secret"] }, [
      { properties: { a: HIDDEN, b: HIDDEN, c: { "x-taskora-sensitive": true } } },
    ]);
    const error = { name: "Error", message: "4711-0815 is on", cause: { stack: ["at deep secret"] } };
    expect(scrub(error, secrets)).toEqual({ name: "Error", message: "▪ is on", cause: { stack: ["at ▪"] } });
  });

  it("never leaves, wherever it stands", () => {
    const secret = "s3cr3t-canary";
    const leaf = fc.constantFrom("plain", 17, true, null);
    const key = fc.constantFrom("a", "b", "c");
    // A value with the secret somewhere, and the schema that says where.
    const { node } = fc.letrec<{ node: readonly [value: unknown, schema: object] }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constant([secret, HIDDEN] as const),
        fc.tuple(key, tie("node"), leaf).map(([name, [value, schema], other]) => {
          return [{ [name]: value, z: other }, { properties: { [name]: schema } }] as const;
        }),
        fc.tuple(tie("node"), leaf).map(([[value, schema], other]) => {
          return [[value, other], { prefixItems: [schema] }] as const;
        }),
        tie("node").map(([value, schema]) => [value, { oneOf: [text, { allOf: [schema] }] }] as const),
      ),
    }));
    fc.assert(
      fc.property(node, ([value, schema]) => {
        const hidden = hideSensitive(value, [schema as never]);
        expect(JSON.stringify(hidden.value)).not.toContain(secret);
        expect(scrub(`it was ${secret}`, hidden.secrets)).toBe("it was ▪");
      }),
      { numRuns: 300 },
    );
  });

  it("is asked for at little cost", () => {
    expect(hasSensitive({ input: { properties: { a: HIDDEN } } })).toBe(true);
    expect(hasSensitive({ output: { properties: { a: text } } })).toBe(false);
    expect(hasSensitive({})).toBe(false);
  });

  it("is taken out of texts as a whole where too many would have to be looked for", () => {
    const secrets = (count: number) => new Set(Array.from({ length: count }, (_, n) => `secret-${n}`));
    expect(scrub(["secret-1 a", 7], secrets(2000))).toEqual(["▪ a", 7]);
    expect(scrub(["harmless", 7], secrets(2001))).toEqual(["▪ text of 8", 7]);
  });

  it("is taken out with the longer first, so that no rest of it stays", () => {
    expect(scrub("abcdefgh", new Set(["abcd", "abcdefgh"]))).toBe("▪");
  });

  it("leaves objects of a class as they are", () => {
    const date = new Date(0);
    expect(scrub({ date, text: "secret" }, new Set(["secret"]))).toEqual({ date, text: "▪" });
  });

  it.each([
    ["text", "▪ text of 4", ["text"]],
    [12345, "▪ number", ["12345"]],
    [12345n, "▪ bigint", ["12345"]],
    [null, "▪ null", []],
    [true, "▪ boolean", []],
    [["long text", { a: "more", b: "abc" }], "▪ list of 2", ["long text", "more"]],
  ])("is told by its kind: %o", (value, shown, texts) => {
    const secrets = new Set<string>();
    expect(hideValue(value, secrets)).toBe(shown);
    expect([...secrets]).toEqual(texts);
  });
});

// A filter by what is hidden would find it out letter by letter.
describe("a path to what is sensitive", () => {
  it.each<readonly [schema: object, path: string, isHidden: boolean]>([
    [HIDDEN, "a.b", true],
    [{ properties: { a: HIDDEN } }, "a", true],
    [{ properties: { a: HIDDEN } }, "a.b", true],
    [{ properties: { a: HIDDEN } }, "b", false],
    [{ properties: { a: { properties: { b: HIDDEN } } } }, "a", false],
    [{ properties: { a: { properties: { b: HIDDEN } } } }, "a.b", true],
    [{ properties: { toString: text } }, "valueOf", false],
    [{ additionalProperties: HIDDEN }, "a", true],
    [{ patternProperties: { "^x-": HIDDEN } }, "x-a", true],
    [{ patternProperties: { "^x-": HIDDEN } }, "a", false],
    [{ properties: { a: { items: HIDDEN } } }, "a.0", true],
    [{ properties: { a: { items: HIDDEN } } }, "a", true],
    [{ properties: { a: { prefixItems: [text, HIDDEN] } } }, "a.1", true],
    [{ properties: { a: { prefixItems: [text, text] } } }, "a.1", false],
    [{ anyOf: [text, { properties: { a: HIDDEN } }] }, "a", true],
    [{ oneOf: [{ properties: { a: HIDDEN } }] }, "a", true],
    [{ allOf: [{ properties: { a: HIDDEN } }] }, "a", true],
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
    [{ if: text, then: { properties: { a: HIDDEN } } }, "a", true],
    [{ if: text, else: { properties: { a: HIDDEN } } }, "a", true],
    [{ $ref: "#/$defs/a", $defs: { a: { properties: { a: HIDDEN } } } }, "a", true],
    [{ $ref: "#/$defs/a~1b%20c", $defs: { "a/b c": { properties: { a: HIDDEN } } } }, "a", true],
    [{ $ref: "#/$defs/toString", $defs: {} }, "a", false],
    [{ $ref: "other#/$defs/a", $defs: { a: HIDDEN } }, "a", false],
    [{ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }, "a", false],
  ])("of %j: is %s one? %s", (schema, path, isHidden) => {
    expect(isSensitiveAt(schema as never, path.split("."))).toBe(isHidden);
  });
});
