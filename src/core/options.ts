import { OptionError } from "./errors.js";
import { suggest } from "./suggest.js";

/**
 * Refuses keys outside `known`, with the nearest known key as a suggestion.
 *
 * @param path what the object is called in the message, such as `retry` or `dispatch options`
 * @throws {OptionError} naming the first unknown key, or what is there instead of an object
 */
export function rejectUnknownKeys(options: object, known: readonly string[], path: string): void {
  requireObject(options, path);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = suggest(key, known);
    const hint = near === undefined ? `Known options: ${known.join(", ")}.` : `Did you mean "${near}"?`;
    throw new OptionError(`unknown option "${key}" in ${path}. ${hint}`);
  }
}

/**
 * Refuses what is no plain set of options: null, a list, a number, text.
 *
 * @throws {OptionError} that names `path`
 */
export function requireObject(value: unknown, path: string): asserts value is object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new OptionError(`expected ${path} to be an object, got ${describe(value)}`);
}

/** Whether calling it runs it. The body of a generator function only runs when somebody takes what it gives. */
export function isCallable(value: unknown): value is (...given: never[]) => unknown {
  return typeof value === "function" && !GENERATORS.has(Object.prototype.toString.call(value));
}

const GENERATORS: ReadonlySet<string> = new Set([
  "[object GeneratorFunction]",
  "[object AsyncGeneratorFunction]",
]);

/**
 * Refuses what is no list of functions, or of functions and text.
 *
 * @throws {OptionError} that names `option` and what does not belong there
 */
export function requireList(
  value: unknown,
  { option, of }: { readonly option: string; readonly of: "functions" | "functions or text" },
): void {
  const fits = (item: unknown) => isCallable(item) || (of !== "functions" && typeof item === "string");
  if (Array.isArray(value) && value.every(fits)) return;
  const found = Array.isArray(value)
    ? `${describe(value.find((item) => !fits(item)))} in it`
    : describe(value);
  throw new OptionError(`expected ${option} to be a list of ${of}, got ${found}`);
}

/** What a whole-number option accepts. */
export interface IntegerRange {
  readonly option: string;
  readonly min: number;
  readonly max: number;
}

/**
 * Returns `value` when it is a whole number in range.
 *
 * @throws {OptionError} otherwise
 */
export function requireInteger(value: unknown, range: IntegerRange): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= range.min && value <= range.max) {
    return value;
  }
  throw new OptionError(
    `expected ${range.option} to be a whole number from ${range.min} to ${range.max}, got ${describe(value)}`,
  );
}

/** A value as it should look in a message. */
export function describe(value: unknown): string {
  if (typeof value === "function") return isCallable(value) ? "a function" : "a generator function";
  if (typeof value === "bigint") return `${value}n`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "an object that JSON cannot write";
  }
}
