import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { ImportExtension } from "../config.js";
import { readCompilerOptions, type WrittenOptions } from "./tsconfig.js";

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
  const options = readCompilerOptions(file);
  if (options.rewriteRelativeImportExtensions === true) return ".ts";
  const isNode = followsNode(options);
  if (options.allowImportingTsExtensions === true && options.noEmit === true && isNode) return ".ts";
  return isNode ? ".js" : "";
}

/** Whether imports resolve as in Node, where ES modules need the extension. */
function followsNode({ module, moduleResolution }: WrittenOptions): boolean {
  return /^node(16|18|20|next)$/i.test(String(moduleResolution ?? module ?? ""));
}

/** The nearest file of a name, at or above a folder. */
export function nearest(dir: string, name: string): string | undefined {
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
