/**
 * Runs inside the test process of zod's suite, before each of its files: every schema that is asked about a value is
 * written down as its intermediate representation, with the value and what zod said. No code and no sentence of the
 * suite is kept: messages, descriptions and ids are left out.
 */
import { appendFileSync } from "node:fs";
import { afterAll } from "vitest";
import { irFromZod } from "../../codegen/from-zod.js";
import type { IrSchema } from "../../src/schema/ir.js";
import { factsOf } from "./facts.js";

interface Parsed {
  readonly success: boolean;
  readonly data?: unknown;
  readonly error?: { readonly issues: readonly Issue[] };
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
}

type SafeParse = (schema: unknown, value: unknown, ...rest: readonly unknown[]) => Parsed;

const lines = new Set<string>();
let isAsking = false;

function note(schema: unknown, payload: string, parsed: Parsed): void {
  const walked = irFromZod(schema, { side: "input", taskName: "zod" });
  if (walked.issues !== undefined) return;
  const verdict = parsed.success
    ? { accepts: true, ...jsonOf(parsed.data) }
    : { accepts: false, issues: (parsed.error?.issues ?? []).map(({ code, path }) => [code, ...path]) };
  const facts: IrSchema = factsOf(walked.schema);
  lines.add(
    JSON.stringify({ zod: walked.zodVersion, schema: facts, payload: JSON.parse(payload), ...verdict }),
  );
}

/** A value that JSON carries as it is; nothing for any other. */
function jsonOf(value: unknown): { readonly value?: unknown } {
  const text = jsonText(value);
  return text === undefined ? {} : { value: JSON.parse(text) };
}

function jsonText(value: unknown): string | undefined {
  if (!isJson(value, new Set())) return undefined;
  return JSON.stringify(value);
}

function isJson(value: unknown, above: ReadonlySet<unknown>): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object" || above.has(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype) return false;
  const inside = new Set([...above, value]);
  const entries = Object.entries(Object.getOwnPropertyDescriptors(value));
  if (Array.isArray(value) && entries.length !== value.length + 1) return false;
  return entries.every(
    ([key, { value: child, enumerable }]) =>
      (Array.isArray(value) && key === "length") || (enumerable === true && isJson(child, inside)),
  );
}

/** Wraps `safeParse` and `parse` of the zod under test; what they answer stays as it is. */
function recorded<Parse extends SafeParse>(ask: Parse, safe: SafeParse): Parse {
  return ((schema, value, ...rest) => {
    const payload = isAsking ? undefined : jsonText(value);
    if (payload === undefined) return ask(schema, value, ...rest);
    isAsking = true;
    const parsed = verdictOf(() => safe(schema, JSON.parse(payload)));
    if (parsed !== undefined) note(schema, payload, parsed);
    isAsking = false;
    return ask(schema, value, ...rest);
  }) as Parse;
}

/** A schema that throws, or that is asynchronous, gives no verdict; the test itself sees what happens then. */
function verdictOf(ask: () => Parsed): Parsed | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

(globalThis as { taskoraRecorded?: typeof recorded }).taskoraRecorded = recorded;

afterAll(() => {
  const file = process.env.TASKORA_ZOD_RECORD;
  if (file !== undefined && lines.size > 0) appendFileSync(file, `${[...lines].join("\n")}\n`);
});
