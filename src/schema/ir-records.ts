import type { IrRecord } from "./ir.js";
import type { Compiler } from "./ir-compile.js";
import { refuseUnknown } from "./ir-keys.js";
import { fail, isPlainObject, prefix, type Run, type RunIssue, typeName } from "./ir-run.js";

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
      issues.push(invalidKey(key));
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
    else issues.push(invalidKey(key));
  }
  if (unknownKeys.size > 0) {
    const refused = Object.fromEntries([...unknownKeys].map((key) => [key, undefined]));
    refuseUnknown(refused, new Set(), issues);
  }
  return result;
}

function invalidKey(key: string | number): RunIssue {
  const issue = { message: "is no valid key", kind: "invalid_key", continues: false } as const;
  return { ...issue, path: [key], invalidKey: String(key) };
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
