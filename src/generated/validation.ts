/**
 * What generated validators call. They are straight code for the common kinds of schema and use these parts for
 * the rest. Paths are written from the inside out, as everywhere in the interpreter, and turned round at the end.
 */
import type { IssueKind } from "../core/errors.js";
import { compiledFrom, compilePart } from "../schema/interpreter.js";
import type { IrSchema } from "../schema/ir.js";
import { isMultiple } from "../schema/ir-checks.js";
import { refuseUnknown } from "../schema/ir-keys.js";
import { isAborted, isObject, isPlainObject, type Run, type RunIssue, typeName } from "../schema/ir-run.js";
import { firstMatch } from "../schema/ir-unions.js";
import { codePointLength } from "../schema/string-formats.js";

/** The issues of one validation, in the order they were found. */
export type Issues = RunIssue[];
/** A printed validator: the value, or what is wrong with it. */
export type Validator = ReturnType<typeof compiledFrom>;

type Path = readonly (string | number)[];
type Failure = readonly [kind: IssueKind, message: string];

/** Reports a value of a wrong type; its later checks do not run. */
function expected(issues: Issues, path: Path, found: readonly [type: string, value: unknown]): void {
  issues.push({
    path: [...path],
    message: `expected ${found[0]}, got ${typeName(found[1])}`,
    kind: "invalid_type",
    continues: false,
  });
}

/** Reports a failed check that ends the checks of its value. */
function stop(issues: Issues, path: Path, [kind, message]: Failure): void {
  issues.push({ path: [...path], message, kind, continues: false });
}

/** Reports a failed check; later ones still run. */
function flag(issues: Issues, path: Path, [kind, message]: Failure): void {
  issues.push({ path: [...path], message, kind, continues: true });
}

/** Refuses keys that a strict object does not declare. */
function onlyKeys(
  value: Readonly<Record<string, unknown>>,
  known: ReadonlySet<unknown>,
  at: { readonly issues: Issues; readonly path: Path },
): void {
  const start = at.issues.length;
  refuseUnknown(value, known, at.issues);
  under(at.issues, start, at.path);
}

/** Puts a path in front of the issues from `start` on. */
function under(issues: Issues, start: number, path: Path): void {
  for (let index = start; index < issues.length; index++) issues[index]?.path.push(...path);
}

/** A part of a schema that is interpreted. */
function part(schema: IrSchema, mode: "wire" | "output"): Run {
  return compilePart(schema, mode);
}

/** A union of printed options; the marks say which of them zod treats as conversions. */
function anyOf(options: readonly Run[], conversions: readonly number[], mode: "wire" | "output"): Run {
  return firstMatch({
    options: options.map((run, index) => ({
      run,
      isCertain: true,
      endsChecks: conversions.includes(index),
    })),
    sends: mode === "wire",
  });
}

/** The parts of a printed validator. One object, so that an entry file exports one name that may grow. */
export const check = {
  anyOf,
  codePointLength,
  expected,
  flag,
  isAborted,
  isMultiple,
  isObject,
  isPlainObject,
  onlyKeys,
  part,
  stop,
  under,
  validator: compiledFrom,
} as const;
