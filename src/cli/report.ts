import { isAbsolute, relative } from "node:path";
import type { Finding, TaskSummary } from "taskora/codegen";
import { type RenderOptions, renderFinding } from "./render-finding.js";
import type { Terminal } from "./terminal.js";

/** The parts of `taskora/codegen` that reporting needs; it is loaded by the command. */
export type Codegen = typeof import("taskora/codegen");

/** Shows findings to people. */
export function talkFindings(findings: readonly Finding[], terminal: Terminal, codegen: Codegen): void {
  const options = renderOptions(terminal, codegen);
  for (const finding of findings) {
    terminal.talk(renderFinding(finding, options));
    terminal.talk("");
  }
  const errors = findings.filter((finding) => finding.severity === "error").length;
  if (errors > 0) terminal.talk(terminal.talkColors.red(`✖ ${count(errors, "problem")}`));
}

function renderOptions(terminal: Terminal, codegen: Codegen): RenderOptions {
  return {
    cwd: process.cwd(),
    colors: terminal.talkColors,
    columns: terminal.columns,
    codeFrame: (at) => codegen.codeFrame(at),
  };
}

/** What `--json` prints: one object, the same keys for every command. */
export interface JsonReport {
  readonly exitCode: number;
  readonly tasks: readonly TaskSummary[];
  readonly changes: readonly { readonly action: string; readonly path: string }[];
  readonly findings: readonly Finding[];
}

/** Prints the one object of `--json`, with paths relative to the current folder and code frames filled in. */
export function printJson(report: JsonReport, terminal: Terminal, codegen: Codegen): void {
  const findings = report.findings.map((finding) =>
    finding.at === undefined ? finding : { ...finding, frame: codegen.codeFrame(finding.at) },
  );
  terminal.out(JSON.stringify(relativePaths({ ...report, findings }), undefined, 2));
}

const PATH_KEYS = new Set(["file", "path"]);

function relativePaths(value: unknown, key = ""): unknown {
  if (typeof value === "string") return PATH_KEYS.has(key) ? shortPath(value) : value;
  if (Array.isArray(value)) {
    return value.map((item) =>
      key === "importChain" && isAbsolute(String(item)) ? shortPath(String(item)) : relativePaths(item),
    );
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, relativePaths(item, name)]));
}

/** A path as a person in the current folder would write it. */
export function shortPath(path: string): string {
  return relative(process.cwd(), path) || ".";
}

/** `1 file`, `2 files`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
