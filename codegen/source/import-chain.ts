import { existsSync, readFileSync } from "node:fs";
import type { SourcePosition } from "../finding.js";
import { firstMatch, literalPattern } from "./find-text.js";
import { loadCompiler } from "./parse.js";
import { resolveImport } from "./resolve-import.js";

/** More modules than this are not searched: the chain is a convenience. */
const MAX_MODULES = 2000;

/**
 * The shortest way of imports from one file to another, both ends included, or undefined when there is
 * none (a package or a dynamic import lies between).
 */
export function importChain(from: string, to: string): readonly string[] | undefined {
  return searchImports(from, (file) => file === to);
}

/** The shortest way from a file to the statement that imports a package. */
export function packageChain(
  from: string,
  name: string,
): { readonly files: readonly string[]; readonly at: SourcePosition } | undefined {
  const pattern = new RegExp(`(?<=["'])${literalPattern(name)}(?=["'/])`);
  const files = searchImports(from, (file) => firstMatch(file, pattern) !== undefined);
  const at = firstMatch(files?.at(-1) ?? from, pattern);
  return files === undefined || at === undefined ? undefined : { files, at };
}

function searchImports(from: string, isFound: (file: string) => boolean): readonly string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  const queue = [from];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (isFound(file)) return trace(cameFrom, file);
    if (cameFrom.size > MAX_MODULES) return undefined;
    for (const next of relativeImports(file)) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}

/** The files and everything of the project they import. */
export function importClosure(files: readonly string[]): ReadonlySet<string> {
  const closure = new Set(files);
  for (const file of closure) {
    if (closure.size > MAX_MODULES) break;
    for (const next of relativeImports(file)) closure.add(next);
  }
  return closure;
}

function trace(cameFrom: ReadonlyMap<string, string | undefined>, to: string): readonly string[] {
  const chain = [to];
  for (let file = cameFrom.get(to); file !== undefined; file = cameFrom.get(file)) chain.unshift(file);
  return chain;
}

function relativeImports(file: string): string[] {
  if (!existsSync(file)) return [];
  const { importedFiles } = loadCompiler().preProcessFile(readFileSync(file, "utf8"), true, true);
  return importedFiles.flatMap(({ fileName }) => resolveImport(file, fileName) ?? []);
}
