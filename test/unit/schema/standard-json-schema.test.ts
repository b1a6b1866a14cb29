import { describe, expect, it } from "vitest";
import { z } from "zod";
import { standardJsonSchema } from "../../../src/schema/standard-json-schema.js";
import type { StandardSchema } from "../../../src/schema/standard-schema.js";

describe("JSON Schema of a schema", () => {
  it("has each side as it is: what is sent, and what comes out", () => {
    const schema = z.object({
      count: z.number().default(1),
      when: z.string().transform((text) => text.length),
    });
    expect(standardJsonSchema(schema, "input")).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      properties: { count: { type: "number", default: 1 }, when: { type: "string" } },
      required: ["when"],
    });
    expect(standardJsonSchema(z.boolean(), "output")).toMatchObject({ type: "boolean" });
  });

  it("marks what is sensitive wherever it stands, and leaves data alone", () => {
    const secret = z.string().meta({ sensitive: true });
    const schema = z.object({
      secret,
      list: z.array(z.object({ secret }).meta({ sensitive: true })),
      either: z.union([secret, z.number()]),
      map: z.record(z.string(), secret),
      sensitive: z.boolean().meta({ examples: [{ sensitive: true }], default: { sensitive: true } }),
      open: z.string().meta({ sensitive: false }),
    });
    const marked = { type: "string", "x-taskora-sensitive": true };
    const found = standardJsonSchema(schema, "input");
    expect(found).toMatchObject({
      properties: {
        secret: marked,
        list: { items: { "x-taskora-sensitive": true, properties: { secret: marked } } },
        either: { anyOf: [marked, { type: "number" }] },
        map: { additionalProperties: marked },
        sensitive: { type: "boolean", examples: [{ sensitive: true }] },
        open: { type: "string" },
      },
    });
    expect(JSON.stringify(found)).not.toContain('"sensitive":false');
    expect(found).not.toHaveProperty("properties.open.x-taskora-sensitive");
  });

  it("leaves out what JSON Schema cannot say", () => {
    const schema = z.object({ at: z.date(), big: z.bigint(), plain: z.string() });
    expect(standardJsonSchema(schema, "input")).toMatchObject({
      properties: { at: {}, big: {}, plain: { type: "string" } },
    });
  });

  it("is there only when the library has it, and can say it", () => {
    const validate = (value: unknown) => ({ value });
    const bare: StandardSchema = { "~standard": { version: 1, vendor: "other", validate } };
    const refusing = {
      "~standard": {
        ...bare["~standard"],
        jsonSchema: {
          input: () => {
            throw new Error("no such thing");
          },
        },
      },
    };
    expect(standardJsonSchema(undefined, "input")).toBeUndefined();
    expect(standardJsonSchema(bare, "input")).toBeUndefined();
    expect(standardJsonSchema(refusing as StandardSchema, "input")).toBeUndefined();
    expect(standardJsonSchema(refusing as StandardSchema, "output")).toBeUndefined();
  });
});
