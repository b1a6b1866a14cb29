/** Checks of single options; those of names, durations and keys stand beside their rules. */
import { OptionError } from "./errors.js";
import { type Check, describe, didYouMean, isCallable } from "./options.js";

function wrong(option: string, expected: string, value: unknown): OptionError {
  return new OptionError(`expected ${option} to be ${expected}, got ${describe(value)}`, { option });
}

/** Takes whatever is given; for what is data, or is looked at elsewhere. */
export const anything: Check<unknown> = (value) => value;

/** Takes text. */
export const text: Check<string> = (value, option) => {
  if (typeof value === "string") return value;
  throw wrong(option, "text", value);
};

/** Takes text that says something, such as an id. */
export const someText: Check<string> = (value, option) => {
  if (typeof value === "string" && value !== "") return value;
  throw wrong(option, "text that is not empty", value);
};

/** Takes true or false. */
export const trueOrFalse: Check<boolean> = (value, option) => {
  if (typeof value === "boolean") return value;
  throw wrong(option, "a boolean", value);
};

/** Takes a function; what it takes and gives is the caller's word. */
export function aFunction<Given extends (...args: never[]) => unknown>(): Check<Given> {
  return (value, option) => {
    if (isCallable(value)) return value as Given;
    throw wrong(option, "a function", value);
  };
}

/** Takes a whole number in a range, both ends included. */
export function integer(min: number, max: number): Check<number> {
  return (value, option) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
    throw wrong(option, `a whole number from ${min} to ${max}`, value);
  };
}

/** Takes a number in a range, both ends included. */
export function numberBetween(min: number, max: number): Check<number> {
  return (value, option) => {
    if (typeof value === "number" && value >= min && value <= max) return value;
    throw wrong(option, `a number from ${min} to ${max}`, value);
  };
}

/** Takes an `AbortSignal`, of whatever realm. */
export const anAbortSignal: Check<AbortSignal> = (value, option) => {
  const isSignal = typeof value === "object" && value !== null && "aborted" in value;
  if (isSignal && "addEventListener" in value) return value as AbortSignal;
  throw wrong(option, "an AbortSignal", value);
};

/** Takes one of some words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Check<Word> {
  return (value, option) => {
    if (words.includes(value as Word)) return value as Word;
    const hint = typeof value === "string" ? didYouMean(value, words) : undefined;
    throw new OptionError(
      `expected ${option} to be ${choice(words)}, got ${describe(value)}${hint === undefined ? "" : `. ${hint}`}`,
      { option },
    );
  };
}

function choice(words: readonly string[]): string {
  return words.length === 2 ? `"${words.join('" or "')}"` : `one of ${words.join(", ")}`;
}

/** Takes a list of what a check takes. */
export function listOf<Value>(check: Check<Value>): Check<readonly Value[]> {
  return (value, option) => {
    if (!Array.isArray(value)) throw wrong(option, "a list", value);
    return value.map((item, index) => check(item, `${option}[${index}]`));
  };
}

/** Takes what a check takes, or a list of it; gives a list. */
export function oneOrMany<Value>(check: Check<Value>): Check<readonly Value[]> {
  const list = listOf(check);
  return (value, option) => (Array.isArray(value) ? list(value, option) : [check(value, option)]);
}

/** Takes a `Date`, or ms since the epoch. */
export const instant: Check<number> = (value, option) => {
  const at = value instanceof Date ? value.getTime() : value;
  if (typeof at === "number" && Number.isFinite(at) && at >= 0 && at < 2 ** 47) return Math.round(at);
  throw wrong(option, "a Date or ms since the epoch", value);
};

/** Takes an object or a function; what it can do is the business of whoever it is handed to. */
export const anObject: Check<object> = (value, option) => {
  if ((typeof value === "object" && value !== null) || typeof value === "function") return value;
  throw wrong(option, "an object", value);
};

/** Takes an object that has some methods. */
export function objectWith<Given>(what: string, methods: readonly (keyof Given & string)[]): Check<Given> {
  return (value, option) => {
    const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
    const lacks = methods.find(
      (name) => !isObject || typeof (value as Readonly<Record<string, unknown>>)[name] !== "function",
    );
    if (lacks === undefined) return value as Given;
    const names = methods.map((name) => `${name}()`).join(", ");
    throw wrong(option, `${what} with ${names}`, value);
  };
}
