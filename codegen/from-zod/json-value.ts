import type { JsonValue } from "../../src/schema/ir.js";
import { canonicalJson } from "../canonical-json.js";
import type { ZodSchema } from "./zod-internals.js";

/** The value itself when JSON carries it without loss, else `undefined`. */
export function asJson(value: unknown): JsonValue | undefined {
  return isJson(value, new Set()) ? value : undefined;
}

function isJson(value: unknown, seen: Set<unknown>): value is JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || seen.has(value)) return false;
  seen.add(value);
  const fits = Array.isArray(value)
    ? value.every((item) => isJson(item, seen))
    : isPlain(value) && Object.values(value).every((item) => isJson(item, seen));
  seen.delete(value);
  return fits;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether two values are the same JSON, whatever the order of their keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/**
 * Reads a default twice, the second time with the clock moved by a day: a function whose result depends on
 * time or chance shows itself by a second answer.
 *
 * @returns the value as JSON, or why there is none
 */
export function readDefault(read: () => unknown): { value: JsonValue } | "changes" | "not-json" {
  const first = read();
  const second = withShiftedClock(read);
  const value = asJson(first);
  if (value === undefined) return isJson(second, new Set()) ? "changes" : "not-json";
  return sameJson(first, second) ? { value } : "changes";
}

const DAY_MS = 86_400_000;

function withShiftedClock<T>(read: () => T): T {
  const RealDate = Date;
  class ShiftedDate extends RealDate {
    constructor(...args: readonly unknown[]) {
      if (args.length === 0) super(RealDate.now() + DAY_MS);
      else super(...(args as [number]));
    }
    static override now(): number {
      return RealDate.now() + DAY_MS;
    }
  }
  globalThis.Date = ShiftedDate as DateConstructor;
  try {
    return read();
  } finally {
    globalThis.Date = RealDate;
  }
}

/**
 * What a schema makes of a value: `kept` as it is, `changed`, or `refused`. Only a value that is kept may be
 * sent in place of an absent one. The answer of an asynchronous schema comes too late and counts as `changed`.
 */
export function tryValue(schema: ZodSchema, value: JsonValue): "kept" | "changed" | "refused" {
  const result = schema["~standard"].validate(structuredClone(value));
  if (result instanceof Promise) {
    void result.then(ignore, ignore);
    return "changed";
  }
  const parsed = result as { readonly value?: unknown; readonly issues?: unknown };
  if (parsed.issues !== undefined) return "refused";
  return sameJson(parsed.value, value) ? "kept" : "changed";
}

/** The answer of an asynchronous schema comes too late to be used. */
function ignore(): void {}
