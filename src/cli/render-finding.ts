import { relative } from "node:path";
import type { Finding, SourcePosition } from "taskora/codegen";
import { type Colors, wrapText } from "./terminal.js";

/** What rendering needs to know. */
export interface RenderOptions {
  /** Paths are shown relative to this folder. */
  readonly cwd: string;
  readonly colors: Colors;
  readonly columns: number;
  /** Shows the lines around a place, or nothing when the file is gone. */
  readonly codeFrame: (at: SourcePosition) => string;
}

/** Writes a finding for people: what, where, the lines of code, why, and what to do next. */
export function renderFinding(finding: Finding, options: RenderOptions): string {
  const { colors, cwd } = options;
  const severity = finding.severity === "error" ? colors.red("error") : colors.yellow("warning");
  const place = finding.at === undefined ? "" : `  ${colors.cyan(placeText(finding.at, cwd))}`;
  const lines = [`${severity} ${colors.bold(finding.code)}${place}`, ...paragraph(finding.message, options)];
  if (finding.at !== undefined) lines.push(...frame(finding.at, options));
  for (const { label, at } of finding.also ?? []) {
    lines.push(`  ${colors.dim(`${label}: ${placeText(at, cwd)}`)}`, ...frame(at, options));
  }
  if (finding.importChain !== undefined && finding.importChain.length > 1) {
    const chain = finding.importChain.map((file) => relative(cwd, file)).join(" → ");
    lines.push(...paragraph(`imported through ${chain}`, options));
  }
  if (finding.details !== undefined) {
    lines.push("", ...finding.details.split("\n").map((line) => `    ${paintDiff(line, colors)}`), "");
  }
  lines.push(...paragraph(`→ ${finding.hint}`, options).map((line) => colors.green(line)));
  return lines.join("\n");
}

/** `contracts/email.ts:12:5`. */
export function placeText(at: SourcePosition, cwd: string): string {
  return `${relative(cwd, at.file) || at.file}:${at.line}:${at.column}`;
}

function frame(at: SourcePosition, options: RenderOptions): string[] {
  const text = options.codeFrame(at);
  if (text === "") return [];
  const lines = text
    .split("\n")
    .map((line) => `    ${line.startsWith(">") ? line : options.colors.dim(line)}`);
  return ["", ...lines, ""];
}

function paragraph(text: string, options: RenderOptions): string[] {
  return text.split("\n").flatMap((line) => wrapText(line, options.columns - 2).map((part) => `  ${part}`));
}

function paintDiff(line: string, colors: Colors): string {
  if (line.startsWith("+")) return colors.green(line);
  if (line.startsWith("-")) return colors.red(line);
  return colors.dim(line);
}
