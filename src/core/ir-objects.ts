import type { IrArray, IrObject, IrPresence, IrRecord, IrTuple } from "./ir.js";
import type { Compiler } from "./ir-compile.js";
import { fail, isObject, isPlainObject, prefix, type Run, type RunIssue, typeName } from "./ir-run.js";

interface Entry extends IrPresence {
  readonly key: string;
  readonly run: Run;
}

/** Looks at keys of `input` and writes what becomes of them to `result`. */
type KeysRun = (
  input: Readonly<Record<string, unknown>>,
  result: Record<string, unknown>,
  issues: RunIssue[],
) => void;

export function compileObject(node: IrObject, compiler: Compiler): Run {
  const entries: readonly Entry[] = node.properties
    .filter((property) => property.key !== "__proto__")
    .map(({ node: child, ...property }) => ({ ...property, run: compiler.compile(child) }));
  const unknownKeys = compileUnknownKeys(node, compiler);
  const sends = compiler.mode === "wire";
  return (value, issues) => {
    if (!isObject(value)) {
      fail(issues, `expected object, got ${typeName(value)}`);
      return value;
    }
    const result: Record<string, unknown> = {};
    for (const entry of entries) {
      const start = issues.length;
      const given = value[entry.key];
      const output = entry.run(given, issues);
      // By far the most common case: the value is there and fits.
      if (given !== undefined && output !== undefined && issues.length === start) result[entry.key] = output;
      else settleProperty({ entry, output, sends, start }, { input: value, result, issues });
    }
    unknownKeys?.(value, result, issues);
    return result;
  };
}

/** The rest of what zod does with a property: absent, `undefined`, or refused. */
function settleProperty(
  found: { readonly entry: Entry; readonly output: unknown; readonly sends: boolean; readonly start: number },
  at: {
    readonly input: Readonly<Record<string, unknown>>;
    readonly result: Record<string, unknown>;
    readonly issues: RunIssue[];
  },
): void {
  const { entry, output, start } = found;
  const { issues } = at;
  const isThere = entry.key in at.input;
  const mayVanish = entry.in !== undefined && entry.out === "optional";
  if (!isThere && mayVanish && (entry.in === "optional" || issues.length > start)) {
    issues.length = start;
    return;
  }
  if (issues.length > start) {
    prefix(issues, start, entry.key);
    return;
  }
  if (entry.in === undefined && (!isThere || (found.sends && output === undefined))) {
    issues.push({ path: [entry.key], message: isThere ? LOST : "is required", continues: false });
    return;
  }
  if (output !== undefined || isThere) at.result[entry.key] = output;
}

const LOST = "is undefined, and JSON leaves such a key out";

function compileUnknownKeys(node: IrObject, compiler: Compiler): KeysRun | undefined {
  const known = new Set(node.properties.map((property) => property.key));
  switch (node.mode) {
    case "strip":
      return undefined;
    case "strict":
      return (input, _result, issues) => refuseUnknown(input, known, issues);
    case "loose":
      return (input, result) => {
        for (const key in input) {
          if (!known.has(key) && key !== "__proto__") result[key] = input[key];
        }
      };
    case "catchall":
      return catchallRun(node, known, compiler);
  }
}

function refuseUnknown(
  input: Readonly<Record<string, unknown>>,
  known: ReadonlySet<unknown>,
  issues: RunIssue[],
): void {
  const unknownKeys: string[] = [];
  for (const key in input) if (!known.has(key)) unknownKeys.push(key);
  if (unknownKeys.length === 0) return;
  const names = unknownKeys.map((key) => JSON.stringify(key)).join(", ");
  issues.push({ path: [], message: `has unknown keys: ${names}`, continues: true, unknownKeys });
}

function catchallRun(node: IrObject, known: ReadonlySet<string>, compiler: Compiler): KeysRun {
  const { catchall } = node;
  if (catchall === undefined) return () => undefined;
  const run = compiler.compile(catchall);
  return (input, result, issues) => {
    for (const key in input) {
      if (known.has(key) || key === "__proto__") continue;
      const start = issues.length;
      const output = run(input[key], issues);
      prefix(issues, start, key);
      result[key] = output;
    }
  };
}

/** Upper bounds of length that stand before every other check: they are looked at before any element. */
function leadingLimits(node: IrArray): readonly { readonly limit: number; readonly message: string }[] {
  const checks = node.checks ?? [];
  const end = checks.findIndex((check) => !LENGTH_CHECKS.has(check.check));
  return (end === -1 ? checks : checks.slice(0, end)).flatMap((check) => {
    if (check.check !== "max_length" && check.check !== "length") return [];
    const amount = check.check === "length" ? "exactly" : "at most";
    return [{ limit: check.value, message: `must be ${amount} ${check.value} long` }];
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
      fail(issues, exceeded.message);
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
      fail(issues, `must have at least ${required} items`);
      return value;
    }
    if (rest === undefined && value.length > slots.length) {
      fail(issues, `must have at most ${slots.length} items`);
    }
    const tail: unknown[] = [];
    const tailIssues: RunIssue[] = [];
    if (rest !== undefined) runRest(value, slots.length, { run: rest, tail, issues: tailIssues });
    // What follows the fixed slots was looked at before them, so its issues come first.
    for (const issue of tailIssues) issues.push(issue);
    const result = runSlots(value, slots, issues);
    if (sends) endAtNothing(result, value.length, issues);
    return tail.length === 0 ? result : [...result, ...tail];
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
  if (gap !== -1)
    issues.push({ path: [gap], message: "is undefined, which JSON turns into null", continues: false });
}

function endsInNothing(result: readonly unknown[], slots: readonly Slot[]): boolean {
  return slots[result.length - 1]?.out === "optional" && result.at(-1) === undefined;
}

export function compileRecord(node: IrRecord, compiler: Compiler): Run {
  const runs: RecordRuns = {
    node,
    key: compiler.compile(node.keys),
    value: compiler.compile(node.values),
    sends: compiler.mode === "wire",
  };
  const known = node.partial === true ? undefined : node.known;
  return (value, issues) => {
    if (!isPlainObject(value)) {
      fail(issues, `expected object, got ${typeName(value)}`);
      return value;
    }
    return known === undefined
      ? runOpenRecord(value, runs, issues)
      : runFullRecord(value, { runs, known }, issues);
  };
}

interface RecordRuns {
  readonly node: IrRecord;
  readonly key: Run;
  readonly value: Run;
  readonly sends: boolean;
}

/** All keys are known, and each must be there. */
function runFullRecord(
  input: Readonly<Record<string, unknown>>,
  plan: { readonly runs: RecordRuns; readonly known: readonly (string | number)[] },
  issues: RunIssue[],
): unknown {
  const result: Record<string, unknown> = {};
  for (const key of plan.known) {
    if (key === "__proto__") continue;
    const keyIssues: RunIssue[] = [];
    const outKey = plan.runs.key(key, keyIssues);
    if (keyIssues.length > 0) {
      issues.push({ path: [key], message: "is no valid key", continues: false, invalidKey: String(key) });
      continue;
    }
    runRecordValue(input, { key, outKey: String(outKey), runs: plan.runs, result }, issues);
  }
  const names = new Set(plan.known.map(String));
  if (plan.runs.node.loose !== true) refuseUnknown(input, names, issues);
  else for (const key in input) if (!names.has(key) && key !== "__proto__") result[key] = input[key];
  return result;
}

function runOpenRecord(
  input: Readonly<Record<string, unknown>>,
  runs: RecordRuns,
  issues: RunIssue[],
): unknown {
  const result: Record<string, unknown> = {};
  const unknownKeys = new Set<string>();
  for (const key of Object.keys(input)) {
    if (key === "__proto__") continue;
    const outKey = acceptKey(key, runs.key);
    if (outKey !== undefined) runRecordValue(input, { key, outKey, runs, result }, issues);
    else if (runs.node.loose === true) result[key] = input[key];
    else if (runs.node.known !== undefined) unknownKeys.add(key);
    else issues.push({ path: [key], message: "is no valid key", continues: false, invalidKey: key });
  }
  if (unknownKeys.size > 0) {
    const refused = Object.fromEntries([...unknownKeys].map((key) => [key, undefined]));
    refuseUnknown(refused, new Set(), issues);
  }
  return result;
}

const NUMBER_KEY = /^-?\d+(?:\.\d+)?$/;

/** Keys are text, so a key schema of numbers gets a second look at the number that the text means. */
function acceptKey(key: string, run: Run): string | undefined {
  const issues: RunIssue[] = [];
  const output = run(key, issues);
  if (issues.length === 0) return String(output);
  if (!NUMBER_KEY.test(key)) return undefined;
  issues.length = 0;
  const number = run(Number(key), issues);
  return issues.length === 0 ? String(number) : undefined;
}

function runRecordValue(
  input: Readonly<Record<string, unknown>>,
  at: {
    readonly key: string | number;
    readonly outKey: string;
    readonly runs: RecordRuns;
    readonly result: Record<string, unknown>;
  },
  issues: RunIssue[],
): void {
  if (at.outKey === "__proto__") return;
  const start = issues.length;
  const output = at.runs.value(input[at.key], issues);
  prefix(issues, start, at.key);
  if (output !== undefined || !at.runs.sends) at.result[at.outKey] = output;
}
