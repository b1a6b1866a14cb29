import { describe, expect, it } from "vitest";
import * as z from "zod";
import { refusesUndefined } from "../../../codegen/emit/validator/presence.js";
import { printValidator } from "../../../codegen/emit/validator/print-validator.js";
import type { ValidatorMode } from "../../../codegen/emit/validator/printer.js";
import { compileIr } from "../../../src/schema/interpreter.js";
import { irOf, zooNames } from "../from-zod-support.js";
import { type ZooName, zoo } from "../zoo.js";

/** What is left to the interpreter while the process runs; each other kind is code, several times as fast. */
const INTERPRETED: readonly ZooName[] = [
  ...(["stringGlobalRegex", "slug", "url", "urlBounded", "httpUrl", "urlNormal", "ipv6", "cidrv6"] as const),
  ...(["base64", "base64url", "jwt", "jwtAlg", "creditCard", "iban", "emailPayload"] as const),
  ...(["objectRequired", "nonoptional", "defaultOptional", "catch", "xor"] as const),
  ...(["intersection", "intersectionStrict", "intersectionDefault", "recordIntersection"] as const),
  ...(["tuple", "tupleOptional", "tupleOptionalRest", "tupleRest", "tupleDefault", "readonlyTuple"] as const),
  ...(["recordEnum", "recordEnumDefault", "recordEnumAny", "recordEnumOptional", "recordPartial"] as const),
  ...(["recordLoose", "recordPattern", "recordTemplate", "recordNumber", "recordLiteral"] as const),
  ...(["coerceNumber", "coerceString", "coerceBoolean", "stringbool", "pipe", "pipeCoerce"] as const),
];

/** Keys whose validator says at once what becomes of an absent one. */
const AT_ONCE: Readonly<Record<string, z.ZodType>> = {
  "one that is required": z.string(),
  "null or a value": z.string().nullable(),
  "one of a union": z.union([z.string(), z.array(z.string())]),
  "both of an intersection": z.intersection(z.string(), z.string()),
  "one part of an intersection": z.intersection(z.unknown(), z.string()),
  "the begin of a pipe": z.string().pipe(z.any()),
  "a default": z.string().default("b"),
  "a default of what takes undefined": z.string().optional().default("b"),
  "one that may be left out": z.string().optional(),
  "one that is left out or there": z.string().exactOptional(),
};

/** The text of its validator, or why it has none. */
function textOf(schema: z.ZodType, mode: ValidatorMode): string {
  const printed = printValidator(irOf(schema), { name: "validate", mode });
  return printed.reason ?? printed.text;
}

describe("a printed validator", () => {
  it("asks the interpreter for these kinds only", () => {
    const asks = (name: ZooName) => textOf(zoo[name], "output").includes("check.part(");
    expect(zooNames.filter(asks).sort()).toEqual(INTERPRETED.toSorted());
  });

  it.each(Object.entries(AT_ONCE))("needs no second look at a key that is not there: %s", (_, inner) => {
    const text = textOf(z.object({ k: inner }), "wire");
    expect(text).toContain(".k = ");
    expect(text).not.toContain("is required");
    expect(text).not.toContain("s.length === ");
  });
});

describe("refusesUndefined", () => {
  const MORE: Readonly<Record<string, z.ZodType>> = {
    never: z.never(),
    "a union with anything": z.union([z.string(), z.any()]),
    "an intersection of anything": z.intersection(z.any(), z.unknown()),
    "an intersection with anything": z.intersection(z.string(), z.any()),
    "an intersection by its second part": z.intersection(z.any(), z.string()),
    "a literal that is undefined": z.literal(["a", undefined]),
    "a pipe from anything": z.any().pipe(z.any()),
    "nullable anything": z.any().nullable(),
    "a coerced text": z.coerce.string(),
    "a coerced number": z.coerce.number(),
    "a text that is yes or no": z.stringbool(),
  };
  const all = [...zooNames.map((name) => [name, zoo[name]] as const), ...Object.entries(MORE)];

  it("is what validating undefined says, but for references and what makes a number of it", () => {
    const differ = all.filter(([, schema]) => {
      const ir = irOf(schema);
      return refusesUndefined(ir.root) !== (compileIr(ir)(undefined).issues !== undefined);
    });
    expect(differ.map(([name]) => name)).toEqual([
      "recursive",
      "recursiveMutual",
      "recursiveLazy",
      "json",
      "a coerced number",
    ]);
  });
});
