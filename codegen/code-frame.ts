import { existsSync, readFileSync } from "node:fs";
import type { SourcePosition } from "./finding.js";

/** Lines shown above and below the one at fault. */
const CONTEXT_LINES = 2;
const MAX_WIDTH = 160;

/**
 * Shows the lines around a position with a caret below the column, or `""` when the file is gone.
 *
 * @param text the file's text, when it is at hand; read from disk otherwise
 */
export function codeFrame(at: SourcePosition, text = readIfPresent(at.file)): string {
  if (text === undefined) return "";
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, at.line - CONTEXT_LINES);
  const last = Math.min(lines.length, at.line + CONTEXT_LINES);
  const gutter = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number++) {
    const marker = number === at.line ? ">" : " ";
    const line = (lines[number - 1] ?? "").replaceAll("\t", " ").slice(0, MAX_WIDTH);
    shown.push(`${marker} ${String(number).padStart(gutter)} | ${line}`.trimEnd());
    if (number === at.line && at.column <= MAX_WIDTH) {
      shown.push(`  ${" ".repeat(gutter)} | ${" ".repeat(Math.max(0, at.column - 1))}^`);
    }
  }
  return shown.join("\n");
}

function readIfPresent(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
