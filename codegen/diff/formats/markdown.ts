import { EDGE_IDS, EDGES } from "../judge/edges.js";
import type { DiffFinding } from "../judge/finding.js";
import { describeEdges, headline } from "../report/describe-finding.js";
import type { DiffReport, TaskReport } from "../report/report.js";
import { placeText } from "./relative.js";

const MARKS = { ok: "✅", unknown: "❔", break: "❌" } as const;
const SEVERITIES = { error: "❌", warning: "⚠️", info: "ℹ️" } as const;

/** A comment for a pull request. */
export function formatMarkdown(report: DiffReport, cwd: string): string {
  const title = `### Contract changes against ${inline(report.against)}`;
  if (report.tasks.length === 0) return `${title}\n\nNo contract was changed.\n`;
  const { kind, text } = report.conclusion;
  const verdict = kind === "breaking" ? `**Breaking**: ${text}` : sentence(text);
  return [
    title,
    "",
    `${verdict} (policy ${inline(report.policy)}). Roll out: **${report.plan.title}**.`,
    "",
    ...report.plan.steps.map((step, index) => `${index + 1}. ${step}`),
    "",
    `| task | ${EDGE_IDS.map((id) => EDGES[id].title).join(" | ")} | roll out |`,
    `|---|${EDGE_IDS.map(() => "---").join("|")}|---|`,
    ...report.tasks.map(row),
    "",
    ...report.tasks.flatMap((task) => details(task, cwd)),
  ].join("\n");
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function row(task: TaskReport): string {
  const cells = EDGE_IDS.map((id) => MARKS[task.edges[id]]);
  return `| ${inline(task.name)} | ${cells.join(" | ")} | ${task.plan.title} |`;
}

function details(task: TaskReport, cwd: string): readonly string[] {
  return [
    `#### ${inline(task.name)}${task.unstable ? " (unstable)" : ""}`,
    "",
    ...task.findings.flatMap((finding) => item(finding, cwd)),
    "",
  ];
}

function item(finding: DiffFinding, cwd: string): readonly string[] {
  const place = finding.at === undefined ? "" : ` (${inline(placeText(finding.at, cwd))})`;
  const path = finding.path === "" ? "" : ` ${inline(finding.path)}`;
  const accepted = finding.accepted === undefined ? "" : ` Accepted: ${escapeText(finding.accepted)}`;
  return [
    `- ${SEVERITIES[finding.severity]} **${finding.rule}**${path}${place} ${escapeText(headline(finding))}${accepted}`,
    ...describeEdges(finding).map((line) => `  - ${escapeText(line)}`),
    ...(finding.severity === "info" ? [] : [`  - id ${inline(finding.id)}`]),
  ];
}

/** Code in a line, whatever backticks it holds. */
function inline(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const gap = longest > 0 ? " " : "";
  return fence + gap + text.replaceAll("|", "\\|").replaceAll("\n", " ") + gap + fence;
}

function escapeText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|#@]/g, "\\$&").replaceAll("\n", " ");
}
