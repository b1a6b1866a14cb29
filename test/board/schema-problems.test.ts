import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problemsOf } from "../../src/board/schema-problems.js";

const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
const key = fc.constantFrom("a", "b", "c");
const leaf = fc.oneof(
  fc.constantFrom("", "a", "bb", "a1"),
  fc.integer({ min: -2, max: 4 }),
  fc.boolean(),
  fc.constant(null),
);

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3 }),
  ),
}));

const bound = fc.integer({ min: 0, max: 3 });
const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.boolean(),
    fc.record({ type: fc.constantFrom("string", "number", "integer", "boolean", "null", "array", "object") }),
    fc.record({ type: fc.constant(["string", "null"]) }),
    fc.record({ const: leaf }),
    fc.record({ enum: fc.uniqueArray(leaf, { minLength: 1, maxLength: 3 }) }),
    fc.record(
      { minimum: bound, maximum: bound, multipleOf: fc.constantFrom(1, 2, 0.5) },
      { requiredKeys: [] },
    ),
    fc.record({ exclusiveMinimum: bound, exclusiveMaximum: bound }, { requiredKeys: [] }),
    fc.record(
      { minLength: bound, maxLength: bound, pattern: fc.constantFrom("^a", "[0-9]$") },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        ...{ items: tie("schema"), prefixItems: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) },
        ...{ minItems: bound, maxItems: bound, uniqueItems: fc.boolean() },
      },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        properties: fc.dictionary(key, tie("schema"), { maxKeys: 2 }),
        patternProperties: fc.dictionary(fc.constantFrom("^a", "c$"), tie("schema"), { maxKeys: 1 }),
        required: fc.uniqueArray(key, { maxLength: 2 }),
        ...{ additionalProperties: tie("schema"), propertyNames: tie("schema") },
      },
      { requiredKeys: [] },
    ),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) }),
    fc.record({ not: tie("schema") }),
  ),
}));

describe("problemsOf", () => {
  it("agrees with ajv about every value and schema", () => {
    const seen = { fits: 0, not: 0 };
    fc.assert(
      fc.property(schema, value, (part, made) => {
        const given: unknown = JSON.parse(JSON.stringify(made));
        const wrapped = { $defs: { part }, properties: { it: { $ref: "#/$defs/part" } } };
        const expected = ajv.compile(structuredClone(wrapped))({ it: given });
        ajv.removeSchema();
        const problems = problemsOf({ it: given }, wrapped);
        seen[expected ? "fits" : "not"]++;
        expect({ part, given, fits: problems.length === 0 }).toEqual({ part, given, fits: expected });
      }),
      { numRuns: 600 },
    );
    expect(Math.min(seen.fits, seen.not)).toBeGreaterThan(50);
  });

  it("names the place, and says what is wrong there", () => {
    const order = {
      ...{ type: "object", required: ["id", "items"], additionalProperties: false },
      properties: {
        id: { type: "integer", minimum: 1 },
        items: {
          type: "array",
          items: { type: "object", required: ["price"], properties: { price: { type: "number" } } },
        },
        state: { enum: ["new", "paid"] },
      },
    };
    expect(problemsOf({ id: 0, items: [{ price: "1" }, {}], state: "old", more: 1 }, order)).toEqual([
      { path: "id", message: "has to be at least 1" },
      { path: "items[0].price", message: "has to be number, and is string" },
      { path: "items[1].price", message: "is missing" },
      { path: "state", message: 'has to be one of "new", "paid"' },
      { path: "more", message: "is not known" },
    ]);
    expect(problemsOf(undefined, order)).toEqual([{ path: "", message: "has to be object, and is missing" }]);
  });

  it("ends where references lead round in a ring, and passes over what it does not know", () => {
    const ring = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } };
    expect(problemsOf(1, ring)).toEqual([]);
    expect(problemsOf("x", { pattern: "(", format: "email", unheardOf: 1 })).toEqual([]);
    const tree = { type: "object", properties: { kids: { type: "array", items: { $ref: "#" } } } };
    expect(problemsOf({ kids: [{ kids: [1] }] }, tree)).toEqual([
      { path: "kids[0].kids[0]", message: "has to be object, and is number" },
    ]);
  });
});
