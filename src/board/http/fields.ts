/** What a call takes in its query and its body: one table that is checked, and described in the API's document. */
import { OptionError } from "../../core/errors.js";
import { type Check, didYouMean, requireObject } from "../../core/options.js";
import { BoardFailure } from "./answer.js";

/** JSON Schema as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One value that a call takes. */
export interface Field<Value> {
  readonly check: Check<Value>;
  readonly schema: JsonSchema;
  /** A sentence. */
  readonly says: string;
  readonly isRequired?: boolean;
  /** In a query it may come several times. */
  readonly isMany?: boolean;
  /** In a query it is a number, true or false, and not text. */
  readonly reads?: "number" | "boolean" | "json";
}

/** What a call takes, by names. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What was read. */
export type FieldValues<F extends Fields> = {
  readonly [Key in keyof F]: F[Key] extends Field<infer Value>
    ? F[Key] extends { readonly isRequired: true }
      ? Value
      : Value | undefined
    : never;
};

function field<Value>(
  says: string,
  check: Check<Value>,
  rest: Omit<Field<Value>, "says" | "check">,
): Field<Value> {
  return { says, check, ...rest };
}

/** It may not be left out. */
export function must<Value>(given: Field<Value>): Field<Value> & { readonly isRequired: true } {
  return { ...given, isRequired: true };
}

function wrong(option: string, expected: string): OptionError {
  return new OptionError(`expected ${option} to be ${expected}`, { option });
}

/** Text of a length. */
export function words(says: string, max = 2048): Field<string> {
  const check: Check<string> = (value, option) => {
    if (typeof value === "string" && value.length <= max) return value;
    throw wrong(option, `text of at most ${max} characters`);
  };
  return field(says, check, { schema: { type: "string", maxLength: max } });
}

/** One of some words. */
export function word<const Word extends string>(says: string, among: readonly Word[]): Field<Word> {
  const check: Check<Word> = (value, option) => {
    if (among.includes(value as Word)) return value as Word;
    throw wrong(option, `one of ${among.join(", ")}`);
  };
  return field(says, check, { schema: { type: "string", enum: among } });
}

/** A whole number in a range, both ends included. */
export function whole(says: string, minimum: number, maximum: number): Field<number> {
  return number(says, { minimum, maximum, type: "integer" });
}

/** A number in a range, both ends included. */
export function number(
  says: string,
  { type = "number", minimum, maximum }: { minimum: number; maximum: number; type?: "number" | "integer" },
): Field<number> {
  const check: Check<number> = (value, option) => {
    const isKind = typeof value === "number" && (type === "number" || Number.isInteger(value));
    if (isKind && value >= minimum && value <= maximum) return value;
    throw wrong(option, `a ${type === "integer" ? "whole " : ""}number from ${minimum} to ${maximum}`);
  };
  return field(says, check, { schema: { type, minimum, maximum }, reads: "number" });
}

/** True or false. */
export function flag(says: string): Field<boolean> {
  const check: Check<boolean> = (value, option) => {
    if (typeof value === "boolean") return value;
    throw wrong(option, "true or false");
  };
  return field(says, check, { schema: { type: "boolean" }, reads: "boolean" });
}

/** A time, ms since the epoch. */
export function moment(says: string): Field<number> {
  return whole(says, 0, 2 ** 47);
}

/** A length of time, as ms or text such as `10m`; what it means is checked where it is used. */
export function length(says: string): Field<number | string> {
  const check: Check<number | string> = (value, option) => {
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value === "string" && value.length <= 40) return value;
    throw wrong(option, 'milliseconds or text such as "10m"');
  };
  return field(says, check, { schema: { type: ["number", "string"] } });
}

/** Whatever JSON can say. */
export function data(says: string): Field<unknown> {
  return field(says, (value: unknown) => value, { schema: {}, reads: "json" });
}

/** An object whose parts are checked where they are used. */
export function object(says: string): Field<Readonly<Record<string, unknown>>> {
  const check: Check<Readonly<Record<string, unknown>>> = (value, option) => {
    requireObject(value, option);
    return value as Readonly<Record<string, unknown>>;
  };
  return field(says, check, { schema: { type: "object" }, reads: "json" });
}

/** One or several of something, as a list. */
export function several<Value>(one: Field<Value>, most: number): Field<readonly Value[]> {
  const check: Check<readonly Value[]> = (value, option) => {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.length > most) throw wrong(option, `at most ${most} of them`);
    return list.map((each, nth) => one.check(each, `${option}[${nth}]`));
  };
  return {
    says: one.says,
    check,
    schema: { type: "array", items: one.schema, maxItems: most },
    isMany: true,
  };
}

/**
 * Reads the query of a request.
 *
 * @throws {BoardFailure} on an unknown name, a missing one, or whatever a check refuses
 */
export function readQuery(query: URLSearchParams, fields: Fields): Readonly<Record<string, unknown>> {
  const given: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const texts = query.getAll(name);
    given[name] = known?.isMany === true ? texts : plain(texts[0] ?? "", known?.reads);
  }
  return readFields(given, fields, "the query");
}

/**
 * Reads a body that was parsed.
 *
 * @throws {BoardFailure} as {@link readQuery}
 */
export function readBody(body: unknown, fields: Fields): Readonly<Record<string, unknown>> {
  if (body === undefined || body === null) return readFields({}, fields, "the body");
  if (typeof body !== "object" || Array.isArray(body)) throw invalid("The body has to be a JSON object.");
  return readFields(body as Readonly<Record<string, unknown>>, fields, "the body");
}

function readFields(
  given: Readonly<Record<string, unknown>>,
  fields: Fields,
  where: string,
): Readonly<Record<string, unknown>> {
  const names = Object.keys(fields);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const known = names.length === 0 ? "It takes none." : `It takes ${names.join(", ")}.`;
    const shown = unknown.slice(0, 60);
    throw invalid(`There is no ${JSON.stringify(shown)} in ${where}.`, didYouMean(shown, names) ?? known);
  }
  const read: Record<string, unknown> = {};
  for (const [name, { check, isRequired }] of Object.entries(fields)) {
    const value = given[name];
    if (value !== undefined) read[name] = checked(check, value, name);
    else if (isRequired === true) throw invalid(`${name} is missing in ${where}.`);
  }
  return read;
}

function checked(check: Check<unknown>, value: unknown, name: string): unknown {
  try {
    return check(value, name);
  } catch (error) {
    if (error instanceof OptionError) throw invalid(error.message);
    throw error;
  }
}

function plain(text: string, reads: Field<unknown>["reads"]): unknown {
  if (reads === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (reads !== "number") return text;
  return /^-?\d{1,16}(\.\d{1,16})?$/.test(text) ? Number(text) : text;
}

function invalid(message: string, hint?: string): BoardFailure {
  return new BoardFailure(400, "BOARD_REQUEST_INVALID", { message, hint });
}
