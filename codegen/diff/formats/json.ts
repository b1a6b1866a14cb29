import type { DiffFinding } from "../judge/finding.js";
import type { DiffReport } from "../report/report.js";
import { relativePath } from "./relative.js";

/** One JSON object: the report with relative paths. */
export function formatJson(report: DiffReport, cwd: string): string {
  const tasks = report.tasks.map((task) => ({
    ...task,
    findings: task.findings.map((finding) => placed(finding, cwd)),
  }));
  const { exitCode, ...rest } = report;
  return JSON.stringify({ exitCode, ...rest, tasks }, undefined, 2);
}

function placed(finding: DiffFinding, cwd: string): DiffFinding {
  const { at } = finding;
  return at === undefined ? finding : { ...finding, at: { ...at, file: relativePath(at.file, cwd) } };
}
