import fc from "fast-check";
import { contractCases } from "taskora/testing";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  fieldText,
  findProblems,
  itemSchema,
  jsonText,
  readJson,
  startValue,
  typedValue,
  variantOf,
} from "../../../board-ui/src/forms/form-value.js";
import {
  type Place,
  placeText,
  valueAt,
  withMovedItem,
  withoutItem,
  withRenamedKey,
  withValueAt,
} from "../../../board-ui/src/forms/json-place.js";
import { payloadPaths } from "../../../board-ui/src/forms/payload-paths.js";
import { type Field, fieldOf } from "../../../board-ui/src/forms/schema-form.js";
import { sendEmail } from "../../../contracts/email.js";
import { makeThumbnails } from "../../../contracts/image.js";
import { deliverWebhook } from "../../../contracts/webhook.js";
import { isObject } from "../../../src/board/json-schema.js";
import { standardJsonSchema } from "../../../src/schema/standard-json-schema.js";

const schemaOf = (schema: z.ZodType): Readonly<Record<string, unknown>> =>
  standardJsonSchema(schema, "input") ?? {};

/** Kinds of a schema's fields, by the place, as a form would show them for a value. */
function shownKinds(schema: unknown, value: unknown): Readonly<Record<string, string>> {
  const kinds: Record<string, string> = {};
  walk(schema, { root: schema, value, place: [] }, (place, field) => {
    kinds[placeText(place)] = field.kind;
  });
  return kinds;
}

interface Step {
  readonly root: unknown;
  readonly value: unknown;
  readonly place: Place;
  /** Forms of one value that are around. */
  readonly nesting?: number;
}

/** Goes through a form as it is shown for a value. */
function walk(schema: unknown, step: Step, see: (place: Place, field: Field, schema: unknown) => void): void {
  const { root, value, place, nesting = 0 } = step;
  const field = fieldOf(schema, root, nesting);
  see(place, field, schema);
  if (place.length > 12) return;
  if (field.kind === "object" && isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      const property = field.properties.find(({ name }) => name === key);
      walk(property?.schema ?? field.others, { root, value: item, place: [...place, key] }, see);
    }
  } else if (field.kind === "list" && Array.isArray(value)) {
    for (const [at, item] of value.entries())
      walk(itemSchema(field, at), { root, value: item, place: [...place, at] }, see);
  } else if (field.kind === "variants") {
    const variant = field.variants[variantOf(field, value, root)];
    walk(variant?.schema, { ...step, nesting: nesting + 1 }, see);
  }
}

/** A value typed anew, field by field, as somebody would who sees it on paper. */
function retyped(schema: unknown, value: unknown): unknown {
  let form: unknown = startValue(schema, schema);
  walk(schema, { root: schema, value, place: [] }, (place, field) => {
    const wanted = valueAt(value, place);
    if (isObject(wanted) || Array.isArray(wanted)) {
      if (field.kind === "json") form = withValueAt(form, place, read(jsonText(wanted)));
      else form = withValueAt(form, place, Array.isArray(wanted) ? [] : {});
    } else if (field.kind === "text" || field.kind === "number") {
      form = withValueAt(form, place, wanted === null ? null : typedValue(field, fieldText(wanted)));
    } else form = withValueAt(form, place, wanted);
  });
  return form;
}

function read(text: string): unknown {
  const given = readJson(text);
  if ("why" in given) throw new Error(given.why);
  return given.value;
}

describe("a form from the contract's schema", () => {
  it("shows a field for each kind of value", () => {
    const schema = schemaOf(
      z.object({
        to: z.email().meta({ title: "To", examples: ["ada@example.com"] }),
        body: z.string().max(5000),
        size: z.enum(["s", "m", "l"]),
        zone: z.enum(["a", "b", "c", "d", "e", "f", "g", "h"]),
        count: z.int().min(1).max(9),
        ratio: z.number().multipleOf(0.5).nullable(),
        dry: z.boolean().default(false),
        kind: z.literal("mail"),
        tags: z.array(z.string()).min(1),
        pair: z.tuple([z.string(), z.number()]),
        labels: z.record(z.string(), z.number()),
        note: z.string().optional().meta({ sensitive: true }),
        anything: z.unknown(),
      }),
    );
    const field = fieldOf(schema, schema);
    if (field.kind !== "object") throw new Error("no object");
    const inner = Object.fromEntries(
      field.properties.map((each) => [each.name, fieldOf(each.schema, schema)]),
    );

    expect(inner.to).toMatchObject({
      kind: "text",
      format: "email",
      title: "To",
      examples: ["ada@example.com"],
    });
    expect(inner.body).toMatchObject({ kind: "text", isLong: true, maxLength: 5000 });
    expect(inner.size).toMatchObject({ kind: "choice", as: "radios", values: ["s", "m", "l"] });
    expect(inner.zone).toMatchObject({ kind: "choice", as: "select" });
    expect(inner.count).toMatchObject({ kind: "number", isInteger: true, minimum: 1, maximum: 9 });
    expect(inner.ratio).toMatchObject({ kind: "number", step: 0.5, isNullable: true });
    expect(inner.dry).toMatchObject({ kind: "boolean", default: false });
    expect(inner.kind).toMatchObject({ kind: "const", value: "mail" });
    expect(inner.tags).toMatchObject({ kind: "list", minItems: 1 });
    expect(inner.pair).toMatchObject({ kind: "list", first: [{ type: "string" }, { type: "number" }] });
    expect(inner.labels).toMatchObject({ kind: "object", isRecord: true, properties: [] });
    expect(inner.note).toMatchObject({ kind: "text", isSensitive: true });
    expect(inner.anything).toMatchObject({ kind: "json" });
    expect(field.properties.filter(({ isRequired }) => !isRequired).map(({ name }) => name)).toContain(
      "note",
    );
  });

  it("names the forms of a union by their discriminator, and finds that of a value", () => {
    const schema = schemaOf(
      z.discriminatedUnion("by", [
        z.object({ by: z.literal("mail"), to: z.email() }),
        z.object({ by: z.literal("post"), street: z.string().min(1) }),
      ]),
    );
    const field = fieldOf(schema, schema);
    if (field.kind !== "variants") throw new Error("no variants");
    expect(field).toMatchObject({ discriminator: "by", variants: [{ label: "mail" }, { label: "post" }] });
    expect(variantOf(field, { by: "post", street: "" }, schema)).toBe(1);
    expect(variantOf(field, { by: "mail", to: "no address" }, schema)).toBe(0);
  });

  it("follows a schema that leads to itself as far as its value goes", () => {
    const Tree: z.ZodType = z.lazy(() => z.object({ name: z.string(), children: z.array(Tree) }));
    const schema = schemaOf(Tree);
    const value = { name: "a", children: [{ name: "b", children: [{ name: "c", children: [] }] }] };
    expect(shownKinds(schema, value)["children[0].children[0].name"]).toBe("text");
    expect(retyped(schema, value)).toEqual(value);
    expect(startValue(schema, schema, "example")).toMatchObject({ name: "text" });
  });

  it("shows what it cannot show as JSON text, for that part alone", () => {
    const schema = {
      type: "object",
      properties: {
        plain: { type: "string" },
        odd: { type: "object", patternProperties: { "^x-": { type: "number" } } },
        ring: { $ref: "#/$defs/ring" },
        nowhere: { $ref: "https://example.com/schema" },
        torn: { allOf: [{ type: "string" }, { type: "number" }] },
      },
      $defs: { ring: { $ref: "#/$defs/ring" } },
    };
    const kinds = shownKinds(schema, { plain: "a", odd: {}, ring: 1, nowhere: 1, torn: 1 });
    expect(kinds).toEqual({
      "": "object",
      plain: "text",
      odd: "json",
      ring: "json",
      nowhere: "json",
      torn: "json",
    });
  });

  it("puts both sides of an intersection into one object", () => {
    const schema = schemaOf(z.object({ a: z.string() }).and(z.object({ b: z.number().min(1) })));
    expect(shownKinds(schema, { a: "x", b: 2 })).toEqual({ "": "object", a: "text", b: "number" });
  });

  it("says what is wrong at its field", () => {
    const schema = schemaOf(z.object({ items: z.array(z.object({ n: z.int().min(3) })), to: z.string() }));
    const problems = findProblems({ items: [{ n: 5 }, { n: 1 }] }, schema);
    expect([...problems.keys()].sort()).toEqual(["items[1].n", "to"]);
    expect(findProblems({ items: [], to: typedValue({ kind: "text" }, "x") }, schema).size).toBe(0);
    expect(
      findProblems({ items: [{ n: typedValue({ kind: "number" }, "1x") }], to: "" }, schema).has(
        "items[0].n",
      ),
    ).toBe(true);
  });

  it("finds nothing wrong with a value that the board keeps back", () => {
    const schema = schemaOf(z.object({ to: z.email(), n: z.int(), list: z.array(z.email()) }));
    const shown = { to: "▪ text of 24", n: "▪ number", list: ["▪ text of 9", "▪no address"] };
    expect([...findProblems(shown, schema).keys()]).toEqual(["list[1]"]);
  });

  it("is as good as the contract for every contract of this repository", async () => {
    for (const contract of [sendEmail, makeThumbnails, deliverWebhook]) {
      const schema = schemaOf(contract.input as unknown as z.ZodType);
      const fromExample = startValue(schema, schema, "example");
      expect(contract.input?.safeParse(fromExample), contract.name).toMatchObject({ success: true });
      for (const { payload, kind, name } of await contractCases(contract)) {
        if (kind === "invalid") continue;
        const typed = retyped(schema, payload);
        expect(typed, name).toEqual(payload);
        expect(contract.input?.safeParse(typed).success, name).toBe(true);
        expect(findProblems(typed, schema).size, name).toBe(0);
      }
    }
  });

  it("takes any schema without an error, and gives back any value that was put in", () => {
    const leaf = fc.oneof(
      fc.record({
        type: fc.constantFrom("string", "number", "integer", "boolean", "null", "array", "object", "what"),
      }),
      fc.record({ const: fc.jsonValue() }),
      fc.record({ enum: fc.array(fc.jsonValue(), { maxLength: 9 }) }),
      fc.constantFrom(
        true,
        false,
        {},
        { $ref: "#" },
        { $ref: "#/$defs/a" },
        { $ref: "#/%zz" },
        { type: ["string", "null"] },
      ),
      fc.dictionary(
        fc.constantFrom(
          "type",
          "properties",
          "items",
          "anyOf",
          "required",
          "minimum",
          "format",
          "title",
          "allOf",
          "examples",
        ),
        fc.jsonValue({ maxDepth: 2 }),
      ),
    );
    const { schema: schemas } = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        fc.record(
          {
            type: fc.constant("object"),
            properties: fc.dictionary(names, tie("schema"), { maxKeys: 4 }),
            required: fc.array(names, { maxLength: 2 }),
            additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
          },
          { requiredKeys: ["type"] },
        ),
        fc.record(
          {
            type: fc.constant("array"),
            items: tie("schema"),
            prefixItems: fc.array(tie("schema"), { maxLength: 2 }),
            minItems: fc.nat(3),
          },
          { requiredKeys: ["items"] },
        ),
        fc.record(
          { anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }), title: fc.string() },
          { requiredKeys: ["anyOf"] },
        ),
        fc.record({ oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
        fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
      ),
    }));
    const whole = fc
      .tuple(schemas, schemas)
      .map(([schema, a]) => (isObject(schema) ? { ...schema, $defs: { a } } : schema));
    fc.assert(
      fc.property(whole, fc.jsonValue({ maxDepth: 4 }), (schema, value) => {
        for (const filling of ["required", "example"] as const) {
          const start = startValue(schema, schema, filling);
          expect(JSON.parse(jsonText(start ?? null))).toEqual(start ?? null);
          walk(schema, { root: schema, value: start, place: [] }, () => undefined);
        }
        let form: unknown;
        walk(schema, { root: schema, value, place: [] }, (place) => {
          form = withValueAt(form, place, valueAt(value, place));
          expect(valueAt(form, place)).toEqual(valueAt(value, place));
        });
        expect(form).toEqual(value);
        payloadPaths(schema);
      }),
      { numRuns: 250 },
    );
  });

  const names = fc.constantFrom("a", "b", "", "__proto__", "x y", "constructor");
});

describe("a change at a place", () => {
  it("leaves the rest as it is, and the value before too", () => {
    const before = { a: [1, { b: 2 }], c: 3 };
    expect(withValueAt(before, ["a", 1, "b"], 9)).toEqual({ a: [1, { b: 9 }], c: 3 });
    expect(withValueAt(before, ["c"], undefined)).toEqual({ a: [1, { b: 2 }] });
    expect(before).toEqual({ a: [1, { b: 2 }], c: 3 });
  });

  it("moves, removes and renames", () => {
    expect(withMovedItem({ a: [1, 2, 3] }, ["a"], { from: 0, to: 2 })).toEqual({ a: [2, 3, 1] });
    expect(withMovedItem({ a: [1] }, ["a"], { from: 0, to: 1 })).toEqual({ a: [1] });
    expect(withoutItem([1, 2, 3], [], 1)).toEqual([1, 3]);
    expect(Object.keys(withRenamedKey({ a: 1, b: 2 }, [], { from: "a", to: "z" }) as object)).toEqual([
      "z",
      "b",
    ]);
    expect(withRenamedKey({ a: 1, b: 2 }, [], { from: "a", to: "b" })).toEqual({ a: 1, b: 2 });
  });

  it("never touches a prototype", () => {
    const value = withValueAt({}, ["__proto__", "polluted"], true);
    expect(Object.hasOwn(value as object, "__proto__")).toBe(true);
    expect("polluted" in {}).toBe(false);
  });
});

describe("places of a payload", () => {
  it("are those the contract names, with their titles and values", () => {
    const schema = schemaOf(
      z.object({
        order: z.object({
          id: z.int().meta({ title: "Order" }),
          lines: z.array(z.object({ sku: z.string() })),
        }),
        to: z.email().meta({ sensitive: true }),
        way: z.discriminatedUnion("by", [
          z.object({ by: z.literal("mail") }),
          z.object({ by: z.literal("post"), street: z.string() }),
        ]),
      }),
    );
    const paths = payloadPaths(schema).map(({ path, ...rest }) => ({ path: path.join("."), ...rest }));
    expect(paths.map(({ path }) => path)).toEqual([
      "order",
      "to",
      "way",
      "order.id",
      "order.lines",
      "way.by",
      "way.street",
      "order.lines.sku",
    ]);
    expect(paths.find(({ path }) => path === "order.id")).toMatchObject({ title: "Order", kind: "number" });
    expect(paths.find(({ path }) => path === "to")).toMatchObject({ isSensitive: true });
    expect(paths.find(({ path }) => path === "way.by")).toMatchObject({ values: ["mail", "post"] });
  });
});
