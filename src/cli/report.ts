import { relative } from "node:path";
import type { Finding } from "../../codegen/commands.js";
import { type RenderOptions, renderFinding } from "./render-finding.js";
import type { Terminal } from "./terminal.js";

/** What commands need of the generator; it is loaded when one runs. */
export type Codegen = typeof import("../../codegen/commands.js");

/** Shows findings to people. */
export function talkFindings(findings: readonly Finding[], terminal: Terminal, codegen: Codegen): void {
  const options = renderOptions(terminal, codegen);
  for (const finding of findings) {
    const write = finding.severity === "error" ? terminal.complain : terminal.talk;
    write(renderFinding(finding, options));
    write("");
  }
  const errors = findings.filter((finding) => finding.severity === "error").length;
  if (errors > 0) terminal.complain(terminal.talkColors.red(`✖ ${count(errors, "problem")}`));
}

function renderOptions(terminal: Terminal, codegen: Codegen): RenderOptions {
  return {
    cwd: process.cwd(),
    colors: terminal.talkColors,
    columns: terminal.columns,
    codeFrame: (at) => codegen.codeFrame(at),
  };
}

/** A path as a person in the current folder would write it. */
export function shortPath(path: string): string {
  return relative(process.cwd(), path) || ".";
}

/** `1 file`, `2 files`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
