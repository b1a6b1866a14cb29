import { existsSync, readFileSync } from "node:fs";
import type { SourcePosition } from "../finding.js";

/** Where a file has the first line that a pattern matches; the column is that of the match. */
export function firstMatch(file: string, pattern: RegExp): SourcePosition | undefined {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, "utf8").split(/\r?\n/);
  const index = lines.findIndex((line) => pattern.test(line));
  const line = lines[index];
  return line === undefined ? undefined : { file, line: index + 1, column: line.search(pattern) + 1 };
}

/** A pattern that matches a text as it is. */
export function literalPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
