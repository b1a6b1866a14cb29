/**
 * The part of zod's internals that the walker reads. Declared here rather than imported, so that one walker
 * serves whichever copy of zod 4 the contracts use, and the generator does not load a second one.
 */

export interface ZodVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

export interface ZodDef {
  readonly type: string;
  readonly checks?: readonly ZodCheck[];
  readonly [key: string]: unknown;
}

export interface ZodSchema {
  readonly _zod: {
    readonly def: ZodDef;
    readonly version?: ZodVersion;
    readonly traits?: ReadonlySet<string>;
    readonly optin?: "optional" | "defaulted";
    readonly optout?: "optional";
    readonly values?: ReadonlySet<unknown>;
    readonly propValues?: Readonly<Record<string, ReadonlySet<unknown>>>;
    readonly pattern?: RegExp;
    readonly innerType?: ZodSchema;
    readonly bag?: Readonly<Record<string, unknown>>;
  };
  readonly "~standard": { readonly validate: (value: unknown) => unknown };
}

export interface ZodCheck {
  readonly _zod: {
    readonly def: { readonly check?: string; readonly [key: string]: unknown };
    readonly check?: (...args: never[]) => unknown;
    readonly traits?: ReadonlySet<string>;
  };
}

/** Whether a value is a schema of zod 4, of any copy and of either flavour (classic or mini). */
export function isZodSchema(value: unknown): value is ZodSchema {
  if (typeof value !== "object" || value === null || !("_zod" in value)) return false;
  const internals = value._zod as { def?: { type?: unknown } } | undefined;
  return typeof internals?.def?.type === "string";
}

/** Whether a value is a schema of zod 3, which carries no `_zod`. */
export function isZod3Schema(value: unknown): boolean {
  const def = (value as { _def?: { typeName?: unknown } } | null | undefined)?._def;
  return typeof def?.typeName === "string";
}

/** Writes a schema's zod version as `4.6.7`. */
export function zodVersionOf(schema: ZodSchema): string {
  const version = schema._zod.version;
  return version === undefined ? "4.0.0" : `${version.major}.${version.minor}.${version.patch}`;
}

/** A zod from 4.6 counts the length of strings in code points; one before counts UTF-16 units. */
export function countsCodePoints(schema: ZodSchema): boolean {
  const version = schema._zod.version;
  return version !== undefined && (version.major > 4 || version.minor >= 6);
}

/** What was registered for a schema with `.meta()` or `.describe()`. */
export function registeredMeta(schema: ZodSchema): Readonly<Record<string, unknown>> | undefined {
  const registry = (globalThis as { __zod_globalRegistry?: { get(schema: unknown): unknown } })
    .__zod_globalRegistry;
  const meta = registry?.get(schema) ?? classicMeta(schema);
  return typeof meta === "object" && meta !== null ? (meta as Record<string, unknown>) : undefined;
}

function classicMeta(schema: ZodSchema): unknown {
  const meta = (schema as { meta?: unknown }).meta;
  return typeof meta === "function" ? meta.call(schema) : undefined;
}
