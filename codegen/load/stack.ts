import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { contains } from "../config-folders.js";
import type { SourcePosition } from "../finding.js";
import { runsFromSource, taskoraDir } from "./package-dir.js";

const FRAME = /^\s*at (?:.*?\()?((?:file:\/\/)?\/[^()]*?|[A-Za-z]:[\\/][^()]*?):(\d+):(\d+)\)?$/;
const MODULES = `${sep}node_modules${sep}`;
const LOADER = "tsx";
const COMPILER = "esbuild";
/** The code of the loading process itself, which watches what others do. */
const GENERATOR_FOLDER = join(taskoraDir(), runsFromSource() ? "codegen" : "dist/codegen");
const OWN_FOLDERS = ["src", "codegen", "dist"].map((folder) => `${taskoraDir()}${sep}${folder}`);

/** The frames of a stack that lie in files, innermost first. */
export function stackFrames(stack: string): SourcePosition[] {
  const frames: SourcePosition[] = [];
  for (const line of stack.split("\n")) {
    const match = FRAME.exec(line);
    if (match?.[1] === undefined) continue;
    frames.push({ file: toPath(match[1]), line: Number(match[2]), column: Number(match[3]) });
  }
  return frames;
}

/** The innermost frame in the user's own files: in no package and no part of taskora. */
export function userFrame(stack: string): SourcePosition | undefined {
  return stackFrames(stack).find(({ file }) => {
    return !file.includes(MODULES) && !OWN_FOLDERS.some((folder) => contains(folder, file));
  });
}

/** The package a stack's innermost `node_modules` frame belongs to, the loading process and its loader aside. */
export function packageFrame(stack: string): string | undefined {
  for (const { file } of stackFrames(stack)) {
    const name = packageOf(file);
    if (name !== undefined && name !== LOADER && !contains(GENERATOR_FOLDER, file)) return name;
  }
  return undefined;
}

/**
 * Whether the loader did it while it read a module: its frames, and those of the compiler it calls, are the
 * innermost ones. A contract that uses the compiler itself stands between the two.
 */
export function isOfLoader(stack: string): boolean {
  for (const { file } of stackFrames(stack)) {
    if (contains(GENERATOR_FOLDER, file)) continue;
    const name = packageOf(file);
    if (name === COMPILER) continue;
    return name === LOADER;
  }
  return false;
}

function packageOf(file: string): string | undefined {
  const at = file.lastIndexOf(MODULES);
  if (at === -1) return undefined;
  const [scope, name] = file.slice(at + MODULES.length).split(sep);
  return scope?.startsWith("@") === true && name !== undefined ? `${scope}/${name}` : scope;
}

/** A stack frame's path without `file://` and the query that loaders append. */
function toPath(text: string): string {
  const path = text.replace(/\?.*$/, "");
  return path.startsWith("file://") ? fileURLToPath(path) : path;
}
