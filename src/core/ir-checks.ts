import type { IrCheck, IrFormatCheck, IrLengthCheck, IrNode, IrNumberFormatCheck, IrPattern } from "./ir.js";
import { isAborted, type Run, type RunIssue } from "./ir-run.js";
import { codePointLength, formatTest, isJwt, isUrl, slugify } from "./string-formats.js";

interface Wrong {
  readonly wrong: string;
  /** Later checks make no sense, whatever the schema says. */
  readonly stops?: true;
}

/** A check either accepts (`undefined`), says what is wrong, or gives the value to go on with. */
type Check = (value: unknown) => Wrong | { readonly value: unknown } | undefined;

interface Step {
  readonly run: Check;
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
    const stopped = skipsOnAnyIssue ? issues.length > start : isAborted(issues, start);
    if (stopped) return parsed;
    const checked = runSteps(steps, parsed, issues);
    return result === "unchanged" ? parsed : checked;
  };
}

function runSteps(steps: readonly Step[], input: unknown, issues: RunIssue[]): unknown {
  let value = input;
  for (const step of steps) {
    const answer = step.run(value);
    if (answer === undefined) continue;
    if ("value" in answer) {
      value = answer.value;
      continue;
    }
    const continues = step.continues && answer.stops !== true;
    issues.push({ path: [], message: answer.wrong, continues });
    if (!continues) break;
  }
  return value;
}

/** Nothing is known about a value once code of the user may have replaced it, so the list ends there. */
function stepsOf(checks: readonly IrCheck[]): readonly Step[] {
  const end = checks.findIndex((check) => check.check === "opaque" && check.changes === true);
  const known = end === -1 ? checks : checks.slice(0, end);
  return known.flatMap((check) => {
    const run = compileCheck(check);
    return run === undefined ? [] : [{ run, continues: check.abort !== true }];
  });
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

function compileCheck(check: IrCheck): Check | undefined {
  switch (check.check) {
    case "format":
      return compileFormat(check);
    case "min_length":
    case "max_length":
    case "length":
      return compileLength(check);
    case "min":
    case "max":
    case "multiple_of":
      return compileBound(check);
    case "number_format":
      return compileNumberFormat(check);
    case "includes":
      return test((text) => text.includes(check.text, check.position), `must contain ${quote(check.text)}`);
    case "starts_with":
      return test((text) => text.startsWith(check.text), `must start with ${quote(check.text)}`);
    case "ends_with":
      return test((text) => text.endsWith(check.text), `must end with ${quote(check.text)}`);
    case "trim":
      return change((text) => text.trim());
    case "to_lower_case":
      return change((text) => text.toLowerCase());
    case "to_upper_case":
      return change((text) => text.toUpperCase());
    case "slugify":
      return change(slugify);
    case "normalize":
      return change((text) => text.normalize(check.form));
    case "opaque":
      return undefined;
  }
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function test(accepts: (text: string) => boolean, message: string): Check {
  const wrong = { wrong: message };
  return (value) => (accepts(value as string) ? undefined : wrong);
}

function change(apply: (text: string) => string): Check {
  return (value) => ({ value: apply(value as string) });
}

function compileFormat(check: IrFormatCheck): Check | undefined {
  const message = `must be a valid ${check.format}`;
  if (check.format === "url") return compileUrl(check, message);
  if (check.format === "jwt") return test((text) => isJwt(text, check.alg), message);
  if (check.pattern === undefined) {
    const accepts = formatTest(check.format);
    return accepts && test(accepts, message);
  }
  const shown = check.format === "regex" ? `must match /${check.pattern}/${check.flags ?? ""}` : message;
  return test(
    matcher({ source: check.pattern, ...(check.flags !== undefined && { flags: check.flags }) }),
    shown,
  );
}

/** A global or sticky expression remembers where it stopped, which must not reach the next value. */
function matcher(pattern: IrPattern): (text: string) => boolean {
  const expression = new RegExp(pattern.source, pattern.flags);
  if (!expression.global && !expression.sticky) return (text) => expression.test(text);
  return (text) => {
    expression.lastIndex = 0;
    return expression.test(text);
  };
}

const HTTP_ONLY = "^https?$";

function compileUrl(check: IrFormatCheck, message: string): Check {
  const wrong = { wrong: message };
  const hostname = check.hostname && matcher(check.hostname);
  const protocol = check.protocol && matcher(check.protocol);
  const needsSlashes = check.normalize !== true && check.protocol?.source === HTTP_ONLY;
  return (value) => {
    const text = (value as string).trim();
    if (needsSlashes && !/^https?:\/\//i.test(text)) return wrong;
    if (!isUrl(text)) return wrong;
    const plain = text.replace(/[\t\n\r]/g, "");
    if (hostname === undefined && protocol === undefined && check.normalize !== true) return { value: plain };
    const url = new URL(text);
    if (hostname !== undefined && !hostname(url.hostname)) return wrong;
    if (protocol !== undefined && !protocol(url.protocol.replace(/:$/, ""))) return wrong;
    return { value: check.normalize === true ? url.href : plain };
  };
}

function compileLength(check: IrLengthCheck): Check {
  const { value: limit } = check;
  const inUnits = check.units === true;
  const measure = (value: unknown) =>
    typeof value === "string" && !inUnits ? codePointLength(value) : (value as { length: number }).length;
  switch (check.check) {
    case "min_length":
      return measured((value) => measure(value) >= limit, `must be at least ${limit} long`);
    case "max_length":
      // A code point takes one or two units, so only a text longer than the limit needs counting.
      return measured(
        (value) => (value as { length: number }).length <= limit || measure(value) <= limit,
        `must be at most ${limit} long`,
      );
    case "length":
      return measured((value) => measure(value) === limit, `must be exactly ${limit} long`);
  }
}

/** Only strings and lists have a length; anything else was refused before. */
function measured(accepts: (value: unknown) => boolean, message: string): Check {
  const wrong = { wrong: message };
  return (value) => (accepts(value) ? undefined : wrong);
}

function compileBound(check: IrCheck & { readonly check: "min" | "max" | "multiple_of" }): Check {
  const { value: limit } = check;
  const open = check.exclusive === true;
  switch (check.check) {
    case "min":
      return numeric(
        open ? (n) => n > limit : (n) => n >= limit,
        `must be ${open ? "above" : "at least"} ${limit}`,
      );
    case "max":
      return numeric(
        open ? (n) => n < limit : (n) => n <= limit,
        `must be ${open ? "below" : "at most"} ${limit}`,
      );
    case "multiple_of":
      return numeric((n) => isMultiple(n, limit), `must be a multiple of ${limit}`);
  }
}

function numeric(accepts: (value: number) => boolean, message: string): Check {
  const wrong = { wrong: message };
  return (value) => (accepts(value as number) ? undefined : wrong);
}

/** Value and step are each rounded to a double, so a true multiple may be off by a few of its last bits. */
function isMultiple(value: number, step: number): boolean {
  const ratio = value / step;
  return Math.abs(ratio - Math.round(ratio)) < 4 * Number.EPSILON * Math.max(Math.abs(ratio), 1);
}

const RANGES: Readonly<Record<IrNumberFormatCheck["format"], readonly [number, number]>> = {
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  float32: [-3.4028234663852886e38, 3.4028234663852886e38],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
};

function compileNumberFormat(check: IrNumberFormatCheck): Check {
  const [min, max] = RANGES[check.format];
  const isInteger = check.format.includes("int");
  const message = `must be a valid ${check.format === "safeint" ? "integer" : check.format}`;
  const wrong: Wrong = { wrong: message };
  const noInteger: Wrong = { wrong: message, stops: true };
  return (value) => {
    const number = value as number;
    if (isInteger && !Number.isInteger(number)) return noInteger;
    return number >= min && number <= max ? undefined : wrong;
  };
}
