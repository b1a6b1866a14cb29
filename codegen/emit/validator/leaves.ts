import type { IrCheck, IrNode } from "../../../src/schema/ir.js";
import { areRepeatable, RANGES } from "../../../src/schema/ir-checks.js";
import { oneOfText } from "../../../src/schema/ir-run.js";
import {
  type Failure,
  issue,
  literal,
  type Place,
  type Printed,
  type Printer,
  wrongType,
} from "./printer.js";

/** More values than this are looked up in a set. */
const MAX_COMPARED = 4;

/** Prints kinds that look at nothing but the value itself; undefined for those that are interpreted. */
export function printLeaf(node: IrNode, place: Place, printer: Printer): Printed | undefined {
  switch (node.kind) {
    case "string":
      if (node.coerce === true) return undefined;
      return printChecked(
        { node, type: "string", fails: `typeof ${place.value} !== "string"` },
        place,
        printer,
      );
    case "number":
      if (node.coerce === true) return undefined;
      return printChecked(
        { node, type: "number", fails: `!Number.isFinite(${place.value})` },
        place,
        printer,
      );
    case "boolean":
      if (node.coerce === true || node.checks !== undefined) return undefined;
      return test(place, `typeof ${place.value} !== "boolean"`, wrongType(place, "boolean"));
    case "null":
      return test(place, `${place.value} !== null`, wrongType(place, "null"));
    case "literal":
      return printValues(
        [...node.values, ...(node.acceptsUndefined === true ? [undefined] : [])],
        place,
        printer,
      );
    case "enum":
      return printValues(node.values, place, printer);
    case "template": {
      const expression = printer.hoist(`new RegExp(${literal(node.pattern)})`);
      const fails = issue(place, "stop", {
        kind: "invalid_format",
        message: `must match /${node.pattern}/`,
      });
      const code = `if (typeof ${place.value} !== "string") ${wrongType(place, "string")}else if (!${expression}.test(${place.value})) ${fails}`;
      return { code, out: place.value };
    }
    case "any":
    case "unknown":
      return { code: "", out: place.value };
    default:
      return undefined;
  }
}

function test(place: Place, fails: string, report: string): Printed {
  return { code: `if (${fails}) ${report}`, out: place.value };
}

function printValues(values: readonly unknown[], place: Place, printer: Printer): Printed {
  const texts = values.map((value) => (value === undefined ? "undefined" : literal(value)));
  const message = oneOfText(values);
  const isFew = texts.length <= MAX_COMPARED;
  const fails = isFew
    ? texts.map((text) => `${place.value} !== ${text}`).join(" && ")
    : `!${printer.hoist(`new Set<unknown>([${texts.join(", ")}])`)}.has(${place.value})`;
  return test(place, fails || "true", issue(place, "stop", { kind: "invalid_value", message }));
}

interface Typed {
  readonly node: IrNode;
  readonly type: string;
  readonly fails: string;
}

interface Step extends Failure {
  /** True for a value to refuse. */
  readonly fails?: string;
  readonly change?: string;
  readonly ends: boolean;
}

function printChecked({ node, type, fails }: Typed, place: Place, printer: Printer): Printed | undefined {
  const checks = node.checks ?? [];
  if (checks.length === 0) return test(place, fails, wrongType(place, type));
  const changes = checks.some((check) => isChange(check));
  const value = changes ? printer.name("t") : place.value;
  const steps = checks.map((check) => stepsOf(check, value, printer));
  if (steps.some((step) => step === undefined)) return undefined;
  const body = nest(
    steps.flatMap((step) => step ?? []),
    { ...place },
    value,
  );
  const declared = changes ? `let ${value}: any = ${place.value};\n` : "";
  const code = `${declared}if (${fails}) ${wrongType(place, type)}else {\n${body}}\n`;
  const isSent = printer.mode === "output" || areRepeatable(checks);
  return { code, out: changes && isSent ? value : place.value };
}

/** Each check that ends the others holds them in its `else`. */
function nest(steps: readonly Step[], place: Place, value: string): string {
  const [step, ...rest] = steps;
  if (step === undefined) return "";
  const later = nest(rest, place, value);
  if (step.fails === undefined) return `${value} = ${step.change};\n${later}`;
  const report = issue(place, step.ends ? "stop" : "flag", step);
  if (!step.ends || later === "") return `if (${step.fails}) ${report}${later}`;
  return `if (${step.fails}) ${report}else {\n${later}}\n`;
}

function isChange(check: IrCheck): boolean {
  return ["trim", "to_lower_case", "to_upper_case", "normalize"].includes(check.check);
}

/** The steps of a check, or undefined when it is interpreted. */
function stepsOf(check: IrCheck, value: string, printer: Printer): readonly Step[] | undefined {
  const step = (
    fails: string,
    failure: string | Failure,
    ends: "ends" | "goes on" = check.abort === true ? "ends" : "goes on",
  ): Step => {
    const { kind, message } =
      typeof failure === "string" ? ({ kind: "invalid_format", message: failure } as const) : failure;
    return { fails, kind, message: check.message ?? message, ends: ends === "ends" };
  };
  switch (check.check) {
    case "format": {
      if (check.format === "url" || check.format === "jwt" || check.pattern === undefined) return undefined;
      if (/[gy]/.test(check.flags ?? "")) return undefined;
      const flags = check.flags ?? "";
      const shown =
        check.format === "regex"
          ? `must match /${check.pattern}/${flags}`
          : `must be a valid ${check.format}`;
      const args = flags === "" ? literal(check.pattern) : `${literal(check.pattern)}, ${literal(flags)}`;
      return [step(`!${printer.hoist(`new RegExp(${args})`)}.test(${value})`, shown)];
    }
    case "min_length":
    case "max_length":
    case "length":
      return [lengthStep(check, value, step)];
    case "min":
    case "max":
    case "multiple_of":
      return [boundStep(check, value, step)];
    case "number_format": {
      const [min, max] = RANGES[check.format];
      const message = `must be a valid ${check.format === "safeint" ? "integer" : check.format}`;
      const kind = { expression: `${value} > 0 ? "too_big" : "too_small"` };
      const range = step(`${value} < ${min} || ${value} > ${max}`, { kind, message });
      return check.format.includes("int")
        ? [step(`!Number.isInteger(${value})`, { kind: "invalid_type", message }, "ends"), range]
        : [range];
    }
    case "includes": {
      const at = check.position === undefined ? "" : `, ${check.position}`;
      return [step(`!${value}.includes(${literal(check.text)}${at})`, `must contain ${literal(check.text)}`)];
    }
    case "starts_with":
      return [step(`!${value}.startsWith(${literal(check.text)})`, `must start with ${literal(check.text)}`)];
    case "ends_with":
      return [step(`!${value}.endsWith(${literal(check.text)})`, `must end with ${literal(check.text)}`)];
    case "trim":
      return [change(`${value}.trim()`)];
    case "to_lower_case":
      return [change(`${value}.toLowerCase()`)];
    case "to_upper_case":
      return [change(`${value}.toUpperCase()`)];
    case "normalize":
      return [change(`${value}.normalize(${check.form === undefined ? "" : literal(check.form)})`)];
    case "slugify":
    case "opaque":
      return undefined;
  }
}

function change(expression: string): Step {
  return { change: expression, kind: "custom", message: "", ends: false };
}

type MakeStep = (fails: string, failure: Failure) => Step;

/** A code point takes one or two units, so a text is counted only where that could make a difference. */
function lengthStep(
  check: IrCheck & { readonly check: "min_length" | "max_length" | "length" },
  value: string,
  step: MakeStep,
): Step {
  const limit = check.value;
  const units = `${value}.length`;
  const points = `check.codePointLength(${value})`;
  const countsUnits = check.units === true;
  switch (check.check) {
    case "min_length": {
      const fails = `${units} < ${limit}`;
      const counted = `${fails} || (${units} < ${limit * 2} && ${points} < ${limit})`;
      return step(countsUnits || limit === 1 ? fails : counted, {
        kind: "too_small",
        message: `must be at least ${limit} long`,
      });
    }
    case "max_length": {
      const fails = `${units} > ${limit}`;
      return step(countsUnits ? fails : `${fails} && ${points} > ${limit}`, {
        kind: "too_big",
        message: `must be at most ${limit} long`,
      });
    }
    case "length": {
      const size = countsUnits ? units : points;
      return step(`${size} !== ${limit}`, {
        kind: { expression: `${size} > ${limit} ? "too_big" : "too_small"` },
        message: `must be exactly ${limit} long`,
      });
    }
  }
}

function boundStep(
  check: IrCheck & { readonly check: "min" | "max" | "multiple_of" },
  value: string,
  step: MakeStep,
): Step {
  const limit = check.value;
  const open = check.exclusive === true;
  switch (check.check) {
    case "min":
      return step(`${value} ${open ? "<=" : "<"} ${limit}`, {
        kind: "too_small",
        message: `must be ${open ? "above" : "at least"} ${limit}`,
      });
    case "max":
      return step(`${value} ${open ? ">=" : ">"} ${limit}`, {
        kind: "too_big",
        message: `must be ${open ? "below" : "at most"} ${limit}`,
      });
    case "multiple_of":
      return step(`!check.isMultiple(${value}, ${limit})`, {
        kind: "not_multiple_of",
        message: `must be a multiple of ${limit}`,
      });
  }
}
