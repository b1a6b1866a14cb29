import type { DiffFormat, DiffOptions, DiffReport } from "../../../codegen/commands.js";
import { type Context, type ListedFinding, type Outcome, refusal } from "../outcome.js";
import { renderDiff } from "../render-diff.js";
import type { Codegen } from "../report.js";
import type { DiffFlags } from "./diff-flags.js";
import { projectOptions } from "./project.js";

/** Runs `taskora diff`: 5 when the policy calls a change breaking. */
export async function runDiff(flags: DiffFlags, context: Context): Promise<Outcome> {
  const { terminal, codegen } = context;
  const { format } = flags;
  if (!isFormat(format, codegen)) {
    return wrong(`expected --format to be one of ${formatsOf(codegen).join(", ")}; got "${format}"`, context);
  }
  if (flags.live === true) {
    if (format !== "text")
      return wrong(`--live prints text or, with --json, one object; got "${format}"`, context);
    const { runLive } = await import("./diff-live.js");
    return await runLive(flags, context);
  }
  const report = await codegen.diff({ ...projectOptions(flags, terminal), ...choices(flags) });
  return {
    exitCode: report.exitCode,
    data: withoutExitCode(report),
    findings: report.tasks.flatMap((task) => task.findings).flatMap((finding) => listed(finding, codegen)),
    show: () => terminal.out(textOf(report, format, context)),
  };
}

function wrong(message: string, context: Context): Outcome {
  const hint = "taskora diff --help lists what there is; one object for programs is --json.";
  return refusal({ code: "COMMAND_LINE", message, hint }, context);
}

type ShownFormat = Exclude<DiffFormat, "json"> | "text";

/** The formats of `--format`; `--json` is a flag of every command. */
export function formatsOf({ DIFF_FORMATS }: Codegen): readonly ShownFormat[] {
  return ["text", ...DIFF_FORMATS.filter((format) => format !== "json")];
}

function isFormat(text: string, codegen: Codegen): text is ShownFormat {
  return formatsOf(codegen).some((format) => format === text);
}

function choices(flags: DiffFlags): Pick<DiffOptions, "against" | "accept"> {
  return {
    ...(flags.against === undefined ? {} : { against: flags.against }),
    ...(flags.accept === undefined ? {} : { accept: { ids: flags.accept, reason: flags.reason ?? "" } }),
  };
}

function textOf(report: DiffReport, format: ShownFormat, { terminal, codegen }: Context): string {
  const { outColors: colors, columns } = terminal;
  return format === "text"
    ? renderDiff(report, { cwd: process.cwd(), colors, columns, codegen })
    : codegen.formatDiff(report, format, process.cwd());
}

/** The report as `--json` has it; its exit code stands in the envelope. */
function withoutExitCode({ exitCode: _, ...report }: DiffReport): object {
  return report;
}

/** Errors and warnings in the words that every command's findings have. */
function listed(finding: DiffReport["tasks"][number]["findings"][number], codegen: Codegen): ListedFinding[] {
  const { rule, severity, task, at } = finding;
  if (severity === "info") return [];
  const message = codegen.headline(finding);
  const hint = codegen.adviceFor(finding);
  return [{ code: rule, severity, task, message, hint, ...(at === undefined ? {} : { at }) }];
}
