import type { IrCheck, IrPattern } from "../../src/schema/ir.js";
import { hashFunction } from "./opaque-source.js";

type Def = Readonly<Record<string, unknown>>;

/** Formats that zod checks by an algorithm; the interpreter has the same ones. */
const BY_ALGORITHM = new Set(["url", "ipv6", "cidrv6", "base64", "base64url", "jwt", "credit_card", "iban"]);

/** Converts `string_format`: a named format, a regular expression, or one of the text checks. */
export function formatCheck(def: Def): IrCheck {
  const format = String(def.format);
  switch (format) {
    case "includes":
      return {
        check: "includes",
        text: String(def.includes),
        ...(typeof def.position === "number" && { position: def.position }),
      };
    case "starts_with":
      return { check: "starts_with", text: String(def.prefix) };
    case "ends_with":
      return { check: "ends_with", text: String(def.suffix) };
    default:
      return namedFormat(format, def);
  }
}

function namedFormat(format: string, def: Def): IrCheck {
  if (typeof def.fn === "function") return customFormat(format, def);
  if (format === "url") return urlFormat(def);
  if (format === "jwt") return { check: "format", format, ...(def.alg != null && { alg: String(def.alg) }) };
  if (BY_ALGORITHM.has(format) || !(def.pattern instanceof RegExp)) return { check: "format", format };
  return patternFormat(format, def.pattern);
}

function patternFormat(format: string, pattern: RegExp): IrCheck {
  return {
    check: "format",
    format,
    pattern: pattern.source,
    ...(pattern.flags !== "" && { flags: pattern.flags }),
  };
}

function urlFormat(def: Def): IrCheck {
  return {
    check: "format",
    format: "url",
    ...(def.hostname instanceof RegExp && { hostname: asPattern(def.hostname) }),
    ...(def.protocol instanceof RegExp && { protocol: asPattern(def.protocol) }),
    ...(def.normalize === true && { normalize: true }),
  };
}

/** `z.stringFormat(name, regex)` wraps the expression in a function; with a function of the user it is opaque. */
function customFormat(format: string, def: Def): IrCheck {
  if (def.pattern instanceof RegExp) return patternFormat(format, def.pattern);
  return { check: "opaque", hash: hashFunction(def.fn) };
}

function asPattern(pattern: RegExp): IrPattern {
  return { source: pattern.source, ...(pattern.flags !== "" && { flags: pattern.flags }) };
}
