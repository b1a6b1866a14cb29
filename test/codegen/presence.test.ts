import { describe, expect, it } from "vitest";
import * as z from "zod";
import { innerPresence, keyPresence, slotPresence } from "../../codegen/from-zod/presence.js";
import { mayBeUndefined } from "../../codegen/type-text/presence.js";
import { irOf } from "./from-zod-support.js";

/** The same schema as an older zod would describe it, which knew one kind of optional only. */
function ofVersion(schema: z.ZodType, minor: number): unknown {
  const optin = schema._zod.optin === undefined ? undefined : "optional";
  const _zod = { ...schema._zod, optin, optout: schema._zod.optout, def: schema._zod.def };
  return { "~standard": schema["~standard"], _zod: { ..._zod, version: { major: 4, minor, patch: 0 } } };
}

describe("keyPresence", () => {
  it("takes over what zod says since 4.5", () => {
    expect(keyPresence(z.string())).toEqual({});
    expect(keyPresence(z.string().optional())).toEqual({ in: "optional", out: "optional" });
    expect(keyPresence(z.string().default("x"))).toEqual({ in: "defaulted" });
  });

  it("runs the schema on an absent value for an older zod, which did not tell a default from an optional", () => {
    expect(keyPresence(ofVersion(z.string().default("x"), 4))).toEqual({ in: "defaulted" });
    expect(keyPresence(ofVersion(z.string().optional(), 4))).toEqual({ in: "defaulted", out: "optional" });
    expect(keyPresence(ofVersion(z.unknown(), 4))).toEqual({});
  });

  it("lets any key that takes undefined stay away before 4.4", () => {
    expect(keyPresence(ofVersion(z.unknown(), 1))).toEqual({ in: "defaulted" });
    expect(keyPresence(ofVersion(z.string(), 1))).toEqual({});
    expect(
      keyPresence(
        ofVersion(
          z.unknown().refine(async () => false),
          1,
        ),
      ),
    ).toEqual({ in: "defaulted" });
  });
});

describe("slotPresence", () => {
  it("lets a slot end the tuple before 4.4, whatever stands in for it", () => {
    expect(slotPresence(ofVersion(z.string().default("x"), 3))).toEqual({ in: "optional", out: "optional" });
    expect(slotPresence(z.string().default("x"))).toEqual({ in: "defaulted" });
  });
});

describe("innerPresence", () => {
  it("says what an optional makes of an absent value", () => {
    expect(innerPresence(z.string())).toBeUndefined();
    expect(innerPresence(z.string().default("x"))).toBe("defaulted");
    expect(innerPresence(ofVersion(z.string().optional(), 2))).toBe("defaulted");
  });
});

describe("mayBeUndefined", () => {
  const parts = z.object({ n: z.number() });
  const recursive: z.ZodType = z.lazy(() => z.union([z.array(recursive), z.string().optional()]));
  const MAY: Readonly<Record<string, z.ZodType>> = {
    unknown: z.unknown(),
    any: z.any(),
    undefined: z.undefined(),
    void: z.void(),
    "an optional text that looks like code": z.enum(["a;b", "{ c"]).optional(),
    "an optional list of objects": z.array(parts).optional(),
    "a default": parts.default({ n: 1 }),
    "a prefault": parts.prefault({ n: 1 }),
    "what is coerced": z.coerce.number(),
    "one of a union": z.union([z.string(), z.null(), parts.optional()]),
    "both of an intersection": z.intersection(parts.optional(), parts.optional()),
    "a literal": z.literal(["a", undefined]),
    "a pipe by its begin": z.string().optional().transform(String).pipe(z.string()),
    wrapped: parts.optional().nullable().readonly().catch({ n: 1 }),
    "a reference": recursive,
  };
  const MAY_NOT: Readonly<Record<string, z.ZodType>> = {
    "an object": parts,
    "an object whose parts may": z.object({ a: z.string().optional() }),
    "a text that says so": z.literal("undefined"),
    "a list": z.array(z.string()),
    "one of an intersection": z.intersection(parts.optional(), parts),
    "what is there whatever it is": parts.optional().nonoptional(),
    "an optional key by itself": z.string().exactOptional(),
    "a date as text": z.codec(z.string(), z.date(), { decode: (text) => new Date(text), encode: String }),
  };

  it.each(Object.entries(MAY))("says so of %s", (_, schema) =>
    expect(mayBeUndefined(irOf(schema))).toBe(true),
  );
  it.each(Object.entries(MAY_NOT))("does not of %s", (_, schema) =>
    expect(mayBeUndefined(irOf(schema))).toBe(false),
  );
});
