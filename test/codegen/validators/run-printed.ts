import ts from "typescript";
import { printValidator } from "../../../codegen/emit/validator/print-validator.js";
import type { ValidatorMode } from "../../../codegen/emit/validator/printer.js";
import { check, type Validator } from "../../../src/generated/validation.js";
import type { IrSchema } from "../../../src/schema/ir.js";

/** Prints a validator and runs the text; undefined when there is none for the schema. */
export function printedValidator(schema: IrSchema, mode: ValidatorMode): Validator | undefined {
  const printed = printValidator(schema, { name: "validate", mode });
  return printed.reason === undefined ? evaluate(printed.text) : undefined;
}

function evaluate(text: string): Validator {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const module: { validate?: Validator } = {};
  new Function("check", "exports", outputText)(check, module);
  if (module.validate === undefined) throw new Error(`no validator in\n${text}`);
  return module.validate;
}
