/** The one way in which public functions look at what they are given, so that nothing wrong is taken in silence. */
import { OptionError } from "./errors.js";
import { suggest } from "./suggest.js";

/**
 * Looks at one value that was given and gives it in the form in which it is used.
 *
 * @throws {OptionError} that names `option`, what was expected and what was given
 */
export type Check<Value> = (value: unknown, option: string) => Value;

/** A check of something that may not be left out. */
export interface RequiredCheck<Value> extends Check<Value> {
  readonly isRequired: true;
}

/** Each option a function takes, with its check: what is not in it is unknown. */
export type OptionShape = Readonly<Record<string, Check<unknown>>>;

/** What {@link OptionSet.read} gives for a shape. */
export type OptionValues<Shape extends OptionShape> = {
  readonly [Key in keyof Shape]: Shape[Key] extends RequiredCheck<infer Value>
    ? Value
    : Shape[Key] extends Check<infer Value>
      ? Value | undefined
      : never;
};

/** The options of one function. */
export interface OptionSet<Shape extends OptionShape> {
  readonly keys: readonly string[];
  /**
   * Reads all of them. `undefined` means not given; `null` is a value like any other, and no check takes it.
   *
   * @param where what they are called in messages, such as `close()`
   * @throws {OptionError} on an unknown key ("did you mean"), a missing one, or whatever a check refuses
   */
  read(given: unknown, where: string): OptionValues<Shape>;
  /** The check of an option that is such a set itself. */
  readonly nested: Check<OptionValues<Shape>>;
}

/** Declares the options of a function. */
export function optionSet<const Shape extends OptionShape>(shape: Shape): OptionSet<Shape> {
  const keys = Object.keys(shape);
  const required = keys.filter((key) => "isRequired" in (shape[key] as Check<unknown>));
  const readAt = (given: unknown, where: string, path: string): OptionValues<Shape> => {
    requireObject(given, where);
    const values: Record<string, unknown> = {};
    requireKnownKeys(given, keys, where);
    for (const [key, value] of Object.entries(given)) {
      const check = shape[key] as Check<unknown>;
      if (value !== undefined) values[key] = check(value, path + key);
    }
    for (const key of required) {
      if (values[key] === undefined) throw missingOption(path + key, where);
    }
    return values as OptionValues<Shape>;
  };
  return {
    keys,
    read: (given, where) => readAt(given, where, ""),
    nested: (value, option) => readAt(value, option, `${option}.`),
  };
}

/**
 * Refuses keys outside `known`, with the nearest known key as a suggestion.
 *
 * @param where what the options are called in messages
 * @throws {OptionError} naming the first unknown key
 */
export function requireKnownKeys(options: object, known: readonly string[], where: string): void {
  const key = Object.keys(options).find((each) => !known.includes(each));
  if (key === undefined) return;
  const hint = didYouMean(key, known) ?? `Known options: ${known.join(", ")}.`;
  throw new OptionError(`unknown option "${key}" in ${where}. ${hint}`, { option: key });
}

function missingOption(option: string, where: string): OptionError {
  return new OptionError(`expected ${option} in ${where}, got none`, { option });
}

/** The hint at a name that is meant, where one is near enough. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const near = suggest(word, known);
  return near === undefined ? undefined : `Did you mean "${near}"?`;
}

/** Marks an option that may not be left out. */
export function required<Value>(check: Check<Value>): RequiredCheck<Value> {
  const own: Check<Value> = (value, option) => check(value, option);
  return Object.assign(own, { isRequired: true as const });
}

/**
 * Refuses what is no plain set of options: null, a list, a number, text, a `URL`.
 *
 * @throws {OptionError} that names `path`
 */
export function requireObject(value: unknown, path: string): asserts value is object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    if (isPlain(value) || Object.keys(value).length > 0) return;
  }
  throw new OptionError(`expected ${path} to be an object, got ${describe(value)}`, { option: path });
}

/** Made by `{}`, in whatever realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
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
  throw new OptionError(`expected ${option} to be a list of ${of}, got ${found}`, { option });
}

/** Longest part of a value in a message. */
const MOST_DESCRIBED = 200;

/** A value as it should look in a message. */
export function describe(value: unknown): string {
  if (typeof value === "function") return isCallable(value) ? "a function" : "a generator function";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return String(value);
  try {
    const kind = kindOf(value);
    if (kind !== undefined) return kind;
    const written = JSON.stringify(value) ?? String(value);
    return written.length <= MOST_DESCRIBED ? written : `${written.slice(0, MOST_DESCRIBED)}…`;
  } catch {
    return "an object that JSON cannot write";
  }
}

/** The class of what is not plain, such as `a Map`. */
function kindOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (isPlain(value) || "toJSON" in value || Object.keys(value).length > 0) return undefined;
  const name: unknown = value.constructor?.name;
  if (typeof name !== "string" || name === "") return undefined;
  return `${/^[AEIOU]/.test(name) && !/^U(?:int|RL)/.test(name) ? "an" : "a"} ${name}`;
}
