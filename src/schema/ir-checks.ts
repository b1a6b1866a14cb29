import type { IssueKind } from "../core/errors.js";
import type { IrCheck, IrFormatCheck, IrLengthCheck, IrNode, IrNumberFormatCheck, IrPattern } from "./ir.js";
import { isAborted, type Run, type RunIssue } from "./ir-run.js";
import { codePointLength, formatTest, isJwt, isUrl, slugify } from "./string-formats.js";

/** One compiled check. A node runs its checks only after it accepted the type, so they take that for granted. */
interface Step {
  readonly accepts?: (value: never) => boolean;
  /** Applied when the value is accepted. */
  readonly change?: (value: never) => unknown;
  readonly message: string;
  readonly kind: (value: never) => IssueKind;
  /** Whether later checks still run once this one has failed. */
  readonly continues: boolean;
}

/**
 * Runs checks after a node, each only while no issue ended them.
 *
 * @param result `unchanged` gives back the value as it came in, for checks that would refuse their own output
 */
export function withChecks(node: IrNode, run: Run, result: "checked" | "unchanged"): Run {
  const steps = stepsOf(node.checks ?? []);
  if (steps.length === 0) return run;
  const skipsOnAnyIssue = node.kind === "pipe" || node.kind === "codec";
  return (value, issues) => {
    const start = issues.length;
    const parsed = run(value, issues);
    if (issues.length > start && (skipsOnAnyIssue || isAborted(issues, start))) return parsed;
    const checked = runSteps(steps, parsed, issues);
    return result === "unchanged" ? parsed : checked;
  };
}

function runSteps(steps: readonly Step[], input: unknown, issues: RunIssue[]): unknown {
  let value = input as never;
  for (const step of steps) {
    if (step.accepts?.(value) === false) {
      const { message, continues } = step;
      issues.push({ path: [], message, kind: step.kind(value), continues });
      if (!step.continues) break;
    } else if (step.change !== undefined) {
      value = step.change(value) as never;
    }
  }
  return value;
}

/** Nothing is known about a value once code of the user may have replaced it, so the list ends there. */
function stepsOf(checks: readonly IrCheck[]): readonly Step[] {
  const end = checks.findIndex((check) => check.check === "opaque" && check.changes === true);
  const known = end === -1 ? checks : checks.slice(0, end);
  return known.flatMap((check) => compileCheck(check).map((step) => withOptions(step, check)));
}

function withOptions(step: Step, check: IrCheck): Step {
  return {
    ...step,
    message: check.message ?? step.message,
    continues: step.continues && check.abort !== true,
  };
}

function ends(step: Step): Step {
  return { ...step, continues: false };
}

/**
 * Whether the output of the checks passes them again unchanged, so that it may be sent. It does not when a
 * change follows a condition (`min(3).trim()`), or when changes may undo each other.
 */
export function areRepeatable(checks: readonly IrCheck[]): boolean {
  const lastChange = checks.findLastIndex(changesValue);
  if (lastChange === -1) return true;
  if (checks.slice(0, lastChange).some((check) => !isOverwrite(check))) return false;
  const overwrites = checks.filter(isOverwrite).map((check) => check.check);
  const kinds = new Set(overwrites);
  if (kinds.size <= 1) return overwrites.length <= 1 || !kinds.has("normalize");
  return isTrimAndCase(kinds);
}

function isTrimAndCase(kinds: ReadonlySet<string | undefined>): boolean {
  return kinds.size === 2 && kinds.has("trim") && (kinds.has("to_lower_case") || kinds.has("to_upper_case"));
}

/** An address is trimmed by its own check, which is a condition at the same time. */
function changesValue(check: IrCheck): boolean {
  return isOverwrite(check) || (check.check === "format" && check.format === "url");
}

function isOverwrite(check: IrCheck): boolean {
  switch (check.check) {
    case "trim":
    case "to_lower_case":
    case "to_upper_case":
    case "slugify":
    case "normalize":
      return true;
    default:
      return false;
  }
}

function compileCheck(check: IrCheck): readonly Step[] {
  switch (check.check) {
    case "format":
      return compileFormat(check);
    case "min_length":
    case "max_length":
    case "length":
      return [compileLength(check)];
    case "min":
    case "max":
    case "multiple_of":
      return [compileBound(check)];
    case "number_format":
      return compileNumberFormat(check);
    case "includes":
      return [
        text((value) => value.includes(check.text, check.position), `must contain ${quote(check.text)}`),
      ];
    case "starts_with":
      return [text((value) => value.startsWith(check.text), `must start with ${quote(check.text)}`)];
    case "ends_with":
      return [text((value) => value.endsWith(check.text), `must end with ${quote(check.text)}`)];
    case "trim":
      return [change((value) => value.trim())];
    case "to_lower_case":
      return [change((value) => value.toLowerCase())];
    case "to_upper_case":
      return [change((value) => value.toUpperCase())];
    case "slugify":
      return [change(slugify)];
    case "normalize":
      return [change((value) => value.normalize(check.form))];
    case "opaque":
      return [];
  }
}

function quote(value: string): string {
  return JSON.stringify(value);
}

function text(accepts: (value: string) => boolean, message: string): Step {
  return { accepts, message, kind: invalidFormat, continues: true };
}

const invalidFormat = (): IssueKind => "invalid_format";

function change(apply: (value: string) => string): Step {
  return { change: apply, message: "", kind: invalidFormat, continues: true };
}

function compileFormat(check: IrFormatCheck): readonly Step[] {
  const message = `must be a valid ${check.format}`;
  if (check.format === "url") return [compileUrl(check, message)];
  if (check.format === "jwt") return [text((value) => isJwt(value, check.alg), message)];
  if (check.pattern === undefined) {
    const accepts = formatTest(check.format);
    return accepts === undefined ? [] : [text(accepts, message)];
  }
  const flags = check.flags ?? "";
  const shown = check.format === "regex" ? `must match /${check.pattern}/${flags}` : message;
  return [text(matcher({ source: check.pattern, flags }), shown)];
}

/** A global or sticky expression remembers where it stopped, which must not reach the next value. */
function matcher(pattern: IrPattern): (value: string) => boolean {
  const expression = new RegExp(pattern.source, pattern.flags);
  if (!expression.global && !expression.sticky) return (value) => expression.test(value);
  return (value) => {
    expression.lastIndex = 0;
    return expression.test(value);
  };
}

const HTTP_ONLY = "^https?$";

function compileUrl(check: IrFormatCheck, message: string): Step {
  const hostname = check.hostname && matcher(check.hostname);
  const protocol = check.protocol && matcher(check.protocol);
  const normalizes = check.normalize === true;
  const needsSlashes = !normalizes && check.protocol?.source === HTTP_ONLY;
  const accepts = (value: string): boolean => {
    const address = value.trim();
    if (needsSlashes && !/^https?:\/\//i.test(address)) return false;
    if (!isUrl(address)) return false;
    if (hostname === undefined && protocol === undefined) return true;
    const url = new URL(address);
    if (hostname !== undefined && !hostname(url.hostname)) return false;
    return protocol === undefined || protocol(url.protocol.replace(/:$/, ""));
  };
  const tidy = (value: string): string =>
    normalizes ? new URL(value.trim()).href : value.trim().replace(/[\t\n\r]/g, "");
  return { accepts, change: tidy, message, kind: invalidFormat, continues: true };
}

type HasLength = string | readonly unknown[];

/** A code point takes one or two units, so a text is counted only where that could make a difference. */
function compileLength(check: IrLengthCheck): Step {
  const { value: limit } = check;
  const units = check.units === true;
  const measure = (value: HasLength) =>
    typeof value === "string" && !units ? codePointLength(value) : value.length;
  const step = (accepts: (value: HasLength) => boolean, message: string): Step => ({
    accepts,
    message,
    kind: (value: HasLength) => (measure(value) > limit ? "too_big" : "too_small"),
    continues: true,
  });
  switch (check.check) {
    case "min_length":
      return step(
        (value) => value.length >= limit && (value.length >= limit * 2 || measure(value) >= limit),
        `must be at least ${limit} long`,
      );
    case "max_length":
      return step(
        (value) => value.length <= limit || measure(value) <= limit,
        `must be at most ${limit} long`,
      );
    case "length":
      return step((value) => measure(value) === limit, `must be exactly ${limit} long`);
  }
}

function compileBound(check: IrCheck & { readonly check: "min" | "max" | "multiple_of" }): Step {
  const { value: limit } = check;
  const open = check.exclusive === true;
  switch (check.check) {
    case "min":
      return {
        ...number(
          open ? (value) => value > limit : (value) => value >= limit,
          `must be ${open ? "above" : "at least"} ${limit}`,
        ),
        kind: () => "too_small",
      };
    case "max":
      return {
        ...number(
          open ? (value) => value < limit : (value) => value <= limit,
          `must be ${open ? "below" : "at most"} ${limit}`,
        ),
        kind: () => "too_big",
      };
    case "multiple_of":
      return {
        ...number((value) => isMultiple(value, limit), `must be a multiple of ${limit}`),
        kind: () => "not_multiple_of",
      };
  }
}

/** Out of the range of its format unless said otherwise. */
function number(accepts: (value: number) => boolean, message: string): Step {
  const kind = (value: number): IssueKind => (value > 0 ? "too_big" : "too_small");
  return { accepts, message, kind, continues: true };
}

/** Value and step are each rounded to a double, so a true multiple may be off by a few of its last bits. */
export function isMultiple(value: number, step: number): boolean {
  const ratio = value / step;
  return Math.abs(ratio - Math.round(ratio)) < 4 * Number.EPSILON * Math.max(Math.abs(ratio), 1);
}

/** Smallest and largest value of each number format. */
export const RANGES: Readonly<Record<IrNumberFormatCheck["format"], readonly [number, number]>> = {
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  float32: [-3.4028234663852886e38, 3.4028234663852886e38],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
};

/** A fraction where an integer is asked for ends the checks; an integer out of range does not. */
function compileNumberFormat(check: IrNumberFormatCheck): readonly Step[] {
  const [min, max] = RANGES[check.format];
  const message = `must be a valid ${check.format === "safeint" ? "integer" : check.format}`;
  const inRange = number((value) => value >= min && value <= max, message);
  const isWhole: Step = { ...number(Number.isInteger, message), kind: () => "invalid_type" };
  return check.format.includes("int") ? [ends(isWhole), inRange] : [inRange];
}
