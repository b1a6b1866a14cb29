import type { StandardIssue, StandardSchema } from "../schema/standard-schema.js";
import type { ValidationIssue } from "./errors.js";

/** A parsed value, or what is wrong with it. */
export type Validation =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly ValidationIssue[] };

/** Parses a value. Synchronous schemas answer at once, which the hot path relies on. */
export function validate(
  schema: StandardSchema | undefined,
  value: unknown,
): Validation | Promise<Validation> {
  if (schema === undefined) return { ok: true, value };
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then(toValidation) : toValidation(result);
}

function toValidation(result: {
  value?: unknown;
  issues?: readonly StandardIssue[] | undefined;
}): Validation {
  if (result.issues === undefined) return { ok: true, value: result.value };
  return { ok: false, issues: result.issues.map(toIssue) };
}

function toIssue(issue: StandardIssue): ValidationIssue {
  const path = (issue.path ?? []).map((part) => {
    const key = typeof part === "object" ? part.key : part;
    return typeof key === "symbol" ? String(key) : key;
  });
  // zod's word for what is wrong stands beside what Standard Schema asks for.
  const { code } = issue as { readonly code?: unknown };
  const kind = issue.kind ?? code;
  return { path, message: issue.message, ...(typeof kind === "string" ? { kind } : {}) };
}
