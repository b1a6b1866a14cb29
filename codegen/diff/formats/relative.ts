import { relative } from "node:path";
import type { SourcePosition } from "../../finding.js";

/** A path with slashes, relative to a folder. */
export function relativePath(file: string, cwd: string): string {
  return relative(cwd, file).replaceAll("\\", "/");
}

/** `contracts/email.ts:4`. */
export function placeText(at: SourcePosition | undefined, cwd: string): string {
  return at === undefined ? "" : `${relativePath(at.file, cwd)}:${at.line}`;
}
