import type { DiffFormat, DiffOptions, DiffReport } from "taskora/codegen";
import { renderDiff } from "../render-diff.js";
import { type Codegen, printJson, talkFindings } from "../report.js";
import type { Terminal } from "../terminal.js";
import type { DiffFlags, Output } from "./diff-flags.js";

const CANNOT_RUN = 2;

/** Runs `taskora diff` and returns the exit code: 5 when the policy calls a change breaking. */
export async function runDiff(flags: DiffFlags, terminal: Terminal): Promise<number> {
  const codegen = await import("taskora/codegen");
  const format = flags.json === true ? "json" : flags.format;
  if (format !== "text" && !isFormat(format, codegen)) {
    const known = ["text", ...codegen.DIFF_FORMATS].join(", ");
    terminal.talk(`error: expected --format to be one of ${known}; got "${format}"`);
    return CANNOT_RUN;
  }
  try {
    if (flags.live !== undefined) {
      const { runLive } = await import("./diff-live.js");
      return await runLive({ ...flags, live: flags.live }, { terminal, codegen, format });
    }
    const report = await codegen.diff(diffOptions(flags, terminal));
    show(report, { format, terminal, codegen });
    return report.exitCode;
  } catch (error) {
    return showError(error, { format, terminal, codegen });
  }
}

function isFormat(text: string, codegen: Codegen): text is DiffFormat {
  return codegen.DIFF_FORMATS.some((format) => format === text);
}

function diffOptions(flags: DiffFlags, terminal: Terminal): DiffOptions {
  return {
    ...(flags.config === undefined ? {} : { configFile: flags.config }),
    ...(flags.against === undefined ? {} : { against: flags.against }),
    ...(flags.accept === undefined ? {} : { accept: { ids: flags.accept, reason: flags.reason ?? "" } }),
    onPrint: (text) => terminal.talk(terminal.talkColors.dim(text.trimEnd())),
  };
}

function show(report: DiffReport, { format, terminal, codegen }: Output): void {
  if (format !== "text") {
    const text = codegen.formatDiff(report, format, process.cwd());
    if (text !== "") terminal.out(text);
    return;
  }
  const { outColors: colors, columns } = terminal;
  terminal.out(renderDiff(report, { cwd: process.cwd(), colors, columns, codegen }));
}

function showError(error: unknown, { format, terminal, codegen }: Output): number {
  if (!(error instanceof codegen.CodegenError)) throw error;
  const exitCode = codegen.exitCodeFor(error.findings);
  if (format === "json") {
    printJson({ exitCode, tasks: [], changes: [], findings: error.findings }, terminal, codegen);
  } else {
    talkFindings(error.findings, terminal, codegen);
  }
  return exitCode;
}
