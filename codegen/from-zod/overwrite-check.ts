import type { IrCheck, IrOverwrite } from "../../src/schema/ir.js";
import { hashFunction } from "./opaque-source.js";

type Overwrite = (text: string) => unknown;

const METHODS: Readonly<Record<string, IrOverwrite["check"]>> = {
  trim: "trim",
  toLowerCase: "to_lower_case",
  toUpperCase: "to_upper_case",
};

/**
 * Recognises zod's own overwrites by their one-line source, the only trace they leave. Anything else is code
 * of the user that keeps the type but changes the value.
 */
export function overwriteCheck(tx: unknown): IrCheck {
  const source = String(tx).replace(/\s+/g, "");
  const method = /^\(?(\w+)\)?=>\1\.(trim|toLowerCase|toUpperCase)\(\)$/.exec(source)?.[2];
  const check = method === undefined ? undefined : METHODS[method];
  if (check !== undefined) return { check };
  if (/^\(?(\w+)\)?=>\1\.normalize\(\w*\)$/.test(source)) return normalizeCheck(tx as Overwrite);
  if (/^\(?(\w+)\)?=>(\w+\.)?slugify\(\1\)$/.test(source)) return { check: "slugify" };
  return { check: "opaque", hash: hashFunction(tx), changes: true };
}

const FORMS = ["NFC", "NFD", "NFKC", "NFKD"];
/** Each normalization form writes this text differently. */
const PROBE = "\u00e9\ufb01e\u0301";

/** The form is hidden in a closure; what the function makes of a probe gives it away. */
function normalizeCheck(tx: Overwrite): IrCheck {
  const form = FORMS.find((candidate) => PROBE.normalize(candidate) === tx(PROBE));
  if (form === undefined) return { check: "opaque", hash: hashFunction(tx), changes: true };
  return { check: "normalize", form };
}
