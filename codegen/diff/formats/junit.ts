import type { DiffFinding } from "../judge/finding.js";
import { describeEdges, headline, placeOf } from "../report/describe-finding.js";
import type { DiffReport, TaskReport } from "../report/report.js";

/** A test report: a suite per task, a case per change; what the policy calls an error is a failure. */
export function formatJunit(report: DiffReport): string {
  const failures = report.tasks.flatMap((task) => task.findings).filter(isFailure).length;
  const tests = report.tasks.reduce((total, task) => total + task.findings.length, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="taskora diff" tests="${tests}" failures="${failures}">`,
    ...report.tasks.map((task) => suite(task, report)),
    "</testsuites>",
  ].join("\n");
}

function isFailure(finding: DiffFinding): boolean {
  return finding.severity === "error";
}

function suite(task: TaskReport, { conclusion }: DiffReport): string {
  const failures = task.findings.filter(isFailure).length;
  return [
    `  <testsuite name="${escapeXml(task.name)}" tests="${task.findings.length}" failures="${failures}">`,
    `    <properties><property name="conclusion" value="${escapeXml(conclusion.text)}"/></properties>`,
    ...task.findings.map(testCase),
    "  </testsuite>",
  ].join("\n");
}

function testCase(finding: DiffFinding): string {
  const open = `    <testcase classname="${escapeXml(finding.task)}" name="${escapeXml(`${finding.rule} ${placeOf(finding)}`)}"`;
  const text = [headline(finding), ...describeEdges(finding)].join("\n");
  if (isFailure(finding)) {
    return `${open}>\n      <failure message="${escapeXml(headline(finding))}">${escapeXml(text)}</failure>\n    </testcase>`;
  }
  if (finding.severity === "info") return `${open}/>`;
  return `${open}>\n      <system-out>${escapeXml(text)}</system-out>\n    </testcase>`;
}

/** Characters that XML 1.0 has no form for are shown as a replacement. */
function escapeXml(text: string): string {
  return [...text].map(escapeCharacter).join("");
}

const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\n": "&#10;",
  "\t": "&#9;",
  "\r": "&#13;",
};

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const isForbidden =
    (code < 32 && !/[\n\t\r]/.test(character)) ||
    (code >= 0xd800 && code <= 0xdfff) ||
    code === 0xfffe ||
    code === 0xffff;
  return isForbidden ? "\ufffd" : (NAMED[character] ?? character);
}
