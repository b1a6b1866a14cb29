import { causeOf, errorsOf, isError, read } from "./error-chain.js";
import type { StoredError } from "./errors.js";
import { describe } from "./options.js";

/** Longest name, message and stack that are stored; what is longer is cut. In characters. */
const STORED_LIMITS = { name: 256, message: 4096, stack: 4096 } as const;

/** What is kept behind an error: so many steps away, so many that one error gathers, so many characters in all. */
const BEHIND_LIMITS = { depth: 8, errors: 10, chars: 8192 } as const;

/** What is left for the errors behind one. */
interface Room {
  chars: number;
  readonly depth: number;
  readonly seen: ReadonlySet<unknown>;
}

/**
 * Turns anything thrown into its stored form, with what caused it and what it gathers. Never throws, even where reading the
 * error does; an error in the store outlives the job, so its texts, and what is kept behind it, are bounded.
 */
export function storeError(thrown: unknown): StoredError {
  const stored = storeAlone(thrown, STORED_LIMITS.stack);
  if (!isError(thrown)) return stored;
  return { ...stored, ...behind(thrown, { ...BEHIND_LIMITS, seen: new Set([thrown]) }) };
}

function storeAlone(thrown: unknown, maxStack: number): StoredError {
  if (!isError(thrown)) {
    return { name: "NonError", message: cutText(describe(thrown), STORED_LIMITS.message) };
  }
  const stack = read(() => thrown.stack);
  return {
    name: cutText(textOf(read(() => thrown.name)) || "Error", STORED_LIMITS.name),
    message: cutText(textOf(read(() => thrown.message)), STORED_LIMITS.message),
    ...(typeof stack === "string" ? { stack: stack.slice(0, maxStack) } : {}),
    ...codeOf(read(() => (thrown as { code?: unknown }).code)),
  };
}

function codeOf(code: unknown): Pick<StoredError, "code"> {
  if (typeof code === "string") return { code: cutText(code, STORED_LIMITS.name) };
  return typeof code === "number" && Number.isFinite(code) ? { code } : {};
}

function behind(error: Error, room: Room): Pick<StoredError, "cause" | "errors"> {
  const cause = causeOf(error);
  const stored = cause === undefined || cause === null ? undefined : storeBehind(cause, room);
  const errors = storeErrors(errorsOf(error), room);
  return {
    ...(stored === undefined ? {} : { cause: stored }),
    ...(errors.length === 0 ? {} : { errors }),
  };
}

function storeErrors(errors: readonly unknown[], room: Room): readonly StoredError[] {
  const kept: StoredError[] = [];
  for (const error of errors.slice(0, BEHIND_LIMITS.errors)) {
    const stored = storeBehind(error, room);
    if (stored !== undefined) kept.push(stored);
  }
  const missing = errors.length - kept.length;
  if (missing > 0 && kept.length > 0) kept.push({ name: "Error", message: `${missing} more are not kept` });
  return kept;
}

/** One error behind another; undefined when there is no room for it, or it stands in front of itself. */
function storeBehind(error: unknown, room: Room): StoredError | undefined {
  if (room.depth === 0 || room.chars <= 0 || room.seen.has(error)) return undefined;
  const stored = storeAlone(error, Math.min(room.chars, STORED_LIMITS.stack));
  room.chars -= stored.name.length + stored.message.length + (stored.stack?.length ?? 0);
  if (!isError(error)) return stored;
  const inner: Room = { chars: room.chars, depth: room.depth - 1, seen: new Set([...room.seen, error]) };
  const further = behind(error, inner);
  room.chars = inner.chars;
  return { ...stored, ...further };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : describe(value);
}

/** Text of at most `maxChars`; what was longer ends with how long it was. */
export function cutText(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}… (${text.length} characters)`;
}
