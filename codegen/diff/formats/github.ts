import type { DiffFinding } from "../judge/finding.js";
import { describeEdges, headline, placeOf } from "../report/describe-finding.js";
import { allFindings, type DiffReport } from "../report/report.js";
import { relativePath } from "./relative.js";

const COMMANDS = { error: "error", warning: "warning", info: "notice" } as const;

/**
 * Annotations for GitHub Actions.
 *
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function formatGithub(report: DiffReport, cwd: string): string {
  if (report.tasks.length === 0) return "";
  const { kind, text } = report.conclusion;
  const command =
    kind === "breaking" ? "error" : kind === "order" || kind === "unknown" ? "warning" : "notice";
  return [
    ...allFindings(report)
      .filter((finding) => finding.severity !== "info")
      .map((finding) => annotation(finding, cwd)),
    `::${command} title=taskora diff::${escapeData(text)}`,
  ].join("\n");
}

function annotation(finding: DiffFinding, cwd: string): string {
  const { at } = finding;
  const place =
    at === undefined
      ? ""
      : `file=${escapeProperty(relativePath(at.file, cwd))},line=${at.line},col=${at.column},`;
  const title = escapeProperty(`${finding.rule} ${placeOf(finding)}`);
  const text = [headline(finding), ...describeEdges(finding)].join("\n");
  return `::${COMMANDS[finding.severity]} ${place}title=${title}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
