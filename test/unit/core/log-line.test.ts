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
});
