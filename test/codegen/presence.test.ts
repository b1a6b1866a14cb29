import { describe, expect, it } from "vitest";
import * as z from "zod";
import { innerPresence, keyPresence, slotPresence } from "../../codegen/from-zod/presence.js";

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
