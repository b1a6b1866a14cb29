import { describe, expect, it } from "vitest";
import { compileIr, schemaFromIr } from "../../../src/schema/interpreter.js";
import type { IrNode, IrSchema } from "../../../src/schema/ir.js";

function schema(root: IrNode, definitions: Record<string, IrNode> = {}): IrSchema {
  return { root, definitions };
}

function object(properties: Record<string, IrNode>): IrNode {
  return {
    kind: "object",
    mode: "strip",
    properties: Object.entries(properties).map(([key, node]) => ({ key, node })),
  };
}

const text: IrNode = { kind: "string" };

const list: IrSchema = schema(
  { kind: "ref", name: "d1" },
  {
    d1: {
      ...object({ value: text }),
      kind: "object",
      properties: [
        { key: "value", node: text },
        {
          key: "next",
          node: { kind: "optional", inner: { kind: "ref", name: "d1" } },
          in: "optional",
          out: "optional",
        },
      ],
    } as IrNode,
  },
);

describe("compileIr", () => {
  it("says which tags a union knows", () => {
    const tagged = (tag: string) => object({ kind: { kind: "literal", values: [tag] } });
    const root: IrNode = {
      kind: "union",
      options: [tagged("card"), tagged("cash")],
      discriminator: { key: "kind", tags: [["card"], ["cash"]] },
    };
    expect(compileIr(schema(object({ pay: root })))({ pay: { kind: "cheque" } }).issues).toMatchObject([
      { path: ["pay", "kind"], message: 'expected one of "card", "cash"' },
    ]);
  });

  it("strips unknown keys and leaves the input alone", () => {
    const input = { a: "x", more: 1 };
    expect(compileIr(schema(object({ a: text })))(input)).toEqual({ value: { a: "x" } });
    expect(input).toEqual({ a: "x", more: 1 });
  });

  it("says where the first thing is wrong, from the outside in", () => {
    const rows: IrNode = { kind: "array", element: object({ name: text }) };
    expect(compileIr(schema(object({ rows })))({ rows: [{ name: "a" }, { name: 1 }] })).toEqual({
      issues: [{ path: ["rows", 1, "name"], message: "expected string, got number", kind: "invalid_type" }],
    });
  });

  it("gives every issue, so that a payload is mended in one go", () => {
    const result = compileIr(schema(object({ a: text, b: { kind: "number" } })))({ a: 1, b: "x" });
    expect(result.issues?.map((issue) => issue.path)).toEqual([["a"], ["b"]]);
  });

  it.each(["undefined", "void"] as const)("lets %s be nothing, and nothing else", (kind) => {
    const run = compileIr(schema({ kind }));
    expect(run(undefined)).toEqual({ value: undefined });
    expect(run(null)).toMatchObject({ issues: [{ message: "expected undefined, got null" }] });
  });

  it("hands out a fresh default each time", () => {
    const tags: IrNode = { kind: "default", inner: { kind: "array", element: text }, value: ["x"] };
    const run = compileIr(schema(tags));
    const first = run(undefined);
    if (first.issues === undefined) (first.value as string[]).push("changed");
    expect(run(undefined)).toEqual({ value: ["x"] });
  });

  it("leaves a default to the worker when only the worker can compute it", () => {
    const id: IrNode = { kind: "default", inner: text, hash: "0123456789ab" };
    const root: IrNode = {
      kind: "object",
      mode: "strip",
      properties: [{ key: "id", node: id, in: "defaulted" }],
    };
    expect(compileIr(schema(root))({})).toEqual({ value: {} });
  });

  it("counts code points, and units for a schema of an older zod", () => {
    const two = (units: boolean): IrNode => ({
      kind: "string",
      checks: [{ check: "max_length", value: 2, ...(units && { units: true }) }],
    });
    expect(compileIr(schema(two(false)))("👍👍").issues).toBeUndefined();
    expect(compileIr(schema(two(true)))("👍👍").issues).toHaveLength(1);
  });

  it("keeps a text that is trimmed only after it was measured, since the worker measures again", () => {
    const late: IrNode = { kind: "string", checks: [{ check: "min_length", value: 3 }, { check: "trim" }] };
    const early: IrNode = { kind: "string", checks: [{ check: "trim" }, { check: "min_length", value: 1 }] };
    expect(compileIr(schema(late))(" a ")).toEqual({ value: " a " });
    expect(compileIr(schema(early))(" a ")).toEqual({ value: "a" });
  });

  it("checks the wire side of a conversion and sends it unconverted", () => {
    const codec: IrNode = {
      kind: "codec",
      in: { kind: "string", checks: [{ check: "min_length", value: 2 }] },
      out: { kind: "native", type: "date" },
      hash: "0123456789ab",
    };
    const run = compileIr(schema(codec));
    expect(run("2026")).toEqual({ value: "2026" });
    expect(run("x").issues).toHaveLength(1);
  });

  it("sends the value as it was when code of the user may still choose another option", () => {
    const refined: IrNode = { ...object({ a: text }), checks: [{ check: "opaque", hash: "0123456789ab" }] };
    const union: IrNode = { kind: "union", options: [refined, object({ a: text, b: text })] };
    expect(compileIr(schema(union))({ a: "x", b: "y" })).toEqual({ value: { a: "x", b: "y" } });
  });

  it("refuses a required key that JSON would leave out", () => {
    const result = compileIr(schema(object({ a: { kind: "unknown" } })))({ a: undefined });
    expect(result.issues).toEqual([
      { path: ["a"], message: "is undefined, and JSON leaves such a key out", kind: "invalid_type" },
    ]);
  });

  it("walks recursive schemas as deep as the value goes", () => {
    const value = { value: "a", next: { value: "b", next: { value: "c" } } };
    expect(compileIr(list)(value)).toEqual({ value });
    expect(compileIr(list)({ value: "a", next: { value: 1 } }).issues?.[0]?.path).toEqual(["next", "value"]);
  });

  it("ends on a value that contains itself", () => {
    const loop: { value: string; next?: unknown } = { value: "a" };
    loop.next = loop;
    expect(compileIr(list)(loop).issues).toEqual([
      { path: [], message: "is nested too deep, or contains itself", kind: "custom" },
    ]);
  });

  it("never lets __proto__ become a prototype", () => {
    const payload: unknown = JSON.parse('{"__proto__":{"admin":true},"a":"x"}');
    const loose: IrNode = { kind: "object", mode: "loose", properties: [{ key: "a", node: text }] };
    const record: IrNode = { kind: "record", keys: text, values: { kind: "any" } };
    for (const root of [loose, record, { kind: "intersection", left: loose, right: loose } as IrNode]) {
      const result = compileIr(schema(root))(payload);
      const value = result.issues === undefined ? (result.value as { admin?: unknown }) : undefined;
      expect(value?.admin).toBeUndefined();
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
  });

  it("passes data under any nested key through unknown untouched", () => {
    const payload: unknown = JSON.parse('{"a":{"__proto__":{"x":1},"constructor":"c"}}');
    const result = compileIr(schema(object({ a: { kind: "unknown" } })))(payload);
    expect(JSON.stringify(result.issues === undefined && result.value)).toBe(JSON.stringify(payload));
  });

  it("reports a value whose conversion throws", () => {
    const run = compileIr(schema({ kind: "number", coerce: true }));
    expect(run(Symbol("x")).issues).toHaveLength(1);
  });
});

describe("schemaFromIr", () => {
  it("is a standard schema of its own vendor", () => {
    const standard = schemaFromIr(schema(object({ a: text })))["~standard"];
    expect(standard.vendor).toBe("taskora");
    expect(standard.validate({ a: "x", b: 1 })).toEqual({ value: { a: "x" } });
    expect(standard.validate({})).toEqual({
      issues: [{ path: ["a"], message: "expected string, got undefined", kind: "invalid_type" }],
    });
  });
});
