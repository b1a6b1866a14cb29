import type { IrArray, IrPresence, IrTuple } from "./ir.js";
import type { Compiler } from "./ir-compile.js";
import { fail, prefix, type Run, type RunIssue, typeName } from "./ir-run.js";

/** Upper bounds of length that stand before every other check: they are looked at before any element. */
function leadingLimits(node: IrArray): readonly { readonly limit: number; readonly message: string }[] {
  const checks = node.checks ?? [];
  const end = checks.findIndex((check) => !LENGTH_CHECKS.has(check.check));
  return (end === -1 ? checks : checks.slice(0, end)).flatMap((check) => {
    if (check.check !== "max_length" && check.check !== "length") return [];
    const amount = check.check === "length" ? "exactly" : "at most";
    return [{ limit: check.value, message: check.message ?? `must be ${amount} ${check.value} long` }];
  });
}

const LENGTH_CHECKS: ReadonlySet<string> = new Set(["min_length", "max_length", "length"]);

export function compileArray(node: IrArray, compiler: Compiler): Run {
  const run = compiler.compile(node.element);
  const limits = leadingLimits(node);
  return (value, issues) => {
    if (!Array.isArray(value)) {
      fail(issues, `expected array, got ${typeName(value)}`);
      return value;
    }
    const exceeded = limits.find((limit) => value.length > limit.limit);
    if (exceeded !== undefined) {
      fail(issues, exceeded.message, "too_big");
      return value;
    }
    return runElements(value, run, issues);
  };
}

function runElements(value: readonly unknown[], run: Run, issues: RunIssue[]): unknown[] {
  const result = new Array<unknown>(value.length);
  for (let index = 0; index < value.length; index++) {
    const start = issues.length;
    result[index] = run(value[index], issues);
    if (issues.length > start) prefix(issues, start, index);
  }
  return result;
}

interface Slot extends IrPresence {
  readonly run: Run;
}

export function compileTuple(node: IrTuple, compiler: Compiler): Run {
  const slots = node.items.map((item) => ({ ...item, run: compiler.compile(item.node) }));
  const rest = node.rest && compiler.compile(node.rest);
  const required = slots.findLastIndex((slot) => slot.in === undefined) + 1;
  const sends = compiler.mode === "wire";
  return (value, issues) => {
    if (!Array.isArray(value)) {
      fail(issues, `expected array, got ${typeName(value)}`);
      return value;
    }
    if (rest === undefined && value.length < required) {
      fail(issues, `must have at least ${required} items`, "too_small");
      return value;
    }
    if (rest === undefined && value.length > slots.length) {
      fail(issues, `must have at most ${slots.length} items`, "too_big");
    }
    const tail: unknown[] = [];
    const tailIssues: RunIssue[] = [];
    if (rest !== undefined) runRest(value, slots.length, { run: rest, tail, issues: tailIssues });
    // What follows the fixed slots was looked at before them, so its issues come first.
    for (const issue of tailIssues) issues.push(issue);
    const result = [...runSlots(value, slots, issues), ...tail];
    if (sends) endAtNothing(result, value.length, issues);
    return result;
  };
}

function runRest(
  value: readonly unknown[],
  from: number,
  into: { readonly run: Run; readonly tail: unknown[]; readonly issues: RunIssue[] },
): void {
  for (let index = from; index < value.length; index++) {
    const start = into.issues.length;
    into.tail.push(into.run(value[index], into.issues));
    prefix(into.issues, start, index);
  }
}

/** Absent slots at the end are dropped again when nothing stands in for them. */
function runSlots(value: readonly unknown[], slots: readonly Slot[], issues: RunIssue[]): unknown[] {
  const mayEndAt = slots.findLastIndex((slot) => slot.out !== "optional") + 1;
  const result: unknown[] = [];
  for (const [index, slot] of slots.entries()) {
    const isAbsent = index >= value.length;
    if (isAbsent && index >= mayEndAt && slot.in === "optional") break;
    const start = issues.length;
    const output = slot.run(value[index], issues);
    if (issues.length > start) {
      if (isAbsent && index >= mayEndAt) {
        issues.length = start;
        break;
      }
      prefix(issues, start, index);
    }
    result.push(output);
  }
  while (result.length > value.length && endsInNothing(result, slots)) result.pop();
  return result;
}

/**
 * JSON writes an item that is `undefined` as `null`. Absent slots that only the worker can fill are left out,
 * with those behind them; a gap between items that were given is refused.
 */
function endAtNothing(result: unknown[], given: number, issues: RunIssue[]): void {
  const firstUnfilled = result.findIndex((item, index) => item === undefined && index >= given);
  if (firstUnfilled !== -1) result.length = firstUnfilled;
  while (result.length > 0 && result.at(-1) === undefined) result.pop();
  const gap = issues.length === 0 ? result.indexOf(undefined) : -1;
  if (gap !== -1) issues.push({ path: [gap], message: GAP, kind: "invalid_type", continues: false });
}

const GAP = "is undefined, which JSON turns into null";

function endsInNothing(result: readonly unknown[], slots: readonly Slot[]): boolean {
  return slots[result.length - 1]?.out === "optional" && result.at(-1) === undefined;
}
