import { createRequire } from "node:module";
import type { ts as TypeScript } from "ts-morph";
import { CodegenError, errorFinding } from "../finding.js";
import { resolvePackage, taskoraDir } from "../load/package-dir.js";

/** The compiler that ts-morph carries, so that the result does not depend on the project's own. */
export type Compiler = typeof TypeScript;

let compiler: Compiler | undefined;

/**
 * Loads ts-morph's compiler the first time it is needed: it takes 200 ms.
 *
 * @throws {CodegenError} `DEPENDENCY_MISSING`
 */
export function loadCompiler(): Compiler {
  compiler ??= importCompiler();
  return compiler;
}

/**
 * Refuses to go on without ts-morph, although a sound project of plain contracts may never need it: what is said
 * about a broken one must not depend on luck.
 *
 * @throws {CodegenError} `DEPENDENCY_MISSING`
 */
export function requireCompiler(): string {
  const file = resolvePackage("ts-morph", [process.cwd(), taskoraDir()]);
  if (file !== undefined) return file;
  throw new CodegenError([
    errorFinding("DEPENDENCY_MISSING", {
      message: "Reading contract sources needs ts-morph, which is not installed.",
      hint: "Install it with npm i -D ts-morph and run taskora generate again.",
    }),
  ]);
}

function importCompiler(): Compiler {
  const file = requireCompiler();
  return (createRequire(file)(file) as { readonly ts: Compiler }).ts;
}

/** Parses a file for its syntax only; no types are resolved. */
export function parseSource(file: string, text: string): TypeScript.SourceFile {
  const ts = loadCompiler();
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
}
