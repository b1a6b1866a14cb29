import { formatPath } from "../../../src/core/errors.js";
import { EDGE_IDS, EDGES, type EdgeId } from "../judge/edges.js";
import type { DiffFinding } from "../judge/finding.js";
import type { Verdict } from "../judge/settle.js";

const MAX_PAYLOAD = 240;

/** Where something was changed: `email.send input.to`. */
export function placeOf(finding: Pick<DiffFinding, "task" | "path">): string {
  return finding.path === "" ? finding.task : `${finding.task} ${finding.path}`;
}

/** One sentence on the change, without what it breaks. */
export function headline(finding: DiffFinding): string {
  return finding.note === "" ? `${finding.title}.` : `${finding.title}: ${finding.note}.`;
}

/** A line per edge that is not fine, with the payload that proves it. */
export function describeEdges(finding: DiffFinding): readonly string[] {
  return EDGE_IDS.flatMap((id) => {
    const verdict = finding.edges[id];
    return verdict === undefined || verdict.verdict === "ok" ? [] : [describeEdge(id, verdict)];
  });
}

function describeEdge(id: EdgeId, verdict: Verdict): string {
  const { title, reader, writer } = EDGES[id];
  const { proof } = verdict;
  if (verdict.verdict === "unknown") return `unknown for ${title}${unknownText(verdict)}`;
  if (proof === undefined) {
    const why = verdict.reason === undefined ? "" : `; ${verdict.reason}`;
    return `breaks ${title}: certain by the rule, without a payload to show${why}`;
  }
  const issue = proof.issues[0];
  const at = issue === undefined ? "" : formatPath(issue.path);
  const why = issue === undefined ? "" : `: ${at === "" ? "" : `${at} `}${issue.message}`;
  const does = proof.reads === undefined ? "refuses" : "reads differently";
  return `breaks ${title}: ${reader} ${does} ${payloadText(proof.wire)} from ${writer}${why}`;
}

function unknownText({ reason, countsAsBreak, isCheckerBug }: Verdict): string {
  const why = reason === undefined ? "" : ` because ${reason}`;
  const weight = countsAsBreak === true ? ", which counts as a break" : "";
  return `${why}${weight}${isCheckerBug === true ? " (an error of the checker)" : ""}`;
}

/** A payload as JSON, cut where it gets long. */
export function payloadText(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) return "nothing";
  return text.length > MAX_PAYLOAD ? `${text.slice(0, MAX_PAYLOAD)}… (${text.length} characters)` : text;
}

/** What to do about an error or a warning. */
export function adviceFor(finding: DiffFinding): string {
  if (finding.rule === "SCHEMA_BREAK_NO_BUMP") {
    return "Raise version and add migrate for the old one, change in two steps, or accept each change above.";
  }
  return `taskora explain ${finding.rule}, or taskora diff --accept ${finding.id} --reason "…"`;
}
