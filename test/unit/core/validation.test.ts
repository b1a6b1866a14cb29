import { describe, expect, it } from "vitest";
import * as z from "zod";
import { validate } from "../../../src/core/validation.js";
import type { StandardSchema } from "../../../src/schema/standard-schema.js";

describe("validate", () => {
  it("names what is wrong as zod does", () => {
    const schema = z.strictObject({ a: z.string().max(1), b: z.int().optional() });
    const result = validate(schema, { a: "too long", b: 1.5, c: 1 });
    expect(result).toMatchObject({
      ok: false,
      issues: [
        { path: ["a"], kind: "too_big" },
        { path: ["b"], kind: "invalid_type" },
        { path: [], kind: "unrecognized_keys" },
      ],
    });
  });

  it("names nothing where the schema says nothing", () => {
    const schema: StandardSchema = {
      "~standard": { version: 1, vendor: "other", validate: () => ({ issues: [{ message: "no" }] }) },
    };
    expect(validate(schema, 1)).toEqual({ ok: false, issues: [{ path: [], message: "no" }] });
  });

  it("takes anything where there is no schema, and waits for one that takes its time", async () => {
    expect(validate(undefined, 7)).toEqual({ ok: true, value: 7 });
    const later = z.string().refine(async (text) => text !== "no");
    expect(await validate(later, "yes")).toEqual({ ok: true, value: "yes" });
    expect(await validate(later, "no")).toMatchObject({ ok: false });
  });

  it("writes the ways of other libraries to what is wrong alike", () => {
    const path = ["a", { key: "b" }, 0, Symbol("c"), { key: Symbol("d") }];
    const schema: StandardSchema = {
      "~standard": {
        version: 1,
        vendor: "other",
        validate: () => ({ issues: [{ message: "no", path, kind: "mine", code: "zod's" } as never] }),
      },
    };
    expect(validate(schema, 1)).toEqual({
      ok: false,
      issues: [{ path: ["a", "b", 0, "Symbol(c)", "Symbol(d)"], message: "no", kind: "mine" }],
    });
  });
});
