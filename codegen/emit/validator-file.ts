import type { IrSchema } from "../../src/schema/ir.js";
import type { SchemaSide } from "../../src/schema/wire-types.js";
import type { EmitTask } from "./emitted-task.js";
import { header } from "./header.js";
import { printValidator } from "./validator/print-validator.js";
import type { ValidatorMode } from "./validator/printer.js";

/** The side of a contract that a validator is for. */
export type ValidatorSide = SchemaSide;

/** A side of a contract without a printed validator, and why. */
export interface MissingValidator {
  readonly side: ValidatorSide;
  readonly reason: string;
}

/** The validators of one task as a module. */
export interface ValidatorFile {
  /** Absent when no side has a validator. */
  readonly text?: string;
  readonly sides: readonly ValidatorSide[];
  readonly missing: readonly MissingValidator[];
}

/** What a task without validators looks like. */
export const NO_VALIDATORS: ValidatorFile = { sides: [], missing: [] };

const printedFiles = new WeakMap<EmitTask, Map<ValidatorMode, ValidatorFile>>();

/** Prints the validators of a task; several outputs share the text. */
export function validatorFile(task: EmitTask, mode: ValidatorMode): ValidatorFile {
  const known = printedFiles.get(task) ?? new Map<ValidatorMode, ValidatorFile>();
  printedFiles.set(task, known);
  const file = known.get(mode) ?? printFile(task, mode);
  known.set(mode, file);
  return file;
}

function printFile(task: EmitTask, mode: ValidatorMode): ValidatorFile {
  const { input, output, emits } = task.contract.data;
  const given: readonly (readonly [ValidatorSide, IrSchema | undefined])[] = [
    ["input", input],
    ["output", output],
    // Messages are checked where they are emitted, and read as they come.
    ["emits", mode === "output" ? emits : undefined],
  ];
  const texts: string[] = [];
  const sides: ValidatorSide[] = [];
  const missing: MissingValidator[] = [];
  for (const [side, schema] of given) {
    if (schema === undefined) continue;
    const printed = printValidator(schema, { name: side, mode });
    if (printed.reason === undefined) {
      texts.push(printed.text);
      sides.push(side);
    } else missing.push({ side, reason: printed.reason });
  }
  if (sides.length === 0) return { sides, missing };
  const names = texts.some((text) => /: Issues\b/.test(text))
    ? "check, type Issues, type Validator"
    : "check, type Validator";
  const open = [header(task.file), `import { ${names} } from "taskora/generated";\n\n`];
  return { text: [...open, texts.join("\n")].join(""), sides, missing };
}

/** The import of a task's validators, and the notes about those that are missing. */
export function validatorImport(file: ValidatorFile, specifier: string): string {
  if (file.sides.length === 0) return "";
  return `import { ${file.sides.map((side) => `${side} as ${side}Validator`).join(", ")} } from ${JSON.stringify(specifier)};\n`;
}

/** `{ input: inputValidator }` */
export function validatorObject(file: ValidatorFile): string {
  return `{ ${file.sides.map((side) => `${side}: ${side}Validator`).join(", ")} }`;
}

/** Says in the generated code why a validator is missing. */
export function missingNotes(file: ValidatorFile): string {
  return file.missing
    .map(({ side, reason }) => `// No printed validator for the ${side}: ${reason}.\n`)
    .join("");
}
