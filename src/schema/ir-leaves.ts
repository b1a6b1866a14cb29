import type { IrCatch, IrDefault, IrNode, IrOptional, IrPrefault, IrStringBool } from "./ir.js";
import type { Compiler } from "./ir-compile.js";
import { cloneJson, fail, isAborted, oneOfText, type Run, type RunIssue, typeName } from "./ir-run.js";

export const accept: Run = (value) => value;

/** Kinds that look at nothing but the value itself. */
export function compileLeaf(node: IrNode, compiler: Compiler): Run | undefined {
  switch (node.kind) {
    case "string":
      return coerced(node.coerce, String, expectType("string"));
    case "number":
      return coerced(node.coerce, Number, expectNumber);
    case "boolean":
      return coerced(node.coerce, Boolean, expectType("boolean"));
    case "null":
      return (value, issues) => {
        if (value !== null) fail(issues, `expected null, got ${typeName(value)}`);
        return value;
      };
    case "undefined":
    case "void":
      return expectType("undefined");
    case "never":
      return (value, issues) => {
        fail(issues, "is not allowed");
        return value;
      };
    case "literal":
      return oneOf([...node.values, ...(node.acceptsUndefined === true ? [undefined] : [])]);
    case "enum":
      return oneOf(node.values);
    case "template":
      return compileTemplate(node.pattern);
    case "stringbool":
      return compileStringBool(node, compiler.mode);
    case "any":
    case "unknown":
    case "opaque":
    case "native":
      return accept;
    default:
      return undefined;
  }
}

function expectType(type: "string" | "boolean" | "undefined"): Run {
  return (value, issues) => {
    if (typeof value !== type) fail(issues, `expected ${type}, got ${typeName(value)}`);
    return value;
  };
}

const expectNumber: Run = (value, issues) => {
  if (!Number.isFinite(value)) fail(issues, `expected number, got ${typeName(value)}`);
  return value;
};

/** A value that cannot be turned into the type (a symbol, say) stays as it is and is then refused. */
function coerced(coerce: true | undefined, convert: (value: unknown) => unknown, expect: Run): Run {
  if (coerce !== true) return expect;
  return (value, issues) => expect(tryConvert(convert, value), issues);
}

function tryConvert(convert: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return convert(value);
  } catch {
    return value;
  }
}

function oneOf(values: readonly unknown[]): Run {
  const set = new Set(values);
  const message = oneOfText(values);
  return (value, issues) => {
    if (!set.has(value)) fail(issues, message, "invalid_value");
    return value;
  };
}

function compileTemplate(pattern: string): Run {
  const expression = new RegExp(pattern);
  return (value, issues) => {
    if (typeof value !== "string") fail(issues, `expected string, got ${typeName(value)}`);
    else if (!expression.test(value)) fail(issues, `must match /${pattern}/`, "invalid_format");
    return value;
  };
}

function compileStringBool(node: IrStringBool, mode: Compiler["mode"]): Run {
  const truthy = new Set(node.truthy);
  const falsy = new Set(node.falsy);
  const message = `expected one of ${[...truthy, ...falsy].join(", ")}`;
  return (value, issues) => {
    if (typeof value !== "string") {
      fail(issues, `expected string, got ${typeName(value)}`);
      return value;
    }
    const word = node.caseSensitive === true ? value : value.toLowerCase();
    if (!truthy.has(word) && !falsy.has(word)) fail(issues, message, "invalid_value");
    return mode === "wire" ? value : truthy.has(word);
  };
}

/** Kinds that stand around one other schema. */
export function compileWrapper(node: IrNode, compiler: Compiler): Run | undefined {
  switch (node.kind) {
    case "optional":
      return compileOptional(node, compiler);
    case "nullable": {
      const run = compiler.compile(node.inner);
      return (value, issues) => (value === null ? null : run(value, issues));
    }
    case "nonoptional":
      return compileNonOptional(node.inner, compiler);
    case "readonly":
    case "refined":
      return compiler.compile(node.inner);
    case "default":
      return compileDefault(node, compiler);
    case "prefault":
      return compilePrefault(node, compiler);
    case "catch":
      return compileCatch(node, compiler);
    case "pipe":
      return compilePipe(node, compiler);
    case "codec":
      return compiler.compile(node.in);
    default:
      return undefined;
  }
}

function compileOptional(node: IrOptional, compiler: Compiler): Run {
  const run = compiler.compile(node.inner);
  if (node.exact === true) return run;
  const fills = node.innerIn === "defaulted";
  return (value, issues) => {
    if (value !== undefined) return run(value, issues);
    if (!fills) return undefined;
    const found: RunIssue[] = [];
    const output = run(value, found);
    return found.length > 0 ? undefined : output;
  };
}

/** Where code of the user, or the second half of a pipe, may turn nothing into something, that has the say. */
function compileNonOptional(inner: IrNode, compiler: Compiler): Run {
  const send = compiler.compile(inner);
  if (!compiler.isCertain(inner)) return send;
  const isSame = compiler.mode === "output" || compiler.isPlain(inner);
  const exact = isSame ? send : compiler.forOutput().compile(inner);
  return (value, issues) => {
    const start = issues.length;
    const output = exact(value, issues);
    if (issues.length > start) return value;
    if (output === undefined) fail(issues, "is required");
    return isSame ? output : send(value, issues);
  };
}

/** What only the worker can fill in stays absent, so that each side of the wire sees the same. */
function compileDefault(node: IrDefault, compiler: Compiler): Run {
  const run = compiler.compile(node.inner);
  const { value: given } = node;
  if (given === undefined || (node.late === true && compiler.mode === "wire")) {
    return (value, issues) => (value === undefined ? undefined : run(value, issues));
  }
  return (value, issues) => {
    if (value === undefined) return cloneJson(given);
    const start = issues.length;
    const output = run(value, issues);
    return output === undefined && issues.length === start ? cloneJson(given) : output;
  };
}

function compilePrefault(node: IrPrefault, compiler: Compiler): Run {
  const run = compiler.compile(node.inner);
  const { value: given } = node;
  if (given === undefined) return (value, issues) => (value === undefined ? undefined : run(value, issues));
  return (value, issues) => run(value === undefined ? cloneJson(given) : value, issues);
}

/** Never refuses. Where only the worker knows the verdict or the replacement, it gets the value as it was. */
function compileCatch(node: IrCatch, compiler: Compiler): Run {
  if (!compiler.isCertain(node.inner)) return accept;
  const run = compiler.compile(node.inner);
  const { value: given } = node;
  const isLate = given === undefined || (node.late === true && compiler.mode === "wire");
  return (value) => {
    const found: RunIssue[] = [];
    const output = run(value, found);
    if (found.length === 0) return output;
    return isLate ? value : cloneJson(given);
  };
}

/** Sends what the first schema made of the value; the second one is asked for its verdict only. */
function compilePipe(node: IrNode & { readonly kind: "pipe" }, compiler: Compiler): Run {
  const send = compiler.compile(node.in);
  if (!compiler.isCertain(node.in)) return send;
  const exact = compiler.forOutput();
  const first = exact.compile(node.in);
  const second = exact.compile(node.out);
  const sends = compiler.mode === "wire";
  const forgives = forgetsIssues(node.out);
  return (value, issues) => {
    const start = issues.length;
    const between = first(value, issues);
    if (stopsPipe(issues, start)) return value;
    const carried = issues.length;
    const output = second(between, issues);
    const isForgiven = forgives && carried > start && issues.length === carried;
    if (isForgiven) issues.length = start;
    if (!sends) return output;
    if (issues.length > start) return value;
    return send(value, isForgiven ? [] : issues);
  };
}

/** zod hands the unknown keys of a value on to the second schema, and a union that matches drops them there. */
function forgetsIssues(node: IrNode): boolean {
  switch (node.kind) {
    case "union":
      return node.exclusive !== true && node.discriminator === undefined && node.options.length > 1;
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
    case "refined":
    case "default":
    case "prefault":
      return forgetsIssues(node.inner);
    default:
      return false;
  }
}

/** Any issue stops a pipe, but for unknown keys, which say nothing about the value that goes on. */
function stopsPipe(issues: readonly RunIssue[], start: number): boolean {
  return isAborted(issues, start) || issues.slice(start).some((issue) => issue.unknownKeys === undefined);
}
