import { EDGE_IDS, EDGES, type EdgeId } from "./edges.js";
import type { DiffFinding } from "./finding.js";
import type { DiffPolicy } from "./policy.js";
import { breaks } from "./settle.js";

/**
 * What a report comes to. `breaking`: the policy calls something an error, and the exit code is 5. `order`: something
 * breaks that the policy allows for, as long as the rollout follows the plan. `accepted`: what breaks was accepted, or
 * belongs to an unstable task. `unknown`: code or a pattern decides, and nothing that was tried fails.
 */
export type ConclusionKind = "breaking" | "order" | "accepted" | "unknown" | "fine";

/** The one verdict on a report, which every format repeats. */
export interface Conclusion {
  readonly kind: ConclusionKind;
  /** A sentence without its full stop: `breaks a rolling deploy, which the policy workers-first allows`. */
  readonly text: string;
}

/** Draws the conclusion from the findings of all tasks. */
export function concludeFrom(findings: readonly DiffFinding[], policy: DiffPolicy): Conclusion {
  const broken = edgesWhere(findings, (finding, edge) => breaks(finding.edges[edge]));
  const errors = findings.filter((finding) => finding.severity === "error");
  if (errors.length > 0) {
    const edges = edgesWhere(errors, (finding, edge) => breaks(finding.edges[edge]));
    return { kind: "breaking", text: `breaks ${listText(edges.length > 0 ? edges : broken)}` };
  }
  const open = edgesWhere(
    findings.filter((finding) => finding.severity !== "info"),
    (finding, edge) => breaks(finding.edges[edge]),
  );
  if (open.length > 0) {
    return { kind: "order", text: `breaks ${listText(open)}, which the policy ${policy} allows` };
  }
  if (broken.length > 0) return { kind: "accepted", text: `breaks ${listText(broken)}, which was accepted` };
  const unsure = edgesWhere(findings, (finding, edge) => finding.edges[edge]?.verdict === "unknown");
  if (unsure.length > 0) return { kind: "unknown", text: `unknown for ${listText(unsure)}` };
  return { kind: "fine", text: "nothing breaks" };
}

function edgesWhere(
  findings: readonly DiffFinding[],
  holds: (finding: DiffFinding, edge: EdgeId) => boolean,
): readonly string[] {
  return EDGE_IDS.filter((edge) => findings.some((finding) => holds(finding, edge))).map(
    (edge) => EDGES[edge].title,
  );
}

function listText(titles: readonly string[]): string {
  if (titles.length < 2) return titles.join("");
  return `${titles.slice(0, -1).join(", ")} and ${titles.at(-1)}`;
}
