import { describe, expect, it } from "vitest";
import { printLiteral } from "../../codegen/emit/literal.js";

describe("printLiteral", () => {
  it("writes short values on one line", () => {
    expect(printLiteral({ kind: "string", "a-b": [1, null, true], gone: undefined })).toBe(
      '{ kind: "string", "a-b": [1, null, true] }',
    );
  });

  it("breaks long values and indents them", () => {
    const text = printLiteral({ list: ["x".repeat(60), "y".repeat(60)], empty: [], none: {} });
    expect(text).toBe(
      `{\n  list: [\n    "${"x".repeat(60)}",\n    "${"y".repeat(60)}",\n  ],\n  empty: [],\n  none: {},\n}`,
    );
  });

  it("keeps a key named __proto__ as data", () => {
    const value = JSON.parse('{"__proto__": {"a": 1}}') as object;
    const text = printLiteral(value);
    const back = new Function(`return ${text}`)() as object;
    expect(text).toBe('{ ["__proto__"]: { a: 1 } }');
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(JSON.stringify(back)).toBe('{"__proto__":{"a":1}}');
  });

  it("keeps the sign of zero", () => {
    expect(printLiteral([-0, 0])).toBe("[-0, 0]");
  });
});
