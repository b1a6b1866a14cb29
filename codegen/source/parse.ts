import { createRequire } from "node:module";
import type { ts as TypeScript } from "ts-morph";
import { CodegenError, errorFinding } from "../finding.js";

/** The compiler that ts-morph carries, so that the result does not depend on the project's own. */
export type Compiler = typeof TypeScript;

let compiler: Compiler | undefined;

/**
 * Loads ts-morph's compiler the first time it is needed: it takes 200 ms.
 *
 * @throws {CodegenError} `DEPENDENCY_MISSING`
 */
export function loadCompiler(): Compiler {
  compiler ??= requireCompiler();
  return compiler;
}

function requireCompiler(): Compiler {
  try {
    const { ts } = createRequire(import.meta.url)("ts-morph") as { readonly ts: Compiler };
    return ts;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "MODULE_NOT_FOUND") throw error;
    throw new CodegenError([
      errorFinding("DEPENDENCY_MISSING", {
        message: "Reading contract sources needs ts-morph, which is not installed.",
        hint: "Install it with npm i -D ts-morph and run taskora generate again.",
      }),
    ]);
  }
}

/** Parses a file for its syntax only; no types are resolved. */
export function parseSource(file: string, text: string): TypeScript.SourceFile {
  const ts = loadCompiler();
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
}
