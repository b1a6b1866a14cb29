import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { ts } from "ts-morph";
import type { ImportExtension } from "../config.js";
import { loadCompiler } from "../source/parse.js";

/** How relative imports of an output folder end. */
export type ModuleExtension = ".js" | ".ts" | "";

/**
 * Picks the ending from the nearest tsconfig.json at or above a folder: `.ts` where the project imports its
 * TypeScript files by name, none where a bundler or classic resolution finds them, `.js` else.
 */
export function importExtensionFor(dir: string, asked: ImportExtension): ModuleExtension {
  switch (asked) {
    case ".js":
    case ".ts":
      return asked;
    case "none":
      return "";
    case "auto":
      return detectExtension(dir);
  }
}

function detectExtension(dir: string): ModuleExtension {
  const file = nearest(dir, "tsconfig.json");
  if (file === undefined) return ".js";
  const options = readOptions(file);
  if (options.rewriteRelativeImportExtensions === true) return ".ts";
  if (options.allowImportingTsExtensions === true && options.noEmit === true && isNodeNext(options))
    return ".ts";
  if (isNodeNext(options)) return ".js";
  return "";
}

function isNodeNext(options: ts.CompilerOptions): boolean {
  const ts = loadCompiler();
  const { moduleResolution, module } = options;
  if (moduleResolution !== undefined) {
    return (
      moduleResolution === ts.ModuleResolutionKind.Node16 ||
      moduleResolution === ts.ModuleResolutionKind.NodeNext
    );
  }
  return module !== undefined && module >= ts.ModuleKind.Node16 && module <= ts.ModuleKind.NodeNext;
}

/** Compiler options with `extends` followed; no source file is looked for. */
function readOptions(file: string): ts.CompilerOptions {
  const ts = loadCompiler();
  const { config } = ts.readConfigFile(file, (path) => readFileSync(path, "utf8"));
  const host = { ...ts.sys, readDirectory: () => [] };
  return ts.parseJsonConfigFileContent(config ?? {}, host, dirname(file)).options;
}

function nearest(dir: string, name: string): string | undefined {
  for (let folder = dir; ; folder = dirname(folder)) {
    const file = join(folder, name);
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) return undefined;
  }
}

/** The specifier with which `from` (a file) imports `to` (a TypeScript or JavaScript file). */
export function specifier(from: string, to: string, extension: ModuleExtension): string {
  const path = relative(dirname(from), to).split(sep).join("/");
  const relativePath = path.startsWith(".") ? path : `./${path}`;
  const match = /\.([cm]?)([jt])sx?$/.exec(relativePath);
  if (match === null) return relativePath;
  const bare = relativePath.slice(0, match.index);
  if (match[1] !== "" || (match[2] === "j" && extension === ".ts")) {
    return extension === ".ts" ? relativePath : `${bare}.${match[1]}js`;
  }
  return `${bare}${extension}`;
}
