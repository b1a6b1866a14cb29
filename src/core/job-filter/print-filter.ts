/** Filter → text, in the one spelling that reads back as the same filter. */
import type {
  FilterCondition,
  FilterInstant,
  FilterPattern,
  FilterTerm,
  ParsedFilter,
} from "./job-filter.js";
import { readNumber } from "./parse-filter.js";

/** Writes a filter so that `parseJobFilter` gives it again. */
export function printJobFilter({ terms }: ParsedFilter): string {
  return terms.map(printTerm).join(" ");
}

/** Writes one term. */
export function printTerm(term: FilterTerm): string {
  return `${term.isNegated ? "-" : ""}${printCondition(term)}`;
}

function printCondition(condition: FilterCondition): string {
  switch (condition.field) {
    case "word":
      return condition.patterns.map((pattern) => printPattern(pattern, WORD_SPECIALS)).join("|");
    case "state":
      return `state:${condition.states.join("|")}`;
    case "header":
      return `header.${escaped(condition.name, WORD_SPECIALS)}:${printPatterns(condition.patterns)}`;
    case "data":
      return printData(condition);
    case "finished":
      return `finished${condition.operator}${printInstant(condition.value)}`;
    case "age":
    case "wait":
    case "run":
      return `${condition.field}${condition.operator}${printLength(condition.value)}`;
    case "attempt":
    case "priority":
    case "version":
      return `${condition.field}${condition.operator}${condition.value}`;
    default:
      return `${condition.field}:${printPatterns(condition.patterns)}`;
  }
}

function printData(condition: Extract<FilterCondition, { readonly field: "data" }>): string {
  const path = condition.path.map((key) => escaped(key, PATH_SPECIALS)).join(".");
  if ("patterns" in condition) return `data.${path}:${printPatterns(condition.patterns)}`;
  return `data.${path}${condition.operator}${printCompared(condition.value)}`;
}

/** Text that looks like a number is quoted, so that it stays text. */
function printCompared(value: number | string): string {
  if (typeof value === "number") return String(value);
  return readNumber(value) === undefined ? printPattern([value], VALUE_SPECIALS) : quote(value);
}

function printPatterns(patterns: readonly FilterPattern[]): string {
  return patterns.map((pattern) => printPattern(pattern, VALUE_SPECIALS)).join("|");
}

/** Characters that mean something in a bare value, in a free word, and in a path. */
const VALUE_SPECIALS = /[\s"\\|*]/g;
const WORD_SPECIALS = /[\s"\\|*:=<>]|^-/g;
const PATH_SPECIALS = /[\s"\\|*:=<>.]/g;
const STARTS_AS_OPERATOR = /^[=<>]/;

function printPattern(pattern: FilterPattern, specials: RegExp): string {
  const [only = "", ...rest] = pattern;
  if (rest.length > 0) {
    const [first, ...others] = pattern.map((part, index) =>
      escaped(part, index === 0 ? specials : notFirst(specials)),
    );
    return [startSafely(first ?? ""), ...others].join("*");
  }
  const isPlain = only !== "" && only.search(specials) === -1 && !STARTS_AS_OPERATOR.test(only);
  return isPlain ? only : quote(only);
}

/** A minus means something at the beginning alone. */
function notFirst(specials: RegExp): RegExp {
  return specials === WORD_SPECIALS ? PART_SPECIALS : specials;
}

const PART_SPECIALS = /[\s"\\|*:=<>]/g;

/** A value that begins with `=` would be read as a part of the operator before it. */
function startSafely(text: string): string {
  return STARTS_AS_OPERATOR.test(text) ? `\\${text}` : text;
}

function escaped(text: string, specials: RegExp): string {
  return text.replace(specials, "\\$&");
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

const UNITS = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** In the longest unit of which it is a whole number. */
function printLength(ms: number): string {
  const [unit, size] = UNITS.find(([, each]) => ms >= each && ms % each === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}

function printInstant(instant: FilterInstant): string {
  return "agoMs" in instant ? `-${printLength(instant.agoMs)}` : new Date(instant.at).toISOString();
}
