import type { IrDiscriminator, IrIntersection, IrNode, IrUnion } from "./ir.js";
import type { Compiler } from "./ir-compile.js";
import {
  fail,
  isAborted,
  isObject,
  isPlainObject,
  oneOfText,
  type Run,
  type RunIssue,
  typeName,
} from "./ir-run.js";

/** One option of a union, compiled. */
export interface Option {
  readonly run: Run;
  readonly isCertain: boolean;
  readonly endsChecks: boolean;
}

/** The options of a union in their order. */
export interface Choice {
  readonly options: readonly Option[];
  /** The value goes to a worker, who will choose once more. */
  readonly sends: boolean;
}

export function compileUnion(node: IrUnion, compiler: Compiler): Run {
  const options = node.options.map((option) => ({
    run: compiler.compile(option),
    isCertain: compiler.isCertain(option),
    endsChecks: isConversion(option),
  }));
  const [only] = options;
  const choice: Choice = { options, sends: compiler.mode === "wire" };
  if (node.discriminator !== undefined) return discriminated(node.discriminator, choice);
  if (only !== undefined && options.length === 1) return only.run;
  return node.exclusive === true ? exclusive(choice) : firstMatch(choice);
}

/** zod marks a failed conversion as a whole, where another schema leaves it to its issues. */
export function isConversion(node: IrNode): boolean {
  switch (node.kind) {
    case "pipe":
    case "codec":
    case "stringbool":
      return true;
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
    case "refined":
    case "default":
    case "prefault":
      return isConversion(node.inner);
    default:
      return false;
  }
}

/**
 * The first option that accepts decides. When code of the user could still refuse it, or when an earlier
 * option would accept what this one made of the value, the worker must choose again from the value as it was.
 */
export function firstMatch({ options, sends }: Choice): Run {
  return (value, issues) => {
    const failures: RunIssue[][] = [];
    for (const [index, option] of options.entries()) {
      const found: RunIssue[] = [];
      const output = option.run(value, found);
      if (found.length === 0) {
        if (output === value || !sends) return output;
        const isStable =
          option.isCertain && !options.slice(0, index).some((earlier) => accepts(earlier, output));
        return isStable ? output : value;
      }
      failures.push(found);
    }
    return reportFailures(options, failures, { value, issues });
  };
}

function accepts(option: Option, value: unknown): boolean {
  const issues: RunIssue[] = [];
  option.run(value, issues);
  return issues.length === 0 || issues.some((issue) => issue.throws === true);
}

/** Where exactly one option got as far as its checks, its issues say most. */
function reportFailures(
  options: readonly Option[],
  failures: readonly RunIssue[][],
  to: { readonly value: unknown; readonly issues: RunIssue[] },
): unknown {
  const close = failures.filter(
    (found, index) => options[index]?.endsChecks !== true && !isAborted(found, 0),
  );
  const [only] = close;
  if (close.length === 1 && only !== undefined) to.issues.push(...only);
  else fail(to.issues, "fits no option of the union", "invalid_union");
  return to.value;
}

function exclusive({ options, sends }: Choice): Run {
  return (value, issues) => {
    const outputs = options.map((option) => {
      const found: RunIssue[] = [];
      const output = option.run(value, found);
      return { option, output, fits: found.length === 0 };
    });
    const matches = outputs.filter((result) => result.fits);
    const [match] = matches;
    if (match === undefined) {
      fail(issues, "fits no option of the union", "invalid_union");
      return value;
    }
    if (matches.some((result) => !result.option.isCertain)) return value;
    if (matches.length > 1) {
      fail(issues, "fits more than one option of the union", "invalid_union");
      return value;
    }
    const isStable =
      !sends || options.every((option) => option === match.option || !accepts(option, match.output));
    return isStable ? match.output : value;
  };
}

function discriminated(discriminator: IrDiscriminator, choice: Choice): Run {
  const { key } = discriminator;
  const { options } = choice;
  const byTag = new Map<unknown, Option>();
  for (const [index, tags] of discriminator.tags.entries()) {
    const option = options[index];
    for (const tag of tags) if (option !== undefined) byTag.set(tag, option);
  }
  const absent = options[discriminator.absent ?? -1];
  if (absent !== undefined) byTag.set(undefined, absent);
  const fallback = discriminator.fallback === true ? firstMatch(choice) : undefined;
  const message = oneOfText([...byTag.keys()]);
  return (value, issues) => {
    if (!isObject(value)) {
      fail(issues, `expected object, got ${typeName(value)}`);
      return value;
    }
    const option = byTag.get(value[key]);
    if (option !== undefined) return option.run(value, issues);
    if (fallback !== undefined) {
      const output = fallback(value, issues);
      // The tag that the output carries might select another option than the one that matched.
      return choice.sends ? value : output;
    }
    issues.push({ path: [key], message, kind: "invalid_union", continues: false });
    return value;
  };
}

/** Both sides look at the value, and what they make of it is merged. */
export function compileIntersection(node: IrIntersection, compiler: Compiler): Run {
  const isPlain = compiler.mode === "output" || compiler.isPlain(node);
  const isCertain = compiler.isCertain(node);
  const exact = isCertain && !isPlain ? compiler.forOutput() : compiler;
  const left = exact.compile(node.left);
  const right = exact.compile(node.right);
  return (value, issues) => {
    const start = issues.length;
    const fromLeft: RunIssue[] = [];
    const fromRight: RunIssue[] = [];
    const a = left(value, fromLeft);
    const b = right(value, fromRight);
    reconcile(fromLeft, fromRight, issues);
    if (!isCertain || isAborted(issues, start)) return value;
    const merged = mergeValues(a, b);
    if ("conflict" in merged) {
      issues.push({
        path: merged.conflict,
        message: CONFLICT,
        kind: "custom",
        continues: false,
        throws: true,
      });
      return value;
    }
    const isStable = isPlain && isFixed(merged.value, { left, right });
    return isStable || compiler.mode === "output" ? merged.value : value;
  };
}

const CONFLICT = "differs between the two sides";

/** Each side sees what the other one filled in or changed once the value has travelled. */
function isFixed(merged: unknown, sides: { readonly left: Run; readonly right: Run }): boolean {
  const issues: RunIssue[] = [];
  const a = sides.left(merged, issues);
  const b = sides.right(merged, issues);
  if (issues.some((issue) => !isKeyIssue(issue))) return false;
  const again = mergeValues(a, b);
  return "value" in again && !("conflict" in mergeValues(again.value, merged));
}

/** A key that only one side does not know belongs to the other. */
function reconcile(left: readonly RunIssue[], right: readonly RunIssue[], into: RunIssue[]): void {
  const refusedLeft = refusedKeys(left);
  const refusedRight = refusedKeys(right);
  const both = [...refusedLeft].filter((key) => refusedRight.has(key));
  for (const issue of [...left, ...right]) if (!isKeyIssue(issue)) into.push(issue);
  if (both.length === 0) return;
  const all = [...left, ...right].filter(isKeyIssue);
  const unknown = all.find((issue) => issue.unknownKeys !== undefined);
  const gathered = both.filter((key) => unknown?.unknownKeys?.includes(key));
  if (unknown !== undefined && gathered.length > 0) into.push({ ...unknown, unknownKeys: gathered });
  for (const key of both) {
    const invalid = all.find((issue) => issue.invalidKey === key);
    if (invalid !== undefined && !gathered.includes(key)) into.push(invalid);
  }
}

function isKeyIssue(issue: RunIssue): boolean {
  if (issue.unknownKeys !== undefined) return issue.path.length === 0;
  return issue.invalidKey !== undefined && issue.path.length === 1;
}

function refusedKeys(issues: readonly RunIssue[]): ReadonlySet<string> {
  const keys = issues
    .filter(isKeyIssue)
    .flatMap((issue) => issue.unknownKeys ?? (issue.invalidKey === undefined ? [] : [issue.invalidKey]));
  return new Set(keys);
}

type Merged = { readonly value: unknown } | { readonly conflict: (string | number)[] };

/** `conflict` is written from the inside out, like every path here. */
function mergeValues(a: unknown, b: unknown): Merged {
  if (a === b) return { value: a };
  if (isPlainObject(a) && isPlainObject(b)) return mergeObjects(a, b);
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) return mergeLists(a, b);
  return { conflict: [] };
}

function mergeObjects(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): Merged {
  const result: Record<string, unknown> = { ...a, ...b };
  Reflect.deleteProperty(result, "__proto__");
  for (const key of Object.keys(a)) {
    if (!Object.hasOwn(b, key) || key === "__proto__") continue;
    const merged = mergeValues(a[key], b[key]);
    if ("conflict" in merged) return { conflict: [...merged.conflict, key] };
    result[key] = merged.value;
  }
  return { value: result };
}

function mergeLists(a: readonly unknown[], b: readonly unknown[]): Merged {
  const result: unknown[] = [];
  for (const [index, item] of a.entries()) {
    const merged = mergeValues(item, b[index]);
    if ("conflict" in merged) return { conflict: [...merged.conflict, index] };
    result.push(merged.value);
  }
  return { value: result };
}
