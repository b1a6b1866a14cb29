import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { contains } from "../config-folders.js";
import type { SourcePosition } from "../finding.js";
import { taskoraDir } from "./package-dir.js";

const FRAME = /^\s*at (?:.*?\()?((?:file:\/\/)?\/[^()]*?|[A-Za-z]:[\\/][^()]*?):(\d+):(\d+)\)?$/;
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
    return (
      !file.includes(`${sep}node_modules${sep}`) && !OWN_FOLDERS.some((folder) => contains(folder, file))
    );
  });
}

/** The package a stack's innermost `node_modules` frame belongs to. */
export function packageFrame(stack: string): string | undefined {
  for (const frame of stackFrames(stack)) {
    const at = frame.file.lastIndexOf(`${sep}node_modules${sep}`);
    if (at === -1) continue;
    const [scope, name] = frame.file.slice(at + 14).split(sep);
    if (scope === undefined || scope === "tsx") continue;
    return scope.startsWith("@") && name !== undefined ? `${scope}/${name}` : scope;
  }
  return undefined;
}

/** A stack frame's path without `file://` and the query that loaders append. */
function toPath(text: string): string {
  const path = text.replace(/\?.*$/, "");
  return path.startsWith("file://") ? fileURLToPath(path) : path;
}
