import type { IrCheck } from "../../src/schema/ir.js";
import { closureSource } from "./closure-source.js";
import { formatCheck } from "./format-check.js";
import { unknownCheckKeys } from "./known-keys.js";
import { hashFunction, hashText } from "./opaque-source.js";
import { overwriteCheck } from "./overwrite-check.js";
import { refuse, type WalkContext } from "./walk-context.js";
import { countsCodePoints, type ZodCheck, type ZodSchema } from "./zod-internals.js";

/** The checks of a schema in the order zod runs them; a format such as `z.email()` is its own first check. */
export function checksOf(schema: ZodSchema, context: WalkContext): readonly IrCheck[] {
  const own = isOwnCheck(schema) ? [schema as unknown as ZodCheck] : [];
  const list = [...own, ...(schema._zod.def.checks ?? [])];
  return list.flatMap((check) => {
    const converted = convertCheck(check, { schema, context });
    return converted === undefined ? [] : [withOptions(converted, check)];
  });
}

/** `z.custom()` is a check too, but the walker turns it into a node of its own. */
function isOwnCheck(schema: ZodSchema): boolean {
  return schema._zod.def.check !== undefined && schema._zod.def.type !== "custom";
}

function withOptions(converted: IrCheck, check: ZodCheck): IrCheck {
  const message = constantMessage(check._zod.def.error);
  return {
    ...converted,
    ...(check._zod.def.abort === true && { abort: true }),
    ...(message !== undefined && converted.check !== "opaque" && { message }),
  };
}

/** zod keeps the text of `min(1, "Say something")` as a function without parameters. */
function constantMessage(error: unknown): string | undefined {
  if (typeof error !== "function" || error.length > 0) return undefined;
  const message: unknown = error();
  return typeof message === "string" ? message : undefined;
}

interface Place {
  readonly schema: ZodSchema;
  readonly context: WalkContext;
}

function convertCheck(check: ZodCheck, place: Place): IrCheck | undefined {
  const def = check._zod.def;
  const unknown = unknownCheckKeys(def);
  if (unknown === undefined || unknown.length > 0) return refuseCheck(def, unknown, place.context);
  if (def.when !== undefined && !isOwnCondition(def)) return opaque(hashText(`${def.when}${stateOf(def)}`));
  switch (def.check) {
    case "less_than":
      return bound("max", def, place);
    case "greater_than":
      return bound("min", def, place);
    case "multiple_of":
      return bound("multiple_of", def, place);
    case "number_format":
      return { check: "number_format", format: def.format as "safeint" };
    case "min_length":
      return lengthCheck("min_length", def.minimum, place.schema);
    case "max_length":
      return lengthCheck("max_length", def.maximum, place.schema);
    case "length_equals":
      return lengthCheck("length", def.length, place.schema);
    case "string_format":
      return formatCheck(def);
    case "overwrite":
      return overwriteCheck(def.tx);
    case "custom":
      return customCheck(check, place.context);
    case "describe":
    case "meta":
      return undefined;
    default:
      return opaque(hashText(`${def.check}${stateOf(def)}`));
  }
}

function refuseCheck(
  def: ZodCheck["_zod"]["def"],
  unknown: readonly string[] | undefined,
  context: WalkContext,
): undefined {
  const what =
    unknown === undefined ? `the check "${def.check}"` : `"${unknown[0]}" of the check "${def.check}"`;
  refuse(context, {
    code: "SCHEMA_UNKNOWN",
    message: `taskora does not know ${what}, so it cannot say what the schema accepts.`,
    hint: "Write it as .refine(…), which the worker runs, or use a zod that this taskora was tested with.",
  });
  return undefined;
}

function opaque(hash: string): IrCheck {
  return { check: "opaque", hash };
}

/** Length checks carry a condition of zod's own; any other condition is code of the user. */
function isOwnCondition(def: Readonly<Record<string, unknown>>): boolean {
  if (def.check === "custom") return true;
  return /length !== undefined|size !== undefined|\.(length|size)!==(void 0|undefined)/.test(
    String(def.when),
  );
}

function stateOf(def: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(def, (_key, value: unknown) =>
    typeof value === "function" || typeof value === "bigint" || value instanceof RegExp
      ? String(value)
      : value,
  );
}

function lengthCheck(
  check: "min_length" | "max_length" | "length",
  value: unknown,
  schema: ZodSchema,
): IrCheck | undefined {
  const length = Number(value);
  if (!Number.isFinite(length)) return undefined;
  const units = schema._zod.def.type === "string" && !countsCodePoints(schema);
  return { check, value: length, ...(units && { units: true }) };
}

function bound(
  check: "min" | "max" | "multiple_of",
  def: Readonly<Record<string, unknown>>,
  place: Place,
): IrCheck | undefined {
  const { value } = def;
  if (typeof value !== "number") return opaque(hashText(`${check} ${String(value)}`));
  if (value === (check === "max" ? Infinity : -Infinity)) return undefined;
  if (!Number.isFinite(value)) return refuseBound(check, value, place.context);
  return { check, value, ...(def.inclusive === false && { exclusive: true }) };
}

function refuseBound(check: string, value: number, context: WalkContext): undefined {
  refuse(context, {
    code: "VALUE_NOT_JSON",
    message: `The bound .${check}(${value}) refuses every number.`,
    hint: "Give a finite bound, or leave the check out.",
  });
  return undefined;
}

function customCheck(check: ZodCheck, context: WalkContext): IrCheck {
  const { fn } = check._zod.def;
  if (fn !== undefined) return opaque(hashFunction(fn));
  const source = String(check._zod.check);
  // superRefine wraps the user's function in one of zod's own.
  if (!source.includes("addIssue")) return { check: "opaque", hash: hashFunction(source), changes: true };
  const hidden = closureSource(check._zod.check, "fn");
  return opaque(hidden === undefined ? hashText(context.sourceText) : hashFunction(hidden));
}
