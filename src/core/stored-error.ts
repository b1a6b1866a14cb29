import type { StoredError } from "./errors.js";
import { describe } from "./options.js";

/** Longest name, message and stack that are stored; what is longer is cut. In characters. */
const STORED_LIMITS = { name: 256, message: 4096, stack: 4096 } as const;

/**
 * Turns anything thrown into its stored form. Never throws, even where reading the error does; an error in the store
 * outlives the job, so each text is cut at 4 096 characters.
 */
export function storeError(thrown: unknown): StoredError {
  if (!isError(thrown)) {
    return { name: "NonError", message: cutText(describe(thrown), STORED_LIMITS.message) };
  }
  const stack = read(() => thrown.stack);
  const code = read(() => (thrown as { code?: unknown }).code);
  return {
    name: cutText(textOf(read(() => thrown.name)) || "Error", STORED_LIMITS.name),
    message: cutText(textOf(read(() => thrown.message)), STORED_LIMITS.message),
    ...(typeof stack === "string" ? { stack: stack.slice(0, STORED_LIMITS.stack) } : {}),
    ...(typeof code === "string" ? { code: cutText(code, STORED_LIMITS.name) } : {}),
  };
}

/** Whether a thrown value is an `Error`. Unlike `instanceof`, a revoked proxy does not make it throw. */
export function isError(thrown: unknown): thrown is Error {
  return read(() => thrown instanceof Error) === true;
}

/** What a getter of a foreign object gives; one that throws gives a sentence that says so. */
function read(get: () => unknown): unknown {
  try {
    return get();
  } catch (error) {
    return `(unreadable: reading it threw ${typeof error})`;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : describe(value);
}

/** Text of at most `maxChars`; what was longer ends with how long it was. */
export function cutText(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}… (${text.length} characters)`;
}
