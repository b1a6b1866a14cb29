/** Text → filter. Throws nothing but `FilterError`, which points at the place. */
import { parseDuration } from "../duration.js";
import { JOB_STATES, type JobState } from "../lifecycle.js";
import { didYouMean } from "../options.js";
import { FilterReader, type FilterValue, patternValue, split } from "./filter-reader.js";
import {
  type FilterCondition,
  type FilterInstant,
  type FilterOperator,
  type FilterPattern,
  type FilterTerm,
  LENGTH_FIELDS,
  type LengthField,
  NUMBER_FIELDS,
  type NumberField,
  type ParsedFilter,
  TEXT_FIELDS,
} from "./job-filter.js";

/** Every field as it is written; `payload` is another word for `data`. */
export const FILTER_FIELDS: readonly string[] = [
  ...TEXT_FIELDS.filter((field) => field !== "word"),
  ...["state", ...NUMBER_FIELDS, ...LENGTH_FIELDS, "finished"],
];
const PATH_FIELDS = ["data", "payload", "header"];

/** Longest filter, in UTF-16 units: it is looked at for every job. */
const MAX_LENGTH = 10_000;

/**
 * Reads a filter.
 *
 * @throws {FilterError} that points at what cannot be read
 */
export function parseJobFilter(text: string): ParsedFilter {
  const reader = new FilterReader(text);
  if (text.length > MAX_LENGTH) reader.fail(MAX_LENGTH, `a filter has at most ${MAX_LENGTH} characters.`);
  const terms: FilterTerm[] = [];
  for (reader.skipBlanks(); !reader.isAtEnd; reader.skipBlanks()) terms.push(readTerm(reader));
  return { terms };
}

function readTerm(reader: FilterReader): FilterTerm {
  const isNegated = reader.takes("-");
  if (isNegated && reader.isAtTermEnd) reader.fail(reader.position, "a term has to follow the minus.");
  return { isNegated, ...readCondition(reader) };
}

function readCondition(reader: FilterReader): FilterCondition {
  if (reader.isAtQuote) return { field: "word", patterns: patternsOf(readValues(reader)) };
  const bare = reader.bare("operator");
  if (reader.isAtOperator) {
    const [name = "", ...path] = split(bare.units, ".");
    const position = bare.position;
    return readField(reader, { name, path, position });
  }
  if (bare.units.length === 0) reader.fail(reader.position, "a field or a word has to stand here.");
  if (reader.isAtQuote)
    reader.fail(reader.position, 'a quote begins a value. Write a field and ":" before it.');
  const first = patternValue(bare);
  const rest = reader.takes("|") ? readValues(reader) : [];
  return { field: "word", patterns: patternsOf([first, ...rest]) };
}

interface FieldName {
  readonly name: string;
  readonly path: readonly string[];
  readonly position: number;
}

function readField(reader: FilterReader, { name, path, position }: FieldName): FilterCondition {
  const isPath = PATH_FIELDS.includes(name);
  const lacksPath = name === "header" ? path.join("") === "" : path.length === 0 || path.includes("");
  if (isPath ? lacksPath : path.length > 0 || !FILTER_FIELDS.includes(name)) {
    const whole = [name, ...path].join(".");
    reader.fail(position, isPath ? pathMissing(name) : unknownField(whole));
  }
  const at = reader.position;
  const operator = reader.operator();
  const values = readValues(reader);
  const given: Given = { reader, at, operator, values };
  if (name === "header") return { field: "header", name: path.join("."), patterns: patternsFor(name, given) };
  if (isPath) return dataCondition(path, given);
  if (name === "state") return { field: "state", states: statesOf(given) };
  if (isOneOf(TEXT_FIELDS, name)) return { field: name, patterns: patternsFor(name, given) };
  if (isOneOf(NUMBER_FIELDS, name)) return { field: name, operator, value: numberOf(name, given) };
  if (isOneOf(LENGTH_FIELDS, name)) return lengthCondition(name, given);
  return {
    field: "finished",
    operator: comparison("finished", given, "finished>2026-11-28T10:00"),
    value: instantOf(given),
  };
}

/** What stands after the name of a field. */
interface Given {
  readonly reader: FilterReader;
  /** Where the operator stands. */
  readonly at: number;
  readonly operator: FilterOperator;
  readonly values: readonly FilterValue[];
}

function readValues(reader: FilterReader): readonly FilterValue[] {
  const values = [reader.value()];
  while (reader.takes("|")) values.push(reader.value());
  return values;
}

function pathMissing(name: string): string {
  const example = name === "header" ? "header.tenant:acme" : `${name}.order.id:17`;
  return `${name} needs a path, as in ${example}.`;
}

function unknownField(name: string): string {
  const paths = PATH_FIELDS.filter((field) => field !== "payload").map((field) => `${field}.…`);
  const hint = didYouMean(name, [...FILTER_FIELDS, ...PATH_FIELDS]);
  const known = `Fields: ${[...FILTER_FIELDS, ...paths].join(", ")}. Text with : = < > in it has to be quoted.`;
  return `there is no field "${name}". ${hint ?? known}`;
}

function patternsOf(values: readonly FilterValue[]): readonly FilterPattern[] {
  return values.map(({ pattern }) => pattern);
}

/** Patterns of a field that cannot be compared. */
function patternsFor(field: string, { reader, at, operator, values }: Given): readonly FilterPattern[] {
  if (operator !== ":")
    reader.fail(at, `${field} is text, and cannot be compared by ${operator}. Write ":".`);
  return patternsOf(values);
}

function statesOf(given: Given): readonly JobState[] {
  patternsFor("state", given);
  return given.values.map(({ text, position }) => {
    if (isOneOf(JOB_STATES, text)) return text;
    const hint = didYouMean(text, JOB_STATES) ?? `States: ${JOB_STATES.join(", ")}.`;
    return given.reader.fail(position, `there is no state "${text}". ${hint}`);
  });
}

function dataCondition(path: readonly string[], given: Given): FilterCondition {
  if (given.operator === ":") return { field: "data", path, patterns: patternsOf(given.values) };
  const { text, pattern, isQuoted, position } = onlyValue(given);
  if (pattern.length > 1)
    given.reader.fail(position, "a star cannot be compared with. Quote it to mean a star.");
  const number = isQuoted ? undefined : readNumber(text);
  return { field: "data", path, operator: given.operator, value: number ?? pattern[0] ?? "" };
}

/** The one value of a comparison. */
function onlyValue({ reader, values }: Given): FilterValue {
  const [first, second] = values as readonly [FilterValue, ...FilterValue[]];
  if (second !== undefined) reader.fail(second.position, "a comparison has one value.");
  return first;
}

/** The operator of a field that has too many values for "is" to be of use. */
function comparison(
  field: string,
  { reader, at, operator }: Given,
  example: string,
): Exclude<FilterOperator, ":"> {
  if (operator !== ":") return operator;
  return reader.fail(at, `${field} is compared by >, >=, < or <=, as in ${example}.`);
}

/** Digits as `String` writes a number, so that each one can be read again. */
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** The number that text is; undefined: it is none. */
export function readNumber(text: string): number | undefined {
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  // −0 is written as 0.
  return Number.isFinite(number) ? number + 0 : undefined;
}

function numberOf(field: NumberField, given: Given): number {
  const { text, position } = onlyValue(given);
  return readNumber(text) ?? given.reader.fail(position, `${field} is a number; "${text}" is none.`);
}

function lengthCondition(field: LengthField, given: Given): FilterCondition {
  const operator = comparison(field, given, `${field}>10m`);
  const { text, position } = onlyValue(given);
  const value =
    readLength(text) ??
    given.reader.fail(position, `${field} is a length of time such as 30s or 10m; "${text}" is none.`);
  return { field, operator, value };
}

function readLength(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

function instantOf(given: Given): FilterInstant {
  const { text, position } = onlyValue(given);
  const agoMs = text.startsWith("-") ? readLength(text.slice(1)) : undefined;
  if (agoMs !== undefined) return { agoMs };
  const hasZone = /T.*(Z|[+-]\d\d:\d\d)$/.test(text);
  // Without a zone it is in UTC, wherever it is read.
  const at = INSTANT.test(text) ? Date.parse(hasZone || text.length === 10 ? text : `${text}Z`) : Number.NaN;
  if (at >= 0) return { at };
  return given.reader.fail(
    position,
    `finished is a time such as 2026-11-28, 2026-11-28T10:00 (UTC), or -15m for so long ago; "${text}" is none.`,
  );
}

function isOneOf<const Word extends string>(words: readonly Word[], word: string): word is Word {
  return (words as readonly string[]).includes(word);
}
