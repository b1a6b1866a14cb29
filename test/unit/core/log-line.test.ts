import { describe, expect, it } from "vitest";
import { logLine } from "../../../src/core/log-line.js";

describe("logLine", () => {
  it.each([
    [new TypeError("mailbox full"), "TypeError: mailbox full"],
    [new Error("no", { cause: "x" }), "Error: no"],
    [{ a: 1 }, '{"a":1}'],
    [new ArrayBuffer(1), "an ArrayBuffer"],
    [undefined, "undefined"],
  ])("tells %o in place of a message", (given, message) => {
    expect(logLine("info", given, undefined)).toEqual({ level: "info", message });
  });

  it("has no fields where none are given", () => {
    for (const fields of [undefined, null]) {
      expect(logLine("info", "m", fields)).toEqual({ level: "info", message: "m" });
    }
  });

  it.each([
    [7, { value: 7 }],
    ["text", { value: "text" }],
    [
      { a: undefined, b: 1 },
      { a: undefined, b: 1 },
    ],
    [{ a: () => 1 }, { a: "a function" }],
    [{ a: new Map([["b", 1]]) }, { a: [["b", 1]] }],
    [{ a: "x".repeat(16_382) }, { a: "x".repeat(16_382) }],
    [{ a: "x".repeat(16_383) }, { a: `"${"x".repeat(16_383)}… (16385 characters)` }],
  ])("keeps of the fields %o what can be kept", (fields, kept) => {
    expect(logLine("info", "m", fields).fields).toEqual(kept);
  });

  it("keeps errors among the fields, or in their place", () => {
    const error = { name: "TypeError", message: "no", stack: expect.any(String) };
    expect(logLine("info", "m", new TypeError("no")).fields).toEqual({ value: error });
    expect(logLine("info", "m", { a: new TypeError("no") }).fields).toEqual({ a: error });
  });

  it("loses no line by fields that cannot be read", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(logLine("info", "m", proxy)).toEqual({ level: "info", message: "m", fields: {} });
    const fields = {
      good: 1,
      get bad(): never {
        throw new TypeError("no");
      },
      worse: {
        toJSON() {
          throw new RangeError("no");
        },
      },
    };
    expect(logLine("info", "m", fields).fields).toEqual({
      good: 1,
      bad: "(unreadable: reading it threw object)",
      worse: expect.stringContaining("(RangeError)"),
    });
  });
});
