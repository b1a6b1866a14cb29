import type { StandardSchema } from "./standard-schema.js";

/**
 * What a producer may send after validating: the `parsed` value (defaults filled in, unknown keys gone) or the
 * `given` one. A schema with a one-way transform must see the given value again in the worker, since its output
 * would not parse a second time.
 */
export type WireForm = "parsed" | "given";

interface ZodInternals {
  readonly _zod: { readonly def: Readonly<Record<string, unknown>> };
}

/** Decides by looking through a zod 4 schema; schemas of other libraries are opaque, so their input is sent. */
export function wireFormOf(schema: StandardSchema | undefined): WireForm {
  if (schema === undefined) return "given";
  if (schema["~standard"].vendor === "taskora") return "parsed";
  if (!isZod(schema)) return "given";
  return holdsTransform(schema, new Set()) ? "given" : "parsed";
}

function isZod(value: unknown): value is ZodInternals {
  return typeof value === "object" && value !== null && "_zod" in value;
}

function holdsTransform(value: unknown, seen: Set<unknown>): boolean {
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  if (isZod(value)) {
    const { def } = value._zod;
    if (def.type === "pipe" || def.type === "transform") return true;
    if (def.type === "lazy" && typeof def.getter === "function") return holdsTransform(def.getter(), seen);
    return Object.values(def).some((part) => holdsTransform(part, seen));
  }
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).some((part) => holdsTransform(part, seen));
}
