import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printJson, printJsonExpression } from "../../codegen/emit/json-literal.js";

function evaluate(expression: string): unknown {
  return new Function(`return ${expression}`)();
}

describe("printJson", () => {
  it("writes short values on one line", () => {
    expect(printJson({ kind: "string", "a-b": [1, null, true], gone: undefined })).toBe(
      '{ "kind": "string", "a-b": [1, null, true] }',
    );
  });

  it("breaks long values and indents them", () => {
    const text = printJson({ list: ["x".repeat(60), "y".repeat(60)], empty: [], none: {} });
    expect(text).toBe(
      `{\n  "list": [\n    "${"x".repeat(60)}",\n    "${"y".repeat(60)}"\n  ],\n  "empty": [],\n  "none": {}\n}`,
    );
  });
});

describe("printJsonExpression", () => {
  it("keeps a key named __proto__ as data", () => {
    const back = evaluate(printJsonExpression(JSON.parse('{"__proto__": {"a": 1}}'))) as object;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(JSON.stringify(back)).toBe('{"__proto__":{"a":1}}');
  });

  it.each(["`", ["$", "{x}"].join(""), "\\", "\\`", "\\${", "\\u0060", "\u2028", "\r\n", "'\"", "\ud800"])(
    "keeps the text %j",
    (text) => {
      expect(evaluate(printJsonExpression({ [text]: text }))).toEqual({ [text]: text });
    },
  );

  it("gives back any JSON value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(evaluate(printJsonExpression(value))).toEqual(plain);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
