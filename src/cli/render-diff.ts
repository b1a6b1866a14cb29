import type { DiffFinding, DiffReport, TaskReport } from "../../codegen/commands.js";
import { placeText } from "./render-finding.js";
import type { Codegen } from "./report.js";
import { type Colors, wrapText } from "./terminal.js";

/** What rendering a report needs to know. */
export interface RenderDiffOptions {
  readonly cwd: string;
  readonly colors: Colors;
  readonly columns: number;
  readonly codegen: Codegen;
}

/** Writes a report for people: tasks with their changes, what breaks and how to roll out. */
export function renderDiff(report: DiffReport, options: RenderDiffOptions): string {
  if (report.tasks.length === 0) return renderSummary(report, options);
  return [...report.tasks.map((task) => renderTask(task, options)), renderSummary(report, options)].join(
    "\n",
  );
}

function renderTask(task: TaskReport, options: RenderDiffOptions): string {
  const { colors } = options;
  const version =
    task.oldVersion === undefined || task.newVersion === undefined || task.oldVersion === task.newVersion
      ? ""
      : ` version ${task.oldVersion} → ${task.newVersion}`;
  const unstable = task.unstable ? colors.dim(" (unstable: not checked)") : "";
  const loud = task.findings.filter((finding) => finding.severity !== "info");
  const quiet = task.findings.filter((finding) => finding.severity === "info");
  return [
    `${colors.bold(task.name)}${version}${unstable}  ${colors.cyan(task.plan.title)}`,
    "",
    ...loud.flatMap((finding) => [...renderLoud(finding, options), ""]),
    ...quiet.flatMap((finding) => renderQuiet(finding, options)),
    ...(quiet.length > 0 ? [""] : []),
  ].join("\n");
}

function renderLoud(finding: DiffFinding, options: RenderDiffOptions): readonly string[] {
  const { colors, codegen, columns, cwd } = options;
  const severity = finding.severity === "error" ? colors.red("error") : colors.yellow("warning");
  const place = finding.at === undefined ? "" : `  ${colors.cyan(placeText(finding.at, cwd))}`;
  const path = finding.path === "" ? "" : ` ${finding.path}`;
  const frame = finding.at === undefined ? "" : codegen.codeFrame(finding.at);
  return [
    `${severity} ${colors.bold(finding.rule)}${path}${place}`,
    ...paragraph(codegen.headline(finding), columns),
    ...(frame === "" ? [] : ["", ...frame.split("\n").map((line) => `    ${line}`)]),
    "",
    ...codegen.describeEdges(finding).flatMap((line) => bullet(line, columns)),
    colors.green(`  → ${codegen.adviceFor(finding)}`),
  ];
}

function renderQuiet(
  finding: DiffFinding,
  { colors, codegen, columns }: RenderDiffOptions,
): readonly string[] {
  const path = finding.path === "" ? "" : ` ${finding.path}`;
  const accepted = finding.accepted === undefined ? "" : ` Accepted: ${finding.accepted}`;
  const text = `${finding.rule}${path}: ${codegen.headline(finding)}${accepted}`;
  return wrapText(text, columns - 2).map((line) => `  ${colors.dim(line)}`);
}

function paragraph(text: string, columns: number): readonly string[] {
  return wrapText(text, columns - 2).map((line) => `  ${line}`);
}

function bullet(text: string, columns: number): readonly string[] {
  return wrapText(text, columns - 4).map((line, index) => `${index === 0 ? "  • " : "    "}${line}`);
}

function renderSummary(report: DiffReport, { colors }: RenderDiffOptions): string {
  const findings = report.tasks.flatMap((task) => task.findings);
  const errors = findings.filter((finding) => finding.severity === "error").length;
  const warnings = findings.filter((finding) => finding.severity === "warning").length;
  const lines: string[] = [];
  if (report.tasks.length > 0) {
    lines.push(`Roll out: ${colors.bold(report.plan.title)}`);
    lines.push(...report.plan.steps.map((step, index) => `  ${index + 1}. ${step}`), "");
  }
  for (const id of report.endedApprovals) lines.push(`The approval ${id} has ended: its change is gone.`);
  if (report.checkerBugs > 0) {
    lines.push(`${report.checkerBugs} verdicts contradict their own payload. Please report this as a bug.`);
  }
  const changed = `${report.tasks.length} of ${report.compared} tasks changed against ${report.against}`;
  const counts = `${errors > 0 ? `${errors} errors, ` : ""}${warnings} warnings`;
  const text = `${changed}: ${report.conclusion.text}, ${counts}`;
  lines.push(report.exitCode === 0 ? `${colors.green("✔")} ${text}` : colors.red(`✖ ${text}`));
  return lines.join("\n");
}
