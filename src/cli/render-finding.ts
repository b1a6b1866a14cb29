import { isAbsolute, relative } from "node:path";
import type { Finding, SourcePosition } from "../../codegen/commands.js";
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
  const lines = [
    `${severity} ${colors.bold(finding.code)}${place}`,
    ...(finding.path === undefined ? [] : [`  ${finding.task} ${finding.path}`]),
    ...paragraph(finding.message, options),
    "",
  ];
  const isDiff = finding.details?.startsWith("@@") === true;
  if (finding.at !== undefined && !isDiff) lines.push(...frame(finding.at, options), "");
  for (const { label, at } of finding.also ?? []) {
    lines.push(`  ${label}: ${colors.cyan(placeText(at, cwd))}`, "", ...frame(at, options), "");
  }
  if (finding.importChain !== undefined && new Set(finding.importChain).size > 1) {
    const chain = finding.importChain
      .map((step) => (isAbsolute(step) ? relative(cwd, step) : step))
      .join(" → ");
    lines.push(...paragraph(`imported through ${chain}`, options));
  }
  if (finding.details !== undefined) {
    const shown = finding.details.trimEnd().split("\n");
    const cut = shown.map((line) => shorten(line, options.columns - 4));
    lines.push(...cut.map((line) => `    ${isDiff ? paintDiff(line, colors) : line}`), "");
  }
  const [first = "", ...rest] = paragraph(finding.hint, { ...options, columns: options.columns - 2 });
  lines.push(colors.green(`  → ${first.trim()}`), ...rest.map((line) => colors.green(`  ${line}`)));
  return withoutDoubleBlanks(lines).join("\n");
}

function withoutDoubleBlanks(lines: readonly string[]): string[] {
  return lines.filter((line, index) => line !== "" || lines[index - 1] !== "");
}

/** `contracts/email.ts:12:5`. */
export function placeText(at: SourcePosition, cwd: string): string {
  return `${relative(cwd, at.file) || at.file}:${at.line}:${at.column}`;
}

function frame(at: SourcePosition, options: RenderOptions): string[] {
  const { colors } = options;
  const lines = options.codeFrame(at).split("\n");
  return lines.map((line) => {
    if (line === "") return "";
    if (line.startsWith(">")) return `    ${colors.red(">")}${line.slice(1)}`;
    return `    ${/^ +\| +\^$/.test(line) ? colors.red(line) : colors.dim(line)}`;
  });
}

function paragraph(text: string, options: RenderOptions): string[] {
  return text.split("\n").flatMap((line) => wrapText(line, options.columns - 2).map((part) => `  ${part}`));
}

function shorten(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

function paintDiff(line: string, colors: Colors): string {
  if (line.startsWith("+")) return colors.green(line);
  if (line.startsWith("-")) return colors.red(line);
  return colors.dim(line);
}
