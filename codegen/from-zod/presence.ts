import type { IrPresence } from "../../src/schema/ir.js";
import { isZodSchema, type ZodSchema } from "./zod-internals.js";

/**
 * What zod says about leaving a key out, read from the schema because opaque parts decide it too. Before 4.5
 * zod did not tell a default from an optional, and before 4.4 any key could be left out whose schema takes
 * `undefined`; both come to running the schema on `undefined`, which is what `"defaulted"` does.
 */
export function keyPresence(schema: unknown): IrPresence {
  if (!isZodSchema(schema)) return {};
  const minor = minorOf(schema);
  const { optin, optout } = schema._zod;
  const out = optout === "optional" ? ({ out: "optional" } as const) : {};
  if (minor >= 5) return { ...(optin !== undefined && { in: optin }), ...out };
  const mayBeAbsent = optin !== undefined || (minor < 4 && (optout !== undefined || takesUndefined(schema)));
  return { ...(mayBeAbsent && { in: "defaulted" }), ...out };
}

/** The same for a slot of a tuple; before 4.4 an absent slot was left out whatever its schema is. */
export function slotPresence(schema: unknown): IrPresence {
  if (!isZodSchema(schema) || minorOf(schema) >= 4) return keyPresence(schema);
  const mayBeAbsent = schema._zod.optin !== undefined || takesUndefined(schema);
  return mayBeAbsent ? { in: "optional", out: "optional" } : {};
}

/** What the schema inside an optional makes of an absent value. */
export function innerPresence(schema: unknown): "optional" | "defaulted" | undefined {
  if (!isZodSchema(schema) || schema._zod.optin === undefined) return undefined;
  return minorOf(schema) >= 5 ? schema._zod.optin : "defaulted";
}

function minorOf(schema: ZodSchema): number {
  const { major, minor } = schema._zod.version ?? { major: 4, minor: 0 };
  return major > 4 ? Number.POSITIVE_INFINITY : minor;
}

/** An asynchronous schema decides in the worker, so its key may stay away here. */
function takesUndefined(schema: ZodSchema): boolean {
  const result = schema["~standard"].validate(undefined);
  if (result instanceof Promise) {
    void result.then(ignore, ignore);
    return true;
  }
  return (result as { readonly issues?: unknown }).issues === undefined;
}

function ignore(): void {}
