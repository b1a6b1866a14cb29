import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";

/** Compiler options as they are written in a tsconfig.json, by name; values are unchecked. */
export type WrittenOptions = Readonly<Record<string, unknown>>;

/**
 * Reads the compiler options of a tsconfig.json, with `extends` followed. A file that cannot be read counts as
 * empty: the compiler will say so better.
 *
 * TypeScript could do it, but loading it takes longer than printing 300 clients.
 */
export function readCompilerOptions(file: string, seen: ReadonlySet<string> = new Set()): WrittenOptions {
  if (seen.has(file) || !existsSync(file)) return {};
  const config = parseJsonc(readFileSync(file, "utf8"));
  if (typeof config !== "object" || config === null) return {};
  const { extends: bases, compilerOptions } = config as { extends?: unknown; compilerOptions?: unknown };
  const inherited = (Array.isArray(bases) ? bases : [bases])
    .filter((base): base is string => typeof base === "string")
    .map((base) => readCompilerOptions(resolveBase(base, dirname(file)), new Set([...seen, file])));
  const own = typeof compilerOptions === "object" && compilerOptions !== null ? compilerOptions : {};
  return Object.assign({}, ...inherited, own) as WrittenOptions;
}

/** A path, or a file of a package such as `@tsconfig/node20/tsconfig.json`. */
function resolveBase(base: string, dir: string): string {
  if (base.startsWith(".") || isAbsolute(base)) {
    const path = resolve(dir, base);
    return existsSync(path) ? path : `${path}.json`;
  }
  for (const folder of createRequire(join(dir, "tsconfig.json")).resolve.paths(base) ?? []) {
    for (const ending of ["", ".json", "/tsconfig.json"]) {
      const path = join(folder, `${base}${ending}`);
      if (path.endsWith(".json") && existsSync(path)) return path;
    }
  }
  return join(dir, base);
}

/** Texts are kept as they are; comments go, and commas before a closing bracket. */
const TOKENS = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*[}\]])/g;

/** Parses JSON with comments and trailing commas; undefined when it is neither. */
function parseJsonc(text: string): unknown {
  const json = text.replace(/^\uFEFF/, "").replace(TOKENS, (token) => (token.startsWith('"') ? token : ""));
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
