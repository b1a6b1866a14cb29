import type { IrObject, IrPresence } from "./ir.js";
import type { Compiler } from "./ir-compile.js";
import { refuseUnknown } from "./ir-keys.js";
import { fail, isObject, prefix, type Run, type RunIssue, typeName } from "./ir-run.js";

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
    const message = isThere ? LOST : "is required";
    issues.push({ path: [entry.key], message, kind: "invalid_type", continues: false });
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
